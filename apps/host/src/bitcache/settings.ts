// Which money the host takes: none, worthless coins of a sandbox, or those of a Lightning node. docs/guide/payments.md.
import { readFileSync } from 'node:fs';

/** Where the money is. Secrets are in here: nothing prints it. */
export type BitcacheConfig =
  | { readonly kind: 'off' }
  | { readonly kind: 'sandbox'; readonly production: boolean; readonly demo: boolean }
  | NodeConfig;
export type NodeConfig =
  | {
      readonly kind: 'lnd' | 'cln' | 'phoenixd';
      readonly url: string;
      /** Macaroon in hex, rune, or password. */
      readonly secret: string;
      /** PEM, where the node's certificate is its own. */
      readonly certificate: string | undefined;
    }
  | {
      readonly kind: 'nwc';
      /** `nostr+walletconnect://…`: whoever has it can spend. */
      readonly url: string;
    };

type Read = <Value>(name: string, otherwise: Value, parse: (text: string) => Value) => Value;

/** @param read of one variable, with its name in what it refuses */
export function parseBitcache(read: Read): BitcacheConfig {
  const chosen = read<'off' | 'sandbox' | NodeUrl>('REPRISE_BITCACHE', 'sandbox', parseChoice);
  const production = read('REPRISE_PRODUCTION', false, parseOnOff);
  const demo = read('REPRISE_BITCACHE_DEMO', false, parseOnOff);
  const file = read<string | undefined>('REPRISE_BITCACHE_SECRET_FILE', undefined, readSecret);
  const secret = read<string | undefined>('REPRISE_BITCACHE_SECRET', file, (text) => text);
  const certificate = read<string | undefined>('REPRISE_BITCACHE_CERTIFICATE', undefined, (path) => readFileSync(path, 'utf8'));
  const isAccepted = read('REPRISE_BITCACHE_CUSTODY', false, parseAccepted);
  if (chosen === 'off') return { kind: 'off' };
  if (chosen === 'sandbox') return { kind: 'sandbox', production, demo };
  if (!isAccepted)
    return read('REPRISE_BITCACHE', { kind: 'off' }, () =>
      refuse('holds money of others: read docs/guide/payments.md, then set REPRISE_BITCACHE_CUSTODY=accepted'),
    );
  if (chosen.kind === 'nwc') return { kind: 'nwc', url: chosen.url };
  if (secret === undefined)
    return read('REPRISE_BITCACHE', { kind: 'off' }, () => refuse('needs REPRISE_BITCACHE_SECRET or REPRISE_BITCACHE_SECRET_FILE'));
  return { kind: chosen.kind, url: chosen.url, secret, certificate };
}

type NodeUrl = { readonly kind: 'lnd' | 'cln' | 'phoenixd' | 'nwc'; readonly url: string };

function parseChoice(text: string): 'off' | 'sandbox' | NodeUrl {
  if (text === 'off' || text === 'sandbox') return text;
  if (text.startsWith('nostr+walletconnect://') && URL.canParse(text)) return { kind: 'nwc', url: text };
  const [, kind, url = ''] = /^(lnd|cln|phoenixd)\+(https?:\/\/.+)$/.exec(text) ?? [];
  const plain = URL.canParse(url) ? new URL(url) : undefined;
  if (!kind || !plain || plain.pathname !== '/' || plain.search || plain.hash || plain.username)
    return refuse('sandbox, off, lnd+https://…, cln+https://…, phoenixd+http://…, or nostr+walletconnect://…');
  return { kind: kind as 'lnd' | 'cln' | 'phoenixd', url: plain.origin };
}

/** A file of a node: text, or the bytes of a macaroon, which become hex. */
function readSecret(path: string): string {
  const bytes = readFileSync(path);
  const text = bytes.toString('latin1').trim();
  return /^[\x21-\x7e]+$/.test(text) ? text : bytes.toString('hex');
}

function parseOnOff(text: string): boolean {
  if (text === 'on') return true;
  return text === 'off' ? false : refuse('on or off');
}

function parseAccepted(text: string): boolean {
  return text === 'accepted' ? true : refuse('accepted, or nothing');
}

function refuse(reason: string): never {
  throw new Error(reason);
}
