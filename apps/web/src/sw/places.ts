// Where the chunks of a grant are: asked of the server in stretches, kept until the answer expires.
import { formatHex } from '@reprise/kit';
import type { Grant, GrantLink } from '../engine/grants.ts';

const idsAsked = 512;
const marginMs = 30_000;

type Stretch = { readonly urls: readonly string[]; readonly expiresAt: number };

/** The server answered, and not with what was asked for. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`refused: ${status}`);
    this.status = status;
  }
}

export class Places {
  private readonly grant: Grant;
  private stretches = new Map<number, Promise<Stretch>>();

  constructor(grant: Grant) {
    this.grant = grant;
  }

  /** After a failure: what was known may no longer hold. */
  forget(): void {
    this.stretches = new Map();
  }

  async urlOf(extent: number, signal: AbortSignal): Promise<string> {
    const { source, extents } = this.grant;
    if ('template' in source) {
      const wanted = extents[extent];
      if (!wanted) throw new TypeError('no place');
      if (source.expiresAt < Date.now()) throw new Refused(410);
      return source.template.replace('{id}', formatHex(wanted.id));
    }
    const stretch = Math.floor(extent / idsAsked);
    let known = this.stretches.get(stretch);
    if (known && (await known).expiresAt < Date.now() + marginMs) known = undefined;
    if (!known) {
      known = this.ask(source, stretch * idsAsked);
      this.stretches.set(stretch, known);
      known.catch(() => this.stretches.delete(stretch));
    }
    const url = (await known).urls[extent - stretch * idsAsked];
    signal.throwIfAborted();
    if (url === undefined) throw new TypeError('no place');
    return url;
  }

  private async ask({ id, token, gate, download }: GrantLink, first: number): Promise<Stretch> {
    const ids = this.grant.extents.slice(first, first + idsAsked).map((extent) => formatHex(extent.id));
    const body = JSON.stringify({ token, ids, ...(gate ? { gate } : {}), ...(download ? { download } : {}) });
    const response = await fetch(`/api/v1/links/${id}/gets`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (!response.ok) throw new Refused(response.status);
    const answer = (await response.json()) as { readonly urls?: unknown; readonly expiresAt?: unknown };
    if (!Array.isArray(answer.urls) || answer.urls.length !== ids.length) throw new TypeError('places: bad answer');
    return { urls: answer.urls.map(String), expiresAt: Number(answer.expiresAt) };
  }
}
