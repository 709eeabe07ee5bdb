// What this browser keeps of its account, in IndexedDB: the device's record and keys, accepted heads, sealed nodes. The two keys lie sealed under
// one that no script can read out again. spec/accounts.md "Device", spec/log.md "Rules of a client".
import { assert, type Bytes, concatBytes, encodeUtf8, formatHex, systemRandom } from '@reprise/kit';
import { importSigningKey, type SigningKey } from '@reprise/protocol/formats';
import type { DeviceStore } from '@reprise/sdk/account';
import type { HeadStore, NodeCache } from '@reprise/sdk/drive';
import { accountDatabase as database, recordName } from '../../engine/account-database.ts';
import { addRow, change, isSameRow, openDatabase, putRow, readRow, replaceRow } from '../../engine/rows.ts';

type Sealed = { readonly nonce: Bytes; readonly sealed: Bytes };
type HeadRow = { readonly record: Bytes };

export const deviceStore: DeviceStore = {
  load: async () => readRow<Bytes>(await openDatabase(database), 'record', recordName),
  save: async (record) => putRow(await openDatabase(database), 'record', recordName, record),
  signingKey: async (): Promise<SigningKey> => importSigningKey(await secret(signing)),
  sealingKey: () => secret(sealing),
  async renewSigningKey() {
    // What passkeys keep of this device holds the former key pair.
    await saveSetting(locksSetting, []);
    await change(await openDatabase(database), 'sealed', (rows) => rows.delete(signing));
  },
  async erase() {
    const db = await openDatabase(database);
    // Accepted heads stay: they hold no key, and whoever signs in here again is not to be shown an older history.
    for (const store of database.stores) if (store !== 'heads') await change(db, store, (rows) => rows.clear());
    // The keys went first: without them what waits opens no more, should its script not load.
    await import('./waiting-rows.ts').then(({ eraseWaiting }) => eraseWaiting());
  },
};

export const headStore: HeadStore = {
  load: async (space) => (await readRow<HeadRow>(await openDatabase(database), 'heads', space))?.record,
  save: async (space, record, expected) =>
    replaceRow<HeadRow>(await openDatabase(database), 'heads', space, {
      next: { record },
      isExpected: (there) => isSameRow(there?.record, expected),
    }),
};

/** Nodes that were read, still sealed: a folder that was seen before opens without the network. Bounded by their number. */
export const nodeRows: NodeCache = {
  get: async (id) => readRow<Bytes>(await openDatabase(database), 'nodes', formatHex(id)),
  async put(id, sealed) {
    const db = await openDatabase(database);
    await change(db, 'nodes', (rows) => {
      rows.put(sealed, formatHex(id));
      const count = rows.count();
      count.onsuccess = () => {
        if (count.result > nodesMax) rows.delete(IDBKeyRange.upperBound(formatHex(systemRandom(1))));
      };
    });
  },
};
const nodesMax = 8_192;

export async function readSetting<Value>(name: string): Promise<Value | undefined> {
  return readRow<Value>(await openDatabase(database), 'settings', name);
}

export async function saveSetting(name: string, value: unknown): Promise<void> {
  await putRow(await openDatabase(database), 'settings', name, value);
}

/**
 * A device of its own, kept nowhere yet: an account opens on it while another, locked or ended, is still here, and takes its place once it is open.
 */
export function nextDevice(): { readonly store: DeviceStore; settle(): Promise<void> } {
  const secrets = systemRandom(64);
  let record: Bytes | undefined;
  const store: DeviceStore = {
    load: () => record,
    save: (next) => {
      record = next;
    },
    signingKey: () => importSigningKey(secrets.slice(0, 32)),
    renewSigningKey: () => assert(false, 'a device that is not kept yet was never revoked'),
    sealingKey: async () => secrets.slice(32),
    erase: () => {
      record = undefined;
    },
  };
  const settle = async (): Promise<void> => {
    await deviceStore.erase();
    await putSecrets(secrets);
    if (record) await deviceStore.save(record);
  };
  return { store, settle };
}

/** Whether changes may wait here: they are looked for before the first folder is shown. */
export const waitingSetting = 'waiting';
/** Of locks.ts. */
export const locksSetting = 'passkeys';
const signing = 'signing';
const sealing = 'sealing';

/** Both secrets of this device in one, 64 bytes: for what opens a locked device. */
export async function readSecrets(): Promise<Bytes> {
  return concatBytes(await secret(signing), await secret(sealing));
}

export async function putSecrets(secrets: Bytes): Promise<void> {
  const db = await openDatabase(database);
  for (const [name, at] of [
    [signing, 0],
    [sealing, 32],
  ] as const)
    await putRow(db, 'sealed', name, await sealed(name, await wrappingKey(db), secrets.slice(at, at + 32)));
}

/** From now on the device opens only by what keeps its secrets elsewhere. */
export async function dropSecrets(): Promise<void> {
  await change(await openDatabase(database), 'sealed', (rows) => rows.clear());
}

export async function hasSecrets(): Promise<boolean> {
  return (await readRow(await openDatabase(database), 'sealed', sealing)) !== undefined;
}

/** 32 random bytes, made when first asked for; of two tabs that ask at once the first decides. */
async function secret(name: string): Promise<Bytes> {
  const db = await openDatabase(database);
  const key = await wrappingKey(db);
  const known = await readRow<Sealed>(db, 'sealed', name);
  if (known) return new Uint8Array(await crypto.subtle.decrypt(gcm(name, known.nonce), key, known.sealed));
  await addRow(db, 'sealed', name, await sealed(name, key, systemRandom(32)));
  return secret(name);
}

async function sealed(name: string, key: CryptoKey, bytes: Bytes): Promise<Sealed> {
  const nonce = systemRandom(12);
  return { nonce, sealed: new Uint8Array(await crypto.subtle.encrypt(gcm(name, nonce), key, bytes)) };
}

async function wrappingKey(db: IDBDatabase): Promise<CryptoKey> {
  const known = await readRow<CryptoKey>(db, 'keys', 'wrapping');
  if (known) return known;
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  await addRow(db, 'keys', 'wrapping', key);
  return wrappingKey(db);
}

function gcm(name: string, nonce: Bytes): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce, additionalData: encodeUtf8(`account ${name}`) };
}
