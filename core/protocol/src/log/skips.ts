// Every entry names its previous one, and some further back, so that descent over many entries is shown by few: spec/log.md "Skips".
import type { Bytes } from '@reprise/kit';

/**
 * What an entry must know about those before it: item k is the id of the newest entry whose seq is a multiple of 2^(k+1).
 * Only as long as needed: past its end stands the genesis.
 */
export type SkipTable = readonly Bytes[];

/** The seqs that the entry `seq` names besides its previous one: seq − 2, seq − 4, … to the largest power of two that divides it. */
export function skipSeqs(seq: number): number[] {
  const seqs: number[] = [];
  for (let step = 2; step <= seq && seq % step === 0; step *= 2) seqs.push(seq - step);
  return seqs;
}

/** The ids that stand for `skipSeqs(seq)`, where `table` is that of the entry before. */
export function skipIds(seq: number, table: SkipTable, genesisId: Bytes): Bytes[] {
  return skipSeqs(seq).map((_, k) => table[k] ?? genesisId);
}

/** The table after the entry `seq` with this id. */
export function nextSkipTable(seq: number, id: Bytes, table: SkipTable): SkipTable {
  const levels = skipSeqs(seq).length;
  return levels === 0 ? table : [...Array.from({ length: levels }, () => id), ...table.slice(levels)];
}

/** The seqs of the entries that show `to` to descend from `from`, newest first: each names the next, the last one names `from`. */
export function descentPath(from: number, to: number): number[] {
  const path: number[] = [];
  for (let at = to; at > from; ) {
    path.push(at);
    at = [at - 1, ...skipSeqs(at)].findLast((seq) => seq >= from) ?? from;
  }
  return path;
}
