// The two secrets of Bitcache: a file key that is on this disk only, and under it the seed of the mint in the database. Who has lost the
// file key has lost what it sealed: another one is never drawn for a database that has a seed. spec/mint.md "Seed".
import { chmodSync, existsSync, mkdirSync, openSync, closeSync, fsyncSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, insertRows } from '@reprise/database';
import type { Bytes, RandomBytes } from '@reprise/kit';
import { openSeed, sealSeed, seedBytes } from '@reprise/mint';

const fileKeyBytes = 32;
const row = 'mint-seed-sealed';

export class KeysRefused extends Error {
  override readonly name = 'KeysRefused';
}

export type BitcacheKeys = { readonly fileKey: Bytes; readonly seed: Bytes };

/** Drawn at the first start of a database. @throws KeysRefused with a message for the operator */
export async function openKeys(database: Database, folder: string, random: RandomBytes): Promise<BitcacheKeys> {
  const path = join(folder, 'bitcache', 'file-key');
  const held = await sealedSeed(database);
  if (held && !existsSync(path))
    throw new KeysRefused(`${path} is missing: without it the coins of this database cannot be signed. Restore it from a backup.`);
  const fileKey = existsSync(path) ? readKey(path) : drawKey(path, random);
  if (!held) await insertRows(database.db, 'settings', [{ key: row, value: sealSeed(fileKey, random(seedBytes), random) }], 'ignore');
  const seed = openSeed(fileKey, held ?? (await sealedSeed(database)) ?? new Uint8Array(0));
  if (!seed) throw new KeysRefused(`${path} is not the key of this database. Restore the one that belongs to it.`);
  return { fileKey, seed };
}

async function sealedSeed({ db }: Database): Promise<Bytes | undefined> {
  return (await db.selectFrom('settings').select('value').where('key', '=', row).executeTakeFirst())?.value;
}

function readKey(path: string): Bytes {
  const key = new Uint8Array(readFileSync(path));
  if (key.length !== fileKeyBytes) throw new KeysRefused(`${path} is damaged: it has ${key.length} bytes in place of ${fileKeyBytes}.`);
  return key;
}

/** Whole and on the disk before anything is sealed under it. */
function drawKey(path: string, random: RandomBytes): Bytes {
  const key = random(fileKeyBytes);
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, key);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(draft, 0o600);
  renameSync(draft, path);
  const folder = openSync(join(path, '..'), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  return key;
}
