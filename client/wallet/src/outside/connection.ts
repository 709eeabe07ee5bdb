// How a person connects a wallet of their own: the text `nostr+walletconnect://…` that it shows. Whoever has it can spend within its budget.
// NIP-47, spec/wallet.md "A wallet of one's own".
import { refused } from '../failures.ts';

export type Connection = {
  /** Public key of the wallet's service, 64 hex digits. */
  readonly wallet: string;
  /** 64 hex digits: signs what is asked, and opens the answers. */
  readonly secret: string;
  /** `wss://…`, in the order in which they are tried. */
  readonly relays: readonly string[];
};

const charactersMax = 2_000;
const relaysMax = 5;
const form = /^nostr\+?walletconnect:(?:\/\/)?([0-9a-f]{64})\/?\?(.+)$/i;

/** @throws Failure wallet-refused: connection-malformed */
export function parseConnection(text: string): Connection {
  const trimmed = text.trim();
  const [, wallet, query] = (trimmed.length <= charactersMax && form.exec(trimmed)) || [];
  if (wallet === undefined || query === undefined) throw refused('connection-malformed', { what: 'form' });
  const named = new URLSearchParams(query);
  const secret = named.get('secret') ?? '';
  if (!/^[0-9a-f]{64}$/i.test(secret)) throw refused('connection-malformed', { what: 'secret' });
  const relays = [...new Set(named.getAll('relay').flatMap(relayOf))].slice(0, relaysMax);
  if (relays.length === 0) throw refused('connection-malformed', { what: 'relay' });
  return { wallet: wallet.toLowerCase(), secret: secret.toLowerCase(), relays };
}

/** What a person is told of a relay. */
export function relayHost(relay: string): string {
  return new URL(relay).host;
}

/** Whether a page may reach it. @param allowed origins, `wss://host` with a port where it is not the usual one */
export function isAllowed(relay: string, allowed: readonly string[]): boolean {
  const { protocol, host } = new URL(relay);
  return allowed.includes(`${protocol}//${host}`);
}

/** Without encryption only to this very machine. */
function relayOf(text: string): readonly string[] {
  if (!URL.canParse(text)) return [];
  const { protocol, hostname, username, password, href } = new URL(text);
  const isOwn = protocol === 'ws:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return (protocol === 'wss:' || isOwn) && username === '' && password === '' ? [href] : [];
}
