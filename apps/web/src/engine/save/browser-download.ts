// The page's half of two sinks: opens the service worker's stream in a hidden frame, or hands a finished blob to the browser.
import { controllingWorker, tellWorker } from '../service-worker.ts';
import { streamPath } from '../../sw/messages.ts';

const urlLifeMs = 120_000;
const frameLifeMs = 60_000;

/**
 * Announces a stream to the service worker and lets the browser open it.
 * @returns the port on which the engine worker sends the chunks; null without a service worker
 */
export async function openBrowserStream(id: string, name: string, size: number | null): Promise<MessagePort | null> {
  const worker = await controllingWorker();
  if (!worker) return null;
  const channel = new MessageChannel();
  tellWorker(worker, { kind: 'stream', id, name, size }, [channel.port1]);
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.src = `${streamPath}${id}/${encodeURIComponent(name)}`;
  frame.dataset.stream = id;
  document.body.append(frame);
  return channel.port2;
}

/** The frame must outlive the stream's last byte: some browsers end the download with it. */
export function closeBrowserStream(id: string): void {
  const frame = document.querySelector<HTMLIFrameElement>(`iframe[data-stream="${id}"]`);
  if (frame) setTimeout(() => frame.remove(), frameLifeMs);
}

export function handToBrowser(blob: Blob, name: string): void {
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(blob);
  anchor.download = name;
  anchor.hidden = true;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(anchor.href), urlLifeMs);
}
