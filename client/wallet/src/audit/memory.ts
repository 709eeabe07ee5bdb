// What an auditor remembers from one time to the next: a mint that says another thing to him later contradicts its own signature.
// spec/liabilities.md "Memory".
import { type Bytes, formatHex, parseHex } from '@reprise/kit';
import { badObject, type DcborValue, decodeDcbor, encodeDcbor, readArray, readBytes, readTuple, readUint } from '@reprise/protocol/formats';

export type AuditMemory = {
  /** That signed the epochs, 32 bytes in hex. */
  readonly key: string;
  /** The latest epoch that was seen, and its hash in hex. */
  readonly number: number;
  readonly hash: string;
  /** Coins that no epoch has counted yet, with the latest epoch when each was first looked for. */
  readonly waiting: readonly WaitingCoin[];
};

export type WaitingCoin = {
  readonly keyset: string;
  /** B_ in hex. */
  readonly point: string;
  readonly amount: bigint;
  readonly since: number;
};

const waitingMax = 100_000;

export function encodeMemory({ key, number, hash, waiting }: AuditMemory): Bytes {
  const coins = waiting.slice(0, waitingMax).map((coin) => [bytesOf(coin.keyset), bytesOf(coin.point), Number(coin.amount), coin.since]);
  return encodeDcbor([1, bytesOf(key), number, bytesOf(hash), coins]);
}

/** @throws Failure bad-object */
export function decodeMemory(bytes: Uint8Array): AuditMemory {
  const [version, key, number, hash, waiting] = readTuple(decodeDcbor(bytes), 5);
  readUint(version, 1, 1);
  return {
    key: formatHex(readBytes(key, 32)),
    number: readUint(number),
    hash: formatHex(readBytes(hash, 32)),
    waiting: readArray(waiting, waitingMax).map(readWaiting),
  };
}

function readWaiting(value: DcborValue): WaitingCoin {
  const [keyset, point, amount, since] = readTuple(value, 4);
  return {
    keyset: formatHex(readBytes(keyset, 33)),
    point: formatHex(readBytes(point, 33)),
    amount: BigInt(readUint(amount)),
    since: readUint(since),
  };
}

function bytesOf(hex: string): Bytes {
  const bytes = parseHex(hex);
  if (!bytes) throw badObject('hex expected');
  return bytes;
}
