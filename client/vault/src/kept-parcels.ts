// What was sent without an account and is kept by one, in `.reprise/parcels`: the secrets that own each, so that every device can manage it.
// spec/drive.md "Parcels that are kept".
import type { Bytes } from '@reprise/kit';
import {
  type DcborValue,
  decodeDcbor,
  encodeDcbor,
  Failure,
  readArray,
  readBytes,
  readMap,
  readText,
  readUint,
} from '@reprise/protocol/formats';

/** One anonymous space. */
export type KeptParcel = {
  /** 32 bytes; whoever has them manages its links. */
  readonly secret: Bytes;
  /** 32 bytes, its id. */
  readonly space: Bytes;
  readonly title: string;
  readonly keptMs: number;
};

export const parcelsFileName = 'parcels';
export const parcelsMax = 10_000;

export function encodeParcels(parcels: readonly KeptParcel[]): Bytes {
  if (parcels.length > parcelsMax) throw new Failure('limit-exceeded', { limit: 'parcels of a drive' });
  const encodeOne = ({ secret, space, title, keptMs }: KeptParcel) =>
    new Map<number, DcborValue>([
      [1, secret],
      [2, space],
      [3, title],
      [4, keptMs],
    ]);
  return encodeDcbor([1, parcels.map(encodeOne)]);
}

/** @throws Failure bad-object */
export function decodeParcels(bytes: Uint8Array): KeptParcel[] {
  const [version, parcels] = readArray(decodeDcbor(bytes), 2);
  readUint(version, 1, 1);
  return readArray(parcels, parcelsMax).map((value) => {
    const parcel = readMap(value, [1, 2, 3, 4]);
    return {
      secret: readBytes(parcel.get(1), 32),
      space: readBytes(parcel.get(2), 32),
      title: readText(parcel.get(3)),
      keptMs: readUint(parcel.get(4)),
    };
  });
}
