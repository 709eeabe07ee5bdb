// The owner's side of one link: creating it, adding to its list, giving it new records. spec/link.md.
import { type Bytes, formatBase64url } from '@reprise/kit';
import { Failure, formatId, type LinkId, linkListIdsMax, type SpaceId } from '@reprise/protocol';
import { sha256 } from '@reprise/protocol/formats';
import {
  type Engine,
  formatLink,
  type Link,
  type LinkAddress,
  type LinkRecord,
  linkAddress,
  linkAuthor,
  linkFlags,
  linkKeys,
  linkSecret,
  type Owner,
  type Ref,
  sealLinkNote,
  sealLinkRecord,
} from '@reprise/vault';
import type { Connection } from './connect.ts';

export type OwnedSpace = {
  readonly connection: Connection;
  readonly engine: Engine;
  readonly owner: Owner;
  /** 32 bytes. */
  readonly space: Bytes;
  /** When the space was opened: certificates in its records carry it. */
  readonly createdMs: number;
};

/** What is sealed about a link, apart from its target. */
export type LinkFace = {
  readonly title: string;
  readonly label: string;
  /** When the link was made, ms. */
  readonly createdMs: number;
  /** Argon2id of the password; empty without one. */
  readonly stretched: Bytes;
};

/** When a link ends. */
export type LinkTerms = {
  /** Milliseconds since 1970; null: as long as the server allows. */
  readonly expiresAt: number | null;
  readonly downloadsMax: number | null;
};

export type LinkTarget = {
  readonly ref: Ref | null;
  readonly sizeBytes: number;
  /** Of an upload that still runs: what it will hold. */
  readonly expectedBytes: number | null;
};

export class PublishedLink {
  readonly link: Link;
  readonly address: LinkAddress;
  readonly n: number;
  readonly #space: OwnedSpace;
  #version: number;

  private constructor(space: OwnedSpace, n: number, link: Link, address: LinkAddress, version: number) {
    this.#space = space;
    this.n = n;
    this.link = link;
    this.address = address;
    this.#version = version;
  }

  /** The n-th link of the owner. @param version of the record on the server; 0 if there is none yet */
  static async open(
    space: OwnedSpace,
    n: number,
    options: { readonly hasPassword: boolean; readonly version: number },
  ): Promise<PublishedLink> {
    const flags = linkFlags.anonymous | (options.hasPassword ? linkFlags.password : 0);
    const link = { flags, secret: await linkSecret(space.engine, space.owner, n), fingerprint: space.owner.fingerprint };
    return new PublishedLink(space, n, link, await linkAddress(space.engine, link), options.version);
  }

  url(origin: string): string {
    return formatLink(origin, this.link);
  }

  get id(): LinkId {
    return formatId<LinkId>(this.address.id);
  }

  get #params() {
    return { space: formatId<SpaceId>(this.#space.space), link: this.id };
  }

  /** @returns when the link ends, ms, as the server decided */
  async create(face: LinkFace, terms: LinkTerms, target: LinkTarget, signal?: AbortSignal): Promise<number | null> {
    const { connection, owner } = this.#space;
    const version = this.#version + 1;
    const answer = await connection.call('links.create', {
      params: { space: this.#params.space },
      body: {
        link: this.id,
        tokenHash: formatBase64url(await sha256(this.address.token)),
        gateHash: await this.gateHash(face.stretched),
        record: await this.#sealRecord(version, face, target),
        version,
        growing: target.expectedBytes !== null,
        note: await this.sealNote(face, target),
        ...terms,
      },
      device: owner.device,
      signal,
    });
    this.#version = version;
    return answer.expiresAt;
  }

  /** Gives the link a new record. A version that is taken already is passed over. */
  async update(face: LinkFace, target: LinkTarget, signal?: AbortSignal): Promise<void> {
    try {
      await this.#sendRecord(this.#version + 1, face, target, signal);
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'version-conflict' && typeof error.facts['version'] === 'number')) throw error;
      await this.#sendRecord(error.facts['version'] + 1, face, target, signal);
    }
  }

  async #sendRecord(version: number, face: LinkFace, target: LinkTarget, signal: AbortSignal | undefined): Promise<void> {
    await this.#space.connection.call('links.update', {
      params: this.#params,
      body: {
        record: await this.#sealRecord(version, face, target),
        version,
        growing: target.expectedBytes !== null,
        gateHash: await this.gateHash(face.stretched),
        note: await this.sealNote(face, target),
      },
      device: this.#space.owner.device,
      signal,
    });
    this.#version = version;
  }

  /** @throws Failure objects-missing */
  async list(ids: readonly Bytes[], signal?: AbortSignal): Promise<void> {
    for (let at = 0; at < ids.length; at += linkListIdsMax) {
      const part = ids.slice(at, at + linkListIdsMax);
      const body = new Uint8Array(32 * part.length);
      part.forEach((id, i) => body.set(id, 32 * i));
      await this.#space.connection.call('links.list', { params: this.#params, body, device: this.#space.owner.device, signal });
    }
  }

  async delete(signal?: AbortSignal): Promise<void> {
    await this.#space.connection.call('links.delete', { params: this.#params, device: this.#space.owner.device, signal });
  }

  async gateHash(stretched: Bytes): Promise<string | null> {
    if (stretched.length === 0) return null;
    const { gate } = await linkKeys(this.#space.engine, this.#flagged(stretched), stretched);
    return formatBase64url(await sha256(gate));
  }

  async sealNote(face: LinkFace, target: LinkTarget): Promise<string> {
    const { engine, owner, connection } = this.#space;
    const { label, title, stretched } = face;
    const note = { n: this.n, label, ref: target.ref, stretched, title, sizeBytes: target.sizeBytes, flags: this.link.flags };
    return formatBase64url(await sealLinkNote(engine, owner, this.address.id, note, connection.random));
  }

  async #sealRecord(version: number, face: LinkFace, target: LinkTarget): Promise<string> {
    const { engine, owner, connection, createdMs } = this.#space;
    const { key } = await linkKeys(engine, this.#flagged(face.stretched), face.stretched);
    const record: LinkRecord = {
      state: target.expectedBytes === null ? 'snapshot' : 'growing',
      ref: target.ref,
      title: face.title,
      createdMs: face.createdMs,
      expectedBytes: target.expectedBytes,
    };
    const author = await linkAuthor(owner, createdMs);
    const place = { linkId: this.address.id, version };
    return formatBase64url(await sealLinkRecord(engine, key, place, record, author, connection.random));
  }

  /** The key depends on whether there is a password now, not on whether there was one when the URL was made. */
  #flagged(stretched: Bytes): Link {
    const flags = stretched.length > 0 ? this.link.flags | linkFlags.password : this.link.flags & ~linkFlags.password;
    return { ...this.link, flags };
  }
}
