// Links made from a drive: a fresh directory whose chunks hold nothing but what is shown, published under a secret that `.reprise/links`
// keeps for every device of the account. spec/drive.md "The list of links", spec/link.md.
import { type Bytes, equalBytes, formatBase64url, formatHex, parseHex } from '@reprise/kit';
import { type AnswerOf, type Contract, Failure, formatId, joinIds, linkListIdsMax, type LinkId, type ObjectId } from '@reprise/protocol';
import { sha256 } from '@reprise/protocol/formats';
import {
  buildContent,
  buildDirectory,
  coversWholeChunk,
  type Entry,
  type Extent,
  formatLink,
  type KeptList,
  type Link,
  linkAddress,
  linkFlags,
  linkKeys,
  type NodeWriter,
  planRun,
  readExtents,
  type Ref,
  sealChunk,
  sealLinkNote,
  sealLinkRecord,
  stretchLinkPassword,
  treeDepthMax,
} from '@reprise/vault';
import { Gate } from '../gate.ts';
import { objectsBelow } from './content-objects.ts';
import type { Drive } from './drive.ts';
import { hiddenFileTime, offersFileName } from './hidden-file.ts';
import { changeList, readList } from './kept-lists.ts';
import { type KeptLink, linksList } from './links-file.ts';
import type { LinkChange, NewLink } from '../manage.ts';
import { ObjectBatches } from '../object-batches.ts';
import type { Price } from '../paid.ts';
import { parsePath } from './path.ts';
import type { Asked, Jar, ListedOffer, Offered, Sale, SalesDesk } from './selling.ts';
import type { TreeView } from './tree-view.ts';

/** What a new link is to be. */
export type NewDriveLink = NewLink & {
  /** What visitors read above the files; by default the entry's name. */
  readonly title?: string;
  /** What it is sold for; absent: it opens for who has it. A link that is sold has no password. */
  readonly price?: Price;
  /** How it is sold, beside its price. */
  readonly sale?: SaleTerms;
  /** Whether its visitors can thank with money. A link that is sold has a floor for that, and one with a password cannot. */
  readonly tips?: boolean;
};

/** What a seller decides besides the price: until when, how often, and whether more may be paid. */
export type SaleTerms = {
  /** When the sale ends, ms since 1970; null or absent: it does not. */
  readonly endsAt?: number | null;
  /** Whether the price is the least that is paid, and more is welcome. */
  readonly isFloor?: boolean;
  /** How many may buy it in all, who has bought it counted; null: no bound; absent: as it was. */
  readonly salesMax?: number | null;
};

/** What is absent stays as it is; a password of null is taken away. The URL stays the same. */
export type DriveLinkChange = LinkChange & { readonly title?: string };

/** A link made from the drive, as its owner sees it. */
export type DriveLink = {
  readonly id: LinkId;
  readonly url: string;
  readonly title: string;
  readonly label: string;
  /** Hex fid of the entry it was made of. */
  readonly fid: string;
  readonly sizeBytes: number;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly hasPassword: boolean;
  readonly downloadsMax: number | null;
  readonly downloads: { readonly finished: number; readonly running: number };
  readonly opened: number;
  /** The server knows it. false: making it was cut short, or it has ended there. */
  readonly isLive: boolean;
  /** false: a change of it was cut short, and who opens it meets what it was before; `settle` carries it out. */
  readonly isCurrent: boolean;
  readonly removed: { readonly reference: string; readonly ground: string; readonly removedAt: number } | null;
  /** What it is sold for; null: it opens for who has it. */
  readonly sale: Sale | null;
  /** Whether its visitors can thank with money; null: they cannot. */
  readonly jar: Jar | null;
};

/** Entries that are read to make one link. */
const publishedEntriesMax = 4_000_000;

/** Devices that come between each other: in each round one of them gets through. */
const roundsMax = 16;

/** Of the first record, which shows nothing yet. */
const growingVersion = 1;

type Served = AnswerOf<Contract['spaces.get']>['links'][number];
type Terms = { readonly expiresAt: number | null; readonly downloadsMax: number | null };

/** The links made from a drive; the list of them lies in the drive, so that every device has it. */
export class DriveLinks {
  readonly #drive: Drive;

  constructor(drive: Drive) {
    this.#drive = drive;
  }

  /** Every link of the drive that the account knows, newest first, with its counts. */
  async list(signal?: AbortSignal): Promise<DriveLink[]> {
    const { items } = await this.#kept(await this.#space.view(signal), signal);
    const sales = await this.#sales(items, signal);
    const { connection } = this.#session;
    const answer = await connection.call('spaces.get', { ...this.#call, signal });
    const served = new Map(answer.links.map((link) => [link.link, link]));
    const links: DriveLink[] = [];
    for (const link of items.toReversed()) {
      const id = await this.#idOf(link);
      links.push(this.#describe(link, id, served.get(id), sales));
    }
    return links;
  }

  /** One link of the drive. @throws Failure not-found */
  find(id: LinkId, signal?: AbortSignal): Promise<DriveLink> {
    return this.#find(id, signal);
  }

  /**
   * Publishes a file or a folder as it is now.
   * @throws Failure path-not-found, drive-frozen, over-quota, network …; payments-off, offer-refused for one that is sold; what was begun is
   *   finished or revoked through `list`
   */
  async create(path: string, wishes: NewDriveLink = {}, signal?: AbortSignal): Promise<DriveLink> {
    const { random, options } = this.#drive.parts;
    const { connection } = this.#session;
    this.#space.log.assertWritable();
    const { price } = wishes;
    if ((price || wishes.tips) && wishes.password) throw passwordWith(price ? 'price' : 'tips');
    if (price && wishes.tips) throw new Failure('edit-refused', { reason: 'price-and-tips' });
    const names = parsePath(path);
    const view = await this.#space.view(signal);
    const entry = await view.existing(names);
    const { ref, ids } = await this.#publishTree(view, entry, signal);
    const secret = random(32);
    const { passwordSalt } = await linkAddress(this.#drive.parts.engine, { secret });
    const stretched = wishes.password ? await (options.stretch ?? stretchLinkPassword)(wishes.password, passwordSalt) : new Uint8Array(0);
    const kept: KeptLink = {
      secret,
      flags: price ? linkFlags.paid : stretched.length > 0 ? linkFlags.password : 0,
      fid: entry.fid,
      title: wishes.title ?? (entry.name || '/'),
      label: wishes.label ?? '',
      createdMs: connection.clock.now(),
      stretched,
      ref,
      sizeBytes: entry.content.kind === 'directory' && entry.name === '' ? await sizeOf(view, entry) : entry.size,
      version: 2,
      hasJar: wishes.tips === true,
    };
    const asked = price ? askedFor(price, wishes.sale) : wishes.tips ? (await selling()).anyTip : undefined;
    const listed = asked && (await (await selling()).offerLink(this.#drive, { ...kept, ref }, asked, ids, signal));
    await this.#change((links) => [...links, kept], signal);
    const terms = { expiresAt: wishes.expiresAt ?? null, downloadsMax: wishes.downloadsMax ?? null };
    await this.#publish(kept, ids, { terms, listed }, signal);
    return this.#find(await this.#idOf(kept), signal);
  }

  /** Publishes again what was cut short, from the directory that was made then. */
  async finish(id: LinkId, terms: Terms = { expiresAt: null, downloadsMax: null }, signal?: AbortSignal): Promise<DriveLink> {
    const kept = await this.#keptOf(id, signal);
    if (!kept.ref) throw new Failure('link-growing');
    const ids = await objectsBelow(kept.ref, this.#drive.nodeReader(signal));
    await this.#publish(kept, [...ids.values()], { terms }, signal);
    return this.#find(id, signal);
  }

  /**
   * Carries out what was written down and then cut short: records that are older than the list says, offers that the operator still has. A
   * link that the server does not know is left: whether it was never made or has ended, only a person can say (`finish`, `revoke`). Another
   * program may still be at it: whoever comes second leaves what the other did.
   * @returns whether there was anything to do
   * @throws Failure drive-frozen, payments-off, network …; called again, it goes on
   */
  async settle(signal?: AbortSignal): Promise<boolean> {
    await this.#space.refresh(signal ? { signal } : {});
    const view = await this.#space.view(signal);
    const kept = await this.#kept(view, signal);
    const { links } = await this.#session.connection.call('spaces.get', { ...this.#call, signal });
    const served = new Map(links.map((link) => [link.link, link]));
    let failed: unknown = null;
    let isDone = true;
    for (const link of kept.items) {
      const id = await this.#idOf(link);
      const there = served.get(id);
      if (!there || there.removed || there.version >= link.version) continue;
      isDone = false;
      try {
        if (there.version === growingVersion) await this.finish(id, undefined, signal);
        else await this.#update(link, signal);
      } catch (error) {
        // What is sold waits for the operator; the others do not.
        if (!(error instanceof Failure && isOffered(link))) throw error;
        failed ??= error;
      }
    }
    if (failed) throw failed;
    if ((await hiddenFileTime(view, offersFileName)) === null) return !isDone;
    const { told, reopened } = await (await selling()).settleOffers(this.#drive, kept, signal);
    for (const offer of reopened) await this.#update(await this.#raise(offer, signal), signal);
    return !isDone || told > 0;
  }

  /** Changes a link that stays where it is. @throws Failure not-found, drive-frozen, network */
  async change(id: LinkId, change: DriveLinkChange, signal?: AbortSignal): Promise<DriveLink> {
    const { engine, options } = this.#drive.parts;
    const { connection } = this.#session;
    const before = await this.#keptOf(id, signal);
    const terms = {
      ...(change.expiresAt !== undefined && { expiresAt: change.expiresAt }),
      ...(change.downloadsMax !== undefined && { downloadsMax: change.downloadsMax }),
    };
    if (Object.keys(terms).length > 0) await connection.call('links.update', { ...this.#callOf(id), body: terms, signal });
    if (change.title === undefined && change.label === undefined && change.password === undefined) return this.#find(id, signal);
    const { passwordSalt } = await linkAddress(engine, before);
    const stretched = change.password ? await (options.stretch ?? stretchLinkPassword)(change.password, passwordSalt) : new Uint8Array(0);
    const served = (await this.#servedOf(id, signal))?.version ?? 0;
    const isShown = change.title !== undefined || change.password !== undefined;
    const edit = (link: KeptLink): KeptLink => {
      if (isOffered(link) && change.password) throw passwordWith(link.hasJar ? 'tips' : 'price');
      return {
        ...link,
        title: change.title ?? link.title,
        label: change.label ?? link.label,
        stretched: change.password === undefined ? link.stretched : stretched,
        version: isShown ? Math.max(link.version, served) + 1 : link.version,
      };
    };
    const next = await this.#edit(before, edit, signal);
    if (isShown) await this.#update(next, signal);
    return this.#find(id, signal);
  }

  /**
   * Sells a link, or changes what it is sold for: the URL stays the same, and nothing is uploaded again. Who has opened it before, or bought
   * it, may go on.
   * @throws Failure payments-off, offer-refused, edit-refused for a link with a password
   */
  async sell(id: LinkId, price: Price, terms: SaleTerms = {}, signal?: AbortSignal): Promise<DriveLink> {
    return (await selling()).sell(this.#desk(signal), id, askedFor(price, terms));
  }

  /** Sells it no more: it opens for who has bought it, and for nobody else. */
  async withdraw(id: LinkId, signal?: AbortSignal): Promise<DriveLink> {
    return (await selling()).withdraw(this.#desk(signal), id);
  }

  /** Opens it for everybody who has it, from now on. */
  async giveAway(id: LinkId, signal?: AbortSignal): Promise<DriveLink> {
    return (await selling()).giveAway(this.#desk(signal), id);
  }

  /**
   * Lets visitors thank with money, as much as they like; the link opens as before.
   * @throws Failure payments-off, edit-refused for a link that is sold or has a password
   */
  async openJar(id: LinkId, signal?: AbortSignal): Promise<DriveLink> {
    return (await selling()).openJar(this.#desk(signal), id);
  }

  /** Takes no more tips. */
  async closeJar(id: LinkId, signal?: AbortSignal): Promise<DriveLink> {
    return (await selling()).closeJar(this.#desk(signal), id);
  }

  /** What selling needs of the list and of the server. */
  #desk(signal: AbortSignal | undefined): SalesDesk {
    return {
      drive: this.#drive,
      signal,
      kept: (id) => this.#keptOf(id, signal),
      find: (id) => this.#find(id, signal),
      servedVersion: async (id) => (await this.#servedOf(id, signal))?.version ?? 0,
      note: (link, edit) => this.#edit(link, edit, signal),
      serve: (link, listed) => this.#update(link, signal, listed),
      raise: (link) => this.#raise(link, signal),
    };
  }

  /** Ends links at once, and forgets them. A link that the server does not know is only forgotten. */
  async revoke(ids: readonly LinkId[], signal?: AbortSignal): Promise<void> {
    const { connection } = this.#session;
    const ended = new Set<string>();
    for (const id of ids) {
      const kept = await this.#keptOf(id, signal);
      // First of all: whatever is cut short from here on, whoever looks next tells the operator.
      const offer = isOffered(kept) && (await (await selling()).close(this.#drive, kept, kept.hasJar, signal));
      // Nobody pays for what is on its way out: the operator hears of it before it goes, where it hears.
      if (offer) await (await selling()).stopSelling(this.#drive, offer, signal).catch(() => undefined);
      try {
        await connection.call('links.delete', { ...this.#callOf(id), signal });
      } catch (error) {
        if (!(error instanceof Failure && (error.code === 'not-found' || error.code === 'link-unavailable'))) throw error;
      }
      // A link ends whether money is at hand or not.
      if (offer) await (await selling()).forget(this.#drive, offer, signal);
      ended.add(formatHex(kept.secret));
    }
    await this.#change((links) => links.filter((link) => !ended.has(formatHex(link.secret))), signal);
  }

  get #space() {
    return this.#drive.parts.space;
  }

  get #session() {
    return this.#drive.parts.session;
  }

  get #call() {
    return { params: { space: this.#drive.spaceId }, device: this.#space.tools.device };
  }

  #callOf(id: LinkId) {
    return { params: { space: this.#drive.spaceId, link: id }, device: this.#space.tools.device };
  }

  // ------------------------------------------------------------------------------------------------------------ the list

  #kept(view: TreeView, signal: AbortSignal | undefined): Promise<KeptList<KeptLink>> {
    return readList(this.#drive, view, linksList, signal);
  }

  async #keptOf(id: LinkId, signal: AbortSignal | undefined): Promise<KeptLink> {
    for (const link of (await this.#kept(await this.#space.view(signal), signal)).items) if ((await this.#idOf(link)) === id) return link;
    throw new Failure('not-found', { link: id });
  }

  #change(edit: (links: readonly KeptLink[]) => readonly KeptLink[], signal: AbortSignal | undefined): Promise<void> {
    return changeList(this.#drive, linksList, edit, signal);
  }

  /** Changes one link as the list has it by then, which another device may have changed meanwhile. @returns what it is now @throws Failure not-found */
  async #edit(
    { secret }: Pick<KeptLink, 'secret'>,
    edit: (link: KeptLink) => KeptLink,
    signal: AbortSignal | undefined,
  ): Promise<KeptLink> {
    const link = await this.#idOf({ secret });
    const edited: KeptLink[] = [];
    await this.#change((links) => {
      const now = links.find((one) => equalBytes(one.secret, secret));
      if (!now) throw new Failure('not-found', { link });
      const next = edit(now);
      edited.push(next);
      return links.map((one) => (one === now ? next : one));
    }, signal);
    return edited.at(-1) as KeptLink;
  }

  #places() {
    return this.#space.places(new Gate(), () => undefined);
  }

  // -------------------------------------------------------------------------------------------------------- the directory

  /** Writes the directory that visitors see: new nodes, new fids, no marks, whole chunks. @returns its reference and all that it needs */
  async #publishTree(view: TreeView, entry: Entry, signal: AbortSignal | undefined): Promise<{ ref: Ref; ids: Bytes[] }> {
    const { engine, random } = this.#drive.parts;
    const places = this.#places();
    const nodes = new ObjectBatches(places, 'hot');
    const chunks = new ObjectBatches(places, 'bulk');
    const ids = new Map<string, Bytes>();
    const writer: NodeWriter = { engine, random, put: (object) => nodes.add(object) };
    const boundaryKey = random(32);
    const publishFile = async (file: Entry): Promise<Entry> => {
      const { content } = file;
      if (content.kind !== 'file' && content.kind !== 'manifest') return file;
      let extents = await readExtents(content, file.size, view.reader);
      if (!extents.every(coversWholeChunk)) extents = await this.#sealAnew(file, chunks, signal);
      for (const { id } of extents) ids.set(formatHex(id), id);
      return { ...file, content: await buildContent(extents, writer) };
    };
    let read = 0;
    const publishFolder = async (folder: Entry, depth: number): Promise<Ref> => {
      if (depth > treeDepthMax) throw new Failure('limit-exceeded', { limit: 'depth of a tree' });
      const entries: Entry[] = [];
      for await (const child of view.entries(folder)) {
        if (++read > publishedEntriesMax) throw new Failure('limit-exceeded', { limit: 'entries of a link' });
        if (child.content.kind === 'mount' || child.content.kind === 'unknown') continue;
        const published =
          child.content.kind === 'directory'
            ? { ...child, content: { kind: 'directory', ref: await publishFolder(child, depth + 1) } as const }
            : await publishFile(child);
        entries.push(bare(published, random));
      }
      return buildDirectory(entries, boundaryKey, writer);
    };
    const ref =
      entry.content.kind === 'directory'
        ? await publishFolder(entry, 0)
        : await buildDirectory([bare(await publishFile(entry), random)], boundaryKey, writer);
    await chunks.flush();
    await nodes.flush();
    return { ref, ids: [...ids.values(), ...nodes.ids] };
  }

  /** A file whose chunks hold more than it shows, into chunks of its own. */
  async #sealAnew(file: Entry, chunks: ObjectBatches, signal: AbortSignal | undefined): Promise<Extent[]> {
    const { engine, random } = this.#drive.parts;
    const extents: Extent[] = [];
    const cuts = planRun(file.size);
    let cut = 0;
    let plain = new Uint8Array(cuts[0]?.paddedLength ?? 0);
    let filled = 0;
    const seal = async () => {
      const { length, paddedLength, sealedLength } = cuts[cut] as (typeof cuts)[number];
      const key = random(32);
      const object = await sealChunk(engine, key, plain);
      await chunks.add(object);
      extents.push({ id: object.id, key, sealedLength, offset: 0, length });
      cut++;
      plain = new Uint8Array(cuts[cut]?.paddedLength ?? 0);
      filled = 0;
      return paddedLength;
    };
    for await (const { bytes } of this.#drive.reader.readFile(file, signal ? { signal } : {})) {
      for (let at = 0; at < bytes.length; ) {
        const room = (cuts[cut]?.length ?? 0) - filled;
        const part = bytes.subarray(at, at + room);
        plain.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled === cuts[cut]?.length) await seal();
      }
    }
    while (cut < cuts.length) await seal(); // chunks of nothing but padding
    return extents;
  }

  // ----------------------------------------------------------------------------------------------------------- the server

  /** Creates the link empty, gives it its objects, then its directory: it shows nothing until all it names is held by it. */
  async #publish(
    kept: KeptLink,
    ids: readonly Bytes[],
    { terms, listed }: { readonly terms: Terms; readonly listed?: ListedOffer | undefined },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { connection } = this.#session;
    const address = await linkAddress(this.#drive.parts.engine, kept);
    const id = formatId<LinkId>(address.id);
    const growing = { ...kept, ref: null, version: growingVersion };
    try {
      await connection.call('links.create', {
        ...this.#call,
        body: {
          link: id,
          tokenHash: formatBase64url(await sha256(address.token)),
          gateHash: await this.#gateHash(kept),
          record: formatBase64url(await this.#sealRecord(growing)),
          version: growingVersion,
          growing: true,
          note: await this.#sealNote(growing),
          ...terms,
        },
        signal,
      });
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'already-exists')) throw error; // An earlier run made it.
    }
    for (let at = 0; at < ids.length; at += linkListIdsMax) {
      const body = joinIds(ids.slice(at, at + linkListIdsMax).map((one) => formatId<ObjectId>(one)));
      await connection.call('links.list', { ...this.#callOf(id), body, signal });
    }
    await this.#update(kept, signal, listed);
  }

  /**
   * Gives a link the record that it has by the list, at the version of the list. Where the server has a later one, another device is ahead, with
   * all that the list said then, and nothing is sent over it.
   * @param listed what is sold as the operator has it; by default it is listed first
   */
  async #update(kept: KeptLink, signal: AbortSignal | undefined, listed?: ListedOffer): Promise<void> {
    let [link, offered] = [kept, listed];
    for (let round = 1; round <= roundsMax; round++) {
      const { ref } = link;
      const open = () => this.#sealRecord(link);
      if (!isOffered(link) || !ref) return void (await this.#send(link, await open(), signal));
      // What is sold never has a record that opens at once, whatever was cut short.
      const { publishOffer, isAstray } = await selling();
      offered ??= await publishOffer(this.#drive, { ...link, ref }, signal);
      const isServed = await this.#send(link, await offered.record(open), signal);
      if (!(await isAstray(this.#drive, offered, isServed, signal))) return;
      [link, offered] = [await this.#raise(link, signal), undefined];
    }
    throw new Failure('version-conflict', { version: link.version });
  }

  /** The list says of a link what it said, as a change that comes after all others. */
  async #raise(link: Pick<KeptLink, 'secret'>, signal: AbortSignal | undefined): Promise<KeptLink> {
    const served = (await this.#servedOf(await this.#idOf(link), signal))?.version ?? 0;
    return this.#edit(link, (now) => ({ ...now, version: Math.max(now.version, served) + 1 }), signal);
  }

  /** @returns false if the server has this version, or a later one */
  async #send(kept: KeptLink, record: Bytes, signal: AbortSignal | undefined): Promise<boolean> {
    const body = {
      record: formatBase64url(record),
      version: kept.version,
      growing: kept.ref === null,
      gateHash: await this.#gateHash(kept),
      note: await this.#sealNote(kept),
    };
    try {
      await this.#session.connection.call('links.update', { ...this.#callOf(await this.#idOf(kept)), body, signal });
      return true;
    } catch (error) {
      if (error instanceof Failure && error.code === 'version-conflict') return false;
      throw error;
    }
  }

  async #gateHash(kept: KeptLink): Promise<string | null> {
    if (kept.stretched.length === 0) return null;
    const { gate } = await linkKeys(this.#drive.parts.engine, flagged(kept), kept.stretched);
    return formatBase64url(await sha256(gate));
  }

  async #sealRecord(kept: KeptLink): Promise<Bytes> {
    const { engine, random } = this.#drive.parts;
    const { key } = await linkKeys(engine, flagged(kept), kept.stretched);
    const record = {
      state: kept.ref ? ('snapshot' as const) : ('growing' as const),
      ref: kept.ref,
      title: kept.title,
      createdMs: kept.createdMs,
      expectedBytes: kept.ref ? null : kept.sizeBytes,
    };
    const place = { linkId: parseHex(await this.#idOf(kept)) as Bytes, version: kept.version };
    return sealLinkRecord(engine, key, place, record, this.#session.author, random);
  }

  /** The account keeps its list in the drive; the note only says the same to who asks the server alone. */
  async #sealNote(kept: KeptLink): Promise<string> {
    const { engine, random } = this.#drive.parts;
    const { label, title, stretched, ref, sizeBytes, flags } = kept;
    const linkId = parseHex(await this.#idOf(kept)) as Bytes;
    const epochKey = await this.#session.epochKey(this.#space.log.state.epoch);
    return formatBase64url(
      await sealLinkNote(engine, { epochKey }, linkId, { n: 0, label, title, stretched, ref, sizeBytes, flags }, random),
    );
  }

  async #idOf(link: Pick<Link, 'secret'>): Promise<LinkId> {
    return formatId<LinkId>((await linkAddress(this.#drive.parts.engine, link)).id);
  }

  async #servedOf(id: LinkId, signal: AbortSignal | undefined): Promise<Served | undefined> {
    const answer = await this.#session.connection.call('spaces.get', { ...this.#call, signal });
    return answer.links.find(({ link }) => link === id);
  }

  async #find(id: LinkId, signal: AbortSignal | undefined): Promise<DriveLink> {
    const kept = await this.#keptOf(id, signal);
    return this.#describe(kept, id, await this.#servedOf(id, signal), await this.#sales([kept], signal));
  }

  async #sales(kept: readonly KeptLink[], signal: AbortSignal | undefined): Promise<Offered> {
    if (!kept.some(isOffered)) return new Map();
    const { readSales } = await selling();
    try {
      return await readSales(this.#drive, await this.#space.view(signal));
    } catch (error) {
      // Where nobody can read what is offered, the links are shown without.
      if (error instanceof Failure && error.code === 'bad-object') return new Map();
      throw error;
    }
  }

  #describe(kept: KeptLink, id: LinkId, served: Served | undefined, offers: Offered): DriveLink {
    const origin = this.#drive.parts.options.linkOrigin ?? this.#session.connection.origin;
    const fingerprint = (parseHex(this.#session.userId) as Bytes).slice(0, 16);
    const { sale, jar } = offers.get(formatHex(kept.secret)) ?? {};
    return {
      id,
      url: formatLink(origin, { flags: kept.flags, secret: kept.secret, fingerprint }),
      title: kept.title,
      label: kept.label,
      fid: formatHex(kept.fid),
      sizeBytes: kept.sizeBytes,
      createdAt: kept.createdMs,
      expiresAt: served?.expiresAt ?? null,
      hasPassword: kept.stretched.length > 0,
      downloadsMax: served?.downloadsMax ?? null,
      downloads: served?.downloads ?? { finished: 0, running: 0 },
      opened: served?.opened ?? 0,
      isLive: served !== undefined,
      isCurrent: served === undefined || served.version >= kept.version,
      removed: served?.removed ?? null,
      sale: (isSold(kept) && sale) || null,
      jar: (kept.hasJar && jar) || null,
    };
  }
}

/** Loaded when something is sold. */
const selling = () => import('./selling.ts');

function askedFor(price: Price, { endsAt = null, isFloor = false, salesMax }: SaleTerms = {}): Asked {
  return { price, isFloor, isJar: false, notAfter: endsAt, salesMax };
}

function isSold({ flags }: KeptLink): boolean {
  return (flags & linkFlags.paid) !== 0;
}

/** Whether the operator has an offer of it: a price, or a tip jar. */
function isOffered(link: KeptLink): boolean {
  return isSold(link) || link.hasJar;
}

function passwordWith(what: 'price' | 'tips'): Failure {
  return new Failure('edit-refused', { reason: `password-and-${what}` });
}

/** The key depends on whether there is a password now, not on whether there was one when the URL was made. */
function flagged(kept: KeptLink): Pick<Link, 'secret' | 'flags'> {
  const flags = kept.stretched.length > 0 ? kept.flags | linkFlags.password : kept.flags & ~linkFlags.password;
  return { secret: kept.secret, flags };
}

/** Nothing of the drive but name, size, time and content. */
function bare(entry: Entry, random: (length: number) => Bytes): Entry {
  return { ...entry, fid: random(16), ext: new Map(), thumb: null };
}

async function sizeOf(view: TreeView, folder: Entry): Promise<number> {
  let bytes = 0;
  for await (const entry of view.entries(folder)) bytes += entry.size;
  return bytes;
}
