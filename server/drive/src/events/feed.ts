// News of heads from every process on the database to the streams of this one (spec/spaces.md "Events").
import { type Database, messageBytesMax } from '@reprise/database';
import type { SpaceId } from '@reprise/protocol';

export type Change = {
  readonly space: SpaceId;
  readonly seq: number;
  readonly head: string;
  /** Members or devices of the space are others now. */
  readonly standing?: true;
  /** The entry ended over a fifth of what is live: an owner should look. */
  readonly largeSweep?: true;
};

export interface FeedListener {
  change(change: Change): void;
  /** Changes may have been missed. */
  gap(): void;
  /** The process is stopping. */
  end(): void;
}

export class ChangeFeed {
  readonly #database: Database;
  readonly #listeners = new Set<FeedListener>();
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
        for (const listener of this.#listeners) listener.gap();
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

  /** @returns how to stop */
  async listen(listener: FeedListener): Promise<() => void> {
    this.#subscribing ??= this.#database.messages.subscribe({
      message: (text) => {
        for (const change of JSON.parse(text) as Change[]) for (const one of this.#listeners) one.change(change);
      },
      gap: () => {
        for (const one of this.#listeners) one.gap();
      },
    });
    try {
      await this.#subscribing;
    } catch (error) {
      this.#subscribing = undefined;
      throw error;
    }
    if (this.#ended) listener.end();
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
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
