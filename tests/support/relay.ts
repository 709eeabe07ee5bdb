// A Nostr relay that forwards what is published to who asked for it, and keeps nothing but the wallets' announcements. NIP-01, and as much
// of RFC 6455 as it takes. For tests only.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export type NostrEvent = {
  readonly id: string;
  readonly kind: number;
  readonly pubkey: string;
  readonly tags: readonly (readonly string[])[];
};
type Publish = (event: NostrEvent, tell: (isTaken: boolean) => void) => void;
type Filter = Readonly<Record<string, readonly (string | number)[] | number | undefined>>;
export type Relay = {
  readonly url: string;
  /** Every event that was published, in order. */
  readonly heard: readonly NostrEvent[];
  /** 'deaf': takes events and hands them to nobody. 'refusing': takes none. 'lying': says that it takes none, and hands them on. */
  mood: 'kind' | 'deaf' | 'refusing' | 'lying';
  /** Cuts every connection; others can be made. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
};

const websocketKey = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const announcement = 13_194;

export async function startRelay(): Promise<Relay> {
  const clients = new Set<Client>();
  const kept: NostrEvent[] = [];
  const heard: NostrEvent[] = [];
  const publish = (event: NostrEvent, tell: (isTaken: boolean) => void) => {
    tell(relay.mood !== 'refusing' && relay.mood !== 'lying');
    if (relay.mood === 'refusing') return;
    heard.push(event);
    if (event.kind === announcement) kept.push(event);
    if (relay.mood !== 'deaf') for (const client of clients) client.offer(event);
  };
  const server = createServer();
  server.on('upgrade', (request, socket: Socket) => {
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${websocketKey}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    const client = new Client(socket, kept, publish);
    clients.add(client);
    socket.on('close', () => clients.delete(client));
    socket.on('error', () => clients.delete(client));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const client of clients) client.close();
  };
  const close = async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  };
  const relay: Relay = { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, heard, mood: 'kind', cut, close };
  return relay;
}

class Client {
  readonly #socket: Socket;
  readonly #kept: readonly NostrEvent[];
  readonly #publish: Publish;
  readonly #subscriptions = new Map<string, readonly Filter[]>();
  #held = Buffer.alloc(0);

  constructor(socket: Socket, kept: readonly NostrEvent[], publish: Publish) {
    this.#socket = socket;
    this.#kept = kept;
    this.#publish = publish;
    socket.on('data', (data: Buffer) => this.#read(data));
  }

  offer(event: NostrEvent): void {
    for (const [id, filters] of this.#subscriptions) if (filters.some((filter) => isWanted(filter, event))) this.#say(['EVENT', id, event]);
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(message: readonly unknown[]): void {
    const [verb, subject, ...filters] = message as [string, unknown, ...Filter[]];
    if (verb === 'EVENT') {
      const event = subject as NostrEvent;
      this.#publish(event, (isTaken) => this.#say(['OK', event.id, isTaken, isTaken ? '' : 'blocked: not today']));
    } else if (verb === 'REQ') {
      this.#subscriptions.set(subject as string, filters);
      for (const event of this.#kept) if (filters.some((filter) => isWanted(filter, event))) this.#say(['EVENT', subject, event]);
      this.#say(['EOSE', subject]);
    } else if (verb === 'CLOSE') this.#subscriptions.delete(subject as string);
  }

  #read(data: Buffer): void {
    this.#held = Buffer.concat([this.#held, data]);
    for (let frame = readFrame(this.#held); frame; frame = readFrame(this.#held)) {
      this.#held = this.#held.subarray(frame.end);
      if (frame.opcode === 8) this.#socket.end();
      else if (frame.opcode === 9) this.#write(10, frame.payload);
      else if (frame.opcode === 1) this.#hear(JSON.parse(frame.payload.toString()) as unknown[]);
    }
  }

  #say(message: readonly unknown[]): void {
    this.#write(1, Buffer.from(JSON.stringify(message)));
  }

  #write(opcode: number, payload: Buffer): void {
    if (this.#socket.destroyed) return;
    const head =
      payload.length < 126
        ? Buffer.from([0x80 | opcode, payload.length])
        : Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 255]);
    this.#socket.write(Buffer.concat([head, payload]));
  }
}

/** Clients mask what they send. @returns undefined while the frame is not all there */
function readFrame(data: Buffer): { readonly opcode: number; readonly payload: Buffer; readonly end: number } | undefined {
  if (data.length < 2) return undefined;
  const short = (data[1] as number) & 127;
  const at = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (data.length < at + 4) return undefined;
  const length = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  const end = at + 4 + length;
  if (data.length < end) return undefined;
  const mask = data.subarray(at, at + 4);
  const payload = Buffer.from(data.subarray(at + 4, end).map((byte, i) => byte ^ (mask[i % 4] as number)));
  return { opcode: (data[0] as number) & 15, payload, end };
}

function isWanted(filter: Filter, event: NostrEvent): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    if (!Array.isArray(wanted)) return true;
    if (key === 'ids') return wanted.includes(event.id);
    if (key === 'kinds') return wanted.includes(event.kind);
    if (key === 'authors') return wanted.includes(event.pubkey);
    return key.startsWith('#') && event.tags.some(([name, value]) => name === key.slice(1) && wanted.includes(value));
  });
}
