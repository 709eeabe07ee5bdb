// What a wallet keeps, in `.reprise/wallet`: bytes that are replaced only by whoever has read them, on whichever device. What they say is the
// wallet's business. spec/wallet.md "Store".
import type { Bytes } from '@reprise/kit';
import type { Drive } from './drive.ts';
import { isSameRecord } from './head-store.ts';
import { changeHiddenFile, readHiddenFile } from './hidden-file.ts';

const walletFileName = 'wallet';

/** What a wallet keeps in the home space of an account. */
export type WalletFile = {
  /** As it is now at the server; undefined where there is none. */
  load(): Promise<Bytes | undefined>;
  /** @returns false if something else than `expected` is there by now; true is durable. @throws Failure drive-frozen, over-quota, network … */
  save(bytes: Bytes, expected: Bytes | undefined): Promise<boolean>;
};

/** The wallet of the account that the drive belongs to. */
export function walletFile(drive: Drive, signal?: AbortSignal): WalletFile {
  return {
    load: async () => {
      await drive.refresh(signal);
      return (await readHiddenFile(drive, await drive.parts.space.view(signal), walletFileName)) ?? undefined;
    },
    save: async (bytes, expected) => {
      const lost = new Error('another device was first');
      const replace = (now: Bytes | null) => {
        if (!isSameRecord(now ?? undefined, expected)) throw lost;
        return bytes;
      };
      try {
        await changeHiddenFile(drive, walletFileName, replace, signal);
        return true;
      } catch (error) {
        if (error === lost) return false;
        throw error;
      }
    },
  };
}
