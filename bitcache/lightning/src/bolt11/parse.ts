// Reads invoices: BOLT 11, with the signature checked. spec/lightning.md "Invoices".
import { createHash } from 'node:crypto';
import { concatBytes, encodeUtf8, formatHex, readU32 } from '@reprise/kit';
import { type Msat, msat, msatMax } from '@reprise/ledger';
import { LightningFailure } from '../failures.ts';
import type { Network, PaymentHash } from '../port.ts';
import { parseBech32 } from './bech32.ts';
import { isSignedBy, recoverSigner } from './signature.ts';
import { bytesOf, numberOf, paddedBytesOf } from './words.ts';

export type ParsedInvoice = {
  /** In lower case. */
  readonly bolt11: string;
  readonly network: Network;
  /** null: the payer chooses. */
  readonly amount: Msat | null;
  readonly hash: PaymentHash;
  readonly description: { readonly text: string } | { readonly hash: string };
  /** The node that is paid: a compressed public key in hex. */
  readonly payee: string;
  /** Both in ms since 1970. */
  readonly madeAt: number;
  readonly expiresAt: number;
  /** Blocks that the last hop must leave. */
  readonly finalDelta: number;
  /** Numbers of the bits that are set. */
  readonly features: readonly number[];
  readonly routes: readonly (readonly RouteHop[])[];
};
export type RouteHop = {
  readonly node: string;
  /** Block, transaction and output in 8 bytes of hex. */
  readonly channel: string;
  readonly baseFee: Msat;
  readonly feePpm: number;
  readonly delta: number;
};

/** The most that one QR code holds, and more than any invoice has. */
export const invoiceCharactersMax = 7_089;
const timestampWords = 7;
const signatureWords = 104;
const expiryDefaultSeconds = 3_600;
const finalDeltaDefault = 18;

/** @throws LightningFailure invoice-malformed; invoice-feature for one that must be known and is not */
export function parseInvoice(text: string): ParsedInvoice {
  const bech32 = text.length <= invoiceCharactersMax ? parseBech32(text) : undefined;
  const { words, prefix } = orMalformed(bech32, 'letters or checksum');
  const head = readPrefix(prefix);
  if (words.length < timestampWords + signatureWords) throw malformed('too short');
  const fields = readFields(words.slice(timestampWords, -signatureWords));
  const madeAt = 1_000 * (numberOf(words.slice(0, timestampWords)) ?? 0);
  const hash = orMalformed(fixed(fields, tags.hash, 52), 'no payment hash');
  orMalformed(fixed(fields, tags.secret, 52), 'no payment secret');
  return {
    bolt11: text.toLowerCase(),
    ...head,
    hash: formatHex(hash) as PaymentHash,
    description: readDescription(fields),
    payee: formatHex(readPayee(prefix, words, fields)),
    madeAt,
    expiresAt: madeAt + 1_000 * readNumber(fields, tags.expiry, expiryDefaultSeconds),
    finalDelta: readNumber(fields, tags.finalDelta, finalDeltaDefault),
    features: readFeatures(fields),
    routes: fields.filter(({ tag }) => tag === tags.route).map((field) => readRoute(bytesOf(field.words))),
  };
}

function malformed(what: string): LightningFailure {
  return new LightningFailure('invoice-malformed', { what });
}

function orMalformed<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw malformed(what);
  return value;
}

const networks: Readonly<Record<string, Network>> = { bc: 'mainnet', tb: 'testnet', tbs: 'signet', bcrt: 'regtest' };
/** msat in ten of each, since one pico-bitcoin is a tenth of one. */
const tenths: Readonly<Record<string, bigint>> = { '': 10n ** 12n, m: 10n ** 9n, u: 10n ** 6n, n: 10n ** 3n, p: 1n };

function readPrefix(prefix: string): Pick<ParsedInvoice, 'network' | 'amount'> {
  const [, currency = '', digits, unit = ''] = orMalformed(
    /^ln(bcrt|bc|tbs|tb)(?:([1-9]\d*)([munp]?))?$/.exec(prefix) ?? undefined,
    'prefix',
  );
  const network = orMalformed(networks[currency], 'prefix');
  if (digits === undefined) return { network, amount: null };
  const tenth = BigInt(digits) * (tenths[unit] ?? 0n);
  if (tenth % 10n !== 0n || tenth / 10n > msatMax) throw malformed('amount');
  return { network, amount: msat(tenth / 10n) };
}

type Field = { readonly tag: number; readonly words: readonly number[] };
const tags = {
  hash: 1,
  route: 3,
  features: 5,
  expiry: 6,
  description: 13,
  secret: 16,
  payee: 19,
  descriptionHash: 23,
  finalDelta: 24,
} as const;

function readFields(words: readonly number[]): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < words.length; ) {
    const [tag, high, low] = words.slice(at, at + 3);
    if (tag === undefined || high === undefined || low === undefined) throw malformed('a field is cut off');
    const length = 32 * high + low;
    if (at + 3 + length > words.length) throw malformed('a field is cut off');
    fields.push({ tag, words: words.slice(at + 3, at + 3 + length) });
    at += 3 + length;
  }
  return fields;
}

/** The first of this tag and length: fields of another length are not this field, and are ignored as unknown ones are. */
function fixed(fields: readonly Field[], tag: number, length: number): Uint8Array | undefined {
  const found = fields.find((field) => field.tag === tag && field.words.length === length);
  return found && bytesOf(found.words);
}

function readNumber(fields: readonly Field[], tag: number, otherwise: number): number {
  const words = fields.find((field) => field.tag === tag)?.words;
  if (words === undefined) return otherwise;
  if (words[0] === 0) throw malformed('a number has leading zeros');
  const value = orMalformed(numberOf(words), 'a number is too large');
  if (value > numberMax) throw malformed('a number is too large');
  return value;
}

/** Seconds that still make a time. */
const numberMax = 2 ** 40;

function readDescription(fields: readonly Field[]): ParsedInvoice['description'] {
  const words = fields.find((field) => field.tag === tags.description)?.words;
  const hash = fixed(fields, tags.descriptionHash, 52);
  if ((words === undefined) === (hash === undefined)) throw malformed('one description is wanted');
  if (words === undefined) return { hash: formatHex(hash as Uint8Array) };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(words)) };
  } catch {
    throw malformed('the description is not UTF-8');
  }
}

function readPayee(prefix: string, words: readonly number[], fields: readonly Field[]): Uint8Array {
  const signed = concatBytes(encodeUtf8(prefix), paddedBytesOf(words.slice(0, -signatureWords)));
  const digest = createHash('sha256').update(signed).digest();
  const signature = bytesOf(words.slice(-signatureWords));
  const named = fixed(fields, tags.payee, 53);
  if (named === undefined) return orMalformed(recoverSigner(signature, digest), 'signature');
  if (!isSignedBy(signature, digest, named)) throw malformed('signature');
  return named;
}

/** Features that a payer may be asked to know, by the lower of their two bits (BOLT 9, context 9). */
const known = new Set([8, 14, 16, 24, 36, 48]);

function readFeatures(fields: readonly Field[]): number[] {
  const words = fields.find((field) => field.tag === tags.features)?.words ?? [];
  const bits = words.flatMap((word, at) =>
    [4, 3, 2, 1, 0].filter((bit) => (word >> bit) & 1).map((bit) => 5 * (words.length - 1 - at) + bit),
  );
  const unknown = bits.find((bit) => bit % 2 === 0 && !known.has(bit));
  if (unknown !== undefined) throw new LightningFailure('invoice-feature', { bit: unknown });
  return bits.reverse();
}

const hopBytes = 51;

function readRoute(bytes: Uint8Array): RouteHop[] {
  const hops: RouteHop[] = [];
  for (let at = 0; at + hopBytes <= bytes.length; at += hopBytes) {
    hops.push({
      node: formatHex(bytes.subarray(at, at + 33)),
      channel: formatHex(bytes.subarray(at + 33, at + 41)),
      baseFee: msat(BigInt(readU32(bytes, at + 41))),
      feePpm: readU32(bytes, at + 45),
      delta: ((bytes[at + 49] as number) << 8) | (bytes[at + 50] as number),
    });
  }
  return hops;
}
