// A frame of a film, for its small picture: only a page can play one. The element is never shown, and given up after a while: a film that does
// not play here shows its mark. spec/web.md "Thumbnails".
import { mediaPath } from '../sw/messages.ts';
import { isDrawable } from '../pictures/picture-size.ts';

const patienceMs = 60_000;
/** The first frames are often black. */
const atSeconds = 1;

export async function frameOf(from: Blob | { readonly grant: string }): Promise<ImageBitmap | null> {
  const url = from instanceof Blob ? URL.createObjectURL(from) : `${mediaPath}${from.grant}`;
  const film = document.createElement('video');
  film.muted = true;
  film.preload = 'auto';
  film.crossOrigin = 'anonymous';
  try {
    return await Promise.race([firstFrame(film, url), after(patienceMs)]);
  } catch {
    return null;
  } finally {
    film.removeAttribute('src');
    film.load();
    if (from instanceof Blob) URL.revokeObjectURL(url);
  }
}

async function firstFrame(film: HTMLVideoElement, url: string): Promise<ImageBitmap | null> {
  const loaded = happens(film, 'loadeddata');
  film.src = url;
  await loaded;
  if (!isDrawable({ width: film.videoWidth, height: film.videoHeight })) return null;
  if (Number.isFinite(film.duration) && film.duration > 2 * atSeconds) {
    const sought = happens(film, 'seeked');
    film.currentTime = atSeconds;
    await sought;
  }
  return createImageBitmap(film);
}

function happens(film: HTMLVideoElement, event: 'loadeddata' | 'seeked'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    film.addEventListener(event, resolve, { once: true });
    film.addEventListener('error', () => reject(new TypeError('this film does not play here')), { once: true });
  });
}

function after(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms));
}
