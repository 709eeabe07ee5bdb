// What a device remembers of its account. A port: a database with keys that cannot be read back in a browser, a folder in Node.
// spec/accounts.md "Device".
import { type Bytes, systemRandom } from '@reprise/kit';
import { importSigningKey, type SigningKey } from '@reprise/protocol';
import type { Soon } from '../source.ts';

/** Where a device keeps its record and its two keys. A port: a folder in Node, a database in a browser. */
export interface DeviceStore {
  /** The record that was saved last; undefined on a device without an account. */
  load(): Soon<Bytes | undefined>;
  /** Durable once it resolves, and whole: the former record or this one is there, never a mixture. */
  save(record: Bytes): Soon<void>;
  /** The device's own key pair, made and kept when it is first asked for. */
  signingKey(): Promise<SigningKey>;
  /** 32 bytes that open nothing but what this device has sealed for itself; made and kept like the key pair. */
  sealingKey(): Promise<Bytes>;
  /** Forgets the key pair: another is made when it is next asked for. What the device has sealed for itself still opens. */
  renewSigningKey(): Soon<void>;
  /** Forgets the record and both keys. */
  erase(): Soon<void>;
}

/** For tests, and for programs that sign in each time. */
export function memoryDeviceStore(): DeviceStore {
  let record: Bytes | undefined;
  let signing: Promise<SigningKey> | undefined;
  let sealing: Bytes | undefined;
  return {
    load: () => record,
    save: (next) => {
      record = next;
    },
    signingKey: () => {
      signing ??= importSigningKey(systemRandom(32));
      return signing;
    },
    sealingKey: async () => {
      sealing ??= systemRandom(32);
      return sealing;
    },
    renewSigningKey: () => {
      signing = undefined;
    },
    erase: () => {
      record = undefined;
      signing = undefined;
      sealing = undefined;
    },
  };
}
