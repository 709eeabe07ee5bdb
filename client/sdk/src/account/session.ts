// What an opened account is to the rest of the SDK: who asks, with which device, and how the home space opens. spec/accounts.md "Session".
import type { Bytes } from '@reprise/kit';
import type { DeviceId, SpaceId, UserId } from '@reprise/protocol';
import type { LinkAuthor } from '@reprise/vault';
import type { Connection } from '../connect.ts';

/** A point of a log: a head is accepted only if it is this entry or descends from it. */
export type LogPoint = { readonly seq: number; readonly head: Bytes };

/**
 * Comes out of sign-up, sign-in, recovery, pairing and the unlocking of an enrolled device alike. It lives in memory only;
 * what a device keeps is written by a `DeviceStore`.
 */
export type AccountSession = {
  readonly connection: Connection;
  readonly userId: UserId;
  readonly homeSpace: SpaceId;
  readonly deviceId: DeviceId;
  /** Signs requests, log entries and links: this device's key with its certificate and the account's identity key. */
  readonly author: LinkAuthor;
  /** KDF(AMK, "rp1/kdf/home-epoch", u32 epoch), 32 bytes: the only thing that reading the home space needs of the account's key. */
  readonly epochKey: (epoch: number) => Promise<Bytes>;
  /**
   * Where reading of the home log begins: the newest of the slot's checkpoint, the recovery kit's and what a linked device told.
   * What the drive itself has accepted before on this device counts more, if it is newer.
   */
  readonly start: LogPoint;
};
