// A mint that is nothing but what it publishes, and that says whatever a test has it say. For tests only.
import { createHash } from 'node:crypto';
import { type Bytes, concatBytes, formatBase64url, parseHex, u64 } from '@reprise/kit';
import { importSigningKey, type SigningKey } from '@reprise/protocol/formats';
import {
  type LiabilityEpoch,
  lineKey,
  openEpoch,
  type OwnLine,
  sealEpoch,
  type Sha256,
  SumList,
  SumTree,
} from '@reprise/protocol/liabilities';
import type { Fetch } from '../mint-requests.ts';

export const sha256: Sha256 = (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest());
export const dayMs = 86_400_000;

export type PaperCoin = { readonly point: string; readonly amount: bigint };
export type PaperLine = { readonly name: string; readonly amount: bigint };
type Day = {
  readonly promised?: readonly PaperCoin[];
  readonly spent?: readonly PaperCoin[];
  readonly lines?: readonly PaperLine[];
  /** What the epoch says otherwise than it should. */
  readonly says?: Partial<LiabilityEpoch>;
};

type PlacedLines = { readonly tree: SumTree; readonly placed: readonly (PaperLine & { readonly salt: Bytes })[] };

export class PaperMint {
  readonly keyset = `01${'cd'.repeat(32)}`;
  readonly start: number;
  network = 'regtest';
  /** Where anybody may put what a mint should not. */
  key: SigningKey;
  epochs: Bytes[] = [];
  readonly lists: Record<'promised' | 'spent', PaperCoin[]> = { promised: [], spent: [] };
  #lines: PlacedLines = { tree: new SumTree(sha256, []), placed: [] };

  private constructor(key: SigningKey, start: number) {
    this.key = key;
    this.start = start;
  }

  static async open(start: number): Promise<PaperMint> {
    return new PaperMint(await importSigningKey(sha256(Uint8Array.of(1))), start);
  }

  /** One more epoch. */
  async day({ promised = [], spent = [], lines = [], says = {} }: Day = {}): Promise<void> {
    const number = this.epochs.length + 1;
    this.lists.promised.push(...promised);
    this.lists.spent.push(...spent);
    const before = this.epochs.length === 0 ? undefined : openEpoch(sha256, this.key.publicKey, this.epochs.at(-1) as Bytes);
    const placed = lines.map((line) => ({ ...line, salt: sha256(new TextEncoder().encode(`${line.name} ${number}`)) }));
    const leaves = placed.map((line) => ({ key: lineKey(sha256, number, line), amount: line.amount }));
    const tree = new SumTree(sha256, leaves);
    this.#lines = { tree, placed };
    const epoch: LiabilityEpoch = {
      number,
      at: this.start + (number - 1) * dayMs,
      previous: before === undefined || before === 'signature' ? null : before.hash,
      network: this.network,
      keysets: [{ id: this.keyset, promised: this.root('promised'), spent: this.root('spent') }],
      lines: tree.root,
      reserves: null,
    };
    this.epochs.push(await sealEpoch(this.key, { ...epoch, ...says }));
  }

  root(list: 'promised' | 'spent') {
    const sums = new SumList(sha256);
    for (const { point, amount } of this.lists[list]) sums.add({ key: parseHex(point) as Bytes, amount });
    return sums.root;
  }

  /** A line of the latest epoch. */
  line(name: string): OwnLine {
    const { tree, placed } = this.#lines;
    const index = placed.findIndex((line) => line.name === name);
    const { amount, salt } = placed[index] as (typeof placed)[number];
    return { name, amount, salt, index, path: tree.path(index) };
  }

  readonly fetch: Fetch = async (text) => {
    const url = new URL(text);
    const from = Number(url.searchParams.get('from'));
    const [, list] = /\/(promised|spent)$/.exec(url.pathname) ?? [];
    if (list !== undefined) {
      const coins = this.lists[list as 'promised' | 'spent'].slice(from, from + 20_000);
      return new Response(concatBytes(...coins.flatMap(({ point, amount }) => [parseHex(point) as Bytes, u64(amount)])));
    }
    const epochs = this.epochs.slice(Math.max(0, from - 1)).map(formatBase64url);
    return Response.json({ network: this.network, key: formatBase64url(this.key.publicKey), latest: this.epochs.length, epochs });
  };
}

let drawn = 0;

/** A point that no other coin has, after all those drawn before. */
export function coin(amount = 8n): PaperCoin {
  return { point: `02${(++drawn).toString(16).padStart(64, '0')}`, amount };
}
