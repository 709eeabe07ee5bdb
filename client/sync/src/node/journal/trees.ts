// The three trees as tables: a planner asks them node by node, so that a plan costs by what changed and not by what there is.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  foldName,
  type Kind,
  type LocalNode,
  type NodeId,
  type RemoteNode,
  type StallReason,
  type Tree,
  type TreeNode,
} from '../../tree.ts';

export type TreeName = 'remote' | 'local' | 'synced';
export type SqlRow = Readonly<Record<string, string | number | bigint | null | Uint8Array>>;

export type Guarded = <Result>(work: () => Result) => Result;

export class SqlTree<Node extends TreeNode> implements Tree<Node> {
  readonly #one: StatementSync;
  readonly #named: StatementSync;
  readonly #in: StatementSync;
  readonly #count: StatementSync;
  readonly #touched: StatementSync;
  readonly #nodeOf: (row: SqlRow) => Node;
  readonly #guarded: Guarded;

  /** @param guarded through which each read goes, and which says of a disk that is full that it is */
  constructor(database: DatabaseSync, table: TreeName, nodeOf: (row: SqlRow) => Node, guarded: Guarded) {
    this.#one = database.prepare(`SELECT * FROM ${table} WHERE node = ?`);
    this.#named = database.prepare(`SELECT * FROM ${table} WHERE parent = ? AND fold = ?`);
    this.#in = database.prepare(`SELECT * FROM ${table} WHERE parent = ?`);
    this.#count = database.prepare(`SELECT count(*) AS count FROM ${table}`);
    this.#touched = database.prepare(`SELECT * FROM ${table} WHERE node IN (SELECT node FROM touched)`);
    for (const statement of [this.#one, this.#named, this.#in, this.#touched]) statement.setReadBigInts(true);
    this.#nodeOf = nodeOf;
    this.#guarded = guarded;
  }

  get(id: NodeId): Node | undefined {
    const row = this.#guarded(() => this.#one.get(id)) as SqlRow | undefined;
    return row && this.#nodeOf(row);
  }

  named(parent: NodeId, name: string): readonly Node[] {
    return (this.#guarded(() => this.#named.all(parent, foldName(name))) as SqlRow[]).map(this.#nodeOf);
  }

  /** What is in a folder, in no order. */
  children(parent: NodeId): readonly Node[] {
    return (this.#guarded(() => this.#in.all(parent)) as SqlRow[]).map(this.#nodeOf);
  }

  /** Those whose rows may differ, in one statement: a row that is asked for by its id takes five times as long. */
  *touched(): Generator<Node> {
    for (const row of this.#touched.iterate()) yield this.#nodeOf(row as SqlRow);
  }

  get size(): number {
    return (this.#guarded(() => this.#count.get()) as { count: number }).count;
  }
}

export function treeNodeOf(row: SqlRow): TreeNode {
  return {
    id: row['node'] as NodeId,
    parent: row['parent'] as NodeId,
    name: row['name'] as string,
    kind: row['kind'] as Kind,
    content: row['content'] as string,
    isExecutable: row['exec'] === 1n,
  };
}

export type RemoteRow = RemoteNode & { readonly sizeBytes: number; readonly mtimeNs: bigint };

export function remoteOf(row: SqlRow): RemoteRow {
  return { ...treeNodeOf(row), ...stallOf(row), sizeBytes: Number(row['size']), mtimeNs: row['mtime'] as bigint };
}

/** A local node with what its disk said when it was looked at. */
export type LocalRow = LocalNode & {
  readonly diskName: string;
  /** Device and number. */
  readonly inode: string;
  readonly birthNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly sizeBytes: number;
  /** Of the bytes, where `content` is another word for them: `contentOf`. */
  readonly digest: string | null;
  /** When the look began that found it so, in nanoseconds since 1970. */
  readonly lookedNs: bigint;
  /** Whose bytes it began with. */
  readonly source: NodeId | null;
};

export function localOf(row: SqlRow): LocalRow {
  return {
    ...treeNodeOf(row),
    ...stallOf(row),
    diskName: row['disk'] as string,
    ...(row['ignores'] === 1n && { holdsIgnored: true }),
    ...(row['husk'] === 1n && { isHusk: true }),
    inode: row['inode'] as string,
    birthNs: row['birth'] as bigint,
    mtimeNs: row['mtime'] as bigint,
    ctimeNs: row['ctime'] as bigint,
    sizeBytes: Number(row['size']),
    digest: row['digest'] as string | null,
    lookedNs: row['looked'] as bigint,
    source: row['source'] as NodeId | null,
  };
}

function stallOf(row: SqlRow): { readonly stall?: StallReason } {
  return row['stall'] === null ? {} : { stall: row['stall'] as StallReason };
}
