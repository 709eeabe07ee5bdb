// Begins an upload into a drive: what cannot be named there is left out, what the person wants skipped is not sent, and what an earlier run
// sent is taken up again. spec/ropes.md "Resuming".
import { type Bytes, formatHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import { buildContent, type Entry, type Extent } from '@reprise/vault';
import { checkItems } from '../checked-items.ts';
import { Gate } from '../gate.ts';
import { Journal, type JournalStart } from '../journal.ts';
import type { Places } from '../places.ts';
import { Row } from '../rows.ts';
import type { UploadItem } from '../source.ts';
import type { TreeItem } from '../tree.ts';
import type { Drive, PutOptions } from './drive.ts';
import { DriveUpload, type DriveUploadOutcome, type Placed } from './drive-upload.ts';
import { ObjectBatches } from '../object-batches.ts';
import { checkPath, type DrivePath, formatPath } from './path.ts';
import { PicturesOfUpload } from './pictures.ts';
import { planPut, type PutResult, type ReadyItem, type TakenAnswer, type TakenQuestion } from './put-plan.ts';
import { Sending } from '../sending.ts';
import type { TreeView } from './tree-view.ts';

const patienceMsDefault = 10 * 60_000;

export async function startPut(drive: Drive, folder: DrivePath, given: readonly UploadItem[], options: PutOptions): Promise<DriveUpload> {
  const { space, pool, random, engine } = drive.parts;
  space.log.assertWritable();
  const answer = answerOf(options);
  const checked = checkItems(given, (path) => checkPath([...folder, ...path.split('/')]));
  if (checked.items.length === 0) throw checked.leftOut[0]?.failure ?? new Failure('nothing-to-send');
  const view = await space.view();
  const { wanted, skipped } = await withoutSkipped(view, folder, checked.items, answer);
  const journal = options.journal && new Journal(options.journal.store, { engine, key: options.journal.key, random });
  const rows = wanted.filter((item) => item.kind === 'file').map((item, index) => new Row(index, item));
  const isResumed = journal ? await takeUp(journal, drive, rows) : false;
  const gate = new Gate();
  const places = space.places(gate, (at, failure) => upload.wait(at, failure), options.patienceMs ?? patienceMsDefault);
  const sending = new Sending({
    rows,
    pool,
    places,
    gate,
    random,
    journal,
    absentOf: (ids, signal) => space.service.have(ids, signal),
    lanes: options.lanes,
    partBytesMax: options.partBytesMax,
    onChange: () => upload.told(),
  });
  const maker = options.picture ?? drive.parts.options.picture;
  const pictures = maker && new PicturesOfUpload(drive, maker, places, gate);
  const commitWithPictures = async (items: readonly TreeItem[]): Promise<Placed> => {
    try {
      return await commitItems(drive, { folder, items, answer, places, first: view, pictures: await pictures?.finish(rows) });
    } catch (error) {
      if (error instanceof Failure && error.code === 'objects-missing') pictures?.forget(missingOf(error));
      throw error;
    }
  };
  const upload: DriveUpload = new DriveUpload({
    sending,
    gate,
    others: wanted.filter((item) => item.kind !== 'file'),
    leftOut: checked.leftOut,
    renamed: checked.renamed.map(({ from, to }) => ({ from: inDrive(folder, from), to: inDrive(folder, to) })),
    skipped,
    isResumed,
    commit: commitWithPictures,
    forget: async () => journal?.remove(),
    onChange: options.onChange,
  });
  upload.run();
  pictures?.begin(rows);
  return upload;
}

function missingOf({ facts }: Failure): ReadonlySet<string> {
  return new Set(Array.isArray(facts['missing']) ? facts['missing'] : []);
}

function answerOf({ onTaken = 'both' }: PutOptions): (question: TakenQuestion) => TakenAnswer {
  return typeof onTaken === 'function' ? onTaken : () => onTaken;
}

function inDrive(folder: DrivePath, path: string): string {
  return formatPath([...folder, ...path.split('/')]);
}

/** Files that stand there already and are to stay as they are need not be sent. */
async function withoutSkipped(
  view: TreeView,
  folder: DrivePath,
  items: readonly UploadItem[],
  answer: (question: TakenQuestion) => TakenAnswer,
): Promise<{ wanted: UploadItem[]; skipped: number }> {
  const there = new Map<string, Promise<ReadonlyMap<string, Entry>>>();
  const namesIn = new Map<string, string[]>();
  for (const { path } of items) {
    const slash = path.lastIndexOf('/');
    const key = path.slice(0, Math.max(0, slash));
    const names = namesIn.get(key) ?? [];
    namesIn.set(key, names);
    names.push(path.slice(slash + 1));
  }
  const wanted: UploadItem[] = [];
  for (const item of items) {
    const slash = item.path.lastIndexOf('/');
    const key = item.path.slice(0, Math.max(0, slash));
    if (!there.has(key)) there.set(key, view.entriesAt([...folder, ...key.split('/').filter(Boolean)], namesIn.get(key) ?? []));
    const existing = (await there.get(key))?.get(item.path.slice(slash + 1));
    if (item.kind !== 'file' || !isFile(existing)) {
      wanted.push(item);
      continue;
    }
    const question = { path: inDrive(folder, item.path), existing, incoming: { sizeBytes: item.size, mtimeNs: item.mtimeNs } };
    if (answer(question) !== 'skip') wanted.push(item);
  }
  return { wanted, skipped: items.length - wanted.length };
}

function isFile(entry: Entry | undefined): entry is Entry {
  return entry?.content.kind === 'file' || entry?.content.kind === 'manifest';
}

/** Takes up what an earlier run sent, or begins a journal. @returns whether there was an earlier run */
async function takeUp(journal: Journal, drive: Drive, rows: readonly Row[]): Promise<boolean> {
  const { session } = drive.parts;
  const state = await journal.load();
  const space = formatHex(state?.start.space ?? new Uint8Array(0));
  const isResumed = state !== undefined && !state.complete && space === session.homeSpace;
  if (isResumed) {
    for (const row of rows) for (const [at, chunk] of state.known.get(row.item.path) ?? []) row.known.set(at, chunk);
  } else await journal.start(journalStart(drive));
  await journal.files(rows.map((row) => row.item));
  return isResumed;
}

/** An upload into a drive needs none of what a link's journal keeps but the place. */
export function journalStart(drive: Drive): JournalStart {
  const { session } = drive.parts;
  const none = new Uint8Array(0);
  return {
    server: session.connection.origin,
    ownerSecret: new Uint8Array(32),
    space: Uint8Array.from(session.homeSpace.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
    envelope: none,
    spaceCreatedMs: 0,
    face: { title: '', label: '', createdMs: 0, stretched: none },
    terms: { expiresAt: null, downloadsMax: null },
  };
}

type CommitWish = {
  readonly folder: DrivePath;
  readonly items: readonly TreeItem[];
  readonly answer: (question: TakenQuestion) => TakenAnswer;
  readonly places: Places;
  readonly pictures: Awaited<ReturnType<PicturesOfUpload['finish']>> | undefined;
  /** The tree that the answers were given about. */
  readonly first: TreeView;
};

async function commitItems(drive: Drive, wish: CommitWish): Promise<Placed> {
  const { folder, answer, first } = wish;
  const { ready, adds } = await makeReady(drive, wish);
  let result: PutResult = { renamed: [], versions: 0, skipped: 0 };
  const committed = await drive.commit(async (view) => {
    const planned = await planPut(view, first.root === view.root ? view : first, { folder, items: ready, answer, adds, ...drive.tools() });
    result = planned.result;
    return planned.draft.plan();
  });
  return { seq: committed?.seq ?? null, ...result } satisfies Pick<DriveUploadOutcome, keyof Placed>;
}

/** Writes the manifests of large files, and collects what the commit adds. */
export async function makeReady(
  drive: Drive,
  { items, places, pictures }: Pick<CommitWish, 'items' | 'places' | 'pictures'>,
): Promise<{ ready: ReadyItem[]; adds: Bytes[] }> {
  const { engine, random } = drive.parts;
  const manifests = new ObjectBatches(places, 'hot');
  const writer = { engine, random, put: (object: Parameters<ObjectBatches['add']>[0]) => manifests.add(object) };
  const ready: ReadyItem[] = [];
  const adds: Bytes[] = [];
  for (const item of items) {
    if (item.kind !== 'file') {
      ready.push(item);
      continue;
    }
    const { extents, ...file } = item;
    ready.push({ ...file, content: await buildContent(extents, writer), picture: pictures?.pictures.get(item.path) ?? null });
    for (const extent of extents satisfies readonly Extent[]) adds.push(extent.id);
  }
  await manifests.flush();
  return { ready, adds: [...adds, ...manifests.ids, ...(pictures?.ids ?? [])] };
}
