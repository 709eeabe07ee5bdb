// Entries put together by hand from spec/log.md, right or wrong in any part, and signed.
import { createHash } from 'node:crypto';
import { type DcborValue, encodeDcbor } from '../dcbor.ts';
import type { SignatureLabel } from '../labels.ts';
import type { Envelope } from '../log/envelope.ts';
import { type SigningKey, sign } from '../signature.ts';

type Bytes = Uint8Array<ArrayBuffer>;
export type Fields = Map<number, DcborValue>;

/** What a forger knows of the log: ids of all its entries, its space and epoch. */
export type ForgedPlace = { readonly space: Bytes; readonly ids: readonly Bytes[]; readonly epoch: number };

export type Forgery = {
  readonly type: number;
  readonly body: DcborValue;
  readonly attachments?: ReadonlyMap<number, Uint8Array>;
  /** Changes the fields before they are signed. */
  readonly edit?: (fields: Fields) => void;
  readonly label?: SignatureLabel;
  readonly deviceId?: Bytes;
  readonly timeMs?: number;
};

export async function forge(place: ForgedPlace, signer: SigningKey, forgery: Forgery): Promise<Envelope> {
  const seq = place.ids.length;
  const skips: Bytes[] = [];
  for (let power = 2; seq % power === 0 && power <= seq; power *= 2) skips.push(place.ids[seq - power] as Bytes);
  const fields: Fields = new Map<number, DcborValue>([
    [1, 1],
    [2, 1],
    [3, place.space],
    [4, seq],
    [5, place.ids[seq - 1] as Bytes],
    [6, skips],
    [7, forgery.type],
    [8, place.epoch],
    [9, forgery.deviceId ?? tagged('rp1/hash/device', signer.publicKey)],
    [10, forgery.timeMs ?? 1_700_000_000_000 + seq],
    [11, forgery.body],
  ]);
  forgery.edit?.(fields);
  const entry = encodeDcbor(fields);
  const signature = await sign(forgery.label ?? 'rp1/sig/log', signer, entry);
  return { entry, signature, attachments: (forgery.attachments ?? new Map()) as Envelope['attachments'] };
}

export function tagged(label: string, ...parts: readonly Uint8Array[]): Bytes {
  const digest = createHash('sha256').update(label).update(Uint8Array.of(0));
  for (const part of parts) digest.update(part);
  return new Uint8Array(digest.digest());
}

export function attached(number: number, bytes: Uint8Array): Bytes {
  return tagged('rp1/hash/attach', Uint8Array.of(number), bytes);
}
