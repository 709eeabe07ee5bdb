// Speaks HTTP by hand, as no honest client would: a socket, bytes, and what comes back.
import { type Socket, connect } from 'node:net';

export type RawAnswer = {
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** Whether the server closed the connection. */
  readonly closed: boolean;
};

export type RawOptions = {
  readonly waitMs?: number /** Goes on after the first answer, to see whether there is another. */;
  readonly untilClosed?: boolean;
};

/** Sends bytes as they are and reads one answer, or as much as comes in time. */
export function sendRaw(
  port: number,
  bytes: string | Uint8Array,
  { waitMs = 60_000, untilClosed = false }: RawOptions = {},
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const received: Buffer[] = [];
    const done = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(parseAnswer(Buffer.concat(received).toString('latin1'), closed));
    };
    const timer = setTimeout(() => done(false), waitMs);
    socket.on('data', (data: Buffer) => {
      received.push(data);
      if (!untilClosed && isWhole(Buffer.concat(received).toString('latin1'))) done(false);
    });
    socket.on('close', () => done(true));
    socket.on('error', () => {});
  });
}

/** A connection that sends when told to. */
export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
    socket.on('error', () => {});
  });
}

function isWhole(text: string): boolean {
  const split = text.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, Math.max(0, split) + 2))?.[1];
  return split >= 0 && length !== undefined && text.length >= split + 4 + Number(length);
}

function parseAnswer(text: string, closed: boolean): RawAnswer {
  const split = text.indexOf('\r\n\r\n');
  const head = split < 0 ? text : text.slice(0, split);
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body: split < 0 ? '' : text.slice(split + 4), closed };
}
