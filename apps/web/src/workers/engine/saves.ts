// Saves under way: plans what is handed out, opens the sink, watches it, and reports a download as finished only when the bytes
// that were saved are those the link promised. spec/web.md "Saving decrypted files".
import { type Bytes, formatHex, sleep } from '@reprise/kit';
import type { WalkedEntry } from '@reprise/sdk';
import type { Entry as VaultEntry } from '@reprise/vault';
import type { SaveStart } from '../../engine/calls.ts';
import { encodeGrant } from '../../engine/grants.ts';
import { EngineError } from '../../engine/rpc.ts';
import { openDiskSink } from '../../engine/save/disk-sink.ts';
import { openMemorySink } from '../../engine/save/memory-sink.ts';
import { openPrivateSink } from '../../engine/save/private-sink.ts';
import { runSave } from '../../engine/save/run-save.ts';
import type { Sink } from '../../engine/save/sink.ts';
import { openStreamSink, type StreamSink } from '../../engine/save/stream-sink.ts';
import { watchStream } from '../../engine/save/watch-stream.ts';
import { toEngineFailure } from './failures.ts';
import { fileBytes, type Reading } from './file-bytes.ts';
import { findMissing } from './find-missing.ts';
import { saveIntoFolder } from './folder-on-disk.ts';
import { type Content, contentsOf, type Opened } from './contents.ts';
import { lanesFor } from './archive-lanes.ts';
import { callPage } from './page.ts';
import { SaveProgress } from './save-progress.ts';
import { planFolder, planZip, zipBytes } from './zip.ts';

const openMsMax = 8_000;
const openAttemptsMax = 4;
/** A browser reads a file of private storage at disk speed: this is time for hundreds of GB. */
const privateLifeMs = 10 * 60_000;
const running = new Map<string, AbortController>();

/** Resolves when the save ended, well or not; the state says how. */
export async function save(start: SaveStart): Promise<void> {
  const stop = new AbortController();
  running.set(start.id, stop);
  const progress = new SaveProgress(start);
  // Ends what is still being fetched for a save that broke.
  const over = new AbortController();
  try {
    await runJob(start, progress, AbortSignal.any([stop.signal, over.signal]));
    progress.end('done', null);
  } catch (error) {
    const failure = toEngineFailure(error);
    progress.end(stop.signal.aborted ? 'cancelled' : 'broken', stop.signal.aborted ? null : failure);
  } finally {
    over.abort(new EngineError({ code: 'cancelled', facts: {} }));
    running.delete(start.id);
  }
}

export function cancelSave(id: string): void {
  running.get(id)?.abort(new EngineError({ code: 'cancelled', facts: {} }));
}

async function runJob(start: SaveStart, progress: SaveProgress, signal: AbortSignal): Promise<void> {
  const opened = contentsOf(start.link);
  const { content } = opened;
  const reading: Reading = { content, signal, onNetwork: (there) => progress.phase(there ? 'saving' : 'offline') };
  await content.beginDownload(signal);
  if (start.chosen?.kind === 'directory') {
    const plan = await planOf(opened, start, signal);
    await saveIntoFolder(start.chosen as FileSystemDirectoryHandle, plan, reading, progress);
  } else {
    await saveIntoSink(start, { ...(await bytesOf(opened, start, reading, progress)), progress, signal });
  }
  await reportFinished(content);
}

/** The bytes are saved whatever the server answers: its count may lag, the person's file is there. */
async function reportFinished(content: Content): Promise<void> {
  await content.finishDownload().catch(() => undefined);
}

type OneFile = { readonly opened: Opened; readonly entry: VaultEntry };
type Saved = { readonly size: number; readonly source: AsyncIterable<Bytes>; readonly file: OneFile | null };

async function bytesOf(opened: Opened, start: SaveStart, reading: Reading, progress: SaveProgress): Promise<Saved> {
  if (start.target.kind === 'file') {
    const entry = await opened.entry(start.target.entry.id);
    progress.total(entry.size);
    return { size: entry.size, source: fileBytes(reading, entry), file: { opened, entry } };
  }
  if (start.target.kind === 'inside') {
    const { archive, member } = start.target;
    const entry = await opened.entry(archive.id);
    const { memberBytes } = await import('./archive-member.ts');
    progress.total(member.bytes);
    return {
      size: member.bytes,
      source: memberBytes((from) => fileBytes(reading, entry, { from, lanes: lanesFor(member) }), member),
      file: null,
    };
  }
  const folder = await planOf(opened, start, reading.signal);
  const plan = planZip(folder, await findMissing(opened, folder.files, reading.signal), start.errorsName);
  progress.leftOut(plan.leftOut);
  progress.total(plan.size);
  return { size: plan.size, source: zipBytes(plan, reading), file: null };
}

async function planOf(opened: Opened, { target }: SaveStart, signal: AbortSignal) {
  if (target.kind === 'several') return planFolder(walkSeveral(opened, target.ids, signal));
  const folder = target.kind === 'zip' && target.folder ? await opened.entry(target.folder.id) : null;
  return planFolder(opened.content.walk(folder, signal));
}

/** Entries of one folder beside each other, with everything below them. */
async function* walkSeveral(opened: Opened, ids: readonly string[], signal: AbortSignal): AsyncGenerator<WalkedEntry, void, void> {
  for (const id of ids) {
    const entry = await opened.entry(id);
    yield { path: entry.name, entry };
    if (entry.content.kind !== 'directory') continue;
    for await (const below of opened.content.walk(entry, signal)) yield { ...below, path: `${entry.name}/${below.path}` };
  }
}

type Run = Saved & { readonly progress: SaveProgress; readonly signal: AbortSignal };

async function saveIntoSink(start: SaveStart, run: Run): Promise<void> {
  const { id, name } = start;
  switch (start.sink) {
    case 'stream':
      return saveIntoStream(start, run);
    case 'disk':
      await pour(openDiskSink(start.chosen as FileSystemFileHandle), run);
      return;
    case 'private': {
      const sink = await openPrivateSink(id);
      await pour(sink, run);
      await callPage('handToBrowser', { blob: await sink.file(), name });
      // The browser copies the file now; what it copied from is plaintext, and must not stay.
      setTimeout(() => void sink.remove(), privateLifeMs);
      return;
    }
    case 'memory': {
      const sink = openMemorySink();
      await pour(sink, run);
      return callPage('handToBrowser', { blob: sink.blob(), name });
    }
  }
}

async function saveIntoStream(start: SaveStart, run: Run): Promise<void> {
  const { id, sink } = await openStream(start, run);
  const ping = () => callPage('pingServiceWorker', null);
  const stopWatch = watchStream(id, sink, ping, (health) => run.progress.health(health));
  try {
    await (run.file ? readInStream(sink, run.file, run) : pour(sink, run));
  } finally {
    stopWatch();
    await callPage('closeStream', { id });
  }
}

/** One file needs no engine: the service worker that streams it fetches and opens it too, and no byte of it crosses a thread. */
async function readInStream(sink: StreamSink, { opened, entry }: OneFile, { size, progress, signal }: Run): Promise<void> {
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => undefined);
  signal.addEventListener('abort', () => over.reject(signal.reason), { once: true });
  try {
    const extents = await opened.content.extents(entry, signal);
    const source = await opened.source();
    progress.phase('saving');
    const reading = sink.readFile(encodeGrant({ mediaType: '', size, source, extents }), {
      onBytes: (done) => (done === size ? progress.phase('checking') : progress.bytes(done)),
      onNetwork: (there) => progress.phase(there ? 'saving' : 'offline'),
    });
    const saved = await Promise.race([reading, over.promise]);
    if (saved !== size) throw new EngineError({ code: 'integrity', facts: { bytes: saved, expected: size } });
    progress.bytes(saved);
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/**
 * Opens the stream in the browser. Where the service worker was stopped between the announcement and the browser's request, or the
 * browser is busy, the request never comes: then the stream is announced again, under another id.
 */
async function openStream({ id, name }: SaveStart, { size, signal }: Run): Promise<{ readonly id: string; readonly sink: StreamSink }> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const streamId = attempt === 1 ? id : formatHex(crypto.getRandomValues(new Uint8Array(16)));
    const port = await callPage('openStream', { id: streamId, name, size });
    if (!port) throw new EngineError({ code: 'no-stream', facts: {} });
    const sink = openStreamSink(port);
    const opened = await Promise.race([sink.ready.then(() => true), sleep(openMsMax).then(() => false)]);
    if (opened) return { id: streamId, sink };
    await sink.abort();
    await callPage('closeStream', { id: streamId });
    if (attempt === openAttemptsMax) throw new EngineError({ code: 'no-stream', facts: {} });
  }
}

async function pour(sink: Sink, { size, source, progress, signal }: Run): Promise<void> {
  progress.phase('saving');
  const bytes = await runSave({
    sink,
    source,
    size,
    onBytes: (done) => progress.bytes(done),
    onLastByte: () => progress.phase('checking'),
    signal,
  });
  progress.bytes(bytes);
}
