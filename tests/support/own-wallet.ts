// A wallet of one's own behind Nostr Wallet Connect, as a test wants it: honest, silent, or lying. NIP-47, over a relay of the test.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { decrypt, encrypt, getConversationKey } from 'nostr-tools/nip44';
import { type EventTemplate, finalizeEvent, generateSecretKey, getPublicKey, type NostrEvent } from 'nostr-tools/pure';
import { msat } from '@reprise/ledger';
import type { PaymentHash } from '@reprise/lightning';
import { formatInvoice } from '../../bitcache/lightning/src/bolt11/format.ts';
import { type Relay, startRelay } from './relay.ts';

export type Asked = { readonly method: string; readonly params: Readonly<Record<string, unknown>>; readonly request: NostrEvent };
type Said = { readonly result?: unknown; readonly error?: { readonly code: string; readonly message: string } };

export interface OwnWallet extends AsyncDisposable {
  readonly relay: Relay;
  /** What its person pastes. */
  readonly url: string;
  /** Every request that it could read. */
  readonly asked: readonly Asked[];
  /** @returns what it answers; undefined: nothing */
  answer: (asked: Asked, wallet: OwnWallet) => Said | undefined | Promise<Said | undefined>;
  /** Publishes an answer that may be wrong in any way. */
  say(request: NostrEvent, said: unknown, wrong?: { readonly as?: Uint8Array; readonly about?: string; readonly type?: string }): void;
}

export const refusal = (code: string): Said => ({ error: { code, message: code } });

export type OwnWalletOptions = { readonly methods?: readonly string[]; readonly encryption?: string | null; readonly relay?: Relay };

export async function startOwnWallet({
  methods = ['pay_invoice', 'get_budget', 'lookup_invoice'],
  encryption = 'nip44_v2 nip04',
  relay: given,
}: OwnWalletOptions = {}): Promise<OwnWallet> {
  const relay = given ?? (await startRelay());
  const [own, client] = [generateSecretKey(), generateSecretKey()];
  const clientPublic = getPublicKey(client);
  const socket = new WebSocket(relay.url);
  await once(socket, 'open');
  const publish = (event: NostrEvent) => socket.send(JSON.stringify(['EVENT', event]));
  const signed = (event: Omit<EventTemplate, 'created_at'>, key = own) =>
    finalizeEvent({ ...event, created_at: Math.floor(Date.now() / 1_000) }, key);
  const asked: Asked[] = [];
  const wallet: OwnWallet = {
    relay,
    url: `nostr+walletconnect://${getPublicKey(own)}?relay=${encodeURIComponent(relay.url)}&secret=${Buffer.from(client).toString('hex')}`,
    asked,
    answer: () => undefined,
    say(request, said, { as = own, about = request.id, type } = {}) {
      const content = encrypt(
        JSON.stringify({ result_type: type, error: null, result: null, ...(said as object) }),
        getConversationKey(as, clientPublic),
      );
      publish(
        signed(
          {
            kind: 23_195,
            tags: [
              ['p', clientPublic],
              ['e', about],
            ],
            content,
          },
          as,
        ),
      );
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      if (!given) await relay.close();
    },
  };
  socket.addEventListener('message', ({ data }) => {
    const [verb, , event] = JSON.parse(String(data)) as [string, string, NostrEvent];
    if (verb !== 'EVENT') return;
    const { method, params } = JSON.parse(decrypt(event.content, getConversationKey(own, clientPublic))) as Asked;
    const heard = { method, params, request: event };
    asked.push(heard);
    void Promise.resolve(wallet.answer(heard, wallet)).then((said) => said && wallet.say(event, said, { type: method }));
  });
  socket.send(JSON.stringify(['REQ', 'wallet', { kinds: [23_194], authors: [clientPublic] }]));
  const tags = encryption === null ? [] : [['encryption', encryption]];
  publish(signed({ kind: 13_194, tags, content: methods.join(' ') }));
  return wallet;
}

export type DrawnInvoice = { readonly bolt11: string; readonly preimage: string; readonly hash: string };

/** An invoice of somebody, and what proves that it was paid. */
export function drawInvoice(sats: number, { expirySeconds = 600, madeAt = Date.now() } = {}): DrawnInvoice {
  const preimage = randomBytes(32);
  const hash = createHash('sha256').update(preimage).digest('hex') as PaymentHash;
  const about = { network: 'regtest' as const, amount: msat(BigInt(sats) * 1_000n), hash, secret: randomBytes(32) };
  const bolt11 = formatInvoice({ ...about, description: { text: 'a film' }, madeAt, expirySeconds }, randomBytes(32));
  return { bolt11, preimage: preimage.toString('hex'), hash };
}
