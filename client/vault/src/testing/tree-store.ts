// Sealed nodes in memory, counted as they are fetched and put; and entries to fill directories with. For tests only.
import { formatHex, type RandomBytes, systemRandom } from '@reprise/kit';
import type { Entry } from '../entry.ts';
import { nodeEngine } from '../node.ts';
import type { NodeReader, NodeWriter, Ref } from '../tree-node.ts';

export class TreeStore {
  readonly objects = new Map<string, Uint8Array>();
  /** Ids in the order in which they were fetched. */
  fetched: string[] = [];
  /** Ids in the order in which they were put. */
  put: string[] = [];
  readonly writer: NodeWriter;
  readonly reader: NodeReader = {
    engine: nodeEngine,
    fetch: async (wanted) =>
      wanted.map(({ id }) => {
        this.fetched.push(formatHex(id));
        return this.objects.get(formatHex(id)) ?? new Uint8Array();
      }),
  };

  constructor(random: RandomBytes = systemRandom) {
    this.writer = {
      engine: nodeEngine,
      random,
      put: ({ id, bytes }) => {
        this.put.push(formatHex(id));
        this.objects.set(formatHex(id), bytes);
      },
    };
  }

  /** Forgets what was counted. */
  reset(): void {
    this.fetched = [];
    this.put = [];
  }

  /** Bytes of what was put since the last reset. */
  bytesPut(): number {
    return this.put.reduce((sum, id) => sum + (this.objects.get(id)?.length ?? 0), 0);
  }
}

/** A file of no bytes, changed by `fields`. */
export function fileEntry(name: string, fields: Partial<Entry> = {}): Entry {
  return {
    name,
    fid: systemRandom(16),
    content: { kind: 'file', extents: [] },
    size: 0,
    mtimeNs: 1n,
    executable: false,
    digest: null,
    thumb: null,
    ext: new Map(),
    ...fields,
  };
}

export function folderEntry(name: string, ref: Ref, fields: Partial<Entry> = {}): Entry {
  return fileEntry(name, { content: { kind: 'directory', ref }, ...fields });
}
