// What Cashu writes into headers: a request for payment (`creqA`, NUT-18) and coins (`cashuB`, NUT-00). Both are CBOR with text for keys,
// which the formats of this project never have.
import { formatHex } from '@reprise/kit';
import { type DecodeOptions, decode, encode } from 'cborg';

/** CBOR of definite lengths without a key twice: what wallets write. Lengths need not be the shortest. */
const reading: DecodeOptions = { allowIndefinite: false, allowUndefined: false, useMaps: true, rejectDuplicateMapKeys: true };

/** `X-Cashu` of a 402 (NUT-24). @param sats below 2⁵³ */
export function paymentRequest(sats: bigint, mint: string): string {
  return `creqA${Buffer.from(encode({ a: Number(sats), u: 'sat', m: [mint] })).toString('base64url')}`;
}

export type TokenProof = {
  readonly amount: bigint;
  /** In hex; eight bytes of it are enough to name a keyset. */
  readonly id: string;
  readonly secret: string;
  readonly C: string;
  readonly witness?: string;
};
export type Token = { readonly mint: string; readonly unit: string; readonly proofs: readonly TokenProof[] };

/** @returns undefined for what is no token of this form */
export function readCashuToken(header: string): Token | undefined {
  if (!header.startsWith('cashuB')) return undefined;
  try {
    const token = asMap(decode(new Uint8Array(Buffer.from(header.slice(6), 'base64url')), reading));
    const proofs = asList(token.get('t')).flatMap((entry) => {
      const ofKeyset = asMap(entry);
      return asList(ofKeyset.get('p')).map((proof) => readProof(asMap(proof), hexOf(ofKeyset.get('i'))));
    });
    return { mint: asText(token.get('m')), unit: asText(token.get('u')), proofs };
  } catch {
    return undefined;
  }
}

function readProof(proof: Fields, id: string): TokenProof {
  const [amount, witness] = [proof.get('a'), proof.get('w')];
  if ((typeof amount !== 'number' && typeof amount !== 'bigint') || amount < 1) throw new TypeError('no amount');
  const facts = { amount: BigInt(amount), id, secret: asText(proof.get('s')), C: hexOf(proof.get('c')) };
  return witness === undefined || witness === null ? facts : { ...facts, witness: asText(witness) };
}

type Fields = ReadonlyMap<unknown, unknown>;

const asMap = (value: unknown): Fields => {
  if (!(value instanceof Map)) throw new TypeError('no map');
  return value;
};
const asList = (value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new TypeError('no list');
  return value;
};
const asText = (value: unknown): string => {
  if (typeof value !== 'string') throw new TypeError('no text');
  return value;
};
const hexOf = (value: unknown): string => {
  if (!(value instanceof Uint8Array)) throw new TypeError('no bytes');
  return formatHex(value);
};
