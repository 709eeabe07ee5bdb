// Showing and saving, as the page does both for links and for the drive: previews as URLs, saves with their states. The worker behind `call` opens
// and checks the bytes.
import { mediaPath } from '../sw/messages.ts';
import type { EngineCalls, EnginePreview, PageCalls, SavedTarget } from './calls.ts';
import { source, type Source } from './observable.ts';
import type { ArchiveEntry, Preview, SaveJob, SaveState, SinkKind } from './port.ts';
import { type Call, EngineError, type Handlers, Moved } from './rpc.ts';
import { closeBrowserStream, handToBrowser, openBrowserStream } from './save/browser-download.ts';
import { controllingWorker, pingWorker, tellWorker } from './service-worker.ts';

export type ContentCalls = Pick<EngineCalls, 'preview' | 'previewInside' | 'subtitles' | 'readRange' | 'dropGrant' | 'save' | 'cancelSave'>;
type ContentAnswers = 'saveChanged' | 'openStream' | 'closeStream' | 'pingServiceWorker' | 'handToBrowser';

const saves = new Map<string, Source<SaveState>>();
/** A player keeps the service worker alive, so that its next range does not wait for a start. */
const playerPingMs = 20_000;

export type Saving = Pick<SaveJob, 'name' | 'state' | 'cancel'>;

/** What the worker asks of the page while it saves. */
export const contentAnswers: Pick<Handlers<PageCalls>, ContentAnswers> = {
  saveChanged: ({ id, state }) => saves.get(id)?.set(state),
  async openStream({ id, name, size }) {
    const port = await openBrowserStream(id, name, size);
    return port ? new Moved<MessagePort | null>(port, [port]) : null;
  },
  closeStream: ({ id }) => closeBrowserStream(id),
  pingServiceWorker: () => pingWorker(),
  handToBrowser: ({ blob, name }) => handToBrowser(blob, name),
};

/** @param handle of what is open; @param entry its id there */
export async function preview(call: Call<ContentCalls>, handle: string, entry: string): Promise<Preview> {
  return shown(call, handle, entry, await call('preview', { link: handle, entry }));
}

/** One file of an archive. @param entry the archive */
export async function previewInside(call: Call<ContentCalls>, handle: string, entry: string, member: ArchiveEntry): Promise<Preview> {
  return shown(call, handle, entry, await call('previewInside', { link: handle, entry, member }));
}

async function shown(call: Call<ContentCalls>, handle: string, entry: string, made: EnginePreview): Promise<Preview> {
  switch (made.kind) {
    case 'image': {
      const url = URL.createObjectURL(made.blob);
      return { kind: 'image', url, release: () => URL.revokeObjectURL(url) };
    }
    case 'pdf':
      return {
        ...made,
        readRange: (start, end) => call('readRange', { link: handle, entry, start, end }),
        release: () => undefined,
      };
    case 'audio':
    case 'video':
      return playFrom(call, handle, entry, made);
    default:
      return made;
  }
}

type Playable = { readonly kind: 'audio' | 'video'; readonly grant: string; readonly mediaType: string };

async function playFrom(call: Call<ContentCalls>, handle: string, entry: string, { kind, grant, mediaType }: Playable): Promise<Preview> {
  const worker = await controllingWorker();
  if (!worker) {
    await call('dropGrant', { grant });
    return { kind: 'none', why: 'no-worker', bytesMax: null };
  }
  const timer = setInterval(() => void pingWorker(), playerPingMs);
  const urls: string[] = [];
  const subtitles = async () => {
    const files = kind === 'video' ? await call('subtitles', { link: handle, entry }) : [];
    return files.map(({ blob, ...facts }) => {
      const url = URL.createObjectURL(blob);
      urls.push(url);
      return { ...facts, url };
    });
  };
  const release = () => {
    clearInterval(timer);
    for (const url of urls) URL.revokeObjectURL(url);
    removeEventListener('pagehide', release);
    navigator.serviceWorker.controller?.postMessage({ kind: 'forget-grant', grant });
    void call('dropGrant', { grant });
  };
  addEventListener('pagehide', release);
  tellWorker(worker, { kind: 'ping', number: 0 });
  return { kind, url: `${mediaPath}${grant}`, mediaType, subtitles, release };
}

const errorsNames: Readonly<Record<string, string>> = { fr: '_ERREURS.txt', en: '_ERRORS.txt' };

/** @param title names a zip of everything */
export function startSave(call: Call<ContentCalls>, handle: string, title: string, target: SavedTarget, sink: SinkKind): Saving {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const name = nameOf(target, title);
  const state = source<SaveState>({
    sink,
    phase: 'preparing',
    bytesDone: 0,
    bytesTotal: target.kind === 'file' ? target.entry.bytes : target.kind === 'inside' ? target.member.bytes : null,
    speed: null,
    secondsLeft: null,
    failure: null,
    leftOut: [],
  });
  saves.set(id, state);
  // The picker must come before anything that waits, or the browser no longer sees the click.
  const choosing = sink === 'disk' ? choose(target, name) : Promise.resolve(null);
  let cancelled = false;
  const run = async () => {
    try {
      const chosen = await choosing;
      if (cancelled) return;
      const errorsName = errorsNames[document.documentElement.lang.slice(0, 2)] ?? '_ERRORS.txt';
      await call('save', { id, link: handle, target, sink, name, chosen, errorsName });
    } catch (error) {
      const gone = error instanceof DOMException && error.name === 'AbortError';
      const failure =
        error instanceof EngineError ? { code: error.code, facts: error.facts } : { code: 'unexpected', facts: { reason: String(error) } };
      state.set({ ...state.value, phase: gone ? 'cancelled' : 'broken', failure: gone ? null : failure });
    } finally {
      saves.delete(id);
    }
  };
  void run();
  return {
    name,
    state,
    cancel() {
      cancelled = true;
      state.set({ ...state.value, phase: 'cancelled' });
      void call('cancelSave', { id });
    },
  };
}

function nameOf(target: SavedTarget, title: string): string {
  switch (target.kind) {
    case 'file':
      return target.entry.name;
    case 'inside':
      return target.member.path.slice(target.member.path.lastIndexOf('/') + 1);
    case 'zip':
      return `${target.folder?.name ?? title}.zip`;
    case 'several':
      return `${title}.zip`;
  }
}

type Pickers = {
  showSaveFilePicker(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
  showDirectoryPicker(options: { mode: 'readwrite' }): Promise<FileSystemDirectoryHandle>;
};

function choose(target: SavedTarget, name: string): Promise<FileSystemFileHandle | FileSystemDirectoryHandle> {
  const pickers = globalThis as unknown as Pickers;
  const isOne = target.kind === 'file' || target.kind === 'inside';
  return !isOne ? pickers.showDirectoryPicker({ mode: 'readwrite' }) : pickers.showSaveFilePicker({ suggestedName: name });
}
