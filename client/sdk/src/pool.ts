// Sealing and opening as a port: a few workers behind one bounded queue. The platform brings the workers (Web Workers, worker
// threads, or none: `inlinePool`); what they are sent is jobs.ts.
import { assert } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import type { Engine } from '@reprise/vault';
import { type AnswerTo, type Job, type JobAnswer, type JobMessage, type JobReply, jobBuffers, runJob } from './jobs.ts';

/** Does jobs, several at a time: in workers, or where it is called. */
export interface SealPool extends AsyncDisposable {
  /** How many jobs run at the same time. */
  readonly width: number;
  /** Its workers can work in SharedArrayBuffers: nothing is handed over, and a few buffers serve a whole transfer. */
  readonly sharesMemory: boolean;
  /** It has threads that read files of this machine by themselves. */
  readonly readsFiles: boolean;
  /**
   * Runs a job. Its `input` buffer is taken over and comes back in the answer.
   * @throws Failure reject if something does not open; the failure of the worker if it died
   */
  run<J extends Job>(job: J): Promise<AnswerTo<J>>;
}

/** One worker as the pool sees it. `post` hands the buffers over. */
export interface WorkerHost {
  /** Sends a message to the worker and hands over these buffers. */
  post(message: JobMessage, transfer: ArrayBuffer[]): void;
  /** Called once, before the first post. `died` ends every job that waits on this worker. */
  listen(onReply: (reply: JobReply) => void, died: (reason: string) => void): void;
  /** Ends the worker; jobs it had are lost. */
  stop(): Promise<void> | void;
}

/** Jobs that may lie at one worker: one at work, one waiting so that it never idles. */
const jobsAtWorkerMax = 2;
/** Jobs that may wait in all; more is a bug of the caller, whose own memory bounds what is under way. */
const jobsWaitingMax = 100_000;

/** A pool that gives each job to the worker with the least to do. */
export function createPool(hosts: readonly WorkerHost[], options: { readonly sharesMemory?: boolean } = {}): SealPool {
  assert(hosts.length > 0, 'a pool has at least one worker');
  const workers = hosts.map((host) => new PoolWorker(host));
  const waiting: Waiting[] = [];
  let seq = 0;

  const dispatch = () => {
    for (;;) {
      const next = waiting[0];
      const free = workers.filter((worker) => worker.load < jobsAtWorkerMax).sort((a, b) => a.load - b.load)[0];
      if (!next || !free) return;
      waiting.shift();
      free.run(seq++, next, dispatch);
    }
  };

  return {
    width: workers.length,
    sharesMemory: options.sharesMemory ?? false,
    readsFiles: false,
    run: (job) => {
      assert(waiting.length < jobsWaitingMax, 'the queue of the pool is bounded');
      const answer = new Promise<JobAnswer>((resolve, reject) => waiting.push({ job, resolve, reject }));
      dispatch();
      return answer as Promise<never>;
    },
    [Symbol.asyncDispose]: async () => {
      for (const job of waiting.splice(0)) job.reject(new Failure('cancelled'));
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

type Waiting = { readonly job: Job; resolve(answer: JobAnswer): void; reject(error: unknown): void };

class PoolWorker {
  readonly #host: WorkerHost;
  readonly #atWork = new Map<number, { waiting: Waiting; done: () => void }>();
  #dead: string | undefined;

  constructor(host: WorkerHost) {
    this.#host = host;
    host.listen(
      (reply) => this.#settle(reply),
      (reason) => this.#die(reason),
    );
  }

  get load(): number {
    return this.#atWork.size;
  }

  run(seq: number, waiting: Waiting, done: () => void): void {
    if (this.#dead !== undefined) return waiting.reject(new Failure('cancelled', { reason: this.#dead }));
    this.#atWork.set(seq, { waiting, done });
    try {
      this.#host.post({ seq, job: waiting.job }, jobBuffers(waiting.job));
    } catch (error) {
      // A job whose buffers somebody else took must not hold its place for ever.
      this.#atWork.delete(seq);
      waiting.reject(error);
    }
  }

  async stop(): Promise<void> {
    this.#die('the pool was closed');
    await this.#host.stop();
  }

  #settle(reply: JobReply): void {
    const entry = this.#atWork.get(reply.seq);
    if (!entry) return;
    this.#atWork.delete(reply.seq);
    if ('answer' in reply) entry.waiting.resolve(reply.answer);
    else entry.waiting.reject(new Failure(reply.failure.code, { reason: reply.failure.reason }));
    entry.done();
  }

  #die(reason: string): void {
    this.#dead ??= reason;
    for (const { waiting } of this.#atWork.values()) waiting.reject(new Failure('cancelled', { reason }));
    this.#atWork.clear();
  }
}

/** Seals and opens where it is called: for a few small files, starting workers would take longer. */
export function inlinePool(engine: Engine): SealPool {
  return {
    width: 1,
    sharesMemory: false,
    readsFiles: false,
    run: (job) => runJob(engine, job),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
