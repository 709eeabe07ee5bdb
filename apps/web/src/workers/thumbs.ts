// The worker that draws small pictures: it gets a file, looks how large the picture in it says it is, decodes it upright and makes it small.
// It holds the bytes of one file at a time and reaches nothing. spec/web.md "Thumbnails", spec/thumbnails.md.
import { thumbnailBytesMax } from '@reprise/protocol/formats';
import type { Drawn, DrawingCalls } from '../engine/picture-calls.ts';
import { joinPort, Moved } from '../engine/rpc.ts';
import { takenIn } from '../pictures/exif.ts';
import { headBytes, isDrawable, pictureSize } from '../pictures/picture-size.ts';
import { sayHere } from '../engine/here.ts';

declare const self: DedicatedWorkerGlobalScope;

const sideMax = 384;
const qualities = [0.78, 0.5] as const;

self.addEventListener('message', (joined) => {
  const port = joined.ports[0];
  if (!port) return;
  joinPort<Record<never, never>, DrawingCalls>(port, {
    async draw({ file }) {
      const head = new Uint8Array(await file.slice(0, headBytes).arrayBuffer());
      const size = pictureSize(head);
      const thumbnail = size && isDrawable(size) ? await drawFile(file) : null;
      return new Moved({ thumbnail, takenS: takenIn(head) }, thumbnail ? [thumbnail.buffer] : []);
    },
    async drawFrame({ frame }) {
      const drawn = await drawSmall(frame);
      return new Moved(drawn, drawn ? [drawn.buffer] : []);
    },
  });
});
sayHere();

/** A file that is broken draws nothing. */
async function drawFile(file: Blob): Promise<Drawn> {
  const picture = await createImageBitmap(file).catch(() => null);
  return picture && drawSmall(picture);
}

async function drawSmall(picture: ImageBitmap): Promise<Drawn> {
  const scale = Math.min(1, sideMax / Math.max(picture.width, picture.height));
  const [width, height] = [Math.max(1, Math.round(scale * picture.width)), Math.max(1, Math.round(scale * picture.height))];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
  picture.close();
  for (const quality of qualities) {
    const bytes = await encode(canvas, context, quality);
    if (bytes.length <= thumbnailBytesMax) return bytes;
  }
  return null;
}

/** WebP, which keeps what is transparent; a browser that cannot write it gives JPEG on white. */
async function encode(
  canvas: OffscreenCanvas,
  context: OffscreenCanvasRenderingContext2D,
  quality: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let blob = await canvas.convertToBlob({ type: 'image/webp', quality });
  if (blob.type !== 'image/webp') {
    context.globalCompositeOperation = 'destination-over';
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.width, canvas.height);
    blob = await canvas.convertToBlob({ type: 'image/jpeg', quality });
  }
  return new Uint8Array(await blob.arrayBuffer());
}
