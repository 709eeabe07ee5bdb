// Purchases in a folder, kept as accepted heads are: numbered files, so that of two programs that replace the same purchase one is told no, and a
// program that dies leaves the old one or the new one. spec/paid-links.md "What a buyer keeps".
import fs from 'node:fs';
import path from 'node:path';
import { Failure } from '@reprise/protocol';
import type { PurchaseStore } from '../paid/kept-purchase.ts';
import { recordFiles } from './head-files.ts';

const filePattern = /^([0-9a-f]{32})\.\d{16}$/;

/** @param folder is made if it does not exist @throws Failure target-refused, target-full from each call */
export function purchaseFolder(folder: string): PurchaseStore {
  const files = recordFiles(folder);
  const list = (): string[] => (fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => filePattern.test(name)) : []);
  const guarded = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      throw new Failure('target-refused', { path: folder, reason: (cause as NodeJS.ErrnoException).code ?? 'unknown' }, { cause });
    }
  };
  return {
    load: async (name) => files.load(name) ?? null,
    save: async (name, sealed, expected) => files.save(name, sealed, expected ?? undefined),
    names: async () => guarded(() => [...new Set(list().map((file) => file.slice(0, 32)))]),
    remove: async (name) =>
      guarded(() => {
        // The oldest first: whatever is left of it is its newest.
        for (const file of list().toSorted()) if (file.startsWith(`${name}.`)) fs.rmSync(path.join(folder, file), { force: true });
      }),
  };
}
