// What links of the drive are sold for, kept in `.reprise/offers`: the half that buyers pay for, so that every device can change a price.
// spec/drive.md "The list of offers".
import { type Bytes, formatHex } from '@reprise/kit';
import { badObject, type DcborMap, type DcborValue, readBytes, readMap, readText, readUint } from '@reprise/protocol/formats';
import { type ListFormat, readMoment } from '@reprise/vault';
import { type Currency, currencies, offerIdBytes, type Price } from '@reprise/vault/paid';
import { offersFileName } from './hidden-file.ts';

/** `drawn`: the operator may not have heard of it yet; `closing`: withdrawn, and the operator may not have heard of that yet. */
export type OfferState = 'withdrawn' | 'open' | 'drawn' | 'closing';

/** The offer of one link. */
export type KeptOffer = {
  /** Of the link, 32 bytes. */
  readonly secret: Bytes;
  /** 16 random bytes. */
  readonly id: Bytes;
  /** The half that is sold, 32 random bytes. */
  readonly half: Bytes;
  readonly price: Price;
  /** Whether `price` is the least that is paid. */
  readonly isFloor: boolean;
  /** Whether it is the tip jar of a link that opens at once; a link that is sold has an offer of its own. */
  readonly isJar: boolean;
  /** How many sales there may be in all; null: no bound. */
  readonly salesMax: number | null;
  /** ms since 1970; null: no end. */
  readonly notAfter: number | null;
  /** `listHash` of what the link holds. */
  readonly list: Bytes;
  readonly state: OfferState;
};

/** In the order of their numbers. */
const states: readonly OfferState[] = ['withdrawn', 'open', 'drawn', 'closing'];

export const offersList: ListFormat<KeptOffer> = {
  name: offersFileName,
  version: 2,
  // As many as a drive may have links.
  itemsMax: 10_000,
  limit: 'offers of a drive',
  encode: encodeOffer,
  decode: (value) => decodeOffer(readMap(value, keys)),
  keyOf: ({ id }) => formatHex(id),
};

const keys = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

function encodeOffer({ secret, id, half, price, isFloor, isJar, salesMax, notAfter, list, state }: KeptOffer): DcborValue {
  return new Map<number, DcborValue>([
    [1, secret],
    [2, id],
    [3, half],
    [4, price.amount],
    [5, price.currency],
    [6, notAfter],
    [7, list],
    [8, states.indexOf(state)],
    ...(isFloor ? ([[9, 1]] as const) : []),
    ...(salesMax === null ? [] : ([[10, salesMax]] as const)),
    ...(isJar ? ([[11, 1]] as const) : []),
  ]);
}

function decodeOffer(offer: DcborMap): KeptOffer {
  const currency = readText(offer.get(5)) as Currency;
  if (!currencies.includes(currency)) throw badObject('unknown currency');
  const notAfter = offer.get(6);
  return {
    secret: readBytes(offer.get(1), 32),
    id: readBytes(offer.get(2), offerIdBytes),
    half: readBytes(offer.get(3), 32),
    price: { amount: readUint(offer.get(4), Number.MAX_SAFE_INTEGER, 1), currency },
    isFloor: offer.has(9) && readUint(offer.get(9), 1, 1) === 1,
    isJar: offer.has(11) && readUint(offer.get(11), 1, 1) === 1,
    salesMax: offer.has(10) ? readUint(offer.get(10), Number.MAX_SAFE_INTEGER, 1) : null,
    notAfter: notAfter === null ? null : readMoment(notAfter),
    list: readBytes(offer.get(7), 32),
    state: states[readUint(offer.get(8), states.length - 1)] as OfferState,
  };
}
