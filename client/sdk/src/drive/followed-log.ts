// The log of a space as one device follows it: each entry judged before it is believed, the accepted head kept durably before anybody acts
// on it, and no way back. What does not descend from it freezes the space. spec/log.md "Rules of a client", R1 to R3.
import { type Bytes, type Clock, equalBytes, formatHex } from '@reprise/kit';
import { type DeviceId, formatId, type SpaceId } from '@reprise/protocol';
import {
  advanceLog,
  type DcborValue,
  decodeDcbor,
  decodeEntry,
  decodeEnvelope,
  decodeLogState,
  encodeDcbor,
  encodeEnvelope,
  encodeLogState,
  type Envelope,
  entryId,
  Failure,
  type LogEntry,
  type LogState,
  readBytes,
  readTuple,
  readUint,
  signatureLabels,
  startLog,
  verifySignature,
} from '@reprise/protocol/formats';
import type { LogPoint } from '../account/session.ts';
import type { HeadStore } from './head-store.ts';

/** Where the entries of a log come from. What it brings is judged; it may lie. */
export interface LogFeed {
  /** Envelopes in ascending order from the entry `from` on, as many as fit a page; none: there is no more. */
  read(from: number, options: { readonly attachments: readonly number[]; readonly signal?: AbortSignal | undefined }): Promise<Bytes[]>;
  head(signal?: AbortSignal): Promise<{ readonly seq: number; readonly head: Bytes }>;
}

/** Two histories that cannot both be the space's, as signed entries: what a person shows to somebody. */
export type Disagreement = {
  /** rollback: the server's history ends before ours. fork: it goes on otherwise. */
  readonly reason: 'rollback' | 'fork';
  /** The newest entry that was accepted here, and the server's; null if the server showed none. */
  readonly ours: SignedEntry;
  readonly theirs: SignedEntry | null;
  readonly seenAtMs: number;
};
export type SignedEntry = { readonly seq: number; readonly timeMs: number; readonly envelope: Bytes };

/** An entry that was accepted just now. */
export type Accepted = {
  readonly entry: LogEntry;
  readonly id: Bytes;
  readonly attachments: Envelope['attachments'];
  readonly state: LogState;
};

type Head = {
  readonly state: LogState;
  /** The newest entry with its signature, without attachments. */
  readonly envelope: Bytes;
  readonly disagreement: Disagreement | null;
};

export type FollowOptions = {
  readonly space: SpaceId;
  readonly store: HeadStore;
  readonly feed: LogFeed;
  /** What the account knows: an accepted log holds this entry. null: nothing is known but the space's id. */
  readonly start: LogPoint | null;
  readonly clock: Clock;
};

export class FollowedLog {
  readonly #options: FollowOptions;
  #head: Head | null;

  private constructor(options: FollowOptions, head: Head | null) {
    this.#options = options;
    this.#head = head;
  }

  /** @throws Failure bad-journal if what was kept cannot be read */
  static async open(options: FollowOptions): Promise<FollowedLog> {
    const record = await options.store.load(options.space);
    return new FollowedLog(options, record ? decodeHead(record) : null);
  }

  /** The accepted state. @throws Failure if nothing was accepted yet: refresh first */
  get state(): LogState {
    if (!this.#head) throw new Failure('bad-journal', { reason: 'no head was accepted yet' });
    return this.#head.state;
  }

  get isStarted(): boolean {
    return this.#head !== null;
  }

  get disagreement(): Disagreement | null {
    return this.#head?.disagreement ?? null;
  }

  /** @throws Failure drive-frozen while the server's history disagrees */
  assertWritable(): void {
    const { disagreement } = this;
    if (disagreement) throw frozen(disagreement);
  }

  /**
   * Follows the log to its end, or at least to `target`. What was accepted is durable when this resolves.
   * A server that shows again what was accepted here, and goes on from it, ends a disagreement.
   * @returns the entries that are new, in order
   * @throws Failure drive-frozen on a rollback or a fork, and keeps both signed heads; log-refused for an entry that is not valid
   */
  async refresh(
    options: { readonly target?: number; readonly attachments?: readonly number[]; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Accepted[]> {
    const accepted: Accepted[] = [];
    const { start } = this.#options;
    const before = this.#head?.state.seq ?? -1;
    const begun = await this.#begin(options, accepted);
    let { state, envelope, rest } = begun;
    let isKnown = start === null || state.seq >= start.seq;
    try {
      for (;;) {
        for (const bytes of rest) {
          const next = decodeEnvelope(bytes);
          const advanced = await advanceLog(state, next);
          ({ state } = advanced);
          envelope = bare(next);
          accepted.push({ entry: advanced.entry, id: advanced.id, attachments: next.attachments, state });
          await this.#checkStart(state, envelope);
          isKnown ||= state.seq === start?.seq;
        }
        if (rest.length === 0 || state.seq >= (options.target ?? Number.POSITIVE_INFINITY)) break;
        rest = await this.#read(state.seq + 1, options);
      }
    } finally {
      // What was valid before an entry that was not stays accepted, once it is known to hold what the account knows.
      if (isKnown && state.seq > before && !this.disagreement) await this.#save({ state, envelope, disagreement: null });
    }
    if (!isKnown) await this.#disagree('rollback', { state, envelope }, null);
    if (this.disagreement) await this.#save({ state, envelope, disagreement: null });
    return accepted;
  }

  /** Takes an entry of one's own that the server has taken. */
  async accept(state: LogState, envelope: Envelope): Promise<void> {
    await this.#save({ state, envelope: bare(envelope), disagreement: null });
  }

  /** A person looked at both histories and wants the server's: what was accepted here is forgotten, and the log is read anew. */
  async adoptServers(signal?: AbortSignal): Promise<void> {
    const { space, store } = this.#options;
    const kept = this.#head;
    const fresh = new FollowedLog({ ...this.#options, start: null, store: { ...discarding, load: () => undefined } }, null);
    await fresh.refresh({ signal });
    await store.forget(space);
    this.#head = null;
    try {
      await this.#save({ ...(fresh.#head as Head), disagreement: null });
    } catch (error) {
      this.#head = kept;
      throw error;
    }
  }

  /** The place to go on from: what was accepted, found again at the server; or the genesis, on a device that knows nothing. */
  async #begin(
    options: { readonly attachments?: readonly number[]; readonly signal?: AbortSignal | undefined },
    accepted: Accepted[],
  ): Promise<{ state: LogState; envelope: Bytes; rest: Bytes[] }> {
    if (!this.#head) return this.#beginAnew(options, accepted);
    const { state, envelope } = this.#head;
    const [first, ...rest] = await this.#read(state.seq, options);
    if (first === undefined) return this.#disagree('rollback', this.#head, await this.#theirNewest(options.signal));
    const theirs = decodeEnvelope(first);
    if (equalBytes(await entryId(theirs.entry), state.head)) return { state, envelope, rest };
    await checkEvidence(state, theirs);
    return this.#disagree('fork', this.#head, bare(theirs));
  }

  async #beginAnew(
    options: { readonly attachments?: readonly number[]; readonly signal?: AbortSignal | undefined },
    accepted: Accepted[],
  ): Promise<{ state: LogState; envelope: Bytes; rest: Bytes[] }> {
    const [first, ...rest] = await this.#read(0, options);
    if (first === undefined) throw new Failure('bad-answer', { reason: 'a log begins with a genesis' });
    const genesis = decodeEnvelope(first);
    const state = await startLog(genesis);
    if (formatHex(state.space) !== this.#options.space) throw new Failure('bad-answer', { reason: 'the log of another space' });
    const entry = decodeEntry(genesis.entry);
    accepted.push({ entry, id: state.head, attachments: genesis.attachments, state });
    await this.#checkStart(state, bare(genesis));
    return { state, envelope: bare(genesis), rest };
  }

  #read(from: number, options: { readonly attachments?: readonly number[]; readonly signal?: AbortSignal | undefined }): Promise<Bytes[]> {
    return this.#options.feed.read(from, { attachments: options.attachments ?? [], signal: options.signal });
  }

  /** The entry that the account knows stands where it knows it. */
  async #checkStart(state: LogState, envelope: Bytes): Promise<void> {
    const { start } = this.#options;
    if (start?.seq !== state.seq || equalBytes(start.head, state.head)) return;
    await this.#disagree('fork', { state, envelope }, envelope);
  }

  async #theirNewest(signal: AbortSignal | undefined): Promise<Bytes | null> {
    const { feed } = this.#options;
    const { seq } = await feed.head(signal);
    if (seq >= this.state.seq) throw new Failure('bad-answer', { reason: 'the server names a head and does not show it' });
    const [newest] = await feed.read(seq, { attachments: [], signal });
    return newest === undefined ? null : bare(decodeEnvelope(newest));
  }

  async #disagree(reason: Disagreement['reason'], ours: Pick<Head, 'state' | 'envelope'>, theirs: Bytes | null): Promise<never> {
    const disagreement: Disagreement = {
      reason,
      ours: signedEntry(ours.envelope),
      theirs: theirs && signedEntry(theirs),
      seenAtMs: this.#options.clock.now(),
    };
    // A device that never accepted anything has nothing to keep: it will ask again.
    if (this.#head) await this.#save({ ...this.#head, disagreement });
    throw frozen(disagreement);
  }

  async #save(head: Head): Promise<void> {
    const { store, space } = this.#options;
    await store.save(space, head.state.seq, encodeHead(head));
    this.#head = head;
  }
}

const discarding: Omit<HeadStore, 'load'> = { save: () => undefined, forget: () => undefined };

/** Noise is no history: only what a device of the space signed is shown to anybody as the other one. */
async function checkEvidence(state: LogState, { entry, signature }: Envelope): Promise<void> {
  const device = state.devices.get(formatId<DeviceId>(decodeEntry(entry).deviceId));
  if (!device || !verifySignature(signatureLabels.log, device.publicKey, entry, signature))
    throw new Failure('log-refused', { step: 'signature' });
}

function frozen({ reason, ours, theirs }: Disagreement): Failure {
  return new Failure('drive-frozen', { reason, ours: ours.seq, theirs: theirs?.seq ?? null });
}

function bare({ entry, signature }: Envelope): Bytes {
  return encodeEnvelope({ entry, signature, attachments: new Map() });
}

function signedEntry(envelope: Bytes): SignedEntry {
  const { seq, timeMs } = decodeEntry(decodeEnvelope(envelope).entry);
  return { seq, timeMs, envelope };
}

const reasons: readonly Disagreement['reason'][] = ['rollback', 'fork'];

function encodeHead({ state, envelope, disagreement }: Head): Bytes {
  const kept = disagreement && [
    reasons.indexOf(disagreement.reason),
    disagreement.ours.envelope,
    disagreement.theirs?.envelope ?? null,
    disagreement.seenAtMs,
  ];
  return encodeDcbor([1, encodeLogState(state), envelope, kept]);
}

/** @throws Failure bad-journal */
function decodeHead(record: Bytes): Head {
  try {
    const [version, state, envelope, disagreement] = readTuple(decodeDcbor(record), 4);
    readUint(version, 1, 1);
    return {
      state: decodeLogState(readBytes(state)),
      envelope: readBytes(envelope),
      disagreement: disagreement === null ? null : readDisagreement(disagreement),
    };
  } catch (cause) {
    throw new Failure('bad-journal', { reason: 'the accepted head cannot be read' }, { cause });
  }
}

function readDisagreement(value: DcborValue | undefined): Disagreement {
  const [reason, ours, theirs, seenAtMs] = readTuple(value, 4);
  return {
    reason: reasons[readUint(reason, reasons.length - 1)] as Disagreement['reason'],
    ours: signedEntry(readBytes(ours)),
    theirs: theirs === null ? null : signedEntry(readBytes(theirs)),
    seenAtMs: readUint(seenAtMs),
  };
}
