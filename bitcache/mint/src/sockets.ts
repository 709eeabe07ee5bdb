// The websocket of NUT-17 on a connection that was opened for something else: bounds, a pulse, and an end. spec/mint.md "Subscriptions".
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Mint } from './mint.ts';
import { socketLimits } from './settings.ts';

/** By the registry of RFC 6455: going away, a message against the rules, asked too much. */
const [away, asksTooMuch] = [1001, 1008];

type SocketLimits = { readonly [Name in keyof typeof socketLimits]: number };
type Held = { readonly socket: WebSocket; isAlive: boolean; messages: number; idleSince: number | undefined };

export class MintSockets {
  readonly #mint: Pick<Mint, 'listen'>;
  readonly #limits: SocketLimits;
  readonly #server: WebSocketServer;
  readonly #held = new Set<Held>();
  #pulse: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(mint: Pick<Mint, 'listen'>, limits: Partial<SocketLimits> = {}) {
    this.#mint = mint;
    this.#limits = { ...socketLimits, ...limits };
    this.#server = new WebSocketServer({ noServer: true, maxPayload: this.#limits.messageBytesMax, perMessageDeflate: false });
  }

  get isFull(): boolean {
    return this.#isClosed || this.#held.size >= this.#limits.socketsMax;
  }

  /** Answers a request to upgrade, whatever it is; the path was looked at. */
  accept(incoming: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(incoming, stream, head, (socket) => this.#hold(socket));
  }

  /** Tells everybody to come again, and waits for nobody. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#pulse);
    for (const { socket } of this.#held) {
      socket.close(away);
      setTimeout(() => socket.terminate(), this.#limits.closeMs).unref();
    }
  }

  #hold(socket: WebSocket): void {
    const held: Held = { socket, isAlive: true, messages: 0, idleSince: performance.now() };
    const listener = this.#mint.listen((text) => {
      // Who does not read is not waited for.
      if (socket.bufferedAmount > this.#limits.unreadBytesMax) socket.terminate();
      else socket.send(text, () => {});
    });
    this.#held.add(held);
    this.#pulse ??= setInterval(() => this.#beat(), this.#limits.pulseMs).unref();
    socket.on('pong', () => (held.isAlive = true));
    socket.on('message', (data, isBinary) => {
      held.messages += 1;
      if (isBinary || held.messages > this.#limits.messagesPerPulseMax) return socket.close(asksTooMuch);
      // `data` is a Buffer: nothing else was asked for.
      listener.receive((data as Buffer).toString());
      held.idleSince = listener.size > 0 ? undefined : (held.idleSince ?? performance.now());
    });
    // What is against RFC 6455 or too long: the library closes, with the code for it.
    socket.on('error', () => {});
    socket.on('close', () => {
      listener.close();
      this.#held.delete(held);
      if (this.#held.size > 0) return;
      clearInterval(this.#pulse);
      this.#pulse = undefined;
    });
  }

  #beat(): void {
    for (const held of this.#held) {
      const isIdle = held.idleSince !== undefined && performance.now() - held.idleSince > this.#limits.idleMs;
      if (!held.isAlive) held.socket.terminate();
      else if (isIdle) held.socket.close(away);
      else held.socket.ping();
      held.isAlive = false;
      held.messages = 0;
    }
  }
}
