// What a seller offers: price, payee and the content it is for, signed by the sharer whom the link names, sealed for who holds the link.
// spec/paid-links.md "Offer".
import { type Bytes, encodeUtf8, equalBytes, type RandomBytes } from '@reprise/kit';
import {
  badObject,
  type DcborMap,
  type DcborValue,
  decodeDcbor,
  encodeDcbor,
  Failure,
  padme,
  readBytes,
  readMap,
  readText,
  readTuple,
  readUint,
  sha256,
  sign,
  signatureLabels,
  verifySignature,
} from '@reprise/protocol/formats';
import { type MessageSeal, openMessage, paddedMessageLength, sealMessage } from '../cae.ts';
import { type Engine, kdf, noBytes } from '../engine.ts';
import { kdfLabels, sealLabels } from '../labels.ts';
import { type LinkAuthor, titleBytesMax } from '../link-record.ts';
import { forged, sharerDevice } from '../sharer.ts';

export const offerIdBytes = 16;

export const currencies = ['SAT', 'EUR', 'USD'] as const;
export type Currency = (typeof currencies)[number];
/** Whole satoshis, or cents of a euro or a dollar; above zero. */
export type Price = { readonly amount: number; readonly currency: Currency };

export type Offer = {
  /** 16 random bytes. */
  readonly id: Bytes;
  readonly title: string;
  readonly price: Price;
  /** Whether `price` is the least that is paid, and more is welcome. */
  readonly isFloor: boolean;
  /** Whether it is a tip jar: whoever pays gets a receipt, and the link opens for everybody. Its price is a floor of one satoshi. */
  readonly isJar: boolean;
  /** User id of the account that earns, 32 bytes. */
  readonly payee: Bytes;
  /** Object id of the directory that is sold. */
  readonly root: Bytes;
  /** What the files amount to, padded by Padmé. */
  readonly paddedBytes: number;
  /** `listHash` of the link. */
  readonly list: Bytes;
  /** `commitmentOf` the seller's half. */
  readonly commitment: Bytes;
  /** ms since 1970; null: without an end. */
  readonly notAfter: number | null;
  /** Ed25519 key of whoever gives the seller's half away. */
  readonly agentKey: Bytes;
};

/** Sealed for a link, with the hash that listings, releases and receipts name it by. */
export type SealedOffer = { readonly sealed: Bytes; readonly hash: Bytes };

/** @param secret of the link, 32 bytes @throws Failure limit-exceeded, bad-object */
export async function sealOffer(
  engine: Engine,
  secret: Bytes,
  offer: Offer,
  author: LinkAuthor,
  random: RandomBytes,
): Promise<SealedOffer> {
  const body = encodeOffer(offer, author);
  const message = encodeDcbor([body, await sign(signatureLabels.offer, author.device, body)]);
  const seal = await offerSeal(engine, secret, offer.id);
  return {
    sealed: await sealMessage(engine, seal, message, paddedMessageLength(message.length), random),
    hash: await sha256(body),
  };
}

/** An offer whose seal and signature hold. */
export type OpenedOffer = Offer & { /** H(body), 32 bytes. */ readonly hash: Bytes };

/**
 * Opens an offer and checks that whom the link names has signed it.
 * @param link secret and fingerprint of the URL
 * @param id as the record has it
 * @throws Failure reject if it is not sealed for this link and id; link-forged; link-version for what a later program made; bad-object
 */
export async function openOffer(
  engine: Engine,
  link: { readonly secret: Bytes; readonly fingerprint: Bytes },
  id: Bytes,
  sealed: Uint8Array,
): Promise<OpenedOffer> {
  const message = await openMessage(engine, await offerSeal(engine, link.secret, id), sealed);
  const [bodyBytes, signature] = readTuple(decodeDcbor(message), 2).map((part) => readBytes(part)) as [Bytes, Bytes];
  const body = readMap(decodeDcbor(bodyBytes), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  const { devicePublic } = await sharerDevice(link.fingerprint, body.get(2), body.get(3));
  if (!verifySignature(signatureLabels.offer, devicePublic, bodyBytes, signature)) throw forged('signature');
  if (!equalBytes(readBytes(body.get(1), offerIdBytes), id)) throw forged('place');
  if (body.has(12)) throw new Failure('link-version', { field: 12 });
  return { ...decodeOffer(body), hash: await sha256(bodyBytes) };
}

async function offerSeal(engine: Engine, secret: Bytes, id: Bytes): Promise<MessageSeal> {
  const key = await kdf(engine, secret, kdfLabels.offerKey, noBytes, 32);
  return { label: sealLabels.offer, key, context: id };
}

function encodeOffer(offer: Offer, author: LinkAuthor): Bytes {
  checkOffer(offer);
  const body = new Map<number, DcborValue>([
    [1, readBytes(offer.id, offerIdBytes)],
    [2, author.identityKey],
    [3, author.certificate],
    [4, offer.title],
    [5, offer.price.amount],
    [6, offer.price.currency],
    [7, readBytes(offer.payee, 32)],
    [8, readBytes(offer.root, 32)],
    [9, offer.paddedBytes],
    [10, readBytes(offer.list, 32)],
    [11, readBytes(offer.commitment, 32)],
  ]);
  if (offer.notAfter !== null) body.set(13, offer.notAfter);
  body.set(14, readBytes(offer.agentKey, 32));
  if (offer.isFloor) body.set(15, 1);
  if (offer.isJar) body.set(16, 1);
  return encodeDcbor(body);
}

function decodeOffer(body: DcborMap): Offer {
  const offer: Offer = {
    id: readBytes(body.get(1), offerIdBytes),
    title: readText(body.get(4)),
    price: { amount: readUint(body.get(5)), currency: readText(body.get(6)) as Currency },
    isFloor: body.has(15) && readUint(body.get(15), 1, 1) === 1,
    isJar: body.has(16) && readUint(body.get(16), 1, 1) === 1,
    payee: readBytes(body.get(7), 32),
    root: readBytes(body.get(8), 32),
    paddedBytes: readUint(body.get(9)),
    list: readBytes(body.get(10), 32),
    commitment: readBytes(body.get(11), 32),
    notAfter: body.has(13) ? readUint(body.get(13)) : null,
    agentKey: readBytes(body.get(14), 32),
  };
  checkOffer(offer);
  return offer;
}

function checkOffer({ title, price, isFloor, isJar, paddedBytes }: Offer): void {
  if (encodeUtf8(title).length > titleBytesMax) throw new Failure('limit-exceeded', { limit: 'title bytes' });
  readUint(price.amount, Number.MAX_SAFE_INTEGER, 1);
  if (!currencies.includes(price.currency)) throw badObject('unknown currency');
  if (isJar && !(isFloor && price.amount === 1 && price.currency === 'SAT')) throw badObject('a tip jar with a price');
  if (padme(paddedBytes) !== paddedBytes) throw badObject('a size that is not padded');
}
