// Adds up what is listed, and compares it with what every epoch said of it. spec/liabilities.md "Lists".
import { type Bytes, formatHex } from '@reprise/kit';
import { type EpochKeyset, type ReadEpoch, type Sha256, SumList, type SumRoot } from '@reprise/protocol/liabilities';
import type { Finding } from './findings.ts';
import { coinBytes, type PublishedLists } from './published.ts';

/** The points of a keyset that the latest epoch counts, and what each is worth. */
export type Listed = { readonly promised: ReadonlyMap<string, bigint>; readonly spent: ReadonlyMap<string, bigint> };

type List = 'promised' | 'spent';

export type ListPorts = { readonly sha256: Sha256; readonly published: PublishedLists };

export async function checkLists(
  ports: ListPorts,
  epochs: readonly ReadEpoch[],
  findings: Finding[],
): Promise<ReadonlyMap<string, Listed>> {
  const listed = new Map<string, Listed>();
  for (const { id } of epochs.at(-1)?.keysets ?? []) {
    const roots = (list: List) => epochs.map(({ keysets }) => keysets.find((one: EpochKeyset) => one.id === id)?.[list]);
    const read = async (list: List) => {
      const found = await checkList(ports, { id, list, roots: roots(list) });
      findings.push(...found.findings);
      return found.coins;
    };
    listed.set(id, { promised: await read('promised'), spent: await read('spent') });
  }
  return listed;
}

const findingsMax = 100;

type Wanted = {
  readonly id: string;
  readonly list: List;
  /** By epoch; undefined before the keyset was. */
  readonly roots: readonly (SumRoot | undefined)[];
};

async function checkList({ sha256, published }: ListPorts, { id, list, roots }: Wanted) {
  const facts = { keyset: id, list };
  const findings: Finding[] = [];
  const coins = new Map<string, bigint>();
  const count = roots.at(-1)?.count ?? 0;
  const bytes = await published.coins(id, list, count);
  const sums = new SumList(sha256);
  for (const [index, root] of roots.entries()) {
    if (!root) continue;
    const epoch = index + 1;
    let last = '';
    while (sums.count < root.count) {
      // Enough to know: a list may lie a million times.
      if (findings.length >= findingsMax) return { coins, findings };
      const coin = coinAt(bytes, sums.count);
      if (!coin) return { coins, findings: [...findings, { code: 'list-withheld' as const, facts: { ...facts, epoch } }] };
      const { key, point, amount } = coin;
      if (!isPowerOfTwo(amount))
        return { coins, findings: [...findings, { code: 'coin-impossible' as const, facts: { ...facts, epoch, point } }] };
      if (coins.has(point)) findings.push({ code: 'coin-twice', facts: { ...facts, epoch, point } });
      else if (point <= last) findings.push({ code: 'list-disordered', facts: { ...facts, epoch, point } });
      last = point;
      coins.set(point, amount);
      sums.add({ key, amount });
    }
    const sum = sums.root;
    if (sum.sum !== root.sum || formatHex(sum.hash) !== formatHex(root.hash))
      return { coins, findings: [...findings, { code: 'list-differs' as const, facts: { ...facts, epoch } }] };
  }
  return { coins, findings };
}

function coinAt(bytes: Bytes, index: number) {
  const coin = bytes.subarray(index * coinBytes, (index + 1) * coinBytes);
  if (coin.length < coinBytes) return undefined;
  const key = coin.subarray(0, 33);
  const amount = new DataView(coin.buffer, coin.byteOffset + 33, 8).getBigUint64(0);
  return { key, point: formatHex(key), amount };
}

/** What keysets have keys for: NUT-02, and at most 21 bitcoin. */
function isPowerOfTwo(amount: bigint): boolean {
  return amount > 0n && amount <= 2n ** 31n && (amount & (amount - 1n)) === 0n;
}
