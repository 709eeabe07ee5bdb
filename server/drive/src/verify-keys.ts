// Device keys that asked lately, imported once: the platform's check of a signature is ten times as fast as ours, with the same verdict.
import { type Bytes, formatHex } from '@reprise/kit';
import { importVerifyKey, type VerifyKey } from '@reprise/protocol/formats';

const keysMax = 10_000;

export class VerifyKeys {
  /** Least recently used first. */
  readonly #keys = new Map<string, Promise<VerifyKey>>();

  of(publicKey: Bytes): Promise<VerifyKey> {
    const name = formatHex(publicKey);
    const key = this.#keys.get(name) ?? importVerifyKey(publicKey);
    this.#keys.delete(name);
    this.#keys.set(name, key);
    if (this.#keys.size > keysMax) this.#keys.delete(this.#keys.keys().next().value as string);
    return key;
  }
}
