// The chain of the sandbox as Electrum asks for it: the protocol of Electrum servers, 1.4, over a TCP port of this machine. What is sent is confirmed
// at once, so that there is no mempool. For tests only. https://electrumx.readthedocs.io/en/latest/protocol-methods.html
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { loadBcoin } from '../../bitcache/lightning/src/sandbox/bcoin.ts';
import type { RegtestChain } from '../../bitcache/lightning/src/sandbox/chain.ts';

export type ElectrumServer = { readonly port: number; readonly asked: ReadonlySet<string>; readonly close: () => void };

type Place = { readonly tx_hash: string; readonly height: number };
type Coin = Place & { readonly tx_pos: number; readonly value: number };
/** What bcoin knows of a transaction, in parts that its sandbox does not use. */
type Transaction = {
  readonly inputs: readonly { readonly prevout: { readonly hash: string; readonly index: number } }[];
  readonly outputs: readonly { readonly value: number; readonly script: { toRaw(): Buffer } }[];
  hash(encoding: 'hex'): string;
  txid(): string;
  toRaw(): Buffer;
};

const headerBytes = 80;
/** In bitcoin for a thousand virtual bytes: 253 sat for a thousand units of weight, as the nodes of the sandbox take. */
const feeRate = 0.00001012;

export async function startElectrumServer(chain: RegtestChain): Promise<ElectrumServer> {
  const index = new Index(chain);
  const asked = new Set<string>();
  const clients = new Set<Client>();
  const onBlock = (_raw: Uint8Array, height: number) => {
    index.take(height);
    for (const client of clients) client.tell();
  };
  chain.listen(onBlock);
  const server = createServer((socket) => {
    const client = new Client(socket, index, asked);
    clients.add(client);
    socket.on('close', () => clients.delete(client));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    chain.unlisten(onBlock);
    for (const client of clients) client.close();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, asked, close };
}

/** Every transaction of the chain, by what Electrum asks for. */
class Index {
  readonly chain: RegtestChain;
  readonly #bcoin = loadBcoin();
  readonly #transactions = new Map<string, { readonly raw: Buffer; readonly height: number }>();
  readonly #blocks: (readonly string[])[] = [];
  readonly #history = new Map<string, Place[]>();
  /** Of all outputs, by transaction and number. */
  readonly #coins = new Map<string, Coin & { readonly script: string; isSpent: boolean }>();

  constructor(chain: RegtestChain) {
    this.chain = chain;
    for (let height = 1; height <= chain.height; height++) this.take(height);
  }

  take(height: number): void {
    const { txs } = this.#bcoin.Block.fromRaw(Buffer.from(this.chain.blockAt(height))) as unknown as { txs: readonly Transaction[] };
    this.#blocks[height] = txs.map((one) => one.txid());
    for (const one of txs) this.#add(one, height);
  }

  #add(one: Transaction, height: number): void {
    const place = { tx_hash: one.txid(), height };
    const scripts = new Set<string>();
    for (const { prevout } of one.inputs) {
      const coin = this.#coins.get(`${prevout.hash}:${prevout.index}`);
      if (!coin) continue;
      coin.isSpent = true;
      scripts.add(coin.script);
    }
    one.outputs.forEach(({ value, script: locked }, tx_pos) => {
      const script = reversed(createHash('sha256').update(locked.toRaw()).digest());
      this.#coins.set(`${one.hash('hex')}:${tx_pos}`, { ...place, tx_pos, value, script, isSpent: false });
      scripts.add(script);
    });
    this.#transactions.set(place.tx_hash, { raw: one.toRaw(), height });
    for (const script of scripts) this.#history.set(script, [...this.historyOf(script), place]);
  }

  header(height: number): string {
    // The first block is everybody's: those of the chain begin above it.
    if (height === 0) return genesis;
    return Buffer.from(this.chain.blockAt(height).subarray(0, headerBytes)).toString('hex');
  }

  historyOf(script: string): readonly Place[] {
    return this.#history.get(script) ?? [];
  }

  statusOf(script: string): string | null {
    const history = this.historyOf(script);
    if (history.length === 0) return null;
    return createHash('sha256')
      .update(history.map(({ tx_hash, height }) => `${tx_hash}:${height}:`).join(''))
      .digest('hex');
  }

  coinsOf(script: string): readonly Coin[] {
    const coins = [...this.#coins.values()].filter((one) => one.script === script && !one.isSpent);
    return coins.map(({ tx_hash, height, tx_pos, value }) => ({ tx_hash, height, tx_pos, value }));
  }

  raw(id: string): string {
    const found = this.#transactions.get(id);
    if (!found) throw new Error('no such transaction');
    return found.raw.toString('hex');
  }

  /** The way from a transaction to the root of its block. */
  proof(id: string, height: number) {
    const ids = this.#blocks[height] ?? [];
    const pos = ids.indexOf(id);
    if (pos < 0) throw new Error('not in that block');
    let level: Buffer[] = ids.map((one) => Buffer.from(one, 'hex').reverse());
    const merkle: string[] = [];
    for (let at = pos; level.length > 1; at >>= 1) {
      if (level.length % 2 === 1) level.push(level.at(-1) as Buffer);
      merkle.push(reversed(level[at ^ 1] as Buffer));
      level = Array.from({ length: level.length / 2 }, (_, i) =>
        twice(Buffer.concat([level[2 * i] as Buffer, level[2 * i + 1] as Buffer])),
      );
    }
    return { block_height: height, merkle, pos };
  }

  async send(hex: string): Promise<string> {
    const raw = Buffer.from(hex, 'hex');
    if ((await this.chain.send(raw)) === 'refused') throw new Error('the rules refuse it');
    return this.#bcoin.TX.fromRaw(raw).txid();
  }
}

class Client {
  readonly #socket: Socket;
  readonly #index: Index;
  readonly #asked: Set<string>;
  #wantsHeaders = false;
  /** By script, the state that it was last told. */
  readonly #wanted = new Map<string, string | null>();

  constructor(socket: Socket, index: Index, asked: Set<string>) {
    this.#socket = socket;
    this.#index = index;
    this.#asked = asked;
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => void this.#hear(line));
  }

  close(): void {
    this.#socket.destroy();
  }

  tell(): void {
    if (this.#wantsHeaders) this.#say({ method: 'blockchain.headers.subscribe', params: [this.#tip()] });
    for (const [script, before] of this.#wanted) {
      const status = this.#index.statusOf(script);
      if (status === before) continue;
      this.#wanted.set(script, status);
      this.#say({ method: 'blockchain.scripthash.subscribe', params: [script, status] });
    }
  }

  async #hear(line: string): Promise<void> {
    const { id, method, params = [] } = JSON.parse(line) as { id: number; method: string; params?: readonly unknown[] };
    this.#asked.add(method);
    try {
      this.#say({ id, result: await this.#answer(method, params) });
    } catch (error) {
      this.#say({ id, error: { code: 1, message: String(error) } });
    }
  }

  #answer(method: string, [first, second]: readonly unknown[]): unknown {
    const index = this.#index;
    const text = String(first);
    switch (method) {
      case 'server.version':
        return ['the sandbox of tests', '1.4'];
      case 'server.ping':
        return null;
      case 'server.banner':
      case 'server.donation_address':
        return '';
      case 'server.peers.subscribe':
      case 'mempool.get_fee_histogram':
      case 'blockchain.scripthash.get_mempool':
        return [];
      case 'blockchain.estimatefee':
      case 'blockchain.relayfee':
        return feeRate;
      case 'blockchain.headers.subscribe':
        this.#wantsHeaders = true;
        return this.#tip();
      case 'blockchain.block.header':
        return index.header(Number(first));
      case 'blockchain.block.headers': {
        const count = Math.max(0, Math.min(Number(second), 2_016, index.chain.height + 1 - Number(first)));
        const headers = Array.from({ length: count }, (_, i) => index.header(Number(first) + i));
        return { count, hex: headers.join(''), max: 2_016 };
      }
      case 'blockchain.scripthash.subscribe':
        this.#wanted.set(text, index.statusOf(text));
        return index.statusOf(text);
      case 'blockchain.scripthash.get_history':
        return index.historyOf(text);
      case 'blockchain.scripthash.listunspent':
        return index.coinsOf(text);
      case 'blockchain.scripthash.get_balance':
        return { confirmed: index.coinsOf(text).reduce((sum, { value }) => sum + value, 0), unconfirmed: 0 };
      case 'blockchain.transaction.get':
        return index.raw(text);
      case 'blockchain.transaction.get_merkle':
        return index.proof(text, Number(second));
      case 'blockchain.transaction.broadcast':
        return index.send(text);
      default:
        throw new Error(`not spoken here: ${method}`);
    }
  }

  #tip() {
    const { height } = this.#index.chain;
    return { hex: this.#index.header(height), height };
  }

  #say(message: object): void {
    if (!this.#socket.destroyed) this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }
}

/** Of regtest: version 1, no block before, the root, 2 February 2011 23:16:42, the easiest target, nonce 2. */
const genesis = [
  '01000000',
  '0'.repeat(64),
  '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a',
  'dae5494d',
  'ffff7f20',
  '02000000',
].join('');

function twice(bytes: Buffer): Buffer {
  return createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest();
}

/** Bitcoin prints hashes from their end. */
function reversed(hash: Buffer): string {
  return Buffer.from(hash).reverse().toString('hex');
}
