// The mint's websocket (NUT-17) as the world may open it: at the rate of requests, so many for each address, and with an answer for who may
// not. spec/mint.md "Subscriptions".
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { clientAddress, type RateLimiter } from '@reprise/drive';
import { type Mint, MintSockets } from '@reprise/mint';
import { Failure } from '@reprise/protocol';

/** A household may have several wallets, each with one for every mint it knows. */
const perAddressMax = 16;

export type Knock = { readonly incoming: IncomingMessage; readonly stream: Duplex; readonly head: Buffer };

/** Under either name of the mint. */
export function isMintSocket({ url = '' }: IncomingMessage): boolean {
  return /^(\/mint)?\/v1\/ws(?=\?|$)/.test(url);
}

export class MintDoor {
  readonly #limiter: RateLimiter;
  readonly #trustProxy: boolean;
  readonly #open = new Map<string, number>();
  #sockets: MintSockets | undefined;

  constructor(limiter: RateLimiter, trustProxy: boolean) {
    this.#limiter = limiter;
    this.#trustProxy = trustProxy;
  }

  /** @param mint may take long: a sandbox may have to start first @returns the status */
  async answer({ incoming, stream, head }: Knock, mint: () => Promise<Mint>): Promise<number> {
    stream.on('error', () => stream.destroy());
    const address = clientAddress(incoming, this.#trustProxy);
    const refused = await this.#refusal(address, mint);
    if (refused !== undefined) {
      stream.end(`HTTP/1.1 ${refused} ${STATUS_CODES[refused]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return refused;
    }
    this.#open.set(address, (this.#open.get(address) ?? 0) + 1);
    stream.once('close', () => {
      const left = (this.#open.get(address) ?? 1) - 1;
      if (left > 0) this.#open.set(address, left);
      else this.#open.delete(address);
    });
    this.#sockets?.accept(incoming, stream, head);
    return 101;
  }

  close(): void {
    this.#sockets?.close();
  }

  async #refusal(address: string, mint: () => Promise<Mint>): Promise<number | undefined> {
    try {
      this.#limiter.take(address);
      const isFull = () => (this.#open.get(address) ?? 0) >= perAddressMax;
      if (isFull()) return 429;
      const opened = await mint();
      this.#sockets ??= new MintSockets(opened);
      return isFull() ? 429 : this.#sockets.isFull ? 503 : undefined;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return error.code === 'rate-limited' ? 429 : 503;
    }
  }
}
