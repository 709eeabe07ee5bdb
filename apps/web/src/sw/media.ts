// Answers ranges of one decrypted file at `/_v/<grant>` for <video> and <audio>: exactly the range asked, opened segment by
// segment. Nothing here is ever a document. spec/web.md "Video and audio with seeking", spec/cae-1.md "Open a range".
import { dropGrant, readGrant } from '../engine/grants.ts';
import { isPlayable } from '../engine/media-types.ts';
import { mediaPath } from './messages.ts';
import { parseRange } from './range.ts';
import { SegmentReader } from './segment-reader.ts';

const readers = new Map<string, SegmentReader>();
const isolation = { 'cross-origin-embedder-policy': 'require-corp', 'cross-origin-resource-policy': 'same-origin' } as const;

export function forgetGrant(name: string): void {
  readers.get(name)?.close();
  readers.delete(name);
}

export async function answerMedia(request: Request, url: URL): Promise<Response> {
  if (request.mode === 'navigate' || !['video', 'audio', ''].includes(request.destination)) return refuse(403);
  const name = url.pathname.slice(mediaPath.length);
  const reader = await openReader(name);
  if (!reader) return refuse(410);
  const { size, mediaType } = reader.grant;
  if (!isPlayable(mediaType)) return refuse(403);

  const range = parseRange(request.headers.get('range'), size);
  if (range === 'outside') return refuse(416, { 'content-range': `bytes */${size}` });
  const { start, end } = range ?? { start: 0, end: size };
  const headers: Record<string, string> = {
    ...isolation,
    'content-type': mediaType,
    'content-length': String(end - start),
    'accept-ranges': 'bytes',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  };
  if (range) headers['content-range'] = `bytes ${start}-${end - 1}/${size}`;
  return new Response(streamRange(name, reader, start, end), { status: range ? 206 : 200, headers });
}

async function openReader(name: string): Promise<SegmentReader | undefined> {
  const known = readers.get(name);
  if (known) return known;
  const grant = /^[0-9a-f]{32}$/.test(name) ? await readGrant(name) : undefined;
  if (!grant) return undefined;
  const reader = readers.get(name) ?? new SegmentReader(grant);
  readers.set(name, reader);
  return reader;
}

function streamRange(name: string, reader: SegmentReader, start: number, end: number): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  const pieces = reader.read(start, end, stop.signal);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await pieces.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          if (reader.forged) {
            forgetGrant(name);
            await dropGrant(name);
          }
          controller.error(error);
        }
      },
      cancel: () => stop.abort(),
    },
    { highWaterMark: 1 },
  );
}

function refuse(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: { ...isolation, ...headers } });
}
