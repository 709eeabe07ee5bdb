// Threads that work on a disk for whoever has much to do there: most of a call on a small file is waiting for the disk, which serves several at once.
// They are started when first needed, and go when nothing was asked of them for a while.
import { Failure } from '@reprise/protocol/formats';
import { startThread } from '@reprise/sdk/node';
import type { Disk, DiskRefusal, DiskStamp } from '../ports.ts';
import type { Read } from '../read-file.ts';
import { oneByOne, type Together, type Written } from '../together.ts';
import { type DiskJob, type DiskMessage, type DiskReply, type DiskThreadData, packFiles, unpackAnswer } from './disk-messages.ts';
import { nodeDisk } from './disk.ts';
import { sha256 } from './sha256.ts';

/** They wait for the disk, and hardly compute. */
const threads = 2;
/** What is handed to a thread at once. */
const atOnce = 64;
/** For fewer than this, starting threads takes longer than the work. */
const fewest = 128;
const idleMsMax = 3_000;

/** As `nodeDisk`, with threads for what is done together. */
export function threadedDisk(root: string): Disk {
  const disk = nodeDisk(root);
  return Object.assign(disk, { together: new DiskThreads(root, oneByOne(disk, sha256)) });
}

class DiskThreads implements Together {
  readonly #root: string;
  readonly #here: Together;
  #threads: DiskThread[] = [];
  #ending: NodeJS.Timeout | undefined;
  #underWay = 0;

  /** @param root absolute @param here does what is not worth a thread */
  constructor(root: string, here: Together) {
    this.#root = root;
    this.#here = here;
  }

  async write(files: Parameters<Together['write']>[0]): Promise<readonly (Written | DiskRefusal)[]> {
    return (await this.#divided(files, packFiles)) ?? this.#here.write(files);
  }

  async move(moves: Parameters<Together['move']>[0]): Promise<readonly (DiskStamp | null | DiskRefusal)[]> {
    return (await this.#divided(moves, (some) => ({ verb: 'move', moves: some }))) ?? this.#here.move(moves);
  }

  async read(files: Parameters<Together['read']>[0]): Promise<readonly Read[]> {
    return (await this.#divided(files, (some) => ({ verb: 'read', files: some }))) ?? this.#here.read(files);
  }

  /** @returns undefined if it is not worth a thread */
  async #divided<One, Answer>(all: readonly One[], jobOf: (some: readonly One[]) => DiskJob): Promise<readonly Answer[] | undefined> {
    if (all.length < fewest) return undefined;
    clearTimeout(this.#ending);
    this.#underWay++;
    try {
      while (this.#threads.length < threads) this.#threads.push(new DiskThread(this.#root));
      const parts = Array.from({ length: Math.ceil(all.length / atOnce) }, (_, i) => all.slice(i * atOnce, (i + 1) * atOnce));
      const answers = await Promise.all(parts.map((part) => this.#threads.reduce((a, b) => (b.load < a.load ? b : a)).run(jobOf(part))));
      return answers.flat().map((answer) => unpackAnswer(answer) as Answer);
    } finally {
      if (--this.#underWay === 0) this.#ending = setTimeout(() => this.#end(), idleMsMax).unref();
    }
  }

  #end(): void {
    for (const thread of this.#threads) thread.stop();
    this.#threads = [];
  }
}

type Waiting = { readonly resolve: (answers: readonly unknown[]) => void; readonly reject: (error: unknown) => void };

class DiskThread {
  readonly #thread: ReturnType<typeof startThread>;
  readonly #waiting = new Map<number, Waiting>();
  #seq = 0;
  #ended: Failure | undefined;

  constructor(root: string) {
    this.#thread = startThread(new URL('./disk-worker.ts', import.meta.url), { root } satisfies DiskThreadData);
    this.#thread.on('message', (reply: DiskReply) => this.#settle(reply));
    this.#thread.on('error', (error) => this.#die(error));
    this.#thread.on('exit', () => this.#die(undefined));
  }

  get load(): number {
    return this.#waiting.size;
  }

  run(job: DiskJob): Promise<readonly unknown[]> {
    if (this.#ended) return Promise.reject(this.#ended);
    const seq = this.#seq++;
    const answers = new Promise<readonly unknown[]>((resolve, reject) => this.#waiting.set(seq, { resolve, reject }));
    this.#thread.ref();
    this.#thread.postMessage({ seq, job } satisfies DiskMessage, job.verb === 'write' ? [job.input] : []);
    return answers;
  }

  stop(): void {
    void this.#thread.terminate();
  }

  #settle(reply: DiskReply): void {
    const one = this.#waiting.get(reply.seq);
    this.#waiting.delete(reply.seq);
    if (this.#waiting.size === 0) this.#thread.unref();
    if ('answers' in reply) one?.resolve(reply.answers);
    else one?.reject(new Error(reply.error));
  }

  #die(cause: unknown): void {
    this.#ended ??= new Failure('cancelled', { reason: 'a thread that works on the disk ended' }, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
