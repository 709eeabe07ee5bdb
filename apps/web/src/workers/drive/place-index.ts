// Where entries stand, by fid: screens name entries by their ids, the drive by paths. Filled as folders are listed; what another device
// moved meanwhile is found again by listing. spec/drive.md.
import { Failure } from '@reprise/protocol/formats';
import type { Drive, DriveEntry } from '@reprise/sdk/drive';
import { rootId } from '../../app/port.ts';

type Place = { readonly parent: string; readonly name: string; readonly kind: DriveEntry['kind'] };

export class PlaceIndex {
  readonly #drive: Drive;
  readonly #places = new Map<string, Place>();

  readonly #network: () => AbortSignal;

  /** @param network aborted while there is none */
  constructor(drive: Drive, network: () => AbortSignal) {
    this.#drive = drive;
    this.#network = network;
  }

  /** Notes what a folder holds. @param folder its id */
  note(folder: string, entries: Iterable<DriveEntry>): void {
    for (const { fid, name, kind } of entries) this.#places.set(fid, { parent: folder, name, kind });
  }

  /** From the root down to an entry, both included. @throws Failure path-not-found if it stands nowhere */
  async chainOf(id: string): Promise<readonly { readonly id: string; readonly name: string }[]> {
    if (id !== rootId && !(await this.#stands(id))) await this.#search(id);
    const chain: { id: string; name: string }[] = [];
    for (let at = id; at !== rootId; ) {
      const place = this.#places.get(at);
      if (!place) throw new Failure('path-not-found', { path: id });
      chain.unshift({ id: at, name: place.name });
      at = place.parent;
    }
    return [{ id: rootId, name: '' }, ...chain];
  }

  /** The path of an entry in the drive. @throws Failure path-not-found */
  async pathOf(id: string): Promise<string> {
    return `/${(await this.chainOf(id))
      .slice(1)
      .map(({ name }) => name)
      .join('/')}`;
  }

  async pathsOf(ids: readonly string[]): Promise<readonly string[]> {
    return Promise.all(ids.map((id) => this.pathOf(id)));
  }

  /** As it was listed last; undefined for what never was. */
  nameOf(id: string): string | undefined {
    return this.#places.get(id)?.name;
  }

  async parentOf(id: string): Promise<string> {
    return (await this.chainOf(id)).at(-2)?.id ?? rootId;
  }

  /** Whether the place that is known of an entry still holds it. */
  async #stands(id: string): Promise<boolean> {
    const names: string[] = [];
    for (let at = id; at !== rootId; ) {
      const place = this.#places.get(at);
      if (!place) return false;
      names.unshift(place.name);
      at = place.parent;
    }
    try {
      return (await this.#drive.stat(`/${names.join('/')}`, this.#network())).fid === id;
    } catch (error) {
      if (error instanceof Failure && error.code === 'path-not-found') return false;
      throw error;
    }
  }

  /**
   * Reads the tree, folder by folder, until the entry is met: after a reload in a deep folder, or after another device moved it. Folders that
   * cannot be read now, without a network say, are passed over.
   */
  async #search(id: string): Promise<void> {
    const folders = [{ path: '/', fid: rootId }];
    let unread: unknown = null;
    for (let folder = folders.shift(); folder; folder = folders.shift()) {
      try {
        for await (const entry of this.#drive.list(folder.path, this.#network())) {
          this.#places.set(entry.fid, { parent: folder.fid, name: entry.name, kind: entry.kind });
          if (entry.kind === 'folder') folders.push({ path: entry.path, fid: entry.fid });
          if (entry.fid === id) return;
        }
      } catch (error) {
        unread ??= error;
      }
    }
    this.#places.delete(id);
    throw unread ?? new Failure('path-not-found', { path: id });
  }
}
