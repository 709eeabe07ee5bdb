// A file system in memory that refuses what real ones refuse. It folds case or normalises names where it is told to.
import { foldName, type Kind } from '../tree.ts';

export type VirtualTraits = {
  readonly foldsCase: boolean;
  /** `keeps`: forms are told apart. `decomposes`: names are stored decomposed, and looked up in any form. */
  readonly forms: 'keeps' | 'decomposes';
};

export type Inode = {
  readonly number: number;
  readonly kind: Exclude<Kind, 'other'>;
  parent: number;
  name: string;
  content: string;
  isExecutable: boolean;
};

export const rootNumber = 1;
/** Where nodes wait under temporary names; no scan sees it. */
export const asideNumber = 2;

export class DiskRefusal extends Error {}

export class VirtualDisk {
  readonly traits: VirtualTraits;
  readonly #inodes = new Map<number, Inode>();
  readonly #folders = new Map<number, Map<string, number>>([
    [rootNumber, new Map()],
    [asideNumber, new Map()],
  ]);
  #next = 3;

  constructor(traits: VirtualTraits) {
    this.traits = traits;
  }

  #key(name: string): string {
    if (this.traits.foldsCase) return foldName(name);
    return this.traits.forms === 'decomposes' ? name.normalize('NFC') : name;
  }

  get(number: number): Inode {
    const inode = this.#inodes.get(number);
    if (!inode) throw new DiskRefusal(`ENOENT: ${number}`);
    return inode;
  }

  has(number: number): boolean {
    return this.#inodes.has(number);
  }

  list(folder: number): readonly Inode[] {
    return [...this.#folder(folder).values()].map((number) => this.get(number));
  }

  find(folder: number, name: string): Inode | undefined {
    const number = this.#folder(folder).get(this.#key(name));
    return number === undefined ? undefined : this.get(number);
  }

  *walk(folder = rootNumber): Generator<Inode> {
    for (const inode of this.list(folder)) {
      yield inode;
      if (inode.kind === 'folder') yield* this.walk(inode.number);
    }
  }

  create(parent: number, name: string, kind: Inode['kind'], content = '', isExecutable = false): Inode {
    this.#refuseTaken(parent, name);
    const number = this.#next++;
    const inode: Inode = { number, kind, parent, name: this.#stored(name), content, isExecutable };
    this.#inodes.set(number, inode);
    if (kind === 'folder') this.#folders.set(number, new Map());
    this.#folder(parent).set(this.#key(name), number);
    return inode;
  }

  rename(number: number, parent: number, name: string): void {
    const inode = this.get(number);
    this.#refuseTaken(parent, name, number);
    for (let at = parent; at !== rootNumber && at !== asideNumber; at = this.get(at).parent)
      if (at === number) throw new DiskRefusal(`EINVAL: ${inode.name} into itself`);
    this.#folder(inode.parent).delete(this.#key(inode.name));
    inode.parent = parent;
    inode.name = this.#stored(name);
    this.#folder(parent).set(this.#key(name), number);
  }

  remove(number: number): void {
    const inode = this.get(number);
    if (inode.kind === 'folder' && this.#folder(number).size > 0) throw new DiskRefusal(`ENOTEMPTY: ${inode.name}`);
    this.#folder(inode.parent).delete(this.#key(inode.name));
    this.#inodes.delete(number);
    this.#folders.delete(number);
  }

  #folder(number: number): Map<string, number> {
    const folder = this.#folders.get(number);
    if (!folder) throw new DiskRefusal(`ENOTDIR: ${number}`);
    return folder;
  }

  #refuseTaken(parent: number, name: string, by?: number): void {
    const there = this.#folder(parent).get(this.#key(name));
    if (there !== undefined && there !== by) throw new DiskRefusal(`EEXIST: ${name}`);
  }

  #stored(name: string): string {
    return this.traits.forms === 'decomposes' ? name.normalize('NFD') : name;
  }
}
