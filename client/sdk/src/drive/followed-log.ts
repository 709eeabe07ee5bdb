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
  readArray,
  readBytes,
  readTuple,
  readUint,
  signatureLabels,
  startLog,
  verifySignature,
} from '@reprise/protocol/formats';
import type { LogPoint } from '../account/session.ts';
import { type HeadStore, memoryHeadStore } from './head-store.ts';

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
/** An entry of the log with its signature, as evidence. */
export type SignedEntry = { readonly seq: number; readonly timeMs: number; readonly envelope: Bytes };

/** An entry that was accepted just now. */
export type Accepted = {
  readonly entry: LogEntry;
  readonly id: Bytes;
  readonly attachments: Envelope['attachments'];
  readonly state: LogState;
};

/** The key of the epoch before, as a rekey handed it on: spec/epochs.md "History". */
export type EpochHistory = {
  /** The one that the rekey began; its key opens what is sealed. */
  readonly epoch: number;
  readonly sealed: Bytes;
  /** To the key of the epoch before. */
  readonly commitment: Bytes;
};

/** An entry that was judged valid, with the state after it. */
type Step = {
  readonly state: LogState;
  /** The entry with its signature, without attachments. */
  readonly envelope: Bytes;
  /** Of every rekey up to the entry that brought one, ascending. */
  readonly histories: readonly EpochHistory[];
};

type Head = Step & {
  readonly disagreement: Disagreement | null;
  /** How often a person on this device chose the server's history. */
  readonly adoptions: number;
};

/** A head as it was read or written last: what replaces it names these bytes. */
type Kept = { readonly head: Head; readonly record: Bytes };

/** Entries on the way from the accepted head on, by their numbers, as they came. */
type Trail = Map<number, { readonly id: Bytes; readonly envelope: Bytes }>;

type ReadOptions = { readonly attachments?: readonly number[]; readonly signal?: AbortSignal | undefined };

export type FollowOptions = {
  readonly space: SpaceId;
  readonly store: HeadStore;
  readonly feed: LogFeed;
  /** What the account knows: an accepted log holds this entry. null: nothing is known but the space's id. */
  readonly start: LogPoint | null;
  readonly clock: Clock;
};

/** Programs of one device that replace the head at once. Each round one of them gets through. */
const roundsMax = 100;

export class FollowedLog {
  readonly #options: FollowOptions;
  #kept: Kept | null;
  /** The id of the newest entry that this program made. */
  #own: Bytes | undefined;
  #heard = 0;

  private constructor(options: FollowOptions, kept: Kept | null) {
    this.#options = options;
    this.#kept = kept;
  }

  /** @throws Failure bad-journal if what was kept cannot be read */
  static async open(options: FollowOptions): Promise<FollowedLog> {
    return new FollowedLog(options, await loadHead(options));
  }

  get #head(): Head | null {
    return this.#kept?.head ?? null;
  }

  /** Hears what another program of this device has kept about the server: a disagreement, or that a person chose a history. */
  async hear(): Promise<void> {
    const kept = await loadHead(this.#options);
    if (kept && (kept.head.disagreement || kept.head.adoptions > this.#adoptions)) this.#take(kept);
  }

  /** Grows whenever the head moves by more than this program's own entries, whichever call it was that followed the log. */
  get heard(): number {
    return this.#heard;
  }

  #take(kept: Kept | null): void {
    const [before, after] = [this.#head?.state.head, kept?.head.state.head];
    this.#kept = kept;
    if (after && !(before && equalBytes(before, after)) && !(this.#own && equalBytes(this.#own, after))) this.#heard++;
  }

  /** The accepted state. @throws Failure if nothing was accepted yet: refresh first */
  get state(): LogState {
    if (!this.#head) throw new Failure('bad-journal', { reason: 'no head was accepted yet' });
    return this.#head.state;
  }

  /** How a reader of the present epoch comes by the keys of earlier ones, newest last. */
  get histories(): readonly EpochHistory[] {
    return this.#head?.histories ?? [];
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
    for (let round = 1; ; round++) {
      await this.hear();
      try {
        return await this.#follow(options);
      } catch (error) {
        if (!(error instanceof Superseded) || round >= roundsMax) throw error;
      }
    }
  }

  async #follow(options: ReadOptions & { readonly target?: number }): Promise<Accepted[]> {
    const accepted: Accepted[] = [];
    const trail: Trail = new Map();
    const { start } = this.#options;
    const before = this.#head?.state.seq ?? -1;
    const begun = await this.#begin(options, accepted);
    let last: Step = begun;
    let { rest } = begun;
    note(trail, last.state, last.envelope);
    let isKnown = start === null || last.state.seq >= start.seq;
    const step = async (bytes: Bytes) => {
      last = await this.#advance(last, bytes, accepted, trail);
      await this.#checkStart(last);
      isKnown ||= last.state.seq === start?.seq;
    };
    try {
      for (;;) {
        for (const bytes of rest) await step(bytes);
        if (rest.length === 0 || last.state.seq >= (options.target ?? Number.POSITIVE_INFINITY)) break;
        rest = await this.#read(last.state.seq + 1, options);
      }
    } finally {
      // What was valid before an entry that was not stays accepted, once it is known to hold what the account knows.
      if (isKnown && last.state.seq > before && !this.disagreement) await this.#settle(last, trail, options, accepted);
    }
    if (!isKnown) await this.#disagree('rollback', last, null);
    if (this.disagreement) await this.#settle(last, trail, options, accepted);
    return accepted;
  }

  /** Takes an entry of one's own that the server has taken. */
  async accept(state: LogState, envelope: Envelope): Promise<void> {
    const step = { state, envelope: bare(envelope), histories: this.#head ? handedOn(this.#head, decodeEntry(envelope.entry)) : [] };
    const trail: Trail = new Map();
    if (this.#head) note(trail, this.#head.state, this.#head.envelope);
    note(trail, state, step.envelope);
    this.#own = state.head;
    try {
      await this.#settle(step, trail, {}, []);
    } catch (error) {
      // A person chose another history meanwhile: whether this entry is in it is for the next reading to say.
      if (!(error instanceof Superseded)) throw error;
      throw new Failure('head-conflict', { seq: this.state.seq }, { cause: error });
    }
  }

  /** A person looked at both histories and wants the server's: what was accepted here is forgotten, and the log is read anew. */
  async adoptServers(signal?: AbortSignal): Promise<void> {
    const fresh = new FollowedLog({ ...this.#options, start: null, store: memoryHeadStore() }, null);
    await fresh.refresh({ signal });
    for (let round = 1; round <= roundsMax; round++) {
      const adoptions = this.#adoptions + 1;
      if (await this.#replace({ ...(fresh.#head as Head), disagreement: null, adoptions })) return;
      this.#take(await loadHead(this.#options));
    }
    throw busy();
  }

  /** The place to go on from: what was accepted, found again at the server; or the genesis, on a device that knows nothing. */
  async #begin(options: ReadOptions, accepted: Accepted[]): Promise<Step & { readonly rest: Bytes[] }> {
    if (!this.#head) return this.#beginAnew(options, accepted);
    const { state, envelope, histories } = this.#head;
    const [first, ...rest] = await this.#read(state.seq, options);
    if (first === undefined) return this.#disagree('rollback', this.#head, await this.#theirNewest(options.signal));
    const theirs = decodeEnvelope(first);
    if (equalBytes(await entryId(theirs.entry), state.head)) return { state, envelope, histories, rest };
    await checkEvidence(state, theirs);
    return this.#disagree('fork', this.#head, bare(theirs));
  }

  async #beginAnew(options: ReadOptions, accepted: Accepted[]): Promise<Step & { readonly rest: Bytes[] }> {
    const [first, ...rest] = await this.#read(0, options);
    if (first === undefined) throw new Failure('bad-answer', { reason: 'a log begins with a genesis' });
    const genesis = decodeEnvelope(first);
    const state = await startLog(genesis);
    if (formatHex(state.space) !== this.#options.space) throw new Failure('bad-answer', { reason: 'the log of another space' });
    const entry = decodeEntry(genesis.entry);
    accepted.push({ entry, id: state.head, attachments: genesis.attachments, state });
    const step = { state, envelope: bare(genesis), histories: [] };
    await this.#checkStart(step);
    return { ...step, rest };
  }

  async #advance(before: Step, bytes: Bytes, accepted: Accepted[], trail: Trail): Promise<Step> {
    const envelope = decodeEnvelope(bytes);
    const { state, entry, id } = await advanceLog(before.state, envelope);
    accepted.push({ entry, id, attachments: envelope.attachments, state });
    note(trail, state, bytes);
    return { state, envelope: bare(envelope), histories: handedOn(before, entry) };
  }

  #read(from: number, options: ReadOptions): Promise<Bytes[]> {
    return this.#options.feed.read(from, { attachments: options.attachments ?? [], signal: options.signal });
  }

  /** The entry that the account knows stands where it knows it. */
  async #checkStart(step: Step): Promise<void> {
    const { start } = this.#options;
    if (start?.seq !== step.state.seq || equalBytes(start.head, step.state.head)) return;
    await this.#disagree('fork', step, step.envelope);
  }

  async #theirNewest(signal: AbortSignal | undefined): Promise<Bytes | null> {
    const { feed } = this.#options;
    const { seq } = await feed.head(signal);
    if (seq >= this.state.seq) throw new Failure('bad-answer', { reason: 'the server names a head and does not show it' });
    const [newest] = await feed.read(seq, { attachments: [], signal });
    return newest === undefined ? null : bare(decodeEnvelope(newest));
  }

  /** Keeps a disagreement durably. The first one stays, unless it had nothing of theirs to show and this one has. */
  async #disagree(reason: Disagreement['reason'], ours: Step, theirs: Bytes | null): Promise<never> {
    const disagreement: Disagreement = {
      reason,
      ours: signedEntry(ours.envelope),
      theirs: theirs && signedEntry(theirs),
      seenAtMs: this.#options.clock.now(),
    };
    for (let round = 1; round <= roundsMax; round++) {
      const head = this.#head;
      // A device that never accepted anything has nothing to keep: it will ask again.
      if (!head) throw frozen(disagreement);
      if (head.disagreement && (head.disagreement.theirs || !theirs)) throw frozen(head.disagreement);
      if (await this.#replace({ ...head, disagreement })) throw frozen(disagreement);
      const kept = await loadHead(this.#options);
      if (!kept || kept.head.adoptions > this.#adoptions) throw this.#superseded(kept);
      this.#take(kept);
    }
    throw busy();
  }

  /**
   * Makes a head durable that goes on from the one accepted here. If another program of this device was quicker, what it kept must lie on the
   * same way: before this head, or behind it, where the server has to show the way there.
   */
  async #settle(head: Step, trail: Trail, options: ReadOptions, accepted: Accepted[]): Promise<void> {
    let last = head;
    for (let round = 1; round <= roundsMax; round++) {
      if (await this.#replace({ ...last, disagreement: null, adoptions: this.#adoptions })) return;
      const kept = await loadHead(this.#options);
      if (!kept || kept.head.adoptions > this.#adoptions) throw this.#superseded(kept);
      const known = kept.head.state;
      while (last.state.seq < known.seq && !kept.head.disagreement) {
        const page = await this.#read(last.state.seq + 1, options);
        if (page.length === 0) break;
        for (const bytes of page) last = await this.#advance(last, bytes, accepted, trail);
      }
      this.#take(kept);
      if (kept.head.disagreement) throw frozen(kept.head.disagreement);
      if (last.state.seq < known.seq) await this.#disagree('rollback', kept.head, last.envelope);
      const there = trail.get(known.seq);
      if (!there) throw this.#superseded(kept);
      if (!equalBytes(there.id, known.head)) await this.#disagree('fork', kept.head, bare(decodeEnvelope(there.envelope)));
    }
    throw busy();
  }

  get #adoptions(): number {
    return this.#head?.adoptions ?? 0;
  }

  #superseded(kept: Kept | null): Superseded {
    this.#take(kept);
    return new Superseded();
  }

  /** @returns whether the record was still the one that was read */
  async #replace(head: Head): Promise<boolean> {
    const { store, space } = this.#options;
    const record = encodeHead(head);
    if (!(await store.save(space, record, this.#kept?.record))) return false;
    this.#take({ head, record });
    return true;
  }
}

/** What was accepted here is no longer what this device goes on from: a person chose the server's history in another program. */
class Superseded extends Error {
  override readonly name = 'Superseded';
}

async function loadHead({ store, space }: FollowOptions): Promise<Kept | null> {
  const record = await store.load(space);
  return record ? { head: decodeHead(record), record } : null;
}

/** @param before the step that the entry follows */
function handedOn({ state, histories }: Step, { body }: LogEntry): readonly EpochHistory[] {
  if (body.type !== 'rekey' || !body.history) return histories;
  return [...histories, { epoch: body.epoch, sealed: body.history, commitment: state.epochCommitment }];
}

function note(trail: Trail, state: LogState, envelope: Bytes): void {
  trail.set(state.seq, { id: state.head, envelope });
}

function busy(): Failure {
  return new Failure('bad-journal', { reason: 'other programs of this device replace the accepted head without an end' });
}

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

function encodeHead({ state, envelope, disagreement, adoptions, histories }: Head): Bytes {
  const kept = disagreement && [
    reasons.indexOf(disagreement.reason),
    disagreement.ours.envelope,
    disagreement.theirs?.envelope ?? null,
    disagreement.seenAtMs,
  ];
  const head = [encodeLogState(state), envelope, kept, adoptions] as const;
  // A program of an earlier version reads a head without histories, and no other.
  if (histories.length === 0) return encodeDcbor([2, ...head]);
  return encodeDcbor([3, ...head, histories.map(({ epoch, sealed, commitment }) => [epoch, sealed, commitment])]);
}

/** @throws Failure bad-journal */
function decodeHead(record: Bytes): Head {
  try {
    const value = decodeDcbor(record);
    // The first version had no adoptions, the second no histories.
    const version = readUint(readArray(value)[0], 3, 1);
    const [, state, envelope, disagreement, adoptions = 0, histories = []] = readTuple(value, version + 3);
    return {
      state: decodeLogState(readBytes(state)),
      envelope: readBytes(envelope),
      disagreement: disagreement === null ? null : readDisagreement(disagreement),
      adoptions: readUint(adoptions),
      histories: readArray(histories).map(readHistory),
    };
  } catch (cause) {
    throw new Failure('bad-journal', { reason: 'the accepted head cannot be read' }, { cause });
  }
}

function readHistory(value: DcborValue): EpochHistory {
  const [epoch, sealed, commitment] = readTuple(value, 3);
  return { epoch: readUint(epoch, 2 ** 32 - 1), sealed: readBytes(sealed), commitment: readBytes(commitment, 32) };
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
