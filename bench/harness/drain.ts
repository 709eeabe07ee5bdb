// A client that only counts: keep-alive connections that ask for one URL after another and throw the bytes away. The same for every server, and
// cheaper than any of them, so that the server is what is measured. Runs as a process of its own: the order on stdin, the answer on stdout.
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { spawn } from 'node:child_process';

export type DrainOrder = {
  readonly port: number;
  readonly paths: readonly string[];
  readonly connections: number;
  /** Requests in all, shared among the connections. */
  readonly requests: number;
};
export type Drained = { readonly bytes: number; readonly ms: number };

export async function drain(order: DrainOrder): Promise<Drained> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(order));
  let answer = '';
  for await (const data of child.stdout) answer += data;
  if (answer === '') throw new Error('the counting client failed');
  return JSON.parse(answer) as Drained;
}

async function work(order: DrainOrder): Promise<Drained> {
  let next = 0;
  const take = () => (next < order.requests ? order.paths[next++ % order.paths.length] : undefined);
  const startedAt = performance.now();
  const counts = await Promise.all(Array.from({ length: order.connections }, () => runConnection(order.port, take)));
  return { bytes: counts.reduce((sum, bytes) => sum + bytes, 0), ms: performance.now() - startedAt };
}

/** Body bytes received over one connection. @throws Error on any answer but 200 with a length */
function runConnection(port: number, take: () => string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const answers = new AnswerCounter();
    const buffer = Buffer.allocUnsafe(1 << 20);
    let done = false;
    const callback = (length: number): boolean => {
      try {
        if (answers.add(buffer.subarray(0, length))) ask();
        return true;
      } catch (error) {
        socket.destroy(error as Error);
        return false;
      }
    };
    const socket: Socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback } });
    const ask = (): void => {
      const path = take();
      if (path !== undefined) return void socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
      done = true;
      socket.end();
      resolve(answers.bodyBytes);
    };
    socket.on('connect', ask);
    socket.on('error', reject);
    socket.on('close', () => done || reject(new Error('the server closed a connection early')));
  });
}

/** Counts the bodies of answers that come one at a time. */
class AnswerCounter {
  bodyBytes = 0;
  #head = '';
  #bodyLeft = 0;

  /** True when this piece ended an answer. */
  add(piece: Buffer): boolean {
    if (this.#bodyLeft > 0) return this.#count(piece.length);
    const known = this.#head.length;
    this.#head += piece.toString('latin1', 0, 16_384);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const length = /^HTTP\/1\.1 200 .*?\r\ncontent-length: (\d+)\r\n/is.exec(this.#head.slice(0, end + 2))?.[1];
    if (length === undefined) throw new Error(`unexpected answer: ${this.#head.slice(0, end)}`);
    this.#bodyLeft = Number(length);
    this.#head = '';
    return this.#count(piece.length - (end + 4 - known));
  }

  #count(bytes: number): boolean {
    this.#bodyLeft -= bytes;
    this.bodyBytes += bytes;
    return this.#bodyLeft === 0;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let order = '';
  for await (const data of process.stdin) order += data;
  process.stdout.write(JSON.stringify(await work(JSON.parse(order) as DrainOrder)));
}
