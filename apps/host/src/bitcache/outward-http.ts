// Calls a server that a stranger named: https only, resolved once, refused unless every address is public, connected to the very address
// that was checked, without redirect, within 5 s and 64 kB. spec/paid-links.md "Payouts".
import { lookup } from 'node:dns/promises';
import { request, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import type { AddressFetch } from '@reprise/service';
import { isPublicAddress } from './public-address.ts';

export type OutwardSettings = {
  /** @returns all addresses of a name */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly mayCall: (address: string) => boolean;
  readonly withinMs: number;
  readonly bytesMax: number;
  /** Certificates that are trusted besides; undefined: those of the system. */
  readonly ca?: string;
};

const defaults: OutwardSettings = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  mayCall: isPublicAddress,
  withinMs: 5_000,
  bytesMax: 65_536,
};

export class OutwardRefused extends Error {
  override readonly name = 'OutwardRefused';
}

export function outwardFetch(settings: Partial<OutwardSettings> = {}): AddressFetch {
  const all = { ...defaults, ...settings };
  return async (text) => {
    const url = new URL(text);
    if (url.protocol !== 'https:') throw new OutwardRefused('not https');
    const signal = AbortSignal.timeout(all.withinMs);
    const address = await checkedAddress(url, all, signal);
    return JSON.parse(await get(url, address, { ...all, signal })) as unknown;
  };
}

/** One of its addresses, if all may be called: who mixes an inward one in is up to something. */
async function checkedAddress({ hostname }: URL, { resolve, mayCall }: OutwardSettings, signal: AbortSignal): Promise<string> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(host) > 0 ? [host] : await Promise.race([resolve(host), rejected(signal)]);
  const [first] = addresses;
  if (first === undefined || !addresses.every(mayCall)) throw new OutwardRefused('not a public address');
  return first;
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}

type Bounds = OutwardSettings & { readonly signal: AbortSignal };

function get(url: URL, address: string, { signal, bytesMax, ca }: Bounds): Promise<string> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      signal,
      // No connection is kept, and none is taken over that was made to another address.
      agent: false,
      headers: { accept: 'application/json' },
      lookup: (_host, { all }, done) => {
        const family = isIP(address);
        if (all) (done as (error: null, found: readonly { address: string; family: number }[]) => void)(null, [{ address, family }]);
        else done(null, address, family);
      },
      ...(ca === undefined ? {} : { ca }),
    };
    const outgoing = request(url, options, (incoming) => {
      const { statusCode = 0, headers } = incoming;
      const refuse = (why: string) => {
        outgoing.destroy();
        reject(new OutwardRefused(why));
      };
      if (statusCode !== 200) return refuse(`status ${statusCode}`);
      if (!/^application\/json(\s*;|$)/i.test(headers['content-type'] ?? '')) return refuse('not JSON');
      const pieces: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > bytesMax) refuse('too long');
        else pieces.push(piece);
      });
      incoming.on('end', () => resolve(Buffer.concat(pieces).toString('utf8')));
      incoming.on('error', reject);
      incoming.on('aborted', () => reject(new OutwardRefused('cut off')));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
