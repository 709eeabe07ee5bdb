// News of a drive: a stream of heads that the server sends as they move. What it says is only a reason to look: the log is followed and
// judged as ever. The stream format is the text/event-stream of HTML §9.2. spec/spaces.md "Events".
import { sleep } from '@reprise/kit';
import { Failure, type SpaceId } from '@reprise/protocol';
import type { Connection } from '../connect.ts';
import type { RequestDevice } from './space-service.ts';

const lineBytesMax = 65_536;
const firstDelayMs = 1_000;
const delayMsMax = 60_000;

/** The stream broke of a failure, and when it is opened again (ms since 1970); null once it runs. */
export type OnWatchState = (retryAt: number | null, failure: Failure | null) => void;

export type WatchOptions = {
  readonly connection: Connection;
  readonly device: RequestDevice;
  readonly space: SpaceId;
  /** Called at the start of every stream and with each head that moves; the next event waits for it. */
  readonly onHead: () => Promise<void>;
  readonly onState?: OnWatchState | undefined;
  readonly signal: AbortSignal;
};

/** Watches until the signal ends. @throws Failure device-revoked, signature-refused, and what `onHead` throws beyond the network */
export async function watchHeads(options: WatchOptions): Promise<void> {
  const { connection, signal, onState } = options;
  for (let failures = 0; !signal.aborted; ) {
    let failure: Failure | null = null;
    try {
      await watchOnce(options, () => (failures = 0));
      failures++;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Failure) || !isPassing(error)) throw error;
      failures++;
      failure = error;
    }
    const delayMs = Math.min(delayMsMax, firstDelayMs * 2 ** Math.min(failures - 1, 10)) * (0.5 + Math.random() / 2);
    onState?.(connection.clock.now() + delayMs, failure);
    await sleep(delayMs, signal).catch(() => undefined);
  }
}

function isPassing({ code }: Failure): boolean {
  return ['network', 'stalled', 'unavailable', 'rate-limited', 'server-error', 'request-timeout', 'bad-answer', 'clock-skew'].includes(
    code,
  );
}

async function watchOnce({ connection, device, space, onHead, onState, signal }: WatchOptions, began: () => void): Promise<void> {
  const response = await connection.open('account.events', { params: {}, device, signal });
  onState?.(null, null);
  for await (const data of eventsOf(response.pieces())) {
    began();
    if (spaceOf(data) === space) await onHead();
  }
}

/** The data of each event. @throws Failure bad-answer for a line without an end */
export async function* eventsOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  for await (const piece of pieces) {
    rest += decoder.decode(piece, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/u);
    rest = lines.pop() ?? '';
    if (rest.length > lineBytesMax) throw new Failure('bad-answer', { reason: 'a line of events without an end' });
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(5).trimStart());
      else if (line === '' && data.length > 0) {
        yield data.join('\n');
        data = [];
      }
    }
  }
}

function spaceOf(data: string): string | undefined {
  try {
    const event = JSON.parse(data) as { readonly space?: unknown } | null;
    return typeof event?.space === 'string' ? event.space : undefined;
  } catch {
    return undefined;
  }
}
