// One space at its server, as a member's device asks for it: the log, the next entry, what is there. Nothing here judges what comes.
// spec/spaces.md.
import type { Bytes } from '@reprise/kit';
import { type AnswerOf, type Contract, Failure, type SpaceId, splitEnvelopes } from '@reprise/protocol';
import type { CallOptions, Connection } from '../connect.ts';
import type { LogFeed } from './followed-log.ts';

/** Signs requests. */
export type RequestDevice = NonNullable<CallOptions<Contract['spaces.log']>['device']>;

/** What a server answers to an entry that it did not take because another came first. */
export type HeadConflict = { readonly seq: number; readonly head: string };

export class SpaceService implements LogFeed {
  readonly #connection: Connection;
  readonly #space: SpaceId;
  readonly #device: RequestDevice;

  constructor(connection: Connection, space: SpaceId, device: RequestDevice) {
    this.#connection = connection;
    this.#space = space;
    this.#device = device;
  }

  get #call() {
    return { params: { space: this.#space }, device: this.#device };
  }

  async read(
    from: number,
    options: { readonly attachments: readonly number[]; readonly signal?: AbortSignal | undefined },
  ): Promise<Bytes[]> {
    const { attachments, signal } = options;
    const body = { from, ...(attachments.length > 0 && { attachments: [...attachments] }) };
    return splitEnvelopes(await this.#connection.call('spaces.log', { ...this.#call, body, signal }));
  }

  /** A part of the log, both ends included; for history. */
  async readSpan(from: number, to: number, attachments: readonly number[], signal?: AbortSignal): Promise<Bytes[]> {
    const envelopes: Bytes[] = [];
    for (let at = from; at <= to; ) {
      const body = { from: at, to, attachments: [...attachments] };
      const page = splitEnvelopes(await this.#connection.call('spaces.log', { ...this.#call, body, signal }));
      if (page.length === 0) break;
      envelopes.push(...page);
      at += page.length;
    }
    return envelopes;
  }

  async head(signal?: AbortSignal): Promise<{ readonly seq: number; readonly head: Bytes }> {
    const { seq, head } = await this.#connection.call('spaces.head', { ...this.#call, signal });
    return { seq, head: bytesOfHex(head) };
  }

  /**
   * @returns null once the entry is durable, or what came before it
   * @throws Failure objects-missing, over-quota, disk-full, log-refused, role-refused, network …
   */
  async append(envelope: Bytes, signal?: AbortSignal): Promise<HeadConflict | null> {
    try {
      await this.#connection.call('spaces.append', { ...this.#call, body: envelope, signal });
      return null;
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'head-conflict')) throw error;
      const { seq, head } = error.facts;
      if (typeof seq !== 'number' || typeof head !== 'string') throw new Failure('bad-answer', { endpoint: 'spaces.append' });
      return { seq, head };
    }
  }

  /** @param ids 32 bytes each @returns those that the space does not hold */
  async have(ids: Bytes, signal?: AbortSignal): Promise<Bytes> {
    return (await this.#connection.call('spaces.have', { ...this.#call, body: ids, signal })).slice();
  }

  usage(signal?: AbortSignal): Promise<AnswerOf<Contract['account.usage']>> {
    return this.#connection.call('account.usage', { params: {}, device: this.#device, signal });
  }
}

function bytesOfHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
