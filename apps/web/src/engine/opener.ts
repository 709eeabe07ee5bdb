// Opening, as the link page sees it: what the engine worker opened, previews as URLs, saves with their states.
import type { OpenedLink } from './calls.ts';
import { answerEngine, callEngine } from './engine.ts';
import { source, type Source } from './observable.ts';
import type { CreateOpener, Entry, Listing, Opener, OpenLink, Preview, SaveJob, SaveState, SaveTarget, SinkKind } from './port.ts';
import { EngineError, Moved } from './rpc.ts';
import { closeBrowserStream, handToBrowser, openBrowserStream } from './save/browser-download.ts';
import { offerSinks } from './save/capabilities.ts';
import { controllingWorker, pingWorker, startServiceWorker, tellWorker } from './service-worker.ts';
import { mediaPath } from '../sw/messages.ts';

const saves = new Map<string, Source<SaveState>>();
/** A player keeps the service worker alive, so that its next range does not wait for a start. */
const playerPingMs = 20_000;
const rootFolder = null;

export const createOpener: CreateOpener = async () => {
  answerEngine({
    saveChanged: ({ id, state }) => saves.get(id)?.set(state),
    async openStream({ id, name, size }) {
      const port = await openBrowserStream(id, name, size);
      return port ? new Moved<MessagePort | null>(port, [port]) : null;
    },
    closeStream: ({ id }) => closeBrowserStream(id),
    pingServiceWorker: () => pingWorker(),
    handToBrowser: ({ blob, name }) => handToBrowser(blob, name),
  });
  void startServiceWorker();
  let lastFragment = '';
  const opener: Opener = {
    async open(fragment, password) {
      lastFragment = fragment;
      const answer = await callEngine('openLink', { fragment, password: password ?? null });
      if (answer.kind === 'ready') return { kind: 'ready', link: openedLink(answer.link) };
      if (answer.kind === 'growing') return { ...answer, link: answer.link && openedLink(answer.link) };
      return answer;
    },
    report: (reason, text, contact) => callEngine('report', { fragment: lastFragment, reason, text, contact }),
  };
  return opener;
};

function openedLink({ handle, rootLength, ...facts }: OpenedLink): OpenLink {
  return {
    ...facts,
    root: listing(handle, rootFolder, rootLength),
    async listing(folder) {
      const { length } = await callEngine('listFolder', { link: handle, folder: folder.id });
      return listing(handle, folder.id, length);
    },
    preview: (entry) => preview(handle, entry),
    sinks: offerSinks,
    save: (target, sink) => startSave(handle, facts.title, target, sink),
  };
}

function listing(link: string, folder: string | null, length: number): Listing {
  return { length, entries: (start, end) => callEngine('entries', { link, folder, start, end }) };
}

async function preview(link: string, entry: Entry): Promise<Preview> {
  const made = await callEngine('preview', { link, entry: entry.id });
  switch (made.kind) {
    case 'image': {
      const url = URL.createObjectURL(made.blob);
      return { kind: 'image', url, release: () => URL.revokeObjectURL(url) };
    }
    case 'pdf':
      return {
        ...made,
        readRange: (start, end) => callEngine('readRange', { link, entry: entry.id, start, end }),
        release: () => undefined,
      };
    case 'audio':
    case 'video':
      return playFrom(made);
    default:
      return made;
  }
}

async function playFrom({
  kind,
  grant,
  mediaType,
}: {
  readonly kind: 'audio' | 'video';
  readonly grant: string;
  readonly mediaType: string;
}): Promise<Preview> {
  const worker = await controllingWorker();
  if (!worker) {
    await callEngine('dropGrant', { grant });
    return { kind: 'none', why: 'no-worker', bytesMax: null };
  }
  const timer = setInterval(() => void pingWorker(), playerPingMs);
  const release = () => {
    clearInterval(timer);
    removeEventListener('pagehide', release);
    navigator.serviceWorker.controller?.postMessage({ kind: 'forget-grant', grant });
    void callEngine('dropGrant', { grant });
  };
  addEventListener('pagehide', release);
  tellWorker(worker, { kind: 'ping', number: 0 });
  return { kind, url: `${mediaPath}${grant}`, mediaType, release };
}

const errorsNames: Readonly<Record<string, string>> = { fr: '_ERREURS.txt', en: '_ERRORS.txt' };

function startSave(link: string, title: string, target: SaveTarget, sink: SinkKind): SaveJob {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const name = target.kind === 'file' ? target.entry.name : `${target.folder?.name ?? title}.zip`;
  const state = source<SaveState>({
    sink,
    phase: 'preparing',
    bytesDone: 0,
    bytesTotal: target.kind === 'file' ? target.entry.bytes : null,
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
      await callEngine('save', { id, link, target, sink, name, chosen, errorsName });
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
    target,
    name,
    state,
    cancel() {
      cancelled = true;
      state.set({ ...state.value, phase: 'cancelled' });
      void callEngine('cancelSave', { id });
    },
  };
}

type Pickers = {
  showSaveFilePicker(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
  showDirectoryPicker(options: { mode: 'readwrite' }): Promise<FileSystemDirectoryHandle>;
};

function choose(target: SaveTarget, name: string): Promise<FileSystemFileHandle | FileSystemDirectoryHandle> {
  const pickers = globalThis as unknown as Pickers;
  return target.kind === 'zip' ? pickers.showDirectoryPicker({ mode: 'readwrite' }) : pickers.showSaveFilePicker({ suggestedName: name });
}
