// A chain of our own: bcoin on regtest, in memory, its blocks kept in one file and replayed at the next start. Coins here are worth nothing.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { assert } from '@reprise/kit';
import { type Bcoin, type BcoinBlock, type BcoinChain, type BcoinMempool, type BcoinMiner, type BcoinRing, loadBcoin } from './bcoin.ts';
import { appendDurably, readIfThere, replaceDurably } from './files.ts';

export type BlockListener = (raw: Uint8Array, height: number) => void;

/** Segregated witness is active from block 432 on regtest. */
const blocksAtFirst = 440;
const coinbaseMaturity = 100;
/** After which no node of the sandbox doubts a transaction. */
const confirmations = 6;
const feeRate = 5_000;
const clockLagMsMax = 60_000;

export class RegtestChain {
  readonly #bcoin: Bcoin;
  readonly #chain: BcoinChain;
  readonly #mempool: BcoinMempool;
  readonly #miner: BcoinMiner;
  readonly #ring: BcoinRing;
  readonly #file: string;
  /** By height; the first, which every node knows, is left out. */
  readonly #blocks: (Uint8Array | undefined)[] = [undefined];
  readonly #listeners = new Set<BlockListener>();
  /** Mining and sending come one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(bcoin: Bcoin, folder: string) {
    this.#bcoin = bcoin;
    this.#chain = new bcoin.Chain({ network: 'regtest', memory: true });
    this.#mempool = new bcoin.Mempool({ network: 'regtest', memory: true, chain: this.#chain });
    // As bcoin's own node joins them; nobody else mines here, so that no block is ever taken back.
    this.#chain.on('connect', (entry, block) => this.#mempool._addBlock(entry, block.txs));
    this.#miner = new bcoin.Miner({ network: 'regtest', chain: this.#chain, mempool: this.#mempool });
    this.#file = join(folder, 'blocks');
    const keyFile = join(folder, 'miner.key');
    const key = readIfThere(keyFile) ?? randomBytes(32);
    if (!readIfThere(keyFile)) replaceDurably(keyFile, key);
    this.#ring = bcoin.KeyRing.fromPrivate(key);
    this.#ring.witness = true;
    this.#miner.addAddress(this.#ring.getAddress());
  }

  /** Replays what the folder holds, or mines the first blocks. */
  static async open(folder: string): Promise<RegtestChain> {
    const chain = new RegtestChain(loadBcoin(), folder);
    await chain.#chain.open();
    await chain.#mempool.open();
    await chain.#miner.open();
    for (const raw of readBlocks(chain.#file)) await chain.#add(chain.#bcoin.Block.fromRaw(Buffer.from(raw)));
    if (chain.height < blocksAtFirst) await chain.mine(blocksAtFirst - chain.height);
    return chain;
  }

  get height(): number {
    return this.#chain.height;
  }

  /** The tip's hash in the byte order of headers. */
  get tip(): Uint8Array {
    return new Uint8Array(Buffer.from(this.#chain.tip.hash, 'hex'));
  }

  /** Hears of each block from now on, in order. */
  listen(listener: BlockListener): void {
    this.#listeners.add(listener);
  }

  unlisten(listener: BlockListener): void {
    this.#listeners.delete(listener);
  }

  blockAt(height: number): Uint8Array {
    const block = this.#blocks[height];
    assert(block, 'a block that was mined');
    return block;
  }

  /** Nodes know the time by the blocks: one is mined where the last is older than a minute. */
  async tellTime(): Promise<void> {
    if (Date.now() - blockTimeMs(this.blockAt(this.height)) > clockLagMsMax) await this.mine(1);
  }

  mine(blocks: number): Promise<void> {
    return this.#inTurn(async () => {
      const mined: BcoinBlock[] = [];
      for (let i = 0; i < blocks; i++) {
        const block = await this.#miner.mineBlock();
        await this.#add(block);
        mined.push(block);
      }
      // On the disk before anybody hears of them.
      appendDurably(this.#file, Buffer.concat(mined.map((block) => withLength(block.toRaw()))));
      for (const at of mined.keys()) this.#tell(this.height - mined.length + 1 + at);
    });
  }

  /** Takes a transaction and confirms it. What the rules refuse is dropped: a node says the same again at its next start. */
  async send(raw: Uint8Array): Promise<'confirmed' | 'refused'> {
    const tx = this.#bcoin.TX.fromRaw(Buffer.from(raw));
    const isTaken = await this.#inTurn(async () => {
      await this.#mempool.addTX(tx).catch(() => undefined);
      return this.#mempool.map.has(tx.hash('hex'));
    });
    if (!isTaken) return 'refused';
    await this.mine(confirmations);
    return 'confirmed';
  }

  /** A transaction that pays to a script, from what was mined; not sent yet. */
  fund(script: Uint8Array, sats: bigint): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const coins = await this.#coins(Number(sats));
      const mtx = new this.#bcoin.MTX();
      mtx.addOutput({ script: this.#bcoin.Script.fromRaw(Buffer.from(script)), value: Number(sats) });
      await mtx.fund(coins, { rate: feeRate, changeAddress: this.#ring.getAddress(), height: this.height + 1 });
      mtx.sign(this.#ring);
      return new Uint8Array(mtx.toTX().toRaw());
    });
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#miner.close();
    await this.#mempool.close();
    await this.#chain.close();
  }

  /** Coinbases that are ripe and unspent, a little more than `sats` of them. */
  async #coins(sats: number): Promise<unknown[]> {
    const coins: unknown[] = [];
    for (let height = 1, sum = 0; sum < sats + feeRate && height <= this.height - coinbaseMaturity; height++) {
      const [coinbase] = this.#bcoin.Block.fromRaw(Buffer.from(this.blockAt(height))).txs;
      assert(coinbase, 'a block has a coinbase');
      if (!(await this.#chain.getCoin(coinbase.hash('hex'), 0))) continue;
      coins.push(this.#bcoin.Coin.fromTX(coinbase, 0, height));
      sum += coinbase.outputs[0]?.value ?? 0;
    }
    return coins;
  }

  async #add(block: BcoinBlock): Promise<void> {
    assert(await this.#chain.add(block), 'a block that the rules accept');
    this.#blocks[this.height] = new Uint8Array(block.toRaw());
  }

  #tell(height: number): void {
    for (const listener of this.#listeners) listener(this.blockAt(height), height);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.catch(() => undefined).then(work);
    this.#last = turn;
    return turn;
  }
}

/** Behind the version, the block before and the root, in a header. */
const timeAt = 4 + 32 + 32;

function blockTimeMs(raw: Uint8Array): number {
  return 1_000 * new DataView(raw.buffer, raw.byteOffset).getUint32(timeAt, true);
}

function withLength(raw: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(raw.length);
  return Buffer.concat([length, raw]);
}

/** A block whose end is missing was never told to anybody. */
function* readBlocks(file: string): Iterable<Uint8Array> {
  const all = readIfThere(file) ?? Buffer.alloc(0);
  for (let at = 0; at + 4 <= all.length; ) {
    const end = at + 4 + all.readUInt32BE(at);
    if (end > all.length) return;
    yield all.subarray(at + 4, end);
    at = end;
  }
}
