// The port of a disk over a volume in memory, as one program has it: every call goes through a gate, at which a simulation lets it wait, fail,
// see the world change before its eyes, or never come back because the program was killed.
import { assert } from '@reprise/kit';
import { withoutHoles } from '../../holes.ts';
import { probeDisk } from '../../probe.ts';
import {
  type Disk,
  type DiskPath,
  type DiskProbe,
  DiskRefusal,
  type DiskStamp,
  type Listed,
  type ReadableFile,
  type Watching,
  type WritableFile,
} from '../../ports.ts';
import { inodeOf } from '../../stamps.ts';
import { blockBytes } from './content.ts';
import type { Inode, RawName, Volume } from './volume.ts';

export type DiskCall = {
  readonly verb:
    | 'list'
    | 'look-listed'
    | 'look'
    | 'open'
    | 'stat'
    | 'read'
    | 'read-link'
    | 'create'
    | 'write'
    | 'finish'
    | 'make-folder'
    | 'make-link'
    | 'link'
    | 'move'
    | 'replace'
    | 'remove'
    | 'remove-folder'
    | 'mark'
    | 'sync'
    | 'watch';
  readonly path: DiskPath;
};

/** Throws what the call is to be refused with; what it awaits delays the call. */
export type DiskGate = (call: DiskCall) => Promise<void> | void;

export class VolumeDisk implements Disk {
  readonly volume: Volume;
  readonly #gate: DiskGate;
  readonly #holds = new Set<Hold>();

  constructor(volume: Volume, gate: DiskGate = () => {}) {
    this.volume = volume;
    this.#gate = gate;
  }

  probe(): Promise<DiskProbe> {
    return probeDisk(this, this.volume.blocksFree * blockBytes);
  }

  async room(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    const { blocksFree, blocksMax } = this.volume;
    return { freeBytes: blocksFree * blockBytes, totalBytes: blocksMax * blockBytes };
  }

  async list(folder: DiskPath): Promise<readonly Listed[]> {
    await this.#gate({ verb: 'list', path: folder });
    const names = this.volume.list(folder);
    await this.#gate({ verb: 'look-listed', path: folder });
    return names.map((name) => ({ name: name.isWellFormed() ? name : null, stamp: this.#lookListed(folder, name) }));
  }

  #lookListed(folder: DiskPath, name: RawName): DiskStamp | null {
    try {
      return this.volume.look(within(folder, name));
    } catch (error) {
      if (error instanceof DiskRefusal) return null;
      throw error;
    }
  }

  async look(path: DiskPath): Promise<DiskStamp | null> {
    await this.#gate({ verb: 'look', path });
    return this.volume.look(path);
  }

  async open(path: DiskPath): Promise<ReadableFile> {
    await this.#gate({ verb: 'open', path });
    const inode = this.volume.inode(path);
    this.volume.readAt(inode, path, 0, 0);
    return this.#reading(inode, path);
  }

  #reading(inode: Inode, path: DiskPath): ReadableFile {
    const { volume } = this;
    const gate = this.#gate;
    const hold = this.#hold(inode);
    return {
      stat: async () => {
        await gate({ verb: 'stat', path });
        hold.assertHeld();
        return volume.stampOf(inode);
      },
      read: async (offset, length) => {
        await gate({ verb: 'read', path });
        hold.assertHeld();
        return volume.readAt(inode, path, offset, length);
      },
      close: async () => hold.end(),
    };
  }

  #hold(inode: Inode): Hold {
    const hold = new Hold(inode);
    this.#holds.add(hold);
    return hold;
  }

  /** The program is gone, and with it whatever it had open. */
  end(): void {
    for (const hold of this.#holds) hold.end();
  }

  async readLink(path: DiskPath): Promise<string> {
    await this.#gate({ verb: 'read-link', path });
    return this.volume.readLink(path);
  }

  async create(path: DiskPath, sizeBytes: number): Promise<WritableFile> {
    await this.#gate({ verb: 'create', path });
    return this.#writing(this.volume.makeFile(path, sizeBytes), path);
  }

  #writing(inode: Inode, path: DiskPath): WritableFile {
    const { volume } = this;
    const gate = this.#gate;
    const hold = this.#hold(inode);
    return {
      write: async (offset, bytes) => {
        await gate({ verb: 'write', path });
        hold.assertHeld();
        for (const [start, stop] of withoutHoles(bytes)) volume.writeAt(inode, path, offset + start, bytes.subarray(start, stop));
      },
      finish: async ({ mtimeNs, isExecutable }) => {
        await gate({ verb: 'finish', path });
        hold.assertHeld();
        volume.setTime(inode, mtimeNs);
        inode.isExecutable = isExecutable;
        volume.syncFile(inode);
        hold.end();
        return volume.stampOf(inode);
      },
      abandon: async () => hold.end(),
    };
  }

  async makeFolder(path: DiskPath): Promise<void> {
    await this.#gate({ verb: 'make-folder', path });
    this.volume.makeFolder(path);
  }

  async makeLink(path: DiskPath, target: string): Promise<void> {
    await this.#gate({ verb: 'make-link', path });
    this.volume.makeLink(path, target);
  }

  async link(from: DiskPath, to: DiskPath): Promise<void> {
    await this.#gate({ verb: 'link', path: to });
    this.volume.link(from, to);
  }

  async move(from: DiskPath, to: DiskPath): Promise<DiskStamp | null> {
    await this.#gate({ verb: 'move', path: to });
    this.volume.rename(from, to);
    return this.volume.look(to);
  }

  async replace(from: DiskPath, to: DiskPath, inode?: string): Promise<void> {
    await this.#gate({ verb: 'replace', path: to });
    const there = this.volume.look(to);
    if (inode !== undefined && (!there || inodeOf(there) !== inode)) throw new DiskRefusal('taken', to);
    this.volume.rename(from, to, true);
  }

  async remove(path: DiskPath): Promise<void> {
    await this.#gate({ verb: 'remove', path });
    this.volume.remove(path);
  }

  async removeFolder(path: DiskPath): Promise<void> {
    await this.#gate({ verb: 'remove-folder', path });
    if (this.volume.inode(path).kind !== 'folder') throw new DiskRefusal('not-a-folder', path);
    this.volume.remove(path);
  }

  async mark(path: DiskPath, isExecutable: boolean): Promise<void> {
    await this.#gate({ verb: 'mark', path });
    this.volume.mark(path, isExecutable);
  }

  async sync(folder: DiskPath): Promise<void> {
    await this.#gate({ verb: 'sync', path: folder });
    this.volume.syncFolder(folder);
  }

  async watch(onHint: (folder: DiskPath | null) => void): Promise<Watching> {
    await this.#gate({ verb: 'watch', path: '' });
    const { names } = this.volume;
    const stop = this.volume.onChange((folder) => {
      const path = names.pathOf(folder);
      if (path) onHint(path.join('/'));
    });
    return { isPartial: false, close: async () => stop() };
  }
}

class Hold {
  readonly #inode: Inode;
  #isHeld = true;

  constructor(inode: Inode) {
    this.#inode = inode;
    inode.holders++;
  }

  assertHeld(): void {
    assert(this.#isHeld, 'a file that was closed is not used');
  }

  end(): void {
    if (this.#isHeld) this.#inode.holders--;
    this.#isHeld = false;
  }
}

function within(folder: DiskPath, name: RawName): DiskPath {
  return folder === '' ? name : `${folder}/${name}`;
}
