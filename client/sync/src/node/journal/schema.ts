// The tables of a journal. A version is never changed: a new one comes with the statements that lead to it. spec/sync.md "Journal".

/** By version, from 1: what leads from the one before. */
export const versions: readonly string[] = [
  `
  CREATE TABLE fact (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

  -- Ids are fids as 32 hex digits, the root's is zeros. fold is the name as a disk compares it that does not tell cases apart.
  CREATE TABLE remote (
    node TEXT PRIMARY KEY, parent TEXT NOT NULL, name TEXT NOT NULL, fold TEXT NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL,
    exec INTEGER NOT NULL, stall TEXT, size INTEGER NOT NULL, mtime INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX remote_place ON remote (parent, fold);

  CREATE TABLE synced (
    node TEXT PRIMARY KEY, parent TEXT NOT NULL, name TEXT NOT NULL, fold TEXT NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL,
    exec INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX synced_place ON synced (parent, fold);

  -- disk: the name as the disk spells it. inode: device and number. digest: of the bytes, where content is another word for them.
  -- looked: when the look at it began. source: the node whose bytes it began with.
  CREATE TABLE local (
    node TEXT PRIMARY KEY, parent TEXT NOT NULL, name TEXT NOT NULL, fold TEXT NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL,
    exec INTEGER NOT NULL, stall TEXT, disk TEXT NOT NULL, ignores INTEGER NOT NULL, husk INTEGER NOT NULL,
    inode TEXT NOT NULL, birth INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL, size INTEGER NOT NULL,
    digest TEXT, looked INTEGER NOT NULL, source TEXT) STRICT, WITHOUT ROWID;
  CREATE INDEX local_place ON local (parent, fold);
  CREATE INDEX local_inode ON local (inode);

  -- Whose three rows may differ: an index that can be made again.
  CREATE TABLE touched (node TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  ${['remote', 'synced', 'local'].map(touches).join('\n')}

  -- Other words for bytes of which the digest is known: what writers left without one.
  CREATE TABLE alias (content TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT, WITHOUT ROWID;
  -- Nodes under a temporary name, and where they were.
  CREATE TABLE aside (node TEXT PRIMARY KEY, parent TEXT NOT NULL, disk TEXT NOT NULL) STRICT, WITHOUT ROWID;
  -- What was put into the safety folder. stamp: as it was planned on; null for what is kept because its bytes may be nowhere else.
  CREATE TABLE safety (path TEXT PRIMARY KEY, was TEXT NOT NULL, stamp TEXT, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE choice (kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID;
  CREATE TABLE trouble (path TEXT PRIMARY KEY, node TEXT, reason TEXT NOT NULL, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE event (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, node TEXT, path TEXT NOT NULL, row TEXT, what TEXT NOT NULL) STRICT;
  CREATE INDEX event_node ON event (node);
  `,
  'CREATE INDEX remote_stall ON remote (stall) WHERE stall IS NOT NULL;',
  `-- How chunks of large files begin and end, by chunk id: hints that may be forgotten. ends: first × 2³² + last.
  CREATE TABLE ends (id INTEGER PRIMARY KEY, chunk BLOB NOT NULL UNIQUE, ends INTEGER NOT NULL) STRICT;`,
  `-- What stood here when a commit was made of it, until one is known to have landed. new: the drive had no such node before.
  CREATE TABLE sent (
    node TEXT NOT NULL, parent TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL, exec INTEGER NOT NULL,
    new INTEGER NOT NULL, PRIMARY KEY (node, parent, name, content, exec)) STRICT, WITHOUT ROWID;
  -- Of what is kept because the drive does not have it: the ids of the folders it was in, from the root down, which may be renamed meanwhile.
  ALTER TABLE safety ADD COLUMN folders TEXT NOT NULL DEFAULT '';`,
  `-- Files from the drive that are about to get their names here, as both sides have them then. inode, disk: as in local.
  CREATE TABLE placing (
    node TEXT PRIMARY KEY, parent TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL, exec INTEGER NOT NULL,
    inode TEXT NOT NULL, disk TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
];

function touches(table: string): string {
  const columns = ['parent', 'name', 'kind', 'content', 'exec', ...(table === 'synced' ? [] : ['stall'])];
  if (table === 'local') columns.push('disk', 'ignores', 'husk');
  const differs = columns.map((column) => `old.${column} IS NOT new.${column}`).join(' OR ');
  // An upsert would turn OR IGNORE of its triggers into a failure: sqlite.org/lang_createtrigger.html.
  const note = (which: string): string =>
    `INSERT INTO touched SELECT ${which}.node WHERE NOT EXISTS (SELECT 1 FROM touched WHERE node = ${which}.node)`;
  return `
  CREATE TRIGGER ${table}_new AFTER INSERT ON ${table} BEGIN ${note('new')}; END;
  CREATE TRIGGER ${table}_other AFTER UPDATE ON ${table} WHEN ${differs} BEGIN ${note('new')}; END;
  CREATE TRIGGER ${table}_gone AFTER DELETE ON ${table} BEGIN ${note('old')}; END;`;
}
