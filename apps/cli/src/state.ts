// What this machine keeps between runs, for this user only: a device key, journals of unfinished uploads, and the owner keys of what was
// put, sealed under the device key.
import fs from 'node:fs';
import path from 'node:path';
import { type Bytes, concatBytes, encodeUtf8, decodeUtf8, formatHex, systemRandom } from '@reprise/kit';
import { purchaseFolder, targetFailure } from '@reprise/sdk/node';
import type { Purchases } from '@reprise/sdk/paid';
import { type LocalPlace, openLocal, sealLocal } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { takeRunLock } from './run-lock.ts';
import { keepOnce } from './secret-file.ts';

/** The owner key of a link that was made here. */
export type KeptLink = { readonly manageUrl: string; readonly server: string; readonly title: string; readonly createdMs: number };

export class State {
  readonly #folder: string;
  readonly deviceKey: Bytes;

  private constructor(folder: string, deviceKey: Bytes) {
    this.#folder = folder;
    this.deviceKey = deviceKey;
  }

  /** @throws Failure target-refused if the folder cannot be used, target-full */
  static open(folder: string): State {
    try {
      for (const part of ['', 'puts', 'gets', 'links']) fs.mkdirSync(path.join(folder, part), { recursive: true, mode: 0o700 });
      return new State(folder, keepOnce(path.join(folder, 'device.key'), systemRandom(32)));
    } catch (cause) {
      throw targetFailure(cause, folder);
    }
  }

  /** A name that only this machine can make of these facts: journals are found by what was asked for, and tell nothing of it. */
  async name(...facts: readonly string[]): Promise<string> {
    return formatHex(await nodeEngine.sha256(concatBytes(this.deviceKey, encodeUtf8(JSON.stringify(facts))))).slice(0, 32);
  }

  /**
   * The journal of an upload, held until it is disposed: a second run of the same upload gets one of its own.
   * @returns its file
   */
  holdJournal(name: string): { readonly file: string } & Disposable {
    for (let n = 1; ; n++) {
      const file = path.join(this.#folder, 'puts', n === 1 ? name : `${name}-${n}`);
      const lock = takeRunLock(file);
      if (lock) return { file, [Symbol.dispose]: () => lock[Symbol.dispose]() };
    }
  }

  /** Marks a download into a folder as begun; while the mark stands, the same download may go on in that folder. */
  downloadMark(name: string): string {
    return path.join(this.#folder, 'gets', name);
  }

  /** What was bought on this machine, and what is under way. */
  async purchases(): Promise<Purchases> {
    const { Purchases } = await import('@reprise/sdk/paid');
    const store = purchaseFolder(path.join(this.#folder, 'purchases'));
    return new Purchases({ store, key: this.deviceKey, engine: nodeEngine, random: systemRandom });
  }

  async keepLink(linkId: string, kept: KeptLink): Promise<void> {
    const message = encodeUtf8(JSON.stringify(kept));
    const sealed = await sealLocal(nodeEngine, this.deviceKey, linkPlace(linkId), message, systemRandom);
    fs.writeFileSync(this.#linkFile(linkId), sealed, { mode: 0o600 });
  }

  /** @returns undefined if this machine made no such link */
  async keptLink(linkId: string): Promise<KeptLink | undefined> {
    const file = this.#linkFile(linkId);
    if (!fs.existsSync(file)) return undefined;
    const message = await openLocal(nodeEngine, this.deviceKey, linkPlace(linkId), fs.readFileSync(file));
    return JSON.parse(decodeUtf8(message)) as KeptLink;
  }

  forgetLink(linkId: string): void {
    fs.rmSync(this.#linkFile(linkId), { force: true });
  }

  #linkFile(linkId: string): string {
    return path.join(this.#folder, 'links', linkId);
  }
}

function linkPlace(linkId: string): LocalPlace {
  return { table: 'link', row: encodeUtf8(linkId) };
}
