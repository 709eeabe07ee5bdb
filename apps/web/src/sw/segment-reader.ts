// Reads one file by segments: where a byte lies is a search in the rope, never a division; a few segments are read ahead, and a
// chunk that was read whole must have its id. spec/cae-1.md "Open a range", spec/ropes.md "Ropes".
import { type Bytes, equalBytes, formatHex } from '@reprise/kit';
import { headerBytes, segmentBytes } from '@reprise/protocol/formats';
import { openChunkSegments, segmentByteRange, webEngine } from '@reprise/vault';
import type { Grant, GrantExtent } from '../engine/grants.ts';
import { Places } from './places.ts';

const segmentsAheadMax = 4;
const cacheBytesMax = 32 * 2 ** 20;
const assembliesMax = 2;
const attemptsMax = 4;
const retryDelayMs = 400;

/** Sealed bytes of a chunk that is being read from its start, until its id can be checked. */
type Assembly = { readonly bytes: Bytes; filledBytes: number };
/** Segments of one chunk that one request brings. */
type Window = { readonly extent: number; readonly first: number; readonly count: number };

/** Opened segments of all files, least recently used first. */
const cache = new Map<string, Bytes>();
let cachedBytes = 0;

export class SegmentReader {
  readonly grant: Grant;
  /** A whole chunk did not have its id: what was shown may not be the author's. */
  forged = false;
  /** File offset where each extent starts. */
  private readonly starts: readonly number[];
  private readonly places: Places;
  private readonly assemblies = new Map<number, Assembly>();
  private readonly loading = new Map<string, Promise<void>>();

  constructor(grant: Grant) {
    this.grant = grant;
    this.places = new Places(grant);
    let at = 0;
    this.starts = grant.extents.map((extent) => {
      const start = at;
      at += extent.length;
      return start;
    });
  }

  /** Forgets what was opened, of every file: what else still plays is fetched again. */
  close(): void {
    for (const name of cache.keys()) dropCached(name);
    this.assemblies.clear();
  }

  /** The plaintext from `start` to `end`, exclusive, a segment or less at a time. */
  async *read(start: number, end: number, signal: AbortSignal): AsyncGenerator<Bytes, void, undefined> {
    let segmentsWanted = 1;
    for (let at = start; at < end; ) {
      const window = this.windowAt(at, end, segmentsWanted);
      await this.load(window, signal);
      segmentsWanted = Math.min(segmentsAheadMax, segmentsWanted * 2);
      const windowEnd = this.endOf(window, end);
      if (windowEnd < end) this.load(this.windowAt(windowEnd, end, segmentsWanted), signal).catch(() => undefined);
      while (at < windowEnd) {
        const piece = await this.pieceAt(at, windowEnd, signal);
        yield piece;
        at += piece.length;
      }
    }
  }

  private async pieceAt(at: number, end: number, signal: AbortSignal): Promise<Bytes> {
    const { extent, offset } = this.locate(at);
    const segment = Math.floor(offset / segmentBytes);
    await this.load({ extent, first: segment, count: 1 }, signal);
    const plain = this.cached(extent, segment);
    if (!plain) throw new TypeError('segment lost');
    const inSegment = offset - segment * segmentBytes;
    return plain.slice(inSegment, Math.min(plain.length, inSegment + end - at));
  }

  private windowAt(at: number, end: number, segmentsWanted: number): Window {
    const { extent, offset } = this.locate(at);
    const first = Math.floor(offset / segmentBytes);
    const lastByte = offset + Math.min(end - at, this.extentAt(extent).length - (at - this.startOf(extent))) - 1;
    return { extent, first, count: Math.min(segmentsWanted, Math.floor(lastByte / segmentBytes) - first + 1) };
  }

  private endOf(window: Window, end: number): number {
    const extent = this.extentAt(window.extent);
    const inChunk = (window.first + window.count) * segmentBytes;
    return Math.min(end, this.startOf(window.extent) + Math.min(extent.length, inChunk - extent.offset));
  }

  /** The extent that holds file byte `at`, and the byte's place in that chunk's plaintext. */
  private locate(at: number): { readonly extent: number; readonly offset: number } {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.startOf(middle) <= at) low = middle;
      else high = middle - 1;
    }
    // Extents of length 0 hold padding only; the search may stop on one after the last byte of the file.
    while (low > 0 && this.extentAt(low).length === 0) low--;
    return { extent: low, offset: this.extentAt(low).offset + at - this.startOf(low) };
  }

  private async load(window: Window, signal: AbortSignal): Promise<void> {
    let { first } = window;
    let end = window.first + window.count;
    while (first < end && this.cached(window.extent, first)) first++;
    while (first < end && this.cached(window.extent, end - 1)) end--;
    const count = end - first;
    if (count === 0) return;
    const name = `${window.extent}/${first}+${count}`;
    const covering = [...this.loading].find(([other]) => covers(other, window.extent, first, count));
    const work =
      covering?.[1] ?? this.fetchWindow({ extent: window.extent, first, count }, signal).finally(() => this.loading.delete(name));
    if (!covering) this.loading.set(name, work);
    try {
      await work;
    } catch (error) {
      // Somebody else's reading was cancelled, ours was not.
      if (!covering || signal.aborted) throw error;
      await this.load(window, signal);
    }
  }

  private async fetchWindow(window: Window, signal: AbortSignal): Promise<void> {
    const extent = this.extentAt(window.extent);
    const range = segmentByteRange(extent.sealedLength, window);
    // The header belongs to the id's bytes, so a chunk read from its first segment brings it along.
    const start = window.first === 0 ? 0 : range.start;
    const sealed = await this.fetchRange(window.extent, start, range.end, signal);
    const segments = sealed.subarray(range.start - start);
    const plain = await openChunkSegments(webEngine, extent, window, segments).catch((error: unknown) => {
      this.forged = true;
      throw error;
    });
    await this.checkWhole(window.extent, start, sealed);
    for (let i = 0; i < window.count; i++)
      remember(segmentName(extent, window.first + i), plain.slice(i * segmentBytes, (i + 1) * segmentBytes));
  }

  private async fetchRange(index: number, start: number, end: number, signal: AbortSignal): Promise<Bytes> {
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      try {
        const url = await this.places.urlOf(index, signal);
        const response = await fetch(url, { headers: { range: `bytes=${start}-${end - 1}` }, signal });
        if (response.status !== 206) throw new TypeError(`chunk: ${response.status}`);
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (bytes.length !== end - start) throw new TypeError('chunk: short answer');
        return bytes;
      } catch (error) {
        if (signal.aborted || attempt >= attemptsMax) throw error;
        this.places.forget();
        await new Promise((resolve) => setTimeout(resolve, retryDelayMs * 2 ** (attempt - 1)));
      }
    }
  }

  /** Gathers a chunk's bytes while they arrive in order; the last ones bring the check. */
  private async checkWhole(index: number, start: number, sealed: Bytes): Promise<void> {
    const extent = this.extentAt(index);
    if (start === 0) {
      this.assemblies.set(index, { bytes: new Uint8Array(extent.sealedLength), filledBytes: 0 });
      for (const old of this.assemblies.keys()) if (this.assemblies.size > assembliesMax && old !== index) this.assemblies.delete(old);
    }
    const assembly = this.assemblies.get(index);
    if (!assembly || assembly.filledBytes !== start) return;
    assembly.bytes.set(sealed, start);
    assembly.filledBytes += sealed.length;
    if (assembly.filledBytes < Math.max(headerBytes, extent.sealedLength)) return;
    this.assemblies.delete(index);
    if (equalBytes(await webEngine.sha256(assembly.bytes), extent.id)) return;
    this.forged = true;
    throw new TypeError('chunk: wrong id');
  }

  private cached(index: number, segment: number): Bytes | undefined {
    return recall(segmentName(this.extentAt(index), segment));
  }

  private extentAt(index: number): GrantExtent {
    return this.grant.extents[index] as GrantExtent;
  }

  private startOf(index: number): number {
    return this.starts[index] as number;
  }
}

function covers(name: string, extent: number, first: number, count: number): boolean {
  const [index, from, many] = name.split(/[/+]/).map(Number) as [number, number, number];
  return index === extent && from <= first && from + many >= first + count;
}

function segmentName(extent: GrantExtent, segment: number): string {
  return `${formatHex(extent.id)}/${segment}`;
}

function recall(name: string): Bytes | undefined {
  const bytes = cache.get(name);
  if (!bytes) return undefined;
  cache.delete(name);
  cache.set(name, bytes);
  return bytes;
}

function remember(name: string, bytes: Bytes): void {
  dropCached(name);
  cache.set(name, bytes);
  cachedBytes += bytes.length;
  for (const oldest of cache.keys()) {
    if (cachedBytes <= cacheBytesMax) break;
    dropCached(oldest);
  }
}

function dropCached(name: string): void {
  cachedBytes -= cache.get(name)?.length ?? 0;
  cache.delete(name);
}
