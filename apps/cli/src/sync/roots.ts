// The folders of this machine that are synced, each with a journal: one file a root below the program's state. spec/sync.md "The root".
import fs from 'node:fs';
import path from 'node:path';
import { formatHex, systemRandom } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { isFull, targetFailure } from '@reprise/sdk/node';
import type { FollowState, JournalOf, RootPlace, RootProgress } from '@reprise/sync/node';
import { type RunLockHolder, runLockHolder, takeRunLock } from '../run-lock.ts';

export type KnownRoot = {
  /** Drawn when the folder was added; also in the folder's marker. */
  readonly id: string;
  /** Absolute, with no link in it. */
  readonly folder: string;
  readonly space: string;
  /** Hex fid of the drive's folder, and where that stood when the root was added. */
  readonly driveFolder: string;
  readonly drivePath: string;
};

export type RootStatus = {
  readonly atMs: number;
  readonly state: FollowState['state'];
  /** While it is at work. */
  readonly progress?: { readonly stage: RootProgress['stage']; readonly bytesDone: number; readonly bytesTotal: number };
  readonly retryAtMs?: number;
  readonly untilMs?: number;
  /** A code of a failure. */
  readonly failure?: string;
};

export class Roots {
  readonly #folder: string;

  constructor(stateFolder: string) {
    this.#folder = path.join(stateFolder, 'sync');
  }

  /** By folder. @throws Failure bad-journal for one that cannot be read */
  list(): readonly KnownRoot[] {
    if (!fs.existsSync(this.#folder)) return [];
    const roots = fs.readdirSync(this.#folder).flatMap((id) => this.#read(id) ?? []);
    return roots.toSorted((a, b) => (a.folder < b.folder ? -1 : 1));
  }

  /** @param folder absolute, with no link in it */
  find(folder: string): KnownRoot | undefined {
    return this.list().find((root) => root.folder === folder);
  }

  /**
   * @throws Failure usage for a folder inside another root or around one, on this machine or in the drive, as far as this state folder knows
   *   them; and for one inside a root of another account; target-full, target-refused
   */
  add(root: Omit<KnownRoot, 'id'>): KnownRoot {
    const above = markedAbove(root.folder);
    if (above !== undefined) throw new Failure('usage', { reason: 'sync-nested', value: above });
    assertApart(root, this.list());
    const added = { id: formatHex(systemRandom(16)), ...root };
    const file = this.#file(added.id);
    const draft = `${file}.draft`;
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      fs.writeFileSync(draft, JSON.stringify(added), { mode: 0o600, flush: true });
      fs.renameSync(draft, file);
      // Of two that are added at once, at least one sees the other, and gives way.
      assertApart(
        root,
        this.list().filter(({ id }) => id !== added.id),
      );
    } catch (error) {
      this.remove(added);
      throw targetFailure(error, file);
    }
    return added;
  }

  /** Forgets a root; no file of it is touched. */
  remove({ id }: KnownRoot): void {
    fs.rmSync(path.join(this.#folder, id), { recursive: true, force: true });
  }

  place({ id, folder, space, driveFolder }: KnownRoot): RootPlace {
    const of: JournalOf = { root: id, space, folder: driveFolder };
    return { folder, journal: path.join(this.#folder, id, 'journal.db'), of };
  }

  /** Where what is being sent is noted. */
  uploads({ id }: KnownRoot): string {
    return path.join(this.#folder, id, 'uploads');
  }

  /** What the program that follows a root last said of it; undefined while none does. */
  status(root: KnownRoot): RootStatus | undefined {
    if (!this.holder(root)) return undefined;
    try {
      return JSON.parse(fs.readFileSync(path.join(this.#folder, root.id, 'status.json'), 'utf8')) as RootStatus;
    } catch {
      return undefined;
    }
  }

  /** Only a help to who asks: it need not outlive a crash, and a full disk keeps the one before. */
  setStatus({ id }: KnownRoot, status: RootStatus): void {
    const file = path.join(this.#folder, id, 'status.json');
    try {
      fs.writeFileSync(`${file}.draft`, JSON.stringify(status), { mode: 0o600 });
      fs.renameSync(`${file}.draft`, file);
    } catch (error) {
      fs.rmSync(`${file}.draft`, { force: true });
      if (!isFull(error)) throw error;
    }
  }

  /** Who syncs it. */
  holder({ id }: KnownRoot): RunLockHolder | undefined {
    return runLockHolder(this.#lock(id));
  }

  #lock(id: string): string {
    return path.join(this.#folder, id, 'run');
  }

  /** @throws Failure usage while another program syncs it; target-full, target-refused */
  hold(root: KnownRoot): Disposable {
    const lock = this.#take(root);
    if (lock) return lock;
    const holder = this.holder(root);
    if (holder?.pid === null) throw new Failure('usage', { reason: 'sync-elsewhere', value: `${root.folder}\n${holder.file}` });
    throw new Failure('usage', { reason: 'sync-running', value: root.folder });
  }

  #take({ id }: KnownRoot): Disposable | undefined {
    const name = this.#lock(id);
    try {
      return takeRunLock(name);
    } catch (error) {
      throw targetFailure(error, name);
    }
  }

  #file(id: string): string {
    return path.join(this.#folder, id, 'root.json');
  }

  #read(id: string): KnownRoot | undefined {
    const file = this.#file(id);
    if (!fs.existsSync(file)) return undefined;
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8')) as KnownRoot;
    } catch (cause) {
      throw new Failure('bad-journal', { path: file, reason: 'damaged' }, { cause });
    }
  }
}

/** @throws Failure usage */
function assertApart({ folder, space, drivePath }: Omit<KnownRoot, 'id'>, others: readonly KnownRoot[]): void {
  const nested = others.find((other) => isNested(other.folder, folder));
  if (nested) throw new Failure('usage', { reason: 'sync-nested', value: nested.folder });
  const shared = others.find((other) => other.space === space && isNested(other.drivePath, drivePath, '/'));
  if (shared) throw new Failure('usage', { reason: 'sync-shared', value: `${shared.drivePath}\n${shared.folder}` });
}

/** @throws Failure target-refused if it is no folder */
export function realFolder(given: string): string {
  try {
    const folder = fs.realpathSync(given);
    if (fs.statSync(folder).isDirectory()) return folder;
  } catch (cause) {
    throw new Failure('target-refused', { path: given, reason: (cause as NodeJS.ErrnoException).code ?? 'unusable' }, { cause });
  }
  throw new Failure('target-refused', { path: given, reason: 'ENOTDIR' });
}

/** A folder above that another program or account syncs: its mark is there. */
function markedAbove(folder: string): string | undefined {
  for (let at = path.dirname(folder); ; at = path.dirname(at)) {
    if (fs.existsSync(path.join(at, '.reprise', 'root.json'))) return at;
    if (at === path.dirname(at)) return undefined;
  }
}

function isNested(a: string, b: string, separator: string = path.sep): boolean {
  const isWithin = (inner: string, outer: string): boolean =>
    inner === outer || inner.startsWith(outer.endsWith(separator) ? outer : `${outer}${separator}`);
  return isWithin(a, b) || isWithin(b, a);
}
