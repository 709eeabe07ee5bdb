// Every entry below a folder of a drive, in as few requests as its shape allows, and with bounds: a member can name one sealed directory many
// times, and again in each of those, so that a few nodes unfold without end. spec/merge.md "Differences".
import { formatHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { type Entry, type NodeReader, nodeSealedLength, nodesPerFetch, treeDepthMax, type Wanted } from '@reprise/vault';
import type { DrivePath } from './path.ts';
import { TreeView } from './tree-view.ts';

export type WalkBounds = { readonly depth: number; readonly entries: number };

const walkBounds: WalkBounds = { depth: treeDepthMax, entries: 4_000_000 };
/** Of what is fetched ahead at a time. */
const aheadBytesMax = 8 * 2 ** 20;

export type Walked = { readonly names: DrivePath; readonly entry: Entry };
type Pending = Walked & { isBrought: boolean };

/** Parents before children, by name within a folder. @throws Failure limit-exceeded, and as `TreeView.entries` */
export async function* walkTree(
  view: TreeView,
  top: Walked,
  bounds: WalkBounds = walkBounds,
): AsyncGenerator<Walked & { /** The folder that it is in. */ readonly parent: Entry }, void, void> {
  const ahead = new NodesAhead(view.reader);
  const brought = new TreeView(view.root, ahead.reader);
  const pending: Pending[] = [{ ...top, isBrought: true }];
  let entries = 0;
  for (let next = pending.at(-1); next; next = pending.at(-1)) {
    if (next.names.length - top.names.length > bounds.depth) throw new Failure('limit-exceeded', { limit: 'depth of a tree' });
    if (!next.isBrought) await bringNext(pending, ahead);
    pending.pop();
    const below: Pending[] = [];
    for await (const entry of brought.entries(next.entry)) {
      if (++entries > bounds.entries) throw new Failure('limit-exceeded', { limit: 'entries of a tree' });
      const walked = { names: [...next.names, entry.name], entry, parent: next.entry };
      yield walked;
      if (entry.content.kind === 'directory') below.push({ names: walked.names, entry, isBrought: false });
    }
    pending.push(...below.reverse());
  }
}

/** The folders that are read next, those at the end of the list first. */
function bringNext(pending: readonly Pending[], ahead: NodesAhead): Promise<void> {
  const wanted: Wanted[] = [];
  let bytes = 0;
  for (const folder of pending.slice(-nodesPerFetch).reverse()) {
    const { content } = folder.entry;
    if (folder.isBrought || content.kind !== 'directory') continue;
    const sealedLength = nodeSealedLength(content.ref);
    if (wanted.length > 0 && bytes + sealedLength > aheadBytesMax) break;
    bytes += sealedLength;
    wanted.push({ id: content.ref.id, sealedLength });
    folder.isBrought = true;
  }
  return ahead.bring(wanted);
}

/** Holds nodes from the time they were fetched with others until they are asked for. */
class NodesAhead {
  readonly #reader: NodeReader;
  readonly #held = new Map<string, Uint8Array>();

  constructor(reader: NodeReader) {
    this.#reader = reader;
  }

  async bring(wanted: readonly Wanted[]): Promise<void> {
    try {
      const nodes = await this.#reader.fetch(wanted);
      for (const [i, { id }] of wanted.entries()) this.#held.set(formatHex(id), nodes[i] as Uint8Array);
    } catch (error) {
      // Whose node it is that cannot be had shows when it is asked for by itself.
      if (!(error instanceof Failure)) throw error;
    }
  }

  get reader(): NodeReader {
    return { engine: this.#reader.engine, fetch: (wanted) => this.#fetch(wanted) };
  }

  async #fetch(wanted: readonly Wanted[]): Promise<readonly Uint8Array[]> {
    const found = wanted.map(({ id }) => this.#held.get(formatHex(id)));
    for (const { id } of wanted) this.#held.delete(formatHex(id));
    const absent = wanted.filter((_, i) => !found[i]);
    const fetched = absent.length > 0 ? await this.#reader.fetch(absent) : [];
    let next = 0;
    return found.map((node) => node ?? (fetched[next++] as Uint8Array));
  }
}
