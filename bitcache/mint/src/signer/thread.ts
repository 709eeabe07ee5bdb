// The signer in a thread of this process. Long lists go in slices, each sent when the one before is back, so that a request of a
// thousand coins does not keep one of two waiting.
import { Worker } from 'node:worker_threads';
import { assert, type Bytes } from '@reprise/kit';
import { seedPrint } from '../seed.ts';
import type { Blinded, Coin, KeysetSpec, OpenedKeyset, SchnorrCheck, Signature, Signer, Verdict } from './signer.ts';

export type SignerData = { readonly seed: Bytes; readonly points: 'native' | 'wasm' | 'best' };
export type SignerQuestion = { readonly number: number; readonly ask: Ask };
type Ask =
  | { readonly what: 'open'; readonly spec: KeysetSpec }
  | { readonly what: 'verify'; readonly items: readonly Coin[] }
  | { readonly what: 'sign'; readonly items: readonly Blinded[] }
  | { readonly what: 'check'; readonly items: readonly SchnorrCheck[] }
  | { readonly what: 'points'; readonly items: readonly string[] };
export type SignerAnswer = { readonly number: number; readonly result: unknown } | { readonly number: number; readonly error: string };

const sliceMax = 64;

/** @param data the seed is copied to the thread; whoever calls forgets it. @throws Error where the wanted arithmetic does not load */
export async function openSigner(data: SignerData): Promise<Signer> {
  const thread = new Thread(data);
  const points = (await thread.ready) as 'native' | 'wasm';
  const list = async <Item, Result>(what: 'verify' | 'sign' | 'check' | 'points', items: readonly Item[]): Promise<Result[]> => {
    const results: Result[] = [];
    for (let at = 0; at < items.length; at += sliceMax)
      results.push(...((await thread.ask({ what, items: items.slice(at, at + sliceMax) } as unknown as Ask)) as Result[]));
    return results;
  };
  const close = () => thread.close();
  return {
    points,
    seedPrint: seedPrint(data.seed),
    open: (spec) => thread.ask({ what: 'open', spec }) as Promise<OpenedKeyset>,
    verify: (coins) => list<Coin, Verdict>('verify', coins),
    sign: (outputs) => list<Blinded, Signature | null>('sign', outputs),
    check: (signatures) => list<SchnorrCheck, boolean>('check', signatures),
    arePoints: (points) => list<string, boolean>('points', points),
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Waiting = { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void };

class Thread {
  readonly ready: Promise<unknown>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #ended: Error | undefined;

  constructor(data: SignerData) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: data });
    this.ready = this.#wait(0);
    this.#worker.on('message', (answer: SignerAnswer) => this.#take(answer));
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', () => this.#end(new Error('the thread of the signer has ended')));
    // A thread that waits for questions keeps no process alive; one that owes an answer does.
    this.ready.then(
      () => this.#worker.unref(),
      () => {},
    );
  }

  ask(ask: Ask): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    const number = this.#next++;
    if (this.#waiting.size === 0) this.#worker.ref();
    const answer = this.#wait(number);
    this.#worker.postMessage({ number, ask } satisfies SignerQuestion);
    return answer;
  }

  #wait(number: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
  }

  #take(answer: SignerAnswer): void {
    const waiting = this.#waiting.get(answer.number);
    assert(waiting !== undefined, 'an answer to a question');
    this.#waiting.delete(answer.number);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('error' in answer) waiting.reject(new Error(answer.error));
    else waiting.resolve(answer.result);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    this.#end(new Error('the signer is closed'));
    await this.#worker.terminate();
  }
}
