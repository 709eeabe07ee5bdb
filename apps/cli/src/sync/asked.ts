// Which root a command is about: the one that was named, by its folder or by something in it; where there is only one, that.
import path from 'node:path';
import { Failure } from '@reprise/protocol/formats';
import { Journal } from '@reprise/sync/node';
import type { KnownRoot, Roots } from './roots.ts';

/** All, or those whose folders were named. @throws Failure usage */
export function askedRoots(given: readonly string[], roots: Roots): readonly KnownRoot[] {
  const all = roots.list();
  if (all.length === 0) throw new Failure('usage', { reason: 'sync-none', value: '' });
  return given.length === 0 ? all : given.map((folder) => rootOf(folder, roots).root);
}

/** @returns the root that a path is in, and the names below it @throws Failure usage */
export function rootOf(given: string, roots: Roots): { readonly root: KnownRoot; readonly below: string } {
  const asked = path.resolve(given);
  const root = roots.list().find(({ folder }) => asked === folder || asked.startsWith(folder + path.sep));
  if (!root) throw new Failure('usage', { reason: 'sync-unknown', value: given });
  return { root, below: path.relative(root.folder, asked).split(path.sep).join('/') };
}

/** @throws Failure usage before the first sync */
export function journalOf(root: KnownRoot, roots: Roots): Journal {
  const { journal, of } = roots.place(root);
  if (!Journal.exists(journal)) throw new Failure('usage', { reason: 'sync-unknown', value: root.folder });
  return Journal.open(journal, of);
}
