// What people and their programs do to a folder, one disk operation after another, so that a device may look in between.
import { encodeUtf8 } from '@reprise/kit';
import { DiskRefusal } from '../../client/sync/src/ports.ts';
import type { Dice } from '../../client/sync/src/testing/dice.ts';
import type { Inode, Volume } from '../../client/sync/src/testing/volume/volume.ts';

export const habits = [
  'create',
  'create',
  'make-folder',
  'overwrite',
  'overwrite',
  'overwrite-keeping-time',
  'write-slowly',
  'append',
  'save-atomically',
  'save-like-word',
  'touch',
  'mark',
  'rename',
  'move',
  'move-folder',
  'move-folder',
  'swap',
  'rotate',
  'change-case',
  'rename-over',
  'replace-by-folder',
  'copy',
  'remove',
  'remove-folder',
  'sync',
] as const;
export type Habit = (typeof habits)[number];

export type Person = {
  readonly volume: Volume;
  readonly dice: Dice;
  /** A content that nobody wrote before, of one width. */
  readonly newWord: () => string;
};

const names = ['a', 'b', 'c.txt', 'd', 'caf\u00e9', 'A', 'C.txt', 'e.doc'];
const own = '.reprise';

/** One habit at work; each step leaves the disk as a moment of it. Ends where the disk refuses. */
export function* act(habit: Habit, person: Person): Generator<void, void, void> {
  try {
    yield* acts[habit](new Hand(person));
  } catch (error) {
    if (!(error instanceof DiskRefusal)) throw error;
  }
}

type Found = { readonly path: string; readonly inode: Inode };

/** What the acts below are made of. */
class Hand {
  readonly volume: Volume;
  readonly dice: Dice;
  readonly #newWord: () => string;

  constructor({ volume, dice, newWord }: Person) {
    this.volume = volume;
    this.dice = dice;
    this.#newWord = newWord;
  }

  text(): Uint8Array {
    const filler = this.dice.one([0, 0, 0, 1, 30, 5_000]);
    return encodeUtf8(`${this.#newWord()}${'.'.repeat(filler)}`);
  }

  all(): Found[] {
    return [...this.volume.walk()].filter(({ path }) => path !== own && !path.startsWith(`${own}/`));
  }

  files(): Found[] {
    return this.all().filter(({ inode }) => inode.kind === 'file');
  }

  file(): string | undefined {
    const files = this.files();
    return files.length === 0 ? undefined : this.dice.one(files).path;
  }

  any(): string | undefined {
    const all = this.all();
    return all.length === 0 ? undefined : this.dice.one(all).path;
  }

  folder(): string | undefined {
    const folders = this.all().filter(({ inode }) => inode.kind === 'folder');
    return folders.length === 0 ? undefined : this.dice.one(folders).path;
  }

  /** In a folder that is there, under a name that may be taken. */
  place(): string {
    const folders = ['', ...this.all().flatMap(({ path, inode }) => (inode.kind === 'folder' ? [path] : []))];
    const folder = this.dice.one(folders);
    return join(folder, this.dice.one(names));
  }

  isFree(path: string): boolean {
    return this.volume.look(path) === null;
  }
}

const acts: Readonly<Record<Habit, (hand: Hand) => Generator<void, void, void>>> = {
  *create(hand) {
    const path = hand.place();
    if (hand.isFree(path)) hand.volume.writeFile(path, hand.text());
  },
  *'make-folder'(hand) {
    const path = hand.place();
    if (hand.isFree(path)) hand.volume.makeFolder(path);
  },
  *overwrite(hand) {
    const path = hand.file();
    if (path !== undefined) hand.volume.writeFile(path, hand.text());
  },
  *'overwrite-keeping-time'(hand) {
    const path = hand.file();
    if (path === undefined) return;
    const { mtimeNs } = hand.volume.inode(path);
    hand.volume.setTime(hand.volume.writeFile(path, hand.text()), mtimeNs);
  },
  *'write-slowly'(hand) {
    const path = hand.file();
    if (path === undefined) return;
    const inode = hand.volume.writeFile(path, new Uint8Array(0));
    yield;
    hand.volume.writeAt(inode, path, 0, hand.text());
    yield;
    hand.volume.writeAt(inode, path, inode.content.sizeBytes, hand.text());
  },
  *append(hand) {
    const path = hand.file();
    if (path === undefined) return;
    const inode = hand.volume.inode(path);
    hand.volume.writeAt(inode, path, inode.content.sizeBytes, hand.text());
  },
  *'save-atomically'(hand) {
    const path = hand.file();
    if (path === undefined) return;
    const draft = join(parentOf(path), 'draft~');
    if (!hand.isFree(draft)) return;
    const inode = hand.volume.writeFile(draft, hand.text());
    yield;
    hand.volume.syncFile(inode);
    hand.volume.rename(draft, path, true);
  },
  *'save-like-word'(hand) {
    const path = hand.file();
    if (path === undefined) return;
    const [draft, backup] = [join(parentOf(path), 'new~'), join(parentOf(path), 'old~')];
    if (!hand.isFree(draft) || !hand.isFree(backup)) return;
    hand.volume.syncFile(hand.volume.writeFile(draft, hand.text()));
    yield;
    hand.volume.rename(path, backup);
    yield;
    hand.volume.rename(draft, path);
    yield;
    hand.volume.remove(backup);
  },
  *touch(hand) {
    const path = hand.file();
    if (path !== undefined) hand.volume.setTime(hand.volume.inode(path), hand.volume.inode(path).ctimeNs + 5_000_000_000n);
  },
  *mark(hand) {
    const path = hand.file();
    if (path !== undefined) hand.volume.mark(path, !hand.volume.inode(path).isExecutable);
  },
  *rename(hand) {
    const path = hand.any();
    if (path !== undefined) hand.volume.rename(path, join(parentOf(path), hand.dice.one(names)));
  },
  *move(hand) {
    const path = hand.any();
    if (path !== undefined) hand.volume.rename(path, hand.place());
  },
  *'move-folder'(hand) {
    const path = hand.folder();
    if (path !== undefined) hand.volume.rename(path, hand.place());
  },
  *swap(hand) {
    const [a, b] = [hand.any(), hand.any()];
    if (a === undefined || b === undefined || a === b || isWithin(a, b) || isWithin(b, a)) return;
    const spare = join(parentOf(a), 'swap~');
    hand.volume.rename(a, spare);
    yield;
    hand.volume.rename(b, a);
    yield;
    hand.volume.rename(spare, b);
  },
  *rotate(hand) {
    const path = hand.file();
    if (path === undefined) return;
    hand.volume.rename(path, `${path}.1`);
    yield;
    hand.volume.writeFile(path, hand.text());
  },
  *'change-case'(hand) {
    const path = hand.any();
    if (path === undefined) return;
    const name = path.slice(path.lastIndexOf('/') + 1);
    hand.volume.rename(path, join(parentOf(path), name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase()));
  },
  *'rename-over'(hand) {
    const [from, to] = [hand.file(), hand.file()];
    if (from !== undefined && to !== undefined && from !== to) hand.volume.rename(from, to, true);
  },
  *'replace-by-folder'(hand) {
    const path = hand.file();
    if (path === undefined) return;
    hand.volume.remove(path);
    yield;
    hand.volume.makeFolder(path);
    yield;
    hand.volume.writeFile(`${path}/inside`, hand.text());
  },
  *copy(hand) {
    const path = hand.file();
    const to = hand.place();
    if (path !== undefined && hand.isFree(to)) hand.volume.writeFile(to, hand.volume.readFile(path));
  },
  *remove(hand) {
    const path = hand.file();
    if (path !== undefined) hand.volume.remove(path);
  },
  *'remove-folder'(hand) {
    const path = hand.folder();
    if (path === undefined) return;
    for (const below of [...hand.volume.walk(path)].toReversed()) {
      hand.volume.remove(below.path);
      yield;
    }
    hand.volume.remove(path);
  },
  *sync(hand) {
    hand.volume.syncAll();
  },
};

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
