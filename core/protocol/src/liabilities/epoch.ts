// What a mint says it owes at one moment: the roots of its lists, chained to what it said before, and signed. spec/liabilities.md "Epochs".
import { type Bytes, concatBytes, encodeUtf8, equalBytes, formatHex, parseHex, u8 } from '@reprise/kit';
import { type DcborValue, decodeDcbor, encodeDcbor } from '../dcbor.ts';
import { hashLabels, signatureLabels } from '../labels.ts';
import { badObject, readArray, readBytes, readText, readTuple, readUint } from '../shape.ts';
import { sign, type SigningKey, verifySignature } from '../signature.ts';
import { liabilityMax, type Sha256, type SumRoot } from './sum-tree.ts';

export type EpochKeyset = {
  /** 33 bytes in hex. */
  readonly id: string;
  /** Everything that was signed, and everything that came back: satoshis. */
  readonly promised: SumRoot;
  readonly spent: SumRoot;
};

export type LiabilityEpoch = {
  /** From 1. */
  readonly number: number;
  /** ms since 1970. */
  readonly at: number;
  /** Of the epoch before, 32 bytes; of the first none. */
  readonly previous: Bytes | null;
  readonly network: string;
  /** By id, ascending. */
  readonly keysets: readonly EpochKeyset[];
  /** What is owed otherwise, in thousandths of a satoshi. */
  readonly lines: SumRoot;
  /** What the node says it could pay, in thousandths of a satoshi: nobody can check that. null: it did not answer. */
  readonly reserves: { readonly backend: string; readonly spendable: bigint } | null;
};

const networks = ['mainnet', 'testnet', 'signet', 'regtest'];
const keysetsMax = 200;
const satoshisMax = liabilityMax / 1_000n;

export async function sealEpoch(key: SigningKey, epoch: LiabilityEpoch): Promise<Bytes> {
  const body = encodeDcbor(written(epoch));
  return encodeDcbor([body, await sign(signatureLabels.liabilities, key, body)]);
}

export type ReadEpoch = LiabilityEpoch & {
  /** 32 bytes, by which the next one is chained to it. */
  readonly hash: Bytes;
};

/** @returns `signature` for what another key has signed @throws Failure bad-object */
export function openEpoch(sha256: Sha256, publicKey: Uint8Array, bytes: Uint8Array): ReadEpoch | 'signature' {
  const [body, signature] = readTuple(decodeDcbor(bytes), 2).map((part) => readBytes(part)) as [Bytes, Bytes];
  if (!verifySignature(signatureLabels.liabilities, publicKey, body, signature)) return 'signature';
  return { ...parse(decodeDcbor(body)), hash: sha256(concatBytes(encodeUtf8(hashLabels.liabilities), u8(0), body)) };
}

/** Why an epoch is no continuation of another. */
export type BrokenChain = 'number' | 'previous' | 'time' | 'network' | 'keyset-gone' | 'shrunk';

/** @param before null for the first epoch there is */
export function chainProblem(before: ReadEpoch | null, next: LiabilityEpoch): BrokenChain | undefined {
  if (next.number !== (before?.number ?? 0) + 1) return 'number';
  if (before === null) return next.previous === null ? undefined : 'previous';
  if (next.previous === null || !equalBytes(next.previous, before.hash)) return 'previous';
  if (next.at <= before.at) return 'time';
  if (next.network !== before.network) return 'network';
  for (const keyset of before.keysets) {
    const after = next.keysets.find(({ id }) => id === keyset.id);
    if (!after) return 'keyset-gone';
    if (hasShrunk(keyset.promised, after.promised) || hasShrunk(keyset.spent, after.spent)) return 'shrunk';
  }
  return undefined;
}

function hasShrunk(before: SumRoot, after: SumRoot): boolean {
  return after.count < before.count || after.sum < before.sum;
}

/** Coins of an epoch that are in somebody's hands, in satoshis. */
export function outstanding({ keysets }: Pick<LiabilityEpoch, 'keysets'>): bigint {
  return keysets.reduce((sum, { promised, spent }) => sum + promised.sum - spent.sum, 0n);
}

function written({ number, at, previous, network, keysets, lines, reserves }: LiabilityEpoch): DcborValue {
  const root = ({ count, sum, hash }: SumRoot): DcborValue => [count, integer(sum), hash];
  return [
    1,
    number,
    at,
    previous,
    network,
    keysets.map(({ id, promised, spent }) => [parseHex(id) as Bytes, root(promised), root(spent)]),
    root(lines),
    reserves && [reserves.backend, integer(reserves.spendable)],
  ];
}

/** dCBOR decodes small integers as numbers; encoding takes both. */
function integer(amount: bigint): DcborValue {
  return amount <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(amount) : amount;
}

function parse(value: DcborValue): LiabilityEpoch {
  const [version, number, at, previous, network, keysets, lines, reserves] = readTuple(value, 8);
  readUint(version, 1, 1);
  const epoch: LiabilityEpoch = {
    number: readUint(number, Number.MAX_SAFE_INTEGER, 1),
    at: readUint(at),
    previous: previous === null ? null : readBytes(previous, 32),
    network: readText(network),
    keysets: readArray(keysets, keysetsMax).map(parseKeyset),
    lines: parseRoot(lines, liabilityMax),
    reserves: reserves === null ? null : parseReserves(reserves),
  };
  if (!networks.includes(epoch.network)) throw badObject('no network');
  if (epoch.keysets.some(({ id }, i) => i > 0 && id <= (epoch.keysets[i - 1] as EpochKeyset).id)) throw badObject('keysets in order');
  return epoch;
}

function parseKeyset(value: DcborValue): EpochKeyset {
  const [id, promised, spent] = readTuple(value, 3);
  const keyset = {
    id: formatHex(readBytes(id, 33)),
    promised: parseRoot(promised, satoshisMax),
    spent: parseRoot(spent, satoshisMax),
  };
  if (keyset.spent.sum > keyset.promised.sum || keyset.spent.count > keyset.promised.count) throw badObject('more spent than promised');
  return keyset;
}

function parseRoot(value: DcborValue | undefined, max: bigint): SumRoot {
  const [count, sum, hash] = readTuple(value, 3);
  const root = { count: readUint(count), sum: readAmount(sum), hash: readBytes(hash, 32) };
  if (root.sum > max) throw badObject('a sum beyond all bitcoin');
  if (root.count === 0 && root.sum !== 0n) throw badObject('a sum of nothing');
  return root;
}

function parseReserves(value: DcborValue | undefined): LiabilityEpoch['reserves'] {
  const [backend, spendable] = readTuple(value, 2);
  return { backend: readText(backend), spendable: readAmount(spendable) };
}

function readAmount(value: DcborValue | undefined): bigint {
  if ((typeof value !== 'number' && typeof value !== 'bigint') || value < 0 || value > liabilityMax) throw badObject('an amount expected');
  return BigInt(value);
}
