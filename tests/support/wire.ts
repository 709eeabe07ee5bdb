// A wire tap: a TCP proxy in front of a host that keeps every byte a client sent, so that a test can search what the server could have seen. It
// can also hold the traffic back, cut it, or go away, like a network.
import { closeSync, openSync, writeSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Wire extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Bytes from clients to the server so far. */
  sentBytes(): number;
  /** Bytes from the server to clients so far. */
  receivedBytes(): number;
  /** Bytes a second towards the server, shared by all connections; null: no limit. Small pieces, as requests without a body are, pass at once. */
  limitUpload(bytesPerSecond: number | null): void;
  limitDownload(bytesPerSecond: number | null): void;
  /** Ends every connection; those that come are refused until `restore`. */
  cut(): void;
  restore(): void;
}

export type WireOptions = {
  /** Every byte sent by clients is appended here. */
  readonly recordFile?: string;
};

export async function startWire(targetPort: number, options: WireOptions = {}): Promise<Wire> {
  const record = options.recordFile === undefined ? undefined : openSync(options.recordFile, 'a');
  const sockets = new Set<Socket>();
  const upload = new Throttle();
  const download = new Throttle();
  let sent = 0;
  let received = 0;
  let isCut = false;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (isCut) return client.destroy();
    const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    void pump(client, target, upload, (data) => {
      sent += data.length;
      if (record !== undefined) writeSync(record, data);
    });
    void pump(target, client, download, (data) => {
      received += data.length;
    });
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    sentBytes: () => sent,
    receivedBytes: () => received,
    limitUpload: (bytesPerSecond) => upload.limit(bytesPerSecond),
    limitDownload: (bytesPerSecond) => download.limit(bytesPerSecond),
    cut() {
      isCut = true;
      endAll();
    },
    restore: () => {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      upload.limit(null);
      download.limit(null);
      endAll();
      await new Promise((resolve) => server.close(resolve));
      if (record !== undefined) closeSync(record);
    },
  };
}

async function pump(from: Socket, to: Socket, throttle: Throttle, seen?: (data: Buffer) => void): Promise<void> {
  try {
    for await (const data of from as AsyncIterable<Buffer>) {
      await throttle.pass(data.length);
      seen?.(data);
      if (!to.write(data) && !to.destroyed) await drained(to);
    }
    to.end();
  } catch {
    to.destroy(); // one side went away; the other has nothing more to hear
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}

/** A slow line is slow for what is sent, not for asking: a page can be opened while an upload goes on. */
const smallPieceBytes = 4_096;

/** A token bucket without a bucket: each piece waits until the pieces before it have had their time. */
class Throttle {
  #bytesPerSecond: number | null = null;
  #freeAt = 0;

  limit(bytesPerSecond: number | null): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#freeAt = 0;
  }

  async pass(length: number): Promise<void> {
    if (this.#bytesPerSecond === null || length <= smallPieceBytes) return;
    const now = performance.now();
    this.#freeAt = Math.max(now, this.#freeAt) + (1000 * length) / this.#bytesPerSecond;
    const until = this.#freeAt;
    // In short steps, so that a lifted limit is felt at once.
    for (let left = until - performance.now(); this.#bytesPerSecond !== null && left > 0; left = until - performance.now())
      await sleep(Math.min(50, Math.ceil(left)));
  }
}
