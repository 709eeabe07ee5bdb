// What this window can save into, found by trying, never by the browser's name. spec/web.md "Saving decrypted files".
import type { SinkKind, SinkOffer } from '../port.ts';
import { controllingWorker } from '../service-worker.ts';

const mib = 2 ** 20;
const memoryBytesMax = { desktop: 512 * mib, phone: 100 * mib } as const;
/** Up to here memory is simplest: it needs no worker and leaves nothing behind. */
const memoryPreferredBytes = 64 * mib;

type Pickers = { readonly showSaveFilePicker?: unknown; readonly showDirectoryPicker?: unknown };

/** In order of preference for a file of `bytes`. */
export async function offerSinks(bytes: number): Promise<readonly SinkOffer[]> {
  const [stream, privateBytes] = await Promise.all([canStream(), privateBytesFree()]);
  const disk = typeof (globalThis as Pickers).showSaveFilePicker === 'function';
  const memoryMax = matchMedia('(pointer: coarse)').matches ? memoryBytesMax.phone : memoryBytesMax.desktop;
  const offers: Record<SinkKind, SinkOffer> = {
    stream: { sink: 'stream', fits: stream, bytesMax: null },
    disk: { sink: 'disk', fits: disk, bytesMax: null },
    private: { sink: 'private', fits: bytes <= privateBytes, bytesMax: privateBytes },
    memory: { sink: 'memory', fits: bytes <= memoryMax, bytesMax: memoryMax },
  };
  return order(bytes).map((sink) => offers[sink]);
}

function order(bytes: number): readonly SinkKind[] {
  return bytes <= memoryPreferredBytes ? ['memory', 'stream', 'disk', 'private'] : ['stream', 'disk', 'private', 'memory'];
}

async function canStream(): Promise<boolean> {
  return typeof ReadableStream === 'function' && (await controllingWorker()) !== null;
}

/** Half of what is free: the browser copies the file before the first one can go. 0 where private storage does not work. */
async function privateBytesFree(): Promise<number> {
  try {
    await navigator.storage.getDirectory();
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    return Math.max(0, Math.floor((quota - usage) / 2));
  } catch {
    return 0;
  }
}
