// Sealed objects that a link lists, asked for with the proof that the caller holds the link. spec/link.md "What a server promises".
import { type Bytes, formatBase64url } from '@reprise/kit';
import type { LinkId } from '@reprise/protocol';
import type { Connection } from './connect.ts';
import { SealedObjects } from './sealed-objects.ts';

/** What shows the server that the caller holds the link. */
export type LinkProof = { readonly link: LinkId; readonly token: Bytes; readonly gate: Bytes | null };

export class LinkObjects extends SealedObjects {
  readonly #proof: LinkProof;
  /** Set while a download runs: the server counts it once. */
  download: string | null = null;

  constructor(connection: Connection, proof: LinkProof) {
    super(connection, (ids, signal) => {
      const body = { ...this.body, ...(this.download !== null && { download: this.download }), ids: [...ids] };
      return connection.call('links.gets', { params: { link: this.link }, body, signal });
    });
    this.#proof = proof;
  }

  /** The proof as the contract's bodies carry it. */
  get body(): { token: string; gate?: string } {
    const { token, gate } = this.#proof;
    return { token: formatBase64url(token), ...(gate && { gate: formatBase64url(gate) }) };
  }

  get link(): LinkId {
    return this.#proof.link;
  }
}
