// What opens an account: its keys, sealed once for each way in, with the place they belong to inside the seal. spec/accounts.md "Slots".
import { type Bytes, concatBytes, encodeUtf8, equalBytes, type RandomBytes, u32 } from '@reprise/kit';
import { decodeDcbor, encodeDcbor, importSigningKey, readBytes, readTuple, readUint, reject, userIdOf } from '@reprise/protocol/formats';
import { type MessageSeal, openMessage, sealMessage } from '../cae.ts';
import { type Engine, kdf, noBytes } from '../engine.ts';
import { kdfLabels, prfInput, sealLabels } from '../labels.ts';
import { codeSecretBytes } from './account-code.ts';

export const slotIdBytes = 16;
/** Every slot has this length, whatever its type. */
const paddedBytes = 256;

export type SlotType = 'password' | 'passkey' | 'recovery' | 'device';

/** The secrets of an account. All else of it follows from them, or is sealed under keys that do. */
export type AccountKeys = {
  /** 32 random bytes, only ever input of HKDF. */
  readonly amk: Bytes;
  /** Ed25519 seed of the identity: its public key makes the user id. */
  readonly identitySeed: Bytes;
  /** X-Wing seed in force, and its number. */
  readonly kem: { readonly number: number; readonly seed: Bytes };
  /** Of the account code, 16 bytes. */
  readonly codeSecret: Bytes;
};

/** What comes out of a slot: keys, the space they are for, and how far its log had come when the slot was sealed. */
export type SlotContent = {
  readonly keys: AccountKeys;
  readonly userId: Bytes;
  readonly homeSpace: Bytes;
  readonly checkpoint: { readonly seq: number; readonly head: Bytes };
};

/** Where a slot belongs; it opens there only. */
export type SlotPlace = { readonly userId: Bytes; readonly slotId: Bytes; readonly version: number };

/** @param kek 32 bytes, of the type's own derivation */
export async function sealSlot(
  engine: Engine,
  type: SlotType,
  kek: Bytes,
  place: SlotPlace,
  content: SlotContent,
  random: RandomBytes,
): Promise<Bytes> {
  return sealMessage(engine, slotSeal(type, kek, place), encodeSlotContent(content), paddedBytes, random);
}

/**
 * @throws Failure reject for a slot of another account, place, version or type, and for one that was changed: all alike
 */
export async function openSlot(engine: Engine, type: SlotType, kek: Bytes, place: SlotPlace, sealed: Uint8Array): Promise<SlotContent> {
  const content = await decodeSlotContent(await openMessage(engine, slotSeal(type, kek, place), sealed));
  if (!equalBytes(content.userId, place.userId)) throw reject();
  return content;
}

export function encodeSlotContent({ keys, userId, homeSpace, checkpoint }: SlotContent): Bytes {
  return encodeDcbor([
    1,
    keys.amk,
    userId,
    homeSpace,
    checkpoint.seq,
    checkpoint.head,
    keys.identitySeed,
    keys.kem.number,
    keys.kem.seed,
    keys.codeSecret,
  ]);
}

/** @throws Failure reject if it has another form, or its identity is not that of its user id */
export async function decodeSlotContent(message: Uint8Array): Promise<SlotContent> {
  const content = readContent(message);
  const identity = await importSigningKey(content.keys.identitySeed);
  if (!equalBytes(await userIdOf(identity.publicKey), content.userId)) throw reject();
  return content;
}

function readContent(message: Uint8Array): SlotContent {
  try {
    const [version, amk, userId, homeSpace, seq, head, identitySeed, kemNumber, kemSeed, codeSecret] = readTuple(decodeDcbor(message), 10);
    readUint(version, 1, 1);
    return {
      keys: {
        amk: readBytes(amk, 32),
        identitySeed: readBytes(identitySeed, 32),
        kem: { number: readUint(kemNumber, 2 ** 32 - 1), seed: readBytes(kemSeed, 32) },
        codeSecret: readBytes(codeSecret, codeSecretBytes),
      },
      userId: readBytes(userId, 32),
      homeSpace: readBytes(homeSpace, 32),
      checkpoint: { seq: readUint(seq), head: readBytes(head, 32) },
    };
  } catch (cause) {
    throw reject(cause);
  }
}

const seals = {
  password: (key: Bytes, context: Bytes) => ({ label: sealLabels.slotPassword, key, context }),
  passkey: (key: Bytes, context: Bytes) => ({ label: sealLabels.slotPasskey, key, context }),
  recovery: (key: Bytes, context: Bytes) => ({ label: sealLabels.slotRecovery, key, context }),
  device: (key: Bytes, context: Bytes) => ({ label: sealLabels.slotDevice, key, context }),
} as const;

function slotSeal(type: SlotType, kek: Bytes, { userId, slotId, version }: SlotPlace): MessageSeal {
  return seals[type](kek, concatBytes(userId, slotId, u32(version)));
}

/** @param exportKey 64 bytes out of OPAQUE */
export async function passwordKek(engine: Engine, exportKey: Bytes, userId: Bytes): Promise<Bytes> {
  return kdf(engine, exportKey, kdfLabels.kekPassword, userId, 32);
}

/** What a way in without a name tells the server: where its slot is found, and what allows the fetch. */
export type Door = {
  /** 16 bytes. */
  readonly finder: Bytes;
  /** 32 bytes; the server keeps its hash. */
  readonly token: Bytes;
};

/** @param entropy the 32 bytes of the kit's words */
export async function recoveryDoor(engine: Engine, entropy: Bytes): Promise<Door> {
  return {
    finder: await kdf(engine, entropy, kdfLabels.recoveryId, noBytes, 16),
    token: await kdf(engine, entropy, kdfLabels.recoveryToken, noBytes, 32),
  };
}

export async function recoveryKek(engine: Engine, entropy: Bytes, userId: Bytes): Promise<Bytes> {
  return kdf(engine, entropy, kdfLabels.kekRecovery, userId, 32);
}

/** What a passkey gave for `passkeyInput`. */
export type PasskeyOutput = {
  /** 32 bytes of its PRF. */
  readonly prf: Bytes;
  readonly credentialId: Bytes;
};

export async function passkeyDoor(engine: Engine, { prf, credentialId }: PasskeyOutput): Promise<Door> {
  return {
    finder: await kdf(engine, prf, kdfLabels.passkeyId, credentialId, 16),
    token: await kdf(engine, prf, kdfLabels.passkeyToken, credentialId, 32),
  };
}

export async function passkeyKek(engine: Engine, { prf, credentialId }: PasskeyOutput): Promise<Bytes> {
  return kdf(engine, prf, kdfLabels.kekPasskey, credentialId, 32);
}

/** Keeps what a locked device needs to open again, on that device alone. 32 bytes. */
export async function passkeyLock(engine: Engine, { prf, credentialId }: PasskeyOutput): Promise<Bytes> {
  return kdf(engine, prf, kdfLabels.passkeyLock, credentialId, 32);
}

/** The constant that every passkey is asked for, so that one works before the account is known: H("rp1/prf"), 32 bytes. */
export async function passkeyInput(engine: Engine): Promise<Bytes> {
  return engine.sha256(encodeUtf8(prfInput));
}
