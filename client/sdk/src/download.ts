// A visitor's side of a link: what it shows, and the folders and files behind it. spec/link.md.
import { type Bytes } from '@reprise/kit';
import { Failure, formatId, type LinkId } from '@reprise/protocol';
import {
  type Engine,
  hasJar,
  type Link,
  linkAddress,
  linkFlags,
  linkKeys,
  type LinkRecord,
  openLinkRecord,
  parseLink,
  stretchLinkPassword,
  webEngine,
} from '@reprise/vault';
import type { Connection } from './connect.ts';
import { ContentReader } from './content.ts';
import { LinkObjects, type LinkProof } from './objects.ts';
import { inlinePool, type SealPool } from './pool.ts';

/** Which link to open, and by what means. */
export type OpenLinkOptions = {
  readonly connection: Connection;
  /** A whole URL, its fragment, or a parsed link. */
  readonly link: string | Link;
  readonly password?: string;
  /** Argon2id of a password that was given before; instead of `password`. */
  readonly stretched?: Bytes;
  /** Opens chunks; without one they are opened where this is called. */
  readonly pool?: SealPool;
  readonly engine?: Engine;
  /** Argon2id; a browser gives one that runs in a worker of its own. */
  readonly stretch?: (password: string, salt: Uint8Array) => Promise<Bytes>;
  readonly signal?: AbortSignal;
};

/** What a link shows before any file is read. */
export type LinkFacts = {
  readonly title: string;
  /** The upload behind the link has not ended: only what is complete shows, or nothing yet. */
  readonly growing: boolean;
  /** Bytes that a growing link will hold. */
  readonly expectedBytes: number | null;
  /** Sealed bytes that the server has so far. */
  readonly receivedBytes: number;
  /** ms since 1970 */
  readonly createdMs: number;
  readonly expiresAt: number | null;
  readonly downloadsLeft: number | null;
  /** 16 bytes that name the sharer. */
  readonly fingerprint: Bytes;
  /** Of the sealed record; rises with each change. */
  readonly version: number;
  /** Whether its maker can be thanked with money: `openTipJar` of '@reprise/sdk/paid'. */
  readonly takesTips: boolean;
};

/**
 * Opens a link.
 * @throws Failure bad-link (before any request), link-unavailable, link-removed, password-required, password-wrong, too-many-tries,
 * payment-required for a link that is sold (`openOfferedLink` of '@reprise/sdk/paid'), link-forged, link-version, reject, network …
 */
export async function openLink(options: OpenLinkOptions): Promise<OpenedLink> {
  const { connection, engine = webEngine, stretch = stretchLinkPassword } = options;
  const link = typeof options.link === 'string' ? parseLink(options.link) : options.link;
  if ((link.flags & linkFlags.upload) !== 0) throw new Failure('link-version', { flags: link.flags });
  const address = await linkAddress(engine, link);
  const stretched = options.stretched ?? (options.password ? await stretch(options.password, address.passwordSalt) : null);
  const secured = stretched && (await linkKeys(engine, { ...link, flags: link.flags | linkFlags.password }, stretched));
  const proof: LinkProof = { link: formatId<LinkId>(address.id), token: address.token, gate: secured?.gate ?? null };
  const objects = new LinkObjects(connection, proof);
  const answer = await connection.call('links.open', { params: { link: proof.link }, body: objects.body, signal: options.signal });
  const bare = await linkKeys(engine, { ...link, flags: link.flags & ~linkFlags.password });
  const place = { linkId: address.id, version: answer.version };
  const sealed = decodeRecordText(answer.record);
  // The owner may have set or taken away the password since the URL was made: the server tells by asking for the gate or not.
  const keys = secured ? [secured.key, bare.key] : [bare.key];
  const record = await openWithOneOf(keys, (key) => openLinkRecord(engine, link, key, place, sealed));
  const facts: LinkFacts = {
    title: record.title,
    growing: record.state === 'growing',
    expectedBytes: record.expectedBytes,
    receivedBytes: answer.receivedBytes,
    createdMs: record.createdMs,
    expiresAt: answer.expiresAt,
    downloadsLeft: answer.downloadsLeft,
    fingerprint: link.fingerprint,
    version: answer.version,
    takesTips: hasJar(sealed),
  };
  return new OpenedLink({ connection, engine, pool: options.pool ?? inlinePool(engine), objects, facts, record, stretched });
}

/** The sealed record in an answer. @internal */
export function decodeRecordText(text: string): Bytes {
  const binary = /^[A-Za-z0-9_-]+$/.test(text) ? atob(text.replaceAll('-', '+').replaceAll('_', '/')) : '';
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

async function openWithOneOf(keys: readonly Bytes[], open: (key: Bytes) => Promise<LinkRecord>): Promise<LinkRecord> {
  for (const [i, key] of keys.entries()) {
    try {
      return await open(key);
    } catch (error) {
      if (i === keys.length - 1 || !(error instanceof Failure && error.code === 'reject')) throw error;
    }
  }
  throw new Failure('reject');
}

type OpenedParts = {
  readonly connection: Connection;
  readonly engine: Engine;
  readonly pool: SealPool;
  readonly objects: LinkObjects;
  readonly facts: LinkFacts;
  readonly record: LinkRecord;
  readonly stretched: Bytes | null;
};

/** A link that was opened: its facts, what it lists, and its files, each byte checked before it is handed out. */
export class OpenedLink extends ContentReader {
  readonly facts: LinkFacts;
  /** Argon2id of the password, to open the link again without asking; null without one. */
  readonly stretched: Bytes | null;
  readonly #connection: Connection;
  readonly #objects: LinkObjects;

  constructor(parts: OpenedParts) {
    super(parts, parts.record.ref);
    this.facts = parts.facts;
    this.stretched = parts.stretched;
    this.#connection = parts.connection;
    this.#objects = parts.objects;
  }

  /** The download that runs, as the server knows it; null before it begins. */
  get download(): string | null {
    return this.#objects.download;
  }

  /** Tells the server that a download begins; under a cap this reserves a place. @throws Failure link-unavailable when used up */
  async beginDownload(signal?: AbortSignal): Promise<void> {
    const answer = await this.#connection.call('links.download', {
      params: { link: this.#objects.link },
      body: this.#objects.body,
      signal,
    });
    this.#objects.download = answer.download;
  }

  /** Tells the server that the download begun before has ended well; it counts once, however often this is called. */
  async finishDownload(signal?: AbortSignal): Promise<void> {
    if (this.#objects.download === null) return;
    const params = { link: this.#objects.link, download: this.#objects.download };
    await this.#connection.call('links.finish', { params, body: this.#objects.body, signal });
  }
}
