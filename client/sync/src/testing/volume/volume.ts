// A file system in memory that is as strict as a real one: it refuses what that refuses, hands freed inode numbers on, keeps times as coarsely,
// and loses in a power cut what nobody synced. People act on it by these methods, programs through `VolumeDisk`.
import { assert, encodeUtf8 } from '@reprise/kit';
import { entryTimeNs } from '@reprise/vault';
import { DiskRefusal, type DiskPath, type DiskStamp, type RefusalReason } from '../../ports.ts';
import { foldName } from '../../tree.ts';
import type { Chance } from '../dice.ts';
import { FileContent } from './content.ts';
import { type Change, type Entry, NameTable } from './name-table.ts';
import type { VolumeProfile } from './profile.ts';

export type VolumeOptions = {
  readonly profile: VolumeProfile;
  /** Nanoseconds since 1970. */
  readonly now: () => bigint;
  readonly blocksMax?: number;
  readonly device?: bigint;
};

export type Inode = {
  number: bigint;
  readonly kind: DiskStamp['kind'];
  readonly bornNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  isExecutable: boolean;
  /** Names that lead to it. */
  names: number;
  /** Programs that hold it open. */
  holders: number;
  readonly content: FileContent;
  readonly target: string;
  isReadable: boolean;
  isWritable: boolean;
  /** Reading it fails as a worn disk does. */
  isBroken: boolean;
};

/** The names of folders, as a disk that any bytes are names for gives them: bytes that are no UTF-8 stand as lone surrogates. */
export type RawName = string;

export class Volume {
  readonly profile: VolumeProfile;
  readonly device: bigint;
  readonly root: Inode;
  blocksMax: number;
  /** How often its power was cut. */
  cuts = 0;
  readonly names: NameTable<Inode>;
  readonly #now: () => bigint;
  #nextNumber = 2n;
  readonly #freed: bigint[] = [];
  #blocksUsed = 0;
  readonly #listeners = new Set<(folder: Inode, name: RawName) => void>();

  constructor({ profile, now, blocksMax = 1 << 20, device = 1n }: VolumeOptions) {
    this.profile = profile;
    this.device = device;
    this.blocksMax = blocksMax;
    this.#now = now;
    this.root = this.#make('folder');
    this.root.names = 1;
    this.names = new NameTable(this.root, (name) => this.#key(name), profile.renamesAtOnce);
    this.names.addFolder(this.root);
  }

  // ------------------------------------------------------------------------------------------------------------- looking

  list(path: DiskPath): readonly RawName[] {
    const folder = this.#folder(path);
    if (!folder.isReadable) throw new DiskRefusal('denied', path);
    return [...this.names.entries(folder)].map(({ name }) => name);
  }

  look(path: DiskPath): DiskStamp | null {
    const inode = this.#find(path);
    return inode ? this.stampOf(inode) : null;
  }

  /** @throws DiskRefusal `absent` */
  inode(path: DiskPath): Inode {
    const inode = this.#find(path);
    if (!inode) throw new DiskRefusal('absent', path);
    return inode;
  }

  stampOf(inode: Inode): DiskStamp {
    const { birth, hasExecutableBit } = this.profile;
    return {
      kind: inode.kind,
      inode: inode.number,
      device: this.device,
      sizeBytes: inode.kind === 'link' ? encodeUtf8(inode.target).length : inode.content.sizeBytes,
      mtimeNs: entryTimeNs(inode.mtimeNs),
      ctimeNs: inode.ctimeNs,
      birthNs: birth === 'kept' ? inode.bornNs : birth === 'none' ? 0n : inode.ctimeNs,
      isExecutable: inode.kind === 'file' && (hasExecutableBit ? inode.isExecutable : true),
    };
  }

  /** The whole of a file. */
  readFile(path: DiskPath): Uint8Array<ArrayBuffer> {
    const inode = this.inode(path);
    return this.readAt(inode, path, 0, inode.content.sizeBytes);
  }

  readAt(inode: Inode, path: DiskPath, offset: number, length: number): Uint8Array<ArrayBuffer> {
    if (inode.kind !== 'file') throw new DiskRefusal('special', path);
    if (!inode.isReadable) throw new DiskRefusal('denied', path);
    if (inode.isBroken) throw new DiskRefusal('broken', path);
    return inode.content.read(offset, length);
  }

  readLink(path: DiskPath): string {
    const { kind, target } = this.inode(path);
    if (kind !== 'link') throw new DiskRefusal('special', path);
    return target;
  }

  /** Every path below a folder, parents first. */
  *walk(folder: DiskPath = ''): Generator<{ readonly path: DiskPath; readonly inode: Inode }> {
    for (const { name, inode } of [...this.names.entries(this.#folder(folder))]) {
      const path = folder === '' ? name : `${folder}/${name}`;
      yield { path, inode };
      if (inode.kind === 'folder') yield* this.walk(path);
    }
  }

  get blocksFree(): number {
    return this.blocksMax - this.#blocksUsed;
  }

  onChange(listener: (folder: Inode, name: RawName) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // ------------------------------------------------------------------------------------------------------------ changing

  makeFile(path: DiskPath, sizeBytes = 0): Inode {
    const inode = this.#makeAt(path, 'file');
    inode.content.resize(sizeBytes);
    return inode;
  }

  makeFolder(path: DiskPath): Inode {
    return this.#makeAt(path, 'folder');
  }

  makeLink(path: DiskPath, target: string): Inode {
    if (!this.profile.hasLinks) throw new DiskRefusal('unsupported', path);
    return this.#makeAt(path, 'link', target);
  }

  /** A socket, a device, a FIFO. */
  makeSpecial(path: DiskPath): Inode {
    return this.#makeAt(path, 'special');
  }

  link(from: DiskPath, to: DiskPath): void {
    const inode = this.inode(from);
    if (!this.profile.hasHardLinks) throw new DiskRefusal('unsupported', to);
    if (inode.kind !== 'file') throw new DiskRefusal('special', from);
    const { folder, name } = this.#freePlace(to);
    this.#commit([{ folder, name, inode }]);
    inode.ctimeNs = this.#tick();
  }

  /** @param over what is at `to` gives way, unless it is a folder */
  rename(from: DiskPath, to: DiskPath, over = false): void {
    const inode = this.inode(from);
    const [source, target] = [this.#place(from), this.#place(to)];
    if (inode.kind === 'folder' && this.names.isInside(target.folder, inode)) throw new DiskRefusal('name-refused', to);
    const there = this.names.get(target.folder, target.name);
    const isRespelled = source.folder === target.folder && this.#key(source.name) === this.#key(target.name);
    if (there && !isRespelled) {
      if (!over || there.inode.kind === 'folder' || inode.kind === 'folder') throw new DiskRefusal('taken', to);
      // POSIX: two names of one file, and nothing happens.
      if (there.inode === inode) return;
      this.#refuseHeld(there.inode, to);
    }
    this.#refuseHeld(inode, from);
    this.#refuseWritable(source.folder, from);
    this.#refuseWritable(target.folder, to);
    if (isRespelled) this.#commit([{ ...target, inode }]);
    else
      this.#commit([
        { ...source, inode: undefined },
        { ...target, inode },
      ]);
    inode.ctimeNs = this.#tick();
  }

  remove(path: DiskPath): void {
    const inode = this.inode(path);
    if (inode.kind === 'folder' && [...this.names.entries(inode)].length > 0) throw new DiskRefusal('not-empty', path);
    this.#refuseHeld(inode, path);
    const place = this.#place(path);
    this.#refuseWritable(place.folder, path);
    this.#commit([{ ...place, inode: undefined }]);
  }

  writeAt(inode: Inode, path: DiskPath, offset: number, bytes: Uint8Array): void {
    const before = inode.content.blockCount;
    if (!inode.content.write(offset, bytes, this.blocksFree)) throw new DiskRefusal('full', path);
    this.#blocksUsed += inode.content.blockCount - before;
    this.#touched(inode, path);
  }

  /** As an editor that writes in place does: the same inode, the old content gone first. */
  writeFile(path: DiskPath, bytes: Uint8Array): Inode {
    const inode = this.#find(path) ?? this.makeFile(path);
    if (inode.kind !== 'file') throw new DiskRefusal('special', path);
    if (!inode.isWritable) throw new DiskRefusal('denied', path);
    this.#refuseHeld(inode, path);
    this.#blocksUsed -= inode.content.blockCount;
    inode.content.resize(0);
    this.writeAt(inode, path, 0, bytes);
    return inode;
  }

  #touched(inode: Inode, path: DiskPath): void {
    inode.ctimeNs = this.#tick();
    inode.mtimeNs = this.#stored(inode.ctimeNs);
    this.#notify(path);
  }

  #notify(path: DiskPath): void {
    const place = path === '' ? undefined : this.#seek(path);
    if (place) for (const listener of this.#listeners) listener(place.folder, place.name);
  }

  /** As the disk keeps it. */
  setTime(inode: Inode, mtimeNs: bigint): void {
    inode.mtimeNs = this.#stored(mtimeNs);
    inode.ctimeNs = this.#tick();
  }

  mark(path: DiskPath, isExecutable: boolean): void {
    const inode = this.inode(path);
    if (inode.kind !== 'file') throw new DiskRefusal('special', path);
    inode.isExecutable = isExecutable;
    inode.ctimeNs = this.#tick();
    this.#notify(path);
  }

  // ---------------------------------------------------------------------------------------------------------- durability

  syncFile(inode: Inode): void {
    inode.content.makeDurable();
  }

  syncFolder(path: DiskPath): void {
    this.names.makeDurable(this.#folder(path));
  }

  syncAll(): void {
    this.names.makeAllDurable();
    for (const { inode } of this.walk()) this.syncFile(inode);
  }

  /** Names that were not synced are lost or not, in any mixture that the profile allows; so are bytes. */
  cutPower(chance: Chance): void {
    this.cuts++;
    this.names.loseUnsynced(chance);
    const seen = new Set<Inode>([this.root]);
    for (const { inode } of this.walk()) {
      inode.holders = 0;
      seen.add(inode);
    }
    for (const inode of seen) inode.content.loseUnsynced(chance);
    if (!this.profile.hasHardLinks) this.#splitNames();
    this.names.forget(seen);
    this.#recount();
    this.remount();
  }

  /** Two names of one file, left by a rename that was cut in halves, are two files where a disk knows no hard links. */
  #splitNames(): void {
    const seen = new Set<Inode>();
    for (const { path, inode } of [...this.walk()]) {
      if (seen.has(inode)) {
        const { folder, name } = this.#place(path);
        if (inode.kind === 'folder') this.names.put(folder, name, undefined);
        else this.names.put(folder, name, { ...inode, number: this.#number(), content: inode.content.clone(), names: 1 });
      }
      seen.add(inode);
    }
  }

  #recount(): void {
    const all = [...this.walk()].map(({ inode }) => inode);
    const alive = new Set(all);
    for (const inode of alive) inode.names = 0;
    for (const inode of all) inode.names++;
    this.#blocksUsed = [...alive].reduce((sum, { content }) => sum + content.blockCount, 0);
    // What came back has its number still: another node that was given it in between is lost, or takes a new one.
    const taken = new Set<bigint>([this.root.number]);
    for (const inode of alive) {
      if (taken.has(inode.number)) inode.number = this.#nextNumber++;
      taken.add(inode.number);
    }
    this.#freed.splice(0, Infinity, ...this.#freed.filter((number) => !taken.has(number)));
  }

  remount(): void {
    if (this.profile.inodes !== 'drawn') return;
    for (const { inode } of this.walk()) inode.number = this.#nextNumber++;
  }

  // ---------------------------------------------------------------------------------------------------------------- parts

  #make(kind: Inode['kind'], target = ''): Inode {
    const at = this.#tick();
    return {
      number: this.#number(),
      kind,
      bornNs: at,
      mtimeNs: this.#stored(at),
      ctimeNs: at,
      isExecutable: false,
      names: 0,
      holders: 0,
      content: new FileContent(),
      target,
      isReadable: true,
      isWritable: true,
      isBroken: false,
    };
  }

  #number(): bigint {
    const freed = this.profile.inodes === 'reused' ? this.#freed.pop() : undefined;
    return freed ?? this.#nextNumber++;
  }

  #makeAt(path: DiskPath, kind: Inode['kind'], target?: string): Inode {
    const { folder, name } = this.#freePlace(path);
    const inode = this.#make(kind, target);
    if (kind === 'folder') this.names.addFolder(inode);
    this.#commit([{ folder, name, inode }]);
    return inode;
  }

  #freePlace(path: DiskPath): Place {
    const place = this.#place(path);
    if (this.names.get(place.folder, place.name)) throw new DiskRefusal('taken', path);
    this.#refuseWritable(place.folder, path);
    return place;
  }

  #commit(change: readonly { readonly folder: Inode; readonly name: RawName; readonly inode: Inode | undefined }[]): void {
    const at = this.#tick();
    const made: Change<Inode> = change.map(({ folder, name, inode }) => ({ folder, name: this.#spelled(name), node: inode }));
    const changed = this.names.change(made);
    // What moves is under its new name before it loses the old one: nobody is handed its number.
    for (const { after } of changed) if (after) after.inode.names++;
    for (const { before } of changed) if (before) this.#unlinked(before);
    for (const { folder, name } of made) {
      folder.mtimeNs = this.#stored(at);
      folder.ctimeNs = at;
      for (const listener of this.#listeners) listener(folder, name);
    }
  }

  #unlinked({ inode }: Entry<Inode>): void {
    inode.names--;
    inode.ctimeNs = this.#tick();
    if (inode.names > 0) return;
    this.#blocksUsed -= inode.content.blockCount;
    this.#freed.push(inode.number);
  }

  #find(path: DiskPath): Inode | undefined {
    if (path === '') return this.root;
    const place = this.#seek(path);
    return place && this.names.get(place.folder, place.name)?.inode;
  }

  #folder(path: DiskPath): Inode {
    const inode = this.inode(path);
    if (inode.kind !== 'folder') throw new DiskRefusal('not-a-folder', path);
    return inode;
  }

  #place(path: DiskPath): Place {
    const place = this.#seek(path);
    if (!place) throw new DiskRefusal('absent', path);
    return place;
  }

  /** undefined if a folder above is not there. @throws DiskRefusal `not-a-folder`, `denied`, `name-refused`, `name-bytes` */
  #seek(path: DiskPath): Place | undefined {
    const parts = path.split('/');
    for (const name of parts) {
      const refused = this.#whyRefused(name);
      if (refused) throw new DiskRefusal(refused, path);
    }
    let folder = this.root;
    for (const [index, name] of parts.entries()) {
      if (index === parts.length - 1) return { folder, name };
      if (!folder.isReadable) throw new DiskRefusal('denied', path);
      const next = this.names.get(folder, name)?.inode;
      if (!next) return undefined;
      if (next.kind !== 'folder') throw new DiskRefusal('not-a-folder', path);
      folder = next;
    }
    throw new DiskRefusal('name-refused', path);
  }

  #whyRefused(name: RawName): RefusalReason | undefined {
    const { profile } = this;
    if (name === '' || name === '.' || name === '..' || name.includes('\0')) return 'name-refused';
    if (!name.isWellFormed() && !profile.holdsAnyBytes) return 'name-bytes';
    const spelled = this.#spelled(name);
    const units = profile.nameUnits === 'utf-16' ? spelled.length : encodeUtf8(spelled).length;
    return units > 255 || profile.refusesName(name) ? 'name-refused' : undefined;
  }

  #refuseHeld(inode: Inode, path: DiskPath): void {
    if (!this.profile.locksOpenFiles) return;
    const isHeld = inode.holders > 0 || (inode.kind === 'folder' && this.names.below(inode).some(({ holders }) => holders > 0));
    if (isHeld) throw new DiskRefusal('locked', path);
  }

  #refuseWritable(folder: Inode, path: DiskPath): void {
    if (!folder.isWritable) throw new DiskRefusal('denied', path);
    assert(folder.kind === 'folder', 'only folders hold names');
  }

  #key(name: RawName): string {
    const { tells } = this.profile;
    if (tells === 'bytes') return name;
    return tells === 'forms' ? foldName(name) : name.toUpperCase().toLowerCase();
  }

  #spelled(name: RawName): RawName {
    return this.profile.stores === 'decomposed' ? name.normalize('NFD') : name;
  }

  #tick(): bigint {
    const { tickNs } = this.profile;
    return (this.#now() / tickNs) * tickNs;
  }

  #stored(timeNs: bigint): bigint {
    const { mtimeStepNs } = this.profile;
    const rest = ((timeNs % mtimeStepNs) + mtimeStepNs) % mtimeStepNs;
    return timeNs - rest;
  }
}

type Place = { readonly folder: Inode; readonly name: RawName };
