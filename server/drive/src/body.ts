// Request bodies: bounded while they stream, never slower than the least rate, JSON without ambiguity.
import type { IncomingMessage } from 'node:http';
import { decodeUtf8 } from '@reprise/kit';
import { Failure } from '@reprise/protocol';

export type BodyBounds = {
  readonly bytesMax: number;
  /** After this long without a byte, or once this long has passed below the least rate, the request is given up. */
  readonly graceMs: number;
  readonly bytesPerSecondMin: number;
};

const aheadBytesMax = 262_144;
const paceStepMs = 250;

/**
 * The body in pieces as they come, at most `aheadBytesMax` ahead of the reader.
 * @throws Failure body-too-large, request-timeout, bad-request (cut short, or in a coding we do not take)
 */
export async function* bodyPieces(incoming: IncomingMessage, bounds: BodyBounds): AsyncGenerator<Uint8Array, void, void> {
  checkHeaders(incoming, bounds);
  const queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let receivedBytes = 0;
  let ended = false;
  let failure: Failure | undefined;
  let wake = () => {};
  const fail = (found: Failure) => {
    failure ??= found;
    wake();
  };
  const onData = (piece: Buffer) => {
    receivedBytes += piece.length;
    lastAt = performance.now();
    if (receivedBytes > bounds.bytesMax) return fail(tooLarge(bounds));
    queue.push(piece);
    queuedBytes += piece.length;
    if (queuedBytes >= aheadBytesMax) incoming.pause();
    wake();
  };
  const onEnd = () => {
    ended = true;
    wake();
  };
  /** Also of a body that came whole: once its sender is gone, what was not read yet is not handed out any more. */
  const onClose = () => {
    if (!ended) fail(new Failure('bad-request', { field: 'body', reason: 'the body was cut short' }));
  };
  // While our own disk is what is slow, the sender is paused and its clock stands still.
  const startedAt = performance.now();
  let lastAt = startedAt;
  let pausedMs = 0;
  const pace = setInterval(() => {
    if (incoming.isPaused()) {
      pausedMs += paceStepMs;
      lastAt = performance.now();
      return;
    }
    if (tooSlow({ now: performance.now() - pausedMs, startedAt, idleMs: performance.now() - lastAt, receivedBytes }, bounds))
      fail(new Failure('request-timeout'));
  }, paceStepMs);
  incoming.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  try {
    for (;;) {
      if (failure) throw failure;
      const piece = queue.shift();
      if (piece) {
        queuedBytes -= piece.length;
        if (queuedBytes < aheadBytesMax && incoming.isPaused()) incoming.resume();
        yield piece;
      } else if (ended) return;
      else if (incoming.destroyed) onClose();
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    clearInterval(pace);
    incoming.off('data', onData).off('end', onEnd).off('close', onClose);
  }
}

/** The whole body. */
export async function wholeBody(incoming: IncomingMessage, bounds: BodyBounds): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bodyPieces(incoming, bounds)) pieces.push(piece);
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
}

type Pace = { readonly now: number; readonly startedAt: number; readonly idleMs: number; readonly receivedBytes: number };

/** Whether a sender is too slow to be waited for. */
export function tooSlow({ now, startedAt, idleMs, receivedBytes }: Pace, bounds: BodyBounds): boolean {
  const overMs = now - startedAt - bounds.graceMs;
  return idleMs > bounds.graceMs || (overMs > 0 && receivedBytes < (overMs / 1000) * bounds.bytesPerSecondMin);
}

function checkHeaders(incoming: IncomingMessage, bounds: BodyBounds): void {
  const coding = incoming.headers['content-encoding'];
  if (coding !== undefined && coding !== 'identity')
    throw new Failure('bad-request', { field: 'content-encoding', reason: 'send the body as it is' });
  if (Number(incoming.headers['content-length'] ?? 0) > bounds.bytesMax) throw tooLarge(bounds);
}

function tooLarge({ bytesMax }: BodyBounds): Failure {
  return new Failure('body-too-large', { bytesMax });
}

/**
 * JSON in UTF-8 whose objects name each key once: two readers of one body must see the same thing.
 * @throws Failure bad-request
 */
export function parseJson(body: Uint8Array): unknown {
  let text: string;
  let value: unknown;
  try {
    text = decodeUtf8(body);
    value = JSON.parse(text);
  } catch (cause) {
    throw new Failure('bad-request', { field: 'body', reason: 'not JSON in UTF-8' }, { cause });
  }
  if (writtenKeys(text) !== heldKeys(value))
    throw new Failure('bad-request', { field: 'body', reason: 'a key stands twice in one object' });
  return value;
}

/** Keys as written: each has one colon outside of strings. */
function writtenKeys(text: string): number {
  let colons = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) inString = !inString;
    else if (inString && code === 0x5c) at++;
    else if (!inString && code === 0x3a) colons++;
  }
  return colons;
}

/** Keys that survived parsing. Walks without recursion: depth is the sender's choice. */
function heldKeys(value: unknown): number {
  let keys = 0;
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next !== 'object' || next === null) continue;
    const inner = Object.values(next);
    if (!Array.isArray(next)) keys += inner.length;
    for (const item of inner) if (typeof item === 'object' && item !== null) rest.push(item);
  }
  return keys;
}
