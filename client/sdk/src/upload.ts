// An upload: a link from the first moment, then files read, sealed and sent in bounded memory, at last the tree that names them.
// Pausing, resuming, files that change meanwhile, and what a journal knows from an earlier run all end in the same pipeline.
import { assert, type Bytes, formatHex, formatBase64url } from '@reprise/kit';
import { Failure, type LinkId } from '@reprise/protocol';
import {
  createSpace,
  type Engine,
  formatManageUrl,
  openOwner,
  type Owner,
  stretchLinkPassword,
  webEngine,
  type Extent,
} from '@reprise/vault';
import { checkItems, type LeftOut } from './checked-items.ts';
import type { Connection } from './connect.ts';
import { Gate } from './gate.ts';
import { Journal, type JournalStart, type JournalStore } from './journal.ts';
import { ObjectBatches } from './object-batches.ts';
import { Places } from './places.ts';
import type { SealPool } from './pool.ts';
import { type LinkFace, type LinkTarget, type OwnedSpace, PublishedLink } from './publish.ts';
import { Row } from './rows.ts';
import { closeSource } from './seal-part.ts';
import { Sending } from './sending.ts';
import type { FileItem, FolderItem, SymlinkItem, UploadItem } from './source.ts';
import { buildTree, type TreeItem } from './tree.ts';

/** What to send, how the link is to be, and by what means. */
export type UploadOptions = {
  readonly connection: Connection;
  readonly pool: SealPool;
  /** In the order in which they are sent. */
  readonly items: readonly UploadItem[];
  /** What visitors read above the files. */
  readonly title: string;
  /** Only the owner reads it. */
  readonly label?: string;
  readonly password?: string;
  /** Milliseconds since 1970; null or absent: as long as the server allows. */
  readonly expiresAt?: number | null;
  readonly downloadsMax?: number | null;
  /** Where the link leads, without a slash at the end; by default the server that takes the bytes. */
  readonly linkOrigin?: string;
  /** When no file could be sent, fail but keep space and link: the person may choose the files again. Else both are withdrawn. */
  readonly keepEmpty?: boolean;
  /** Without one, an upload cannot be resumed after the program's end. */
  readonly journal?: { readonly store: JournalStore; readonly key: Bytes };
  readonly engine?: Engine;
  /** Argon2id; a browser gives one that runs in a worker of its own. */
  readonly stretch?: (password: string, salt: Uint8Array) => Promise<Bytes>;
  /** Parts under way at the same time. */
  readonly lanes?: number;
  /** Most bytes of one part; memory is about one part a lane. */
  readonly partBytesMax?: number;
  /** Network failures are met with new attempts for this long. */
  readonly patienceMs?: number;
  /** While the upload runs, the link shows the files that are complete, renewed no more often than this. */
  readonly growingEveryMs?: number;
  /** Called after every change, often; read what is needed then. */
  readonly onChange?: (upload: Upload) => void;
};

/**
 * preparing: the server does not know the link yet. sending, publishing, then done.
 * paused and offline wait; failed and cancelled have ended, of which failed may be retried.
 */
export type UploadPhase = 'preparing' | 'sending' | 'publishing' | 'done' | 'paused' | 'offline' | 'failed' | 'cancelled';

/** How far an upload is, at one moment. */
export type UploadProgress = {
  readonly phase: UploadPhase;
  /** Plaintext bytes; those handed to the network and not yet confirmed are counted as done. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly filesDone: number;
  readonly filesTotal: number;
  /** The server knows the link: it opens. */
  readonly linkOpen: boolean;
  /** While offline: when the next attempt starts, ms. */
  readonly retryAt: number | null;
  readonly failure: Failure | null;
};

/** What is absent stays as it is; a password of null is taken away. */
export type OptionsChange = {
  readonly label?: string;
  readonly password?: string | null;
  readonly expiresAt?: number | null;
  readonly downloadsMax?: number | null;
};

export type { LeftOut } from './checked-items.ts';
/** What came of an upload. */
export type UploadOutcome = {
  readonly linkUrl: string;
  readonly manageUrl: string;
  /** Bytes and number of the files behind the link. */
  readonly sizeBytes: number;
  readonly files: number;
  readonly expiresAt: number | null;
  /** What is not behind the link, and why. */
  readonly leftOut: readonly LeftOut[];
  /** Two names that are one in NFC cannot both stand in a folder: the second got another. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
};

const defaultPatienceMs = 10 * 60_000;
const growingEveryMsDefault = 10_000;
/** Publishing an unfinished tree may take this share of the time. */
const growingPublishShare = 1 / 20;
const listEvery = 16_384;
const publishRoundsMax = 4;

/**
 * Begins an upload. It returns as soon as the link can be shown, before any request.
 * @throws Failure nothing-to-send, bad-journal
 */
export async function startUpload(options: UploadOptions): Promise<Upload> {
  const { items, leftOut, renamed } = checkItems(options.items);
  if (items.length === 0) throw leftOut[0]?.failure ?? new Failure('nothing-to-send');
  const engine = options.engine ?? webEngine;
  const { connection } = options;
  const journal = options.journal && new Journal(options.journal.store, { engine, key: options.journal.key, random: connection.random });
  const state = await journal?.load();
  const resumed = state && !state.complete ? state : undefined;
  const owner = await openOwner(engine, resumed?.start.ownerSecret ?? connection.random(32));
  const start = resumed?.start ?? (await begin(options, owner, engine));
  if (!resumed) await journal?.start(start);
  const space: OwnedSpace = { connection, engine, owner, space: start.space, createdMs: start.spaceCreatedMs };
  const link = await PublishedLink.open(space, 1, { hasPassword: start.face.stretched.length > 0, version: 0 });
  const rows = items.filter((item) => item.kind === 'file').map((item, index) => new Row(index, item));
  for (const row of rows) for (const [at, chunk] of resumed?.known.get(row.item.path) ?? []) row.known.set(at, chunk);
  await journal?.files(rows.map((row) => row.item));
  const others = items.filter((item) => item.kind !== 'file');
  const upload = new Upload({
    options,
    engine,
    space,
    link,
    start,
    face: resumed?.face ?? start.face,
    rows,
    others,
    leftOut,
    renamed,
    journal,
    isResumed: resumed !== undefined,
  });
  upload.run();
  return upload;
}

async function begin(options: UploadOptions, owner: Owner, engine: Engine): Promise<JournalStart> {
  const { connection, password, stretch = stretchLinkPassword } = options;
  const now = connection.clock.now();
  const { space, envelope } = await createSpace(owner, now, connection.random);
  const face = { title: options.title, label: options.label ?? '', createdMs: now, stretched: new Uint8Array(0) };
  const draft = await PublishedLink.open({ connection, engine, owner, space, createdMs: now }, 1, { hasPassword: false, version: 0 });
  const stretched = password ? await stretch(password, draft.address.passwordSalt) : face.stretched;
  return {
    server: connection.origin,
    ownerSecret: owner.secret,
    space,
    envelope,
    spaceCreatedMs: now,
    face: { ...face, stretched },
    terms: { expiresAt: options.expiresAt ?? null, downloadsMax: options.downloadsMax ?? null },
  };
}

type UploadParts = {
  readonly options: UploadOptions;
  readonly engine: Engine;
  readonly space: OwnedSpace;
  readonly link: PublishedLink;
  readonly start: JournalStart;
  /** As the person changed it in an earlier run. */
  readonly face: LinkFace;
  readonly rows: readonly Row[];
  readonly others: readonly (FolderItem | SymlinkItem)[];
  readonly leftOut: readonly LeftOut[];
  readonly renamed: UploadOutcome['renamed'];
  readonly journal: Journal | undefined;
  readonly isResumed: boolean;
};

/** An upload that runs. Its link can be shown from the beginning. */
export class Upload {
  readonly linkUrl: string;
  readonly manageUrl: string;
  /** An earlier run's journal was found: what it sent is not sent again. */
  readonly isResumed: boolean;
  readonly #parts: UploadParts;
  readonly #gate = new Gate();
  readonly #places: Places;
  readonly #sending: Sending;
  #phase: UploadPhase = 'preparing';
  #failure: Failure | null = null;
  #retryAt: number | null = null;
  #linkOpen = false;
  #expiresAt: number | null = null;
  #unlisted: Bytes[] = [];
  #running: Promise<UploadOutcome> | undefined;
  #growing: { at: number; files: number; publishing: Promise<void> } = { at: 0, files: 0, publishing: Promise.resolve() };
  #registered: Promise<void> | undefined;
  #face: LinkFace;
  /** What the record on the server shows. */
  #target: LinkTarget;
  #publishing: Promise<void> = Promise.resolve();

  constructor(parts: UploadParts) {
    const { options, rows, space, link, start, journal } = parts;
    const origin = options.linkOrigin ?? options.connection.origin;
    this.#parts = parts;
    this.#face = parts.face;
    this.isResumed = parts.isResumed;
    this.linkUrl = link.url(origin);
    this.manageUrl = formatManageUrl(origin, { secret: space.owner.secret, space: start.space });
    this.#places = new Places({
      connection: options.connection,
      space: start.space,
      owner: space.owner,
      gate: this.#gate,
      patienceMs: options.patienceMs ?? defaultPatienceMs,
      onWait: (retryAt, failure) => this.#wait(retryAt, failure),
    });
    this.#sending = new Sending({
      rows,
      pool: options.pool,
      places: this.#places,
      gate: this.#gate,
      random: options.connection.random,
      journal,
      ready: async () => this.#registered,
      onConfirmed: (extents) => this.#publishGrowing(extents),
      absentOf: (body, signal) =>
        space.connection.call('spaces.have', { params: { space: formatHex(space.space) }, body, device: space.owner.device, signal }),
      lanes: options.lanes,
      partBytesMax: options.partBytesMax,
      onChange: () => options.onChange?.(this),
    });
    const bytesTotal = this.#sending.bytes.total;
    this.#target = { ref: null, sizeBytes: bytesTotal, expectedBytes: bytesTotal };
  }

  /** Files in the order of the items. What is read from them changes as they are sent. */
  get rows(): readonly Row[] {
    return this.#sending.rows;
  }

  get linkId(): LinkId {
    return this.#parts.link.id;
  }

  /** Settles when everything is durable and published, or with the failure that ended it. */
  get finished(): Promise<UploadOutcome> {
    assert(this.#running, 'an upload runs from its start');
    return this.#running;
  }

  /** How far it is; cheap, to be asked often. */
  progress(): UploadProgress {
    const { done, total } = this.#sending.bytes;
    return {
      phase: this.#phase,
      bytesDone: done,
      bytesTotal: total,
      filesDone: this.rows.reduce((sum, row) => sum + (row.phase === 'sent' ? 1 : 0), 0),
      filesTotal: this.rows.length,
      linkOpen: this.#linkOpen,
      retryAt: this.#retryAt,
      failure: this.#failure,
    };
  }

  /** Begins, or begins again after a failure. @internal */
  run(): void {
    this.#gate.reset();
    this.#failure = null;
    this.#growing = { ...this.#growing, at: 0, publishing: Promise.resolve() };
    this.#setPhase(this.#linkOpen ? 'sending' : 'preparing');
    this.#running = this.#work().catch((error: unknown) => {
      const failure = error instanceof Failure ? error : new Failure('server-error', { reason: String(error) }, { cause: error });
      for (const row of this.rows) closeSource(row);
      this.#failure = failure;
      this.#setPhase(failure.code === 'cancelled' ? 'cancelled' : 'failed');
      throw error;
    });
    // Who does not ask for `finished` reads the failure from `progress`.
    this.#running.catch(() => undefined);
  }

  /** Stops reading and sending, of one row or of all. What is on its way arrives. */
  pause(row?: Row): void {
    if (row) return this.#sending.pause(row);
    this.#gate.pause();
    if (this.#phase !== 'done') this.#setPhase('paused');
    this.#change();
  }

  /** Goes on after `pause`. */
  resume(row?: Row): void {
    if (row) return this.#sending.resume(row);
    this.#gate.resume();
    if (this.#phase === 'paused') this.#setPhase(this.#linkOpen ? 'sending' : 'preparing');
    this.#change();
  }

  /** Sends a row before all others. */
  first(row: Row): void {
    this.#sending.first(row);
  }

  /** Tries failed rows again, or the whole upload after it failed. @param item the row's file, if it was chosen again */
  retry(row?: Row, item?: FileItem): void {
    for (const failed of row ? [row] : this.rows.filter((other) => other.phase === 'failed')) this.#sending.retry(failed, item);
    if (this.#phase === 'failed' || this.#phase === 'done') this.run();
    this.#change();
  }

  /** Leaves a row out. */
  cancelRow(row: Row): void {
    this.#sending.cancel(row);
  }

  /**
   * Changes what the link asks of its visitors, while the upload runs or after; resolves when the server agreed.
   * @throws Failure as the server refuses
   */
  async changeOptions(change: OptionsChange): Promise<void> {
    const { options, link, start, space, journal } = this.#parts;
    const { stretch = stretchLinkPassword } = options;
    await this.#registered;
    const stretched = change.password ? await stretch(change.password, link.address.passwordSalt) : new Uint8Array(0);
    const face = {
      ...this.#face,
      ...(change.label !== undefined && { label: change.label }),
      ...(change.password !== undefined && { stretched }),
    };
    const terms = {
      ...(change.expiresAt !== undefined && { expiresAt: change.expiresAt }),
      ...(change.downloadsMax !== undefined && { downloadsMax: change.downloadsMax }),
    };
    if (Object.keys(terms).length > 0) {
      const params = { space: formatHex(start.space), link: link.id };
      this.#expiresAt = (await space.connection.call('links.update', { params, body: terms, device: space.owner.device })).expiresAt;
    }
    // One after the other with what the upload itself publishes: each record needs a version of its own.
    await this.#inTurn(async () => {
      this.#face = face;
      await journal?.face(face);
      if (change.label !== undefined || change.password !== undefined) await link.update(face, this.#target);
    });
  }

  /** Stops; what was sent stays, and the journal with it, for a later run. */
  stop(): Promise<void> {
    this.#gate.end(new Failure('cancelled'));
    this.#change();
    return this.#settled();
  }

  /** Stops, ends the link and frees the bytes; resolves when the server agreed. */
  async cancel(): Promise<void> {
    await this.stop();
    await this.#withdraw();
    this.#setPhase('cancelled');
  }

  async #settled(): Promise<void> {
    await this.#running?.then(
      () => undefined,
      () => undefined,
    );
  }

  async #withdraw(): Promise<void> {
    const { space, journal } = this.#parts;
    try {
      const params = { space: formatHex(space.space) };
      await space.connection.call('spaces.delete', { params, device: space.owner.device });
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'not-found')) throw error;
    }
    await journal?.remove();
  }

  async #work(): Promise<UploadOutcome> {
    this.#registered ??= this.#register();
    this.#registered.catch(() => undefined); // It is thrown where it is waited for.
    try {
      for (let round = 1; ; round++) {
        await this.#sending.run();
        await this.#growing.publishing;
        await this.#registered;
        try {
          return await this.#finish();
        } catch (error) {
          if (!(error instanceof Failure && error.code === 'objects-missing') || round === publishRoundsMax) throw error;
          this.#sendAgain(error);
        }
      }
    } catch (error) {
      this.#gate.end(error instanceof Failure ? error : new Failure('cancelled', {}, { cause: error }));
      await this.#registered?.catch(() => (this.#registered = undefined));
      throw error;
    }
  }

  /** Makes space and link known to the server. Both calls may be made again: the same content changes nothing. */
  async #register(): Promise<void> {
    const { space, link, start } = this.#parts;
    await this.#places.persist(async (signal) => {
      await space.connection.call('spaces.create', { params: {}, body: { genesis: formatBase64url(start.envelope) }, signal });
      try {
        this.#expiresAt = await link.create(this.#face, start.terms, this.#target, signal);
      } catch (error) {
        if (!(error instanceof Failure && error.code === 'already-exists')) throw error;
        await link.update(this.#face, this.#target, signal); // An earlier run made it.
      }
    });
    this.#linkOpen = true;
    if (this.#phase === 'preparing') this.#setPhase('sending');
  }

  /** While the upload runs, the link shows the files that are complete. */
  async #publishGrowing(confirmed: readonly Extent[]): Promise<void> {
    this.#unlisted.push(...confirmed.map(({ id }) => id));
    const { connection, growingEveryMs: everyMs = growingEveryMsDefault } = this.#parts.options;
    const now = connection.clock.now();
    if (this.#growing.at === 0) this.#growing.at = now;
    const files = this.rows.reduce((sum, row) => sum + (row.phase === 'sent' ? 1 : 0), 0);
    if (this.#unlisted.length >= listEvery) this.#growing.publishing = this.#growing.publishing.then(() => this.#listPending());
    if (now - this.#growing.at < everyMs || files === this.#growing.files || files === this.rows.length) return;
    this.#growing.at = Number.POSITIVE_INFINITY;
    this.#growing.files = files;
    this.#growing.publishing = this.#growing.publishing.then(async () => {
      const startedAt = connection.clock.now();
      try {
        await this.#publish({ growing: true });
      } catch (error) {
        // What is missing is found and sent at the end.
        if (!(error instanceof Failure && error.code === 'objects-missing')) throw error;
      }
      const endedAt = connection.clock.now();
      this.#growing.at = endedAt + (endedAt - startedAt) / growingPublishShare - everyMs;
    });
    this.#growing.publishing.catch(() => undefined);
  }

  async #listPending(): Promise<void> {
    const ids = this.#unlisted;
    this.#unlisted = [];
    try {
      await this.#places.persist((signal) => this.#parts.link.list(ids, signal));
    } catch (error) {
      this.#unlisted = [...ids, ...this.#unlisted];
      throw error;
    }
  }

  /** Writes the tree of the complete files, lists what it names, and gives the link its record. */
  async #publish({ growing }: { readonly growing: boolean }): Promise<number> {
    const { engine, space, link } = this.#parts;
    const nodes = new ObjectBatches(this.#places, 'hot');
    const tree = await buildTree(this.#treeItems(), { engine, random: space.connection.random, put: (object) => nodes.add(object) });
    await nodes.flush();
    this.#unlisted.push(...nodes.ids);
    await this.#listPending();
    const target = { ref: tree.ref, sizeBytes: tree.sizeBytes, expectedBytes: growing ? this.#sending.bytes.total : null };
    await this.#inTurn(async () => {
      await this.#places.persist((signal) => link.update(this.#face, target, signal));
      this.#target = target;
    });
    return tree.sizeBytes;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#publishing.then(work);
    this.#publishing = turn.catch(() => undefined);
    return turn;
  }

  *#treeItems(): Generator<TreeItem> {
    yield* this.#parts.others;
    for (const row of this.rows) {
      if (row.phase !== 'sent') continue;
      const { path, size, mtimeNs, executable } = row.item;
      yield { kind: 'file', path, size, mtimeNs, executable, extents: row.extents as Extent[], digest: row.digest };
    }
  }

  async #finish(): Promise<UploadOutcome> {
    const { leftOut, renamed, others, journal } = this.#parts;
    assert(
      this.rows.every((row) => row.isSettled),
      'nothing is published before every row is settled',
    );
    const sent = this.rows.filter((row) => row.phase === 'sent');
    const failed = this.rows.flatMap((row) => (row.failure ? [{ path: row.item.path, failure: row.failure }] : []));
    if (sent.length === 0 && others.length === 0) {
      if (!this.#parts.options.keepEmpty) await this.#withdraw();
      throw failed[0]?.failure ?? new Failure('nothing-to-send');
    }
    this.#setPhase('publishing');
    const sizeBytes = await this.#publish({ growing: false });
    await journal?.complete();
    this.#setPhase('done');
    const { linkUrl, manageUrl } = this;
    return { linkUrl, manageUrl, sizeBytes, files: sent.length, expiresAt: this.#expiresAt, leftOut: [...leftOut, ...failed], renamed };
  }

  /** The server lost objects it had confirmed: their files are read and sent once more. */
  #sendAgain(failure: Failure): void {
    const missing = new Set(Array.isArray(failure.facts['missing']) ? failure.facts['missing'] : []);
    this.#sending.sendAgain(missing);
    this.#unlisted = this.#unlisted.filter((id) => !missing.has(formatHex(id)));
  }

  #wait(retryAt: number | null, failure: Failure | null): void {
    this.#retryAt = retryAt;
    this.#failure = failure;
    if (retryAt !== null && (this.#phase === 'sending' || this.#phase === 'preparing')) this.#setPhase('offline');
    else if (retryAt === null && this.#phase === 'offline') this.#setPhase(this.#linkOpen ? 'sending' : 'preparing');
    else this.#change();
  }

  #setPhase(phase: UploadPhase): void {
    this.#phase = phase;
    this.#change();
  }

  #change(): void {
    this.#sending.change();
  }
}
