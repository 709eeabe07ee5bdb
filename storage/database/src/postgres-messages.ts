// Messages over PostgreSQL's NOTIFY: a connection of its own listens while anybody in this process wants to hear, and is opened again
// when it breaks. https://www.postgresql.org/docs/current/sql-notify.html
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Listener, Messages } from './messages.ts';

const channel = 'reprise';
const firstDelayMs = 100;
const delayMsMax = 10_000;
const connectTimeoutMs = 10_000;

export class PostgresMessages implements Messages {
  readonly #url: string;
  readonly #publish: (text: string) => Promise<void>;
  readonly #listeners = new Set<Listener>();
  #listening: Promise<pg.Client> | undefined;
  #closed = false;

  /** @param publish runs `select pg_notify(channel, text)` */
  constructor(url: string, publish: (channel: string, text: string) => Promise<void>) {
    this.#url = url;
    this.#publish = (text) => publish(channel, text);
  }

  publish(text: string): Promise<void> {
    return this.#publish(text);
  }

  async subscribe(listener: Listener): Promise<() => Promise<void>> {
    this.#listeners.add(listener);
    try {
      this.#listening ??= this.#listen();
      await this.#listening;
    } catch (error) {
      this.#listeners.delete(listener);
      this.#listening = undefined;
      throw error;
    }
    return async () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) await this.#stop();
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    await this.#stop();
  }

  async #stop(): Promise<void> {
    const listening = this.#listening;
    this.#listening = undefined;
    const client = await listening?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  async #listen(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: connectTimeoutMs,
      application_name: 'reprise events',
      keepAlive: true,
    });
    let isUp = false;
    client.on('notification', ({ payload }) => {
      for (const listener of this.#listeners) listener.message(payload ?? '');
    });
    client.on('error', () => {});
    client.on('end', () => {
      if (isUp) void this.#again(client);
    });
    await client.connect();
    await client.query(`listen ${channel}`);
    isUp = true;
    return client;
  }

  /** Until it listens again or nobody does: a process that hears nothing would look as if nothing happened. */
  async #again(lost: pg.Client): Promise<void> {
    if ((await this.#listening?.catch(() => undefined)) !== lost) return;
    for (let delayMs = firstDelayMs; this.#listeners.size > 0 && !this.#closed; delayMs = Math.min(delayMsMax, 2 * delayMs)) {
      await sleep(delayMs, undefined, { ref: false });
      const attempt = this.#listen();
      this.#listening = attempt;
      if (await attempt.catch(() => undefined)) {
        for (const listener of this.#listeners) listener.gap();
        return;
      }
    }
    this.#listening = undefined;
  }
}
