// What was sent without an account and is kept by one, in `.reprise/parcels`: the secrets that own each, so that every device can manage it.
// spec/drive.md "Parcels that are kept".
import { type Bytes, formatHex } from '@reprise/kit';
import { type DcborValue, readBytes, readMap, readText } from '@reprise/protocol/formats';
import { type ListFormat, readMoment } from './kept-list.ts';

/** One anonymous space. */
export type KeptParcel = {
  /** 32 bytes; whoever has them manages its links. */
  readonly secret: Bytes;
  /** 32 bytes, its id. */
  readonly space: Bytes;
  readonly title: string;
  readonly keptMs: number;
};

export const parcelsList: ListFormat<KeptParcel> = {
  name: 'parcels',
  version: 1,
  itemsMax: 10_000,
  limit: 'parcels of a drive',
  encode: ({ secret, space, title, keptMs }) =>
    new Map<number, DcborValue>([
      [1, secret],
      [2, space],
      [3, title],
      [4, keptMs],
    ]),
  decode: (value) => {
    const parcel = readMap(value, [1, 2, 3, 4]);
    return {
      secret: readBytes(parcel.get(1), 32),
      space: readBytes(parcel.get(2), 32),
      title: readText(parcel.get(3)),
      keptMs: readMoment(parcel.get(4)),
    };
  },
  keyOf: ({ space }) => formatHex(space),
};
