// One relay, for as long as something is asked over it: what is published, and the events that are waited for. NIP-01. What a relay says is
// believed of nothing, not of whether it took an event either: what counts is signed.
import type { NostrEvent } from './envelope.ts';

/** A websocket of the browser, or of Node. */
export type Socket = {
  send(text: string): void;
  close(): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
};
export type Dial = (url: string) => Socket;
export type Filter = Readonly<Record<string, readonly (string | number)[]>>;

/** Longer than any answer that is read here. */
const charactersMax = 131_072;
const subscription = 'reprise';

export class Relay {
  readonly #socket: Socket;
  /** Aborted once nothing can be heard over it any more. */
  readonly over = new AbortController();
  readonly #opened: Promise<boolean>;
  #onEvent: (event: NostrEvent) => void = () => undefined;
  #onStored: () => void = () => undefined;
  #onTaken: (id: string, isTaken: boolean) => void = () => undefined;

  constructor(dial: Dial, url: string) {
    this.#socket = dial(url);
    this.#opened = new Promise((resolve) => {
      this.#socket.addEventListener('open', () => resolve(true));
      this.over.signal.addEventListener('abort', () => resolve(false), { once: true });
    });
    for (const end of ['close', 'error'] as const) this.#socket.addEventListener(end, () => this.over.abort());
    this.#socket.addEventListener('message', ({ data }) => this.#hear(data));
  }

  /** @returns false if it ended instead */
  opened(): Promise<boolean> {
    return this.#opened;
  }

  /** @param stored told once everything that the relay had kept was handed over */
  follow(filter: Filter, onEvent: (event: NostrEvent) => void, stored: () => void = () => undefined): void {
    this.#onEvent = onEvent;
    this.#onStored = stored;
    this.#say(['REQ', subscription, filter]);
  }

  /** @param taken told what the relay says of it, if it says something; it may say no and pass it on */
  publish(event: NostrEvent, taken: (isTaken: boolean) => void): void {
    this.#onTaken = (id, isTaken) => id === event.id && taken(isTaken);
    this.#say(['EVENT', event]);
  }

  close(): void {
    this.over.abort();
    this.#socket.close();
  }

  #say(message: readonly unknown[]): void {
    this.#socket.send(JSON.stringify(message));
  }

  #hear(data: unknown): void {
    const [verb, of, what] = messageOf(data);
    if (verb === 'EVENT' && of === subscription && isEvent(what)) this.#onEvent(what);
    else if (verb === 'EOSE' && of === subscription) this.#onStored();
    else if (verb === 'OK' && typeof of === 'string') this.#onTaken(of, what === true);
    else if (verb === 'CLOSED' && of === subscription) this.close();
  }
}

function messageOf(data: unknown): readonly unknown[] {
  if (typeof data !== 'string' || data.length > charactersMax) return [];
  try {
    const message: unknown = JSON.parse(data);
    return Array.isArray(message) ? message : [];
  } catch {
    return [];
  }
}

function isEvent(value: unknown): value is NostrEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { id, pubkey, sig, kind, content, tags, created_at } = value as Readonly<Record<string, unknown>>;
  const isText = [id, pubkey, sig, content].every((one) => typeof one === 'string');
  const areTags = Array.isArray(tags) && tags.every((tag) => Array.isArray(tag) && tag.every((one) => typeof one === 'string'));
  return isText && areTags && Number.isSafeInteger(kind) && Number.isSafeInteger(created_at);
}
