// The stream of an account's heads: all of them first, so that nothing is missed between two streams, then each that moves.
import { type Queries, sql } from '@reprise/database';
import { contract, Failure, type SpaceId, type UserId } from '@reprise/protocol';
import { encodeUtf8 } from '@reprise/kit';
import type { SignedAccount } from '../device.ts';
import type { Service } from '../http.ts';
import type { DrivePorts } from '../ports.ts';
import { apiHeaders, type Reply, type Source } from '../reply.ts';
import type { Change, ChangeFeed, Listening } from './feed.ts';

/** Proxies and browsers give up a connection on which nothing moves; and only by writing does one learn that nobody reads. */
const pingMs = 20_000;

export function serveEvents(service: Service, { database, settings }: DrivePorts, feed: ChangeFeed): void {
  const places = new StreamPlaces(settings.eventStreamsMax);
  service.serve(contract['account.events'], async ({ account }): Promise<Reply> => {
    const body: Source = async (write) => {
      const leave = places.take(account.userId);
      try {
        for await (const text of new HeadStream(feed, database.db, account).texts()) await write(encodeUtf8(text));
      } finally {
        leave();
      }
    };
    return { status: 200, headers: { ...apiHeaders, 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' }, body };
  });
}

/** Devices and tabs of one account; more would take the places of others. */
const accountStreamsMax = 64;
const retryAfterMs = 10_000;

/** Counts the streams that run, before the first piece of one: what is refused then is answered as a failure. */
class StreamPlaces {
  readonly #max: number;
  readonly #ofAccounts = new Map<UserId, number>();
  #all = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns how to give the place back, once. @throws Failure rate-limited, unavailable */
  take(userId: UserId): () => void {
    const own = this.#ofAccounts.get(userId) ?? 0;
    if (own >= accountStreamsMax) throw new Failure('rate-limited', { retryAfterMs });
    if (this.#all >= this.#max) throw new Failure('unavailable', { retryAfterMs });
    this.#all++;
    this.#ofAccounts.set(userId, own + 1);
    return () => this.#leave(userId);
  }

  #leave(userId: UserId): void {
    this.#all--;
    const left = (this.#ofAccounts.get(userId) ?? 0) - 1;
    if (left > 0) this.#ofAccounts.set(userId, left);
    else this.#ofAccounts.delete(userId);
  }
}

class HeadStream {
  readonly #feed: ChangeFeed;
  readonly #db: Queries;
  readonly #account: SignedAccount;
  /** The newest of each space that is not written yet: a slow reader skips what is old, and memory is bounded by the number of spaces. */
  readonly #unwritten = new Map<SpaceId, Change>();
  #mustLook = true;
  #isOver = false;
  #wake = () => {};

  constructor(feed: ChangeFeed, db: Queries, account: SignedAccount) {
    this.#feed = feed;
    this.#db = db;
    this.#account = account;
  }

  async *texts(): AsyncGenerator<string, void, void> {
    const listening = await this.#feed.listen({
      userId: this.#account.userId,
      change: (change) => this.#take(change),
      look: () => this.#look(),
      end: () => {
        this.#isOver = true;
        this.#wake();
      },
    });
    try {
      while (!this.#isOver) {
        if (this.#mustLook && !(await this.#readHeads(listening))) return;
        const text = [...this.#unwritten.values()].map(formatEvent).join('');
        this.#unwritten.clear();
        if (text !== '') yield text;
        else if (!(await this.#untilWoken())) yield ': ping\n\n';
      }
    } finally {
      listening.stop();
    }
  }

  #take(change: Change): void {
    const before = this.#unwritten.get(change.space);
    this.#unwritten.set(change.space, before?.largeSweep ? { ...change, largeSweep: true } : change);
    this.#wake();
  }

  #look(): void {
    this.#mustLook = true;
    this.#wake();
  }

  /** @returns false once the device was revoked */
  async #readHeads(listening: Listening): Promise<boolean> {
    this.#mustLook = false;
    const device = await this.#db
      .selectFrom('account_devices')
      .select('revoked_at')
      .where('device_id', '=', this.#account.device)
      .executeTakeFirst();
    if (!device || device.revoked_at !== null) return false;
    // Watched before they are read: what moves in between is told twice rather than never.
    listening.watch(await spacesOf(this.#db, this.#account.userId));
    const heads = await readHeads(this.#db, this.#account.userId);
    for (const head of heads) if ((this.#unwritten.get(head.space)?.seq ?? -1) < head.seq) this.#unwritten.set(head.space, head);
    return true;
  }

  /** @returns false when nothing came for a while */
  #untilWoken(): Promise<boolean> {
    if (this.#mustLook || this.#isOver || this.#unwritten.size > 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), pingMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

async function spacesOf(db: Queries, userId: UserId): Promise<ReadonlySet<SpaceId>> {
  const rows = await db.selectFrom('space_members').select('space').where('user_id', '=', userId).execute();
  return new Set(rows.map(({ space }) => space));
}

async function readHeads(db: Queries, userId: UserId): Promise<Change[]> {
  return db
    .selectFrom('space_members')
    .innerJoin('space_logs', 'space_logs.space', 'space_members.space')
    .innerJoin('spaces', 'spaces.space', 'space_members.space')
    .select(['space_logs.space', 'space_logs.seq', 'space_logs.head'])
    .where('space_members.user_id', '=', userId)
    .where(sql<boolean>`spaces.ended_at is null`)
    .execute();
}

function formatEvent({ space, seq, head, largeSweep }: Change): string {
  return `event: head\ndata: ${JSON.stringify({ space, seq, head, ...(largeSweep ? { largeSweep } : {}) })}\n\n`;
}
