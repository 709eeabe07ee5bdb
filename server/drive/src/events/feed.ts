// News of heads from every process on the database to the streams of this one (spec/spaces.md "Events").
import { type Database, messageBytesMax } from '@reprise/database';
import type { SpaceId, UserId } from '@reprise/protocol';

export type Change = {
  readonly space: SpaceId;
  readonly seq: number;
  readonly head: string;
  /** Users who are members since now, or no longer, or have another device or one less; of too many to name, `everyone`. */
  readonly standing?: readonly UserId[] | 'everyone';
  /** The entry ended over a fifth of what is live: an owner should look. */
  readonly largeSweep?: true;
};

export interface FeedListener {
  readonly userId: UserId;
  /** Of a space that it watches. */
  change(change: Change): void;
  /** Changes may have been missed, or its spaces and devices are others now. */
  look(): void;
  /** The process is stopping. */
  end(): void;
}

export type Listening = {
  /** Hears of these spaces from now on, and of no others. */
  watch(spaces: ReadonlySet<SpaceId>): void;
  stop(): void;
};

/** Listeners by what they wait for: a change reaches those it concerns, however many others there are. */
class Index<Key> {
  readonly #sets = new Map<Key, Set<FeedListener>>();

  add(key: Key, listener: FeedListener): void {
    const set = this.#sets.get(key);
    if (set) set.add(listener);
    else this.#sets.set(key, new Set([listener]));
  }

  delete(key: Key, listener: FeedListener): void {
    const set = this.#sets.get(key);
    set?.delete(listener);
    if (set?.size === 0) this.#sets.delete(key);
  }

  of(key: Key): Iterable<FeedListener> {
    return this.#sets.get(key) ?? [];
  }
}

export class ChangeFeed {
  readonly #database: Database;
  readonly #listeners = new Set<FeedListener>();
  readonly #bySpace = new Index<SpaceId>();
  readonly #byUser = new Index<UserId>();
  readonly #unsent: Change[] = [];
  #sending: Promise<void> | undefined;
  #subscribing: Promise<() => Promise<void>> | undefined;
  #ended = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Changes of one turn travel together. What cannot be told now is found in the rows later: nobody waits for it, nothing fails by it. */
  async announce(change: Change): Promise<void> {
    this.#unsent.push(change);
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  async #send(): Promise<void> {
    while (this.#unsent.length > 0) {
      const text = this.#takeText();
      await this.#database.messages.publish(text).catch(() => {
        for (const listener of this.#listeners) listener.look();
      });
    }
  }

  #takeText(): string {
    const parts: string[] = [];
    for (let bytes = 2; this.#unsent.length > 0; ) {
      const part = JSON.stringify(this.#unsent[0]);
      if (bytes + part.length + 1 > messageBytesMax) break;
      bytes += part.length + 1;
      parts.push(part);
      this.#unsent.shift();
    }
    return `[${parts.join()}]`;
  }

  async listen(listener: FeedListener): Promise<Listening> {
    this.#subscribing ??= this.#database.messages.subscribe({
      message: (text) => {
        for (const change of JSON.parse(text) as Change[]) this.#tell(change);
      },
      gap: () => {
        for (const one of this.#listeners) one.look();
      },
    });
    try {
      await this.#subscribing;
    } catch (error) {
      this.#subscribing = undefined;
      throw error;
    }
    let watched: ReadonlySet<SpaceId> = new Set();
    const watch = (spaces: ReadonlySet<SpaceId>) => {
      for (const space of watched) if (!spaces.has(space)) this.#bySpace.delete(space, listener);
      for (const space of spaces) this.#bySpace.add(space, listener);
      watched = spaces;
    };
    const stop = () => {
      watch(new Set());
      this.#byUser.delete(listener.userId, listener);
      this.#listeners.delete(listener);
    };
    if (this.#ended) listener.end();
    else {
      this.#listeners.add(listener);
      this.#byUser.add(listener.userId, listener);
    }
    return { watch, stop };
  }

  #tell(change: Change): void {
    if (change.standing === 'everyone') for (const one of this.#listeners) one.look();
    else for (const userId of change.standing ?? []) for (const one of this.#byUser.of(userId)) one.look();
    for (const one of this.#bySpace.of(change.space)) one.change(change);
  }

  /** Ends every stream, and hears nothing more. */
  async close(): Promise<void> {
    this.#ended = true;
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
    await this.#sending;
    const stop = await this.#subscribing?.catch(() => undefined);
    await stop?.();
  }
}
