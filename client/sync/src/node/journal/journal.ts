// What one device knows of one root, in one file: three trees, what differs between them, and what a person chose. Observations are kept, work is
// not. Each call is one transaction that is on the disk when it returns. spec/sync.md "Journal".
import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { assert, type Bytes } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import type { ChunkEnds } from '@reprise/vault';
import type { Sent } from '../../landed.ts';
import { depthOf, foldName, type NodeId, rootId, type StallReason, type TreeNode } from '../../tree.ts';
import type { ChoiceKind, FactName, JournalEvent, JournalOf, Kept, Placing, Trouble } from './known.ts';
import { fullOr } from './room.ts';
import { versions } from './schema.ts';
import { type Guarded, type LocalRow, localOf, type RemoteRow, remoteOf, SqlTree, type SqlRow, treeNodeOf } from './trees.ts';

export type { ChoiceKind, FactName, JournalEvent, JournalOf, Kept, Placing, Trouble };

const eventsMax = 100_000;
/** Of chunks of large files: 4 TiB of them. */
const endsMax = 1_048_576;
/** A folder of the drive that could not be opened stalls until it opens. */
const releaseRemote = `UPDATE remote SET stall = NULL WHERE stall = ? AND (kind <> 'folder' OR stall <> 'damaged')
  AND NOT EXISTS (SELECT 1 FROM choice WHERE choice.kind = 'vanished' AND value = node)`;

export class Journal implements Disposable {
  readonly remote: SqlTree<RemoteRow>;
  readonly local: SqlTree<LocalRow>;
  readonly synced: SqlTree<TreeNode>;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;
  #isReading = false;

  private constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
    const guarded: Guarded = (work) => this.#guarded(work);
    this.remote = new SqlTree(database, 'remote', remoteOf, guarded);
    this.local = new SqlTree(database, 'local', localOf, guarded);
    this.synced = new SqlTree(database, 'synced', treeNodeOf, guarded);
  }

  /** Whether there is one, of whatever root. */
  static exists(file: string): boolean {
    return fs.existsSync(file);
  }

  /**
   * @param file is made, readable by its owner only, if it does not exist
   * @throws Failure bad-journal with facts.reason: `newer`, `other-root`, or `damaged`; target-full, as every call that writes
   */
  static open(file: string, of: JournalOf): Journal {
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      fs.closeSync(fs.openSync(file, 'a', 0o600));
    } catch (error) {
      throw fullOr(error, file);
    }
    const database = new DatabaseSync(file);
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16384;');
      migrate(database, file);
      const journal = new Journal(database, file);
      journal.#claim(of, file);
      return journal;
    } catch (error) {
      database.close();
      const told = fullOr(error, file);
      if (told instanceof Failure) throw told;
      throw new Failure('bad-journal', { path: file, reason: 'damaged' }, { cause: error });
    }
  }

  #claim(of: JournalOf, file: string): void {
    this.write(() => {
      for (const name of ['root', 'space', 'folder'] as const) {
        const known = this.fact(name);
        if (known === undefined) this.setFact(name, of[name]);
        else if (known !== of[name]) throw new Failure('bad-journal', { path: file, reason: 'other-root' });
      }
    });
  }

  /** All or nothing; one inside another is part of it. */
  write<Result>(work: () => Result): Result {
    assert(!this.#isReading, 'nothing is written among reads of one moment');
    if (this.#depth > 0) return work();
    this.#guarded(() => this.#database.exec('BEGIN IMMEDIATE'));
    this.#depth++;
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      // A disk that is full has ended it already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw fullOr(error, this.#file);
    } finally {
      this.#depth--;
    }
  }

  /** Many reads of one moment. One by one, each begins and ends a transaction of its own, which takes as long as what it reads. Nothing is written. */
  read<Result>(work: () => Result): Result {
    if (this.#depth > 0 || this.#isReading) return work();
    this.#guarded(() => this.#database.exec('BEGIN'));
    this.#isReading = true;
    try {
      return work();
    } finally {
      this.#isReading = false;
      if (this.#database.isTransaction) this.#database.exec('COMMIT');
    }
  }

  // ----------------------------------------------------------------------------------------------------------------- facts

  fact(name: FactName): string | number | Bytes | undefined {
    return (this.#get('SELECT value FROM fact WHERE name = ?', name) as { value: string | number | Bytes } | undefined)?.value;
  }

  setFact(name: FactName, value: string | number | Bytes): void {
    this.#run('INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value', name, value);
  }

  // ----------------------------------------------------------------------------------------------------------------- trees

  putRemote(row: RemoteRow): void {
    this.#run(
      `INSERT INTO remote VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (node) DO UPDATE SET parent = excluded.parent, name = excluded.name,
       fold = excluded.fold, kind = excluded.kind, content = excluded.content, exec = excluded.exec, stall = excluded.stall,
       size = excluded.size, mtime = excluded.mtime`,
      ...columnsOf(row),
      row.stall ?? null,
      row.sizeBytes,
      BigInt.asIntN(64, row.mtimeNs),
    );
  }

  /** Nothing is known of the drive. */
  forgetRemote(): void {
    this.#run('DELETE FROM remote');
  }

  /** With all that is below. */
  dropRemote(id: NodeId): void {
    for (const child of this.remote.children(id)) this.dropRemote(child.id);
    this.#run('DELETE FROM remote WHERE node = ?', id);
  }

  putSynced(row: TreeNode): void {
    this.#run(
      `INSERT INTO synced VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (node) DO UPDATE SET parent = excluded.parent, name = excluded.name,
       fold = excluded.fold, kind = excluded.kind, content = excluded.content, exec = excluded.exec`,
      ...columnsOf(row),
    );
  }

  dropSynced(id: NodeId): void {
    this.#run('DELETE FROM synced WHERE node = ?', id);
    this.#run('DELETE FROM sent WHERE node = ?', id);
  }

  /** Nothing counts as deleted any more: what both sides have is compared, the rest goes both ways. */
  forgetBase(): void {
    this.#run('DELETE FROM synced');
    this.forgetPlacings();
    this.forgetSent();
  }

  noteSent(sent: readonly Sent[]): void {
    this.write(() => {
      for (const { id, parent, name, kind, content, isExecutable, isNew } of sent)
        this.#run(
          'INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?, ?, ?, ?)',
          id,
          parent,
          name,
          kind,
          content,
          Number(isExecutable),
          Number(isNew),
        );
    });
  }

  get hasSent(): boolean {
    return this.#get('SELECT 1 FROM sent LIMIT 1') !== undefined;
  }

  sentOf(id: NodeId): readonly Sent[] {
    return (this.#all('SELECT * FROM sent WHERE node = ?', id) as SqlRow[]).map((row) => ({
      ...treeNodeOf(row),
      isNew: row['new'] === 1n,
    }));
  }

  forgetSent(): void {
    this.#run('DELETE FROM sent');
  }

  putLocal(row: LocalRow): void {
    const ns = (value: bigint): bigint => BigInt.asIntN(64, value);
    this.#run(
      `INSERT INTO local VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (node) DO UPDATE SET
       parent = excluded.parent, name = excluded.name, fold = excluded.fold, kind = excluded.kind, content = excluded.content,
       exec = excluded.exec, stall = excluded.stall, disk = excluded.disk, ignores = excluded.ignores, husk = excluded.husk,
       inode = excluded.inode, birth = excluded.birth, mtime = excluded.mtime, ctime = excluded.ctime, size = excluded.size,
       digest = excluded.digest, looked = excluded.looked, source = excluded.source`,
      ...columnsOf(row),
      row.stall ?? null,
      row.diskName,
      Number(row.holdsIgnored ?? false),
      Number(row.isHusk ?? false),
      row.inode,
      ns(row.birthNs),
      ns(row.mtimeNs),
      ns(row.ctimeNs),
      row.sizeBytes,
      row.digest,
      ns(row.lookedNs),
      row.source,
    );
  }

  dropLocal(id: NodeId): void {
    this.#run('DELETE FROM local WHERE node = ?', id);
  }

  /** Another id for a node, and for it as the folder of others. */
  relabelLocal(from: NodeId, to: NodeId): void {
    const row = this.local.get(from);
    if (!row) return;
    this.dropLocal(from);
    this.#run('DELETE FROM sent WHERE node = ?', from);
    this.putLocal({ ...row, id: to });
    this.#run('UPDATE local SET parent = ? WHERE parent = ?', to, from);
  }

  localByInode(inode: string): readonly LocalRow[] {
    return (this.#all('SELECT * FROM local WHERE inode = ?', inode) as SqlRow[]).map(localOf);
  }

  /** Files and links that were looked at, or changed, less than so long before the newest look of all. What a clock that was wrong said is left out. */
  filesLookedLately(withinNs: bigint, nowNs: bigint): readonly LocalRow[] {
    const sql = `SELECT * FROM local WHERE kind IN ('file', 'link') AND max(looked, ctime) >= coalesce((SELECT max(looked) FROM local WHERE looked <= ?), 0) - ?`;
    return (this.#all(sql, nowNs, withinNs) as SqlRow[]).map(localOf);
  }

  /** Files in the order of their ids. @param after an id, or nothing for the first */
  filesAfter(after: string, most: number): readonly LocalRow[] {
    return (this.#all("SELECT * FROM local WHERE node > ? AND kind = 'file' ORDER BY node LIMIT ?", after, most) as SqlRow[]).map(localOf);
  }

  /** What all files of this disk hold together. */
  get localBytes(): number {
    return Number((this.#get("SELECT coalesce(sum(size), 0) AS bytes FROM local WHERE kind = 'file'") as { bytes: bigint }).bytes);
  }

  localStalled(reason: StallReason): readonly LocalRow[] {
    return (this.#all('SELECT * FROM local WHERE stall = ?', reason) as SqlRow[]).map(localOf);
  }

  /** As `filesLookedLately`, of folders, those below before those above. */
  foldersLookedLately(withinNs: bigint, nowNs: bigint): readonly LocalRow[] {
    const sql = `SELECT * FROM local WHERE kind = 'folder' AND max(looked, ctime) >= coalesce((SELECT max(looked) FROM local WHERE looked <= ?), 0) - ?`;
    const rows = (this.#all(sql, nowNs, withinNs) as SqlRow[]).map(localOf);
    return rows.toSorted((a, b) => depthOf(this.local, b.id) - depthOf(this.local, a.id));
  }

  /** Folders of the drive that did not open. */
  damagedFolders(): readonly NodeId[] {
    const rows = this.#all("SELECT node FROM remote WHERE stall = 'damaged' AND kind = 'folder'") as { node: NodeId }[];
    return rows.map(({ node }) => node);
  }

  get touchedIds(): readonly NodeId[] {
    return (this.#all('SELECT node FROM touched') as { node: NodeId }[]).map(({ node }) => node);
  }

  /** Whether rows of more than so many nodes may differ. */
  hasTouchedMore(than: number): boolean {
    return this.#get('SELECT 1 FROM touched LIMIT 1 OFFSET ?', than) !== undefined;
  }

  /** Whether all that differs is new in the drive, and nothing of it is known here. */
  get onlyAwaits(): boolean {
    const sql =
      'SELECT 1 FROM touched LEFT JOIN local USING (node) LEFT JOIN synced USING (node) WHERE coalesce(local.node, synced.node) IS NOT NULL LIMIT 1';
    return this.#get(sql) === undefined;
  }

  /** Of a folder of the drive, by name: what is not known here, and folders, without what stalls. */
  awaitedIn(folder: NodeId): readonly { readonly id: NodeId; readonly isFolder: boolean; readonly isNew: boolean }[] {
    const rows = this.#all(
      `SELECT node, remote.kind, coalesce(local.node, synced.node) IS NULL AS fresh FROM remote LEFT JOIN local USING (node) LEFT JOIN synced USING (node)
       WHERE remote.parent = ? AND remote.stall IS NULL AND remote.kind <> 'other' AND (fresh OR remote.kind = 'folder') ORDER BY remote.fold`,
      folder,
    ) as { node: NodeId; kind: string; fresh: bigint }[];
    return rows.map((row) => ({ id: row.node, isFolder: row.kind === 'folder', isNew: row.fresh === 1n }));
  }

  /** Whether something of the drive is not here that may have to come. */
  get awaitsMore(): boolean {
    const sql = 'SELECT 1 FROM touched JOIN remote USING (node) LEFT JOIN local USING (node) WHERE local.node IS NULL LIMIT 1';
    return this.#get(sql) !== undefined;
  }

  /** Ids whose rows may differ. Those of which `isSettled` says that they do not are looked at no more. */
  touched(isSettled: (id: NodeId) => boolean): Set<NodeId> {
    const ids = this.touchedIds;
    const left = new Set<NodeId>();
    this.write(() => {
      for (const id of ids) {
        if (!isSettled(id)) left.add(id);
        else this.#run('DELETE FROM touched WHERE node = ?', id);
      }
    });
    return left;
  }

  /** As `touched` of all whose three rows are equal or not there, in one statement: a row that is asked for by its id takes 5 µs. */
  forgetEqual(): void {
    const isEqual = ['parent', 'name', 'content', 'exec'].map((column) => `r.${column} = s.${column} AND l.${column} = s.${column}`);
    this.#run(`DELETE FROM touched WHERE node IN (
      SELECT t.node FROM touched AS t LEFT JOIN remote AS r USING (node) LEFT JOIN local AS l USING (node) LEFT JOIN synced AS s USING (node)
      WHERE coalesce(r.node, l.node, s.node) IS NULL
        OR (r.stall IS NULL AND l.stall IS NULL AND l.husk = 0 AND ${isEqual.join(' AND ')}))`);
  }

  touch(id: NodeId): void {
    this.#run('INSERT OR IGNORE INTO touched VALUES (?)', id);
  }

  /** The names that lead to a node from its root; undefined for what is not in the tree. */
  pathIn(tree: SqlTree<TreeNode>, id: NodeId): readonly string[] | undefined {
    const names: string[] = [];
    for (let at = id; at !== rootId; ) {
      const node = tree.get(at);
      if (!node) return undefined;
      names.push((node as Partial<LocalRow>).diskName ?? node.name);
      at = node.parent;
    }
    return names.reverse();
  }

  /** As `pathIn`, of many nodes while nobody writes to the tree: each folder is looked up once, and a row that is at hand not at all. */
  pathsIn<Node extends TreeNode>(tree: SqlTree<Node>): (of: NodeId | Node) => readonly string[] | undefined {
    const known = new Map<NodeId, readonly string[] | undefined>([[rootId, []]]);
    const folder = (id: NodeId): readonly string[] | undefined => {
      if (!known.has(id)) known.set(id, below(tree.get(id)));
      return known.get(id);
    };
    const below = (node: Node | undefined): readonly string[] | undefined => {
      const above = node && folder(node.parent);
      return above && [...above, (node as Partial<LocalRow>).diskName ?? (node as TreeNode).name];
    };
    return (of) => (typeof of !== 'string' ? below(of) : of === rootId ? [] : below(tree.get(of)));
  }

  /** Files and links whose name says that they lost a conflict. */
  conflicts(): readonly LocalRow[] {
    const rows = this.#all("SELECT * FROM local WHERE kind <> 'folder' AND name LIKE '% (conflict ____-__-__ __.__ %)%' ORDER BY name");
    return (rows as SqlRow[]).map(localOf);
  }

  /**
   * What stalled for such a reason, and is known as it stands, is planned anew. Folders that could not be read have to be read first, and what
   * vanished waits for them.
   */
  releaseStalls(reasons: readonly StallReason[]): void {
    this.write(() => {
      for (const reason of reasons) {
        if (reason === 'quota-full') this.#run('UPDATE local SET stall = NULL WHERE stall = ?', reason);
        this.#run(releaseRemote, reason);
      }
    });
  }

  // ------------------------------------------------------------------------------------------------------------- contents

  alias(content: string): string | undefined {
    return (this.#get('SELECT digest FROM alias WHERE content = ?', content) as { digest: string } | undefined)?.digest;
  }

  setAlias(content: string, digest: string): void {
    this.#run('INSERT INTO alias VALUES (?, ?) ON CONFLICT (content) DO UPDATE SET digest = excluded.digest', content, digest);
  }

  endsOf(chunk: Uint8Array): ChunkEnds | undefined {
    const row = this.#guarded(() => this.#prepared('SELECT ends FROM ends WHERE chunk = ?').get(chunk)) as { ends: bigint } | undefined;
    return row && { first: Number(BigInt.asUintN(32, row.ends >> 32n)), last: Number(BigInt.asUintN(32, row.ends)) };
  }

  noteEnds(noted: readonly { readonly id: Uint8Array; readonly ends: ChunkEnds }[]): void {
    if (noted.length === 0) return;
    this.write(() => {
      for (const { id, ends } of noted) {
        const both = BigInt.asIntN(64, (BigInt(ends.first) << 32n) | BigInt(ends.last));
        this.#run('INSERT INTO ends (chunk, ends) VALUES (?, ?) ON CONFLICT (chunk) DO UPDATE SET ends = excluded.ends', id, both);
      }
      this.#run('DELETE FROM ends WHERE id <= (SELECT max(id) FROM ends) - ?', endsMax);
    });
  }

  // -------------------------------------------------------------------------------------------------------- what is on its way

  setAside(node: NodeId, parent: NodeId, diskName: string): void {
    this.#run('INSERT OR REPLACE INTO aside VALUES (?, ?, ?)', node, parent, diskName);
  }

  bringBack(node: NodeId): void {
    this.#run('DELETE FROM aside WHERE node = ?', node);
  }

  asides(): readonly { readonly node: NodeId; readonly parent: NodeId; readonly diskName: string }[] {
    const rows = this.#all('SELECT node, parent, disk FROM aside') as { node: NodeId; parent: NodeId; disk: string }[];
    return rows.map(({ disk: diskName, ...row }) => ({ ...row, diskName }));
  }

  notePlacings(placings: readonly Placing[]): void {
    for (const { id, parent, name, kind, content, isExecutable, inode, diskName } of placings)
      this.#run(
        'INSERT OR REPLACE INTO placing VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        ...[id, parent, name, kind, content, Number(isExecutable), inode, diskName],
      );
  }

  placings(): readonly Placing[] {
    return (this.#all('SELECT * FROM placing') as SqlRow[]).map((row) => ({
      ...treeNodeOf(row),
      inode: row['inode'] as string,
      diskName: row['disk'] as string,
    }));
  }

  forgetPlacing(node: NodeId): void {
    this.#run('DELETE FROM placing WHERE node = ?', node);
  }

  forgetPlacings(): void {
    this.#run('DELETE FROM placing');
  }

  keep({ path: at, was, stamp, atMs, folders }: Kept): void {
    this.#run('INSERT OR REPLACE INTO safety VALUES (?, ?, ?, ?, ?)', at, was, stamp, atMs, folders.join(' '));
  }

  letGo(at: string): void {
    this.#run('DELETE FROM safety WHERE path = ?', at);
  }

  kept(): readonly Kept[] {
    const rows = this.#all('SELECT * FROM safety ORDER BY at') as (Omit<Kept, 'atMs' | 'folders'> & { at: bigint; folders: string })[];
    return rows.map(({ at, folders, ...row }) => ({ ...row, atMs: Number(at), folders: folders.split(' ').filter(Boolean) as NodeId[] }));
  }

  // -------------------------------------------------------------------------------------------------------------- for people

  choices(kind: ChoiceKind): ReadonlySet<string> {
    return new Set((this.#all('SELECT value FROM choice WHERE kind = ?', kind) as { value: string }[]).map(({ value }) => value));
  }

  isChosen(kind: ChoiceKind, value: string): boolean {
    return this.#get('SELECT 1 FROM choice WHERE kind = ? AND value = ?', kind, value) !== undefined;
  }

  /** What a person said: programs that sync this root look at it anew. */
  setChoices(kind: ChoiceKind, values: Iterable<string>, isChosen: boolean): void {
    this.write(() => {
      for (const value of values) this.choose(kind, value, isChosen);
      this.setFact('choices', ((this.fact('choices') as number | undefined) ?? 0) + 1);
    });
  }

  choose(kind: ChoiceKind, value: string, isChosen: boolean): void {
    if (isChosen) this.#run('INSERT OR IGNORE INTO choice VALUES (?, ?)', kind, value);
    else this.#run('DELETE FROM choice WHERE kind = ? AND value = ?', kind, value);
  }

  troubles(): readonly Trouble[] {
    const rows = this.#all('SELECT * FROM trouble ORDER BY path') as { path: string; node: NodeId | null; reason: string; since: bigint }[];
    return rows.map(({ since, reason, ...row }) => ({ ...row, reason: reason as StallReason, sinceMs: Number(since) }));
  }

  /** What stands in the way now. What did before keeps the time since it has. */
  setTroubles(troubles: readonly Omit<Trouble, 'sinceMs'>[], nowMs: number): void {
    this.write(() => {
      const since = new Map(this.troubles().map((one) => [`${one.path}\n${one.reason}`, one.sinceMs]));
      this.#run('DELETE FROM trouble');
      for (const { path: at, node, reason } of troubles)
        this.#run('INSERT OR REPLACE INTO trouble VALUES (?, ?, ?, ?)', at, node, reason, since.get(`${at}\n${reason}`) ?? nowMs);
    });
  }

  tell(events: readonly JournalEvent[]): void {
    this.write(() => {
      for (const { atMs, node, path: at, row, what } of events)
        this.#run('INSERT INTO event (at, node, path, row, what) VALUES (?, ?, ?, ?, ?)', atMs, node, at, row, what);
      this.#run('DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?', eventsMax);
    });
  }

  /** The newest first. @param of nodes or paths; all if absent */
  events(most: number, of?: { readonly node: NodeId | null; readonly path: string }): readonly JournalEvent[] {
    const rows = of
      ? this.#all('SELECT * FROM event WHERE node = ? OR path = ? ORDER BY id DESC LIMIT ?', of.node, of.path, most)
      : this.#all('SELECT * FROM event ORDER BY id DESC LIMIT ?', most);
    return (rows as { at: bigint; node: NodeId | null; path: string; row: string | null; what: string }[]).map(
      ({ at, node, path: where, row, what }) => ({ atMs: Number(at), node, path: where, row, what }),
    );
  }

  /** What was read lately is held in memory for the next time; a program that rests needs it no more. */
  rest(): void {
    this.#database.exec('PRAGMA shrink_memory');
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  // ------------------------------------------------------------------------------------------------------------------- SQL

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      if (!sql.includes('FROM fact')) statement.setReadBigInts(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #run(sql: string, ...values: readonly (string | number | bigint | Uint8Array | null)[]): void {
    this.#guarded(() => this.#prepared(sql).run(...values));
  }

  #get(sql: string, ...values: readonly (string | number | null)[]): unknown {
    return this.#guarded(() => this.#prepared(sql).get(...values));
  }

  #all(sql: string, ...values: readonly (string | number | bigint | null)[]): unknown[] {
    return this.#guarded(() => this.#prepared(sql).all(...values));
  }

  #guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw fullOr(error, this.#file);
    }
  }
}

function migrate(database: DatabaseSync, file: string): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > versions.length) throw new Failure('bad-journal', { path: file, reason: 'newer' });
  for (let next = version; next < versions.length; next++) {
    database.exec(`BEGIN IMMEDIATE; ${versions[next]} PRAGMA user_version = ${next + 1}; COMMIT;`);
  }
}

function columnsOf({ id, parent, name, kind, content, isExecutable }: TreeNode): (string | number)[] {
  return [id, parent, name, foldName(name), kind, content, Number(isExecutable)];
}
