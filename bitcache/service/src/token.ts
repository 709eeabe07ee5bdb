// The token of L402: a macaroon (version 2, binary) that binds an invoice to its offer, price and buyer. Nothing is stored for it.
// spec/paid-links.md "Over HTTP".
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Bytes, concatBytes, decodeUtf8, encodeUtf8, formatHex, parseHex } from '@reprise/kit';
import type { PaymentHash } from '@reprise/lightning';
import { keyFrom } from './held-secret.ts';
import { labels } from './labels.ts';
import type { OfferId } from './ports.ts';

const fields = { end: 0, identifier: 2, signature: 6 } as const;
const version = 2;
const identifierBytes = 66;
const bytesMax = 1_024;

export type TokenFacts = {
  readonly offer: OfferId;
  readonly paymentHash: PaymentHash;
  /** In satoshis. */
  readonly price: bigint;
  readonly buyerKeyHash: string;
  /** ms since 1970. */
  readonly expiresAt: number;
};

/** The same facts give the same token. */
export function makeToken(fileKey: Bytes, { offer, paymentHash, price, buyerKeyHash, expiresAt }: TokenFacts): string {
  const caveats = [`offer=${offer}`, `price=${price}`, `buyer_key=${buyerKeyHash}`, `expires=${expiresAt}`].map(encodeUtf8);
  const root = rootKey(fileKey);
  // Version 0, the payment hash, and 32 bytes that name the token.
  const identifier = concatBytes(new Uint8Array(2), parseHex(paymentHash) ?? new Uint8Array(0), hmac(root, encodeUtf8(paymentHash)));
  const body = [Uint8Array.of(version), field(fields.identifier, identifier), Uint8Array.of(fields.end)];
  for (const caveat of caveats) body.push(field(fields.identifier, caveat), Uint8Array.of(fields.end));
  body.push(Uint8Array.of(fields.end), field(fields.signature, chain(root, identifier, caveats)));
  return Buffer.from(concatBytes(...body)).toString('base64');
}

/** @returns the payment, or undefined for what is no token of ours, for another offer, expired, or held to something that we do not know */
export function readToken(fileKey: Bytes, text: string, offer: OfferId, now: number): PaymentHash | undefined {
  const parsed = parse(new Uint8Array(Buffer.from(text, 'base64')));
  if (!parsed) return undefined;
  const { identifier, caveats, signature } = parsed;
  if (!timingSafeEqual(signature, chain(rootKey(fileKey), identifier, caveats))) return undefined;
  const isHeld = caveats.map(decodeUtf8).every((caveat) => {
    const [name, value] = caveat.split('=');
    if (name === 'offer') return value === offer;
    if (name === 'expires') return now <= Number(value);
    return name === 'price' || name === 'buyer_key';
  });
  return isHeld ? (formatHex(identifier.subarray(2, 34)) as PaymentHash) : undefined;
}

type Parsed = { readonly identifier: Uint8Array; readonly caveats: readonly Uint8Array[]; readonly signature: Uint8Array };

function parse(bytes: Uint8Array): Parsed | undefined {
  let at = 1;
  const take = (type: number): Uint8Array | undefined => {
    if (bytes[at] !== type) return undefined;
    const [low = 0, high] = [bytes[at + 1], bytes[at + 2]];
    // Lengths of one or two bytes, the lower seven bits first.
    const [length, start] = low < 128 ? [low, at + 2] : [(low & 127) + 128 * ((high ?? 0) & 127), at + 3];
    if (start + length > bytes.length) return undefined;
    at = start + length;
    return bytes.subarray(start, at);
  };
  const isEnd = () => bytes[at] === fields.end && ++at > 0;
  if (bytes.length > bytesMax || bytes[0] !== version) return undefined;
  const identifier = take(fields.identifier);
  if (identifier?.length !== identifierBytes || !isEnd()) return undefined;
  const caveats: Uint8Array[] = [];
  while (!isEnd()) {
    const caveat = take(fields.identifier);
    if (!caveat || !isEnd()) return undefined;
    caveats.push(caveat);
  }
  const signature = take(fields.signature);
  return signature?.length === 32 && at === bytes.length ? { identifier, caveats, signature } : undefined;
}

function field(type: number, data: Uint8Array): Bytes {
  const length = data.length < 128 ? [data.length] : [(data.length & 127) | 128, data.length >> 7];
  return concatBytes(Uint8Array.of(type, ...length), data);
}

function chain(root: Bytes, identifier: Uint8Array, caveats: readonly Uint8Array[]): Bytes {
  return caveats.reduce<Bytes>(hmac, hmac(hmac(encodeUtf8('macaroons-key-generator'), root), identifier));
}

function hmac(key: Bytes, message: Uint8Array): Bytes {
  return new Uint8Array(createHmac('sha256', key).update(message).digest());
}

function rootKey(fileKey: Bytes): Bytes {
  return keyFrom(fileKey, labels.token);
}
