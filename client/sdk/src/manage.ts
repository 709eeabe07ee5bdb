// The owner's side of everything behind one management URL: links with their counts, further links to the same files, changes, the end.
// spec/link.md "Anonymous space".
import { type Bytes, formatHex, parseBase64url } from '@reprise/kit';
import { type AnswerOf, type Contract, Failure, type LinkId, parseLinkId } from '@reprise/protocol';
import {
  type Engine,
  formatManageUrl,
  type Link,
  type LinkNote,
  linkFlags,
  linkSecret,
  openLinkNote,
  openOwner,
  type Owner,
  parseManageUrl,
  stretchLinkPassword,
  webEngine,
  formatLink,
  type Ref,
} from '@reprise/vault';
import type { Connection } from './connect.ts';
import { openLink } from './download.ts';
import { objectsBelow } from './drive/content-objects.ts';
import { type LinkFace, type OwnedSpace, PublishedLink } from './publish.ts';

/** Which upload to manage, and by what means. */
export type OpenManageOptions = {
  readonly connection: Connection;
  /** The management URL or its fragment. */
  readonly url: string;
  /** Where links lead, without a slash at the end; by default the server. */
  readonly linkOrigin?: string;
  readonly engine?: Engine;
  /** Argon2id for the passwords of links; by default where this is called. */
  readonly stretch?: (password: string, salt: Uint8Array) => Promise<Bytes>;
};

/** A link as its owner sees it. */
export type ManagedLink = {
  readonly id: LinkId;
  readonly url: string;
  /** The owner's own words; null if the note cannot be read. */
  readonly label: string | null;
  readonly title: string;
  readonly sizeBytes: number;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly hasPassword: boolean;
  readonly downloadsMax: number | null;
  /** Finished downloads, and those under way. */
  readonly downloads: { readonly finished: number; readonly running: number };
  readonly opened: number;
  /** The upload has not ended. */
  readonly growing: boolean;
  readonly removed: { readonly reference: string; readonly ground: string; readonly removedAt: number } | null;
};

/** What a new link is to be. What is absent is as the server allows. */
export type NewLink = {
  /** Only the owner reads it. */
  readonly label?: string;
  readonly password?: string;
  /** Milliseconds since 1970; null or absent: as long as the server allows. */
  readonly expiresAt?: number | null;
  readonly downloadsMax?: number | null;
};

/** What of a link changes; what is absent stays. */
export type LinkChange = {
  readonly label?: string;
  /** A text sets it, null takes it away; the URL stays the same. */
  readonly password?: string | null;
  readonly expiresAt?: number | null;
  readonly downloadsMax?: number | null;
};

type ManageTools = OpenManageOptions & Required<Pick<OpenManageOptions, 'engine' | 'stretch'>>;
type OwnedAnswer = AnswerOf<Contract['spaces.get']>['links'][number];
type Known = { readonly answer: OwnedAnswer; readonly note: LinkNote | null; readonly url: string };

/** Revoked links in a row whose numbers are passed over. */
const numbersTriedMax = 1_000;

/** @throws Failure bad-link, not-found, network … */
export async function openManage(options: OpenManageOptions): Promise<ManagedSpace> {
  const engine = options.engine ?? webEngine;
  const address = parseManageUrl(options.url);
  const owner = await openOwner(engine, address.secret);
  const managed = new ManagedSpace({ ...options, engine, stretch: options.stretch ?? stretchLinkPassword }, owner, address.space);
  await managed.refresh();
  return managed;
}

/** What was sent without an account, in the hands of whoever has its management URL. */
export class ManagedSpace {
  readonly #options: ManageTools;
  readonly #owner: Owner;
  readonly #space: Bytes;
  #known: readonly Known[] = [];
  #stored = { bytes: 0, bytesMax: 0, createdAt: 0 };

  constructor(options: ManageTools, owner: Owner, space: Bytes) {
    this.#options = options;
    this.#owner = owner;
    this.#space = space;
  }

  get url(): string {
    return formatManageUrl(this.#origin, { secret: this.#owner.secret, space: this.#space });
  }

  /** Sealed bytes that the space holds, and may hold. */
  get stored(): { readonly bytes: number; readonly bytesMax: number; readonly createdAt: number } {
    return this.#stored;
  }

  get links(): readonly ManagedLink[] {
    return this.#known.map(managedLink);
  }

  get #origin(): string {
    return this.#options.linkOrigin ?? this.#options.connection.origin;
  }

  get #params() {
    return { space: formatHex(this.#space) };
  }

  /** Asks for the links anew. @throws Failure network, not-found */
  async refresh(signal?: AbortSignal): Promise<void> {
    const { connection } = this.#options;
    const answer = await connection.call('spaces.get', { params: this.#params, device: this.#owner.device, signal });
    this.#stored = { bytes: answer.bytes.stored, bytesMax: answer.bytes.max, createdAt: answer.createdAt };
    this.#known = await Promise.all(answer.links.map((link) => this.#read(link)));
  }

  /**
   * A further link to the same files as `linkId`.
   * @throws Failure link-growing while their upload runs
   */
  async createLink(linkId: LinkId, wishes: NewLink, signal?: AbortSignal): Promise<ManagedLink> {
    const { note } = this.#find(linkId);
    if (!note?.ref) throw new Failure('link-growing');
    const ids = await this.#objectsBehind(linkId, note.ref, signal);
    const terms = { expiresAt: wishes.expiresAt ?? null, downloadsMax: wishes.downloadsMax ?? null };
    const target = { ref: null, sizeBytes: note.sizeBytes, expectedBytes: note.sizeBytes };
    // It shows nothing until all it names is held by it.
    const { published, face } = await this.#createNext(async (next) => {
      const made = await this.#face(note.title, wishes.label ?? '', wishes.password ?? null, next);
      await next.create(made, terms, target, signal);
      return made;
    }, wishes.password !== undefined);
    await published.list(ids, signal);
    await published.update(face, { ref: note.ref, sizeBytes: note.sizeBytes, expectedBytes: null }, signal);
    await this.refresh(signal);
    return managedLink(this.#find(published.id));
  }

  /** The server names links that live; the numbers of revoked ones are taken all the same, and what was revoked never comes back. */
  async #createNext(
    create: (next: PublishedLink) => Promise<LinkFace>,
    hasPassword: boolean,
  ): Promise<{ readonly published: PublishedLink; readonly face: LinkFace }> {
    const first = Math.max(0, ...this.#known.map((known) => known.note?.n ?? 0)) + 1;
    for (let n = first; ; n++) {
      const published = await PublishedLink.open(this.#ownedSpace(), n, { hasPassword, version: 0 });
      try {
        return { published, face: await create(published) };
      } catch (error) {
        if (!(error instanceof Failure && error.code === 'already-exists') || n - first >= numbersTriedMax) throw error;
      }
    }
  }

  /** Changes a link that stays where it is. @throws Failure not-found, conflict, network */
  async changeLink(linkId: LinkId, change: LinkChange, signal?: AbortSignal): Promise<ManagedLink> {
    const { answer, note } = this.#find(linkId);
    const { connection } = this.#options;
    const terms = {
      ...(change.expiresAt !== undefined && { expiresAt: change.expiresAt }),
      ...(change.downloadsMax !== undefined && { downloadsMax: change.downloadsMax }),
    };
    if (Object.keys(terms).length > 0) {
      await connection.call('links.update', { params: { ...this.#params, link: linkId }, body: terms, device: this.#owner.device, signal });
    }
    if (change.label !== undefined || change.password !== undefined) {
      if (!note) throw new Failure('bad-object', { reason: 'the note of this link cannot be read' });
      const published = await PublishedLink.open(this.#ownedSpace(), note.n, {
        hasPassword: (note.flags & linkFlags.password) !== 0,
        version: answer.version,
      });
      const face = {
        ...(await this.#face(note.title, change.label ?? note.label, change.password ?? null, published)),
        createdMs: answer.createdAt,
      };
      const kept = change.password === undefined ? { ...face, stretched: note.stretched } : face;
      await published.update(kept, { ref: note.ref, sizeBytes: note.sizeBytes, expectedBytes: note.ref ? null : note.sizeBytes }, signal);
    }
    await this.refresh(signal);
    return managedLink(this.#find(linkId));
  }

  /** Ends a link for everybody, for good. @throws Failure not-found, network */
  async revokeLink(linkId: LinkId, signal?: AbortSignal): Promise<void> {
    const { connection } = this.#options;
    await connection.call('links.delete', { params: { ...this.#params, link: linkId }, device: this.#owner.device, signal });
    await this.refresh(signal);
  }

  /** Ends every link and frees all bytes. */
  async deleteEverything(signal?: AbortSignal): Promise<void> {
    await this.#options.connection.call('spaces.delete', { params: this.#params, device: this.#owner.device, signal });
    this.#known = [];
  }

  #find(linkId: LinkId): Known {
    const known = this.#known.find(({ answer }) => answer.link === linkId);
    if (!known) throw new Failure('not-found', { link: linkId });
    return known;
  }

  #ownedSpace(): OwnedSpace {
    const { connection, engine } = this.#options;
    return { connection, engine, owner: this.#owner, space: this.#space, createdMs: this.#stored.createdAt };
  }

  async #face(title: string, label: string, password: string | null, link: PublishedLink): Promise<LinkFace> {
    const stretched = password ? await this.#options.stretch(password, link.address.passwordSalt) : new Uint8Array(0);
    return { title, label, createdMs: this.#options.connection.clock.now(), stretched };
  }

  async #read(answer: OwnedAnswer): Promise<Known> {
    const { engine } = this.#options;
    const sealed = parseBase64url(answer.note);
    const note = sealed ? await openLinkNote(engine, this.#owner, idOf(answer.link), sealed).catch(() => null) : null;
    if (!note) return { answer, note: null, url: '' };
    const link: Link = { flags: note.flags, secret: await linkSecret(engine, this.#owner, note.n), fingerprint: this.#owner.fingerprint };
    return { answer, note, url: formatLink(this.#origin, link) };
  }

  /** Every object that a link must hold: nodes, manifests and chunks below its directory. */
  async #objectsBehind(linkId: LinkId, ref: Ref, signal: AbortSignal | undefined): Promise<Bytes[]> {
    const { url, note } = this.#find(linkId);
    const { connection, engine } = this.#options;
    const opened = await openLink({
      connection,
      engine,
      link: url,
      ...(note && note.stretched.length > 0 && { stretched: note.stretched }),
      ...(signal && { signal }),
    });
    return [...(await objectsBelow(ref, opened.reader(signal))).values()];
  }
}

function managedLink({ answer, note, url }: Known): ManagedLink {
  return {
    id: parseLinkId(answer.link),
    url,
    label: note?.label ?? null,
    title: note?.title ?? '',
    sizeBytes: note?.sizeBytes ?? 0,
    createdAt: answer.createdAt,
    expiresAt: answer.expiresAt,
    hasPassword: answer.hasPassword,
    downloadsMax: answer.downloadsMax,
    downloads: answer.downloads,
    opened: answer.opened,
    growing: !note?.ref,
    removed: answer.removed,
  };
}

function idOf(link: string): Bytes {
  return Uint8Array.from(link.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
