// Stands where the engine worker stands and writes made-up bytes through the real sinks, so that these can be measured alone.
import { sayHere } from '../../../apps/web/src/engine/here.ts';
import { openMemorySink } from '../../../apps/web/src/engine/save/memory-sink.ts';
import { openPrivateSink } from '../../../apps/web/src/engine/save/private-sink.ts';
import { runSave } from '../../../apps/web/src/engine/save/run-save.ts';
import type { Sink } from '../../../apps/web/src/engine/save/sink.ts';
import { openStreamSink } from '../../../apps/web/src/engine/save/stream-sink.ts';
import { watchStream } from '../../../apps/web/src/engine/save/watch-stream.ts';
import { joinPort } from '../../../apps/web/src/engine/rpc.ts';
import type { SinkPageCalls, SinkRun, SinkWorkerCalls } from './sinks-calls.ts';

const { call } = joinPort<SinkPageCalls, SinkWorkerCalls>(self as never, {
  async save(run, signal) {
    const opened = await open(run);
    const startedAt = performance.now();
    const stopWatch =
      opened.kind === 'stream' && run.pings
        ? watchStream(
            run.id,
            opened.sink,
            () => call('ping', null),
            () => undefined,
          )
        : () => undefined;
    const stopPeek = opened.kind === 'stream' && !run.pings ? peekOnce(run, opened.sink) : () => undefined;
    try {
      await runSave({
        sink: opened.sink,
        source: bytesOf(run),
        size: run.size,
        onBytes: () => undefined,
        onLastByte: () => undefined,
        signal,
      });
      const ms = performance.now() - startedAt;
      if (opened.kind === 'private') return { ms, blob: await opened.sink.file() };
      return { ms, blob: opened.kind === 'memory' ? opened.sink.blob() : null };
    } finally {
      stopWatch();
      stopPeek();
    }
  },
});
sayHere();

type Opened =
  | { readonly kind: 'stream'; readonly sink: ReturnType<typeof openStreamSink> }
  | { readonly kind: 'private'; readonly sink: Awaited<ReturnType<typeof openPrivateSink>> }
  | { readonly kind: 'memory'; readonly sink: Sink & { blob(): Blob } };

async function open(run: SinkRun): Promise<Opened> {
  switch (run.sink) {
    case 'stream': {
      const port = await call('openStream', { id: run.id, name: run.name, size: run.size });
      if (!port) throw new TypeError('no service worker');
      return { kind: 'stream', sink: openStreamSink(port) };
    }
    case 'private':
      return { kind: 'private', sink: await openPrivateSink(run.id) };
    case 'memory':
      return { kind: 'memory', sink: openMemorySink() };
  }
}

/** Asks the service worker once after the stall, as a page would that pings too late. */
function peekOnce(run: SinkRun, sink: ReturnType<typeof openStreamSink>): () => void {
  let stop = () => undefined as void;
  const timer = setTimeout(() => {
    stop = watchStream(
      run.id,
      sink,
      () => call('ping', null),
      () => undefined,
    );
  }, run.stallMs + 2_000);
  return () => {
    clearTimeout(timer);
    stop();
  };
}

/** Byte i of the file is (i ^ (i >> 8) ^ (i >> 16)) & 255, so that a test can compute it too. */
async function* bytesOf({ size, chunkBytes, stallAt, stallMs }: SinkRun): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const pattern = new Uint8Array(2 ** 24 + chunkBytes);
  for (let i = 0; i < pattern.length; i++) pattern[i] = i ^ (i >> 8) ^ (i >> 16);
  let stalled = stallMs === 0;
  for (let at = 0; at < size; at += chunkBytes) {
    if (!stalled && at >= stallAt) {
      stalled = true;
      await new Promise((resolve) => setTimeout(resolve, stallMs));
    }
    const from = at % 2 ** 24;
    yield pattern.slice(from, from + Math.min(chunkBytes, size - at));
  }
}
