// Token buckets, one for each network address and kind of request. They live in memory only: an address is never written anywhere.
import { isIPv6 } from 'node:net';
import type { Clock } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import type { Rate } from './settings.ts';

type Bucket = { readonly tokens: number; readonly at: number };

const generationMax = 25_000;

export class RateLimiter {
  /** Two generations: when the young one is full it becomes the old one, so that memory is bounded and nothing is ever searched. */
  #young = new Map<string, Bucket>();
  #old: ReadonlyMap<string, Bucket> = new Map();
  readonly #rate: Rate | null;
  readonly #clock: Clock;

  constructor(rate: Rate | null, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Takes one token. @throws Failure rate-limited with facts.retryAfterMs */
  take(address: string): void {
    if (!this.#rate) return;
    const bucket = refill(this.#young.get(address) ?? this.#old.get(address), this.#rate, this.#clock.now());
    const allowed = bucket.tokens >= 1;
    this.#keep(address, allowed ? { ...bucket, tokens: bucket.tokens - 1 } : bucket);
    if (!allowed) throw new Failure('rate-limited', { retryAfterMs: Math.ceil((1 - bucket.tokens) / perMs(this.#rate)) });
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #keep(address: string, bucket: Bucket): void {
    this.#young.set(address, bucket);
    if (this.#young.size < generationMax) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}

function refill(bucket: Bucket | undefined, rate: Rate, now: number): Bucket {
  if (!bucket) return { tokens: rate.burst, at: now };
  return { tokens: Math.min(rate.burst, bucket.tokens + Math.max(0, now - bucket.at) * perMs(rate)), at: now };
}

function perMs(rate: Rate): number {
  return rate.perMinute / 60_000;
}

/** Who a bucket belongs to: an IPv4 address, or the /64 that one household has of IPv6. */
export function addressGroup(address: string): string {
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...middle, ...right]
    .slice(0, 4)
    .map((part) => part.replace(/^0+(?=.)/, ''))
    .join(':');
}
