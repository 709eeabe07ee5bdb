// The other end of mint.child.ts: a mint in another process, which may die while it is asked. For tests only.
import { type ChildProcess, fork } from 'node:child_process';
import type { ScriptedBackend } from '../../../lightning/src/testing/scripted.ts';
import type { MintQuote } from '../mint-quotes.ts';
import type { MeltQuote } from '../melt-quotes.ts';
import type { MintSettings } from '../settings.ts';
import type { ProofState } from '../state.ts';
import type { Signatures } from '../swap.ts';
import type { FromChild, FromParent } from './mint.child.ts';

/** The process is gone; whether it did what it was asked is not known. */
export class Died extends Error {}

type Fields = Readonly<Record<string, unknown>>;
type Waiting = { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void };

export class RemoteMint implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #calls = 0;
  #isDead = false;

  private constructor(child: ChildProcess, backend: ScriptedBackend, ready: () => void) {
    this.#child = child;
    child.on('message', (message: FromChild) => {
      if ('ready' in message) ready();
      else if ('ask' in message) void this.#serve(backend, message);
      else this.#take(message);
    });
    this.#ended = new Promise((resolve) => {
      child.on('exit', () => {
        this.#isDead = true;
        for (const { reject } of this.#waiting.values()) reject(new Died());
        this.#waiting.clear();
        resolve();
      });
    });
  }

  static async start(place: string, seed: string, settings: Partial<MintSettings>, backend: ScriptedBackend): Promise<RemoteMint> {
    const script = new URL('./mint.child.ts', import.meta.url).pathname;
    const child = fork(script, [place, seed, JSON.stringify(settings)], { serialization: 'advanced' });
    return new Promise((resolve, reject) => {
      const remote: RemoteMint = new RemoteMint(child, backend, () => resolve(remote));
      void remote.#ended.then(() => reject(new Error('the mint did not start')));
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  dieAt(point: string): void {
    this.#send({ dieAt: point });
  }

  pass(ms: number): void {
    this.#send({ passMs: ms });
  }

  makeMintQuote = (body: Fields) => this.#call<MintQuote>('makeMintQuote', body);
  readMintQuote = (id: string) => this.#call<MintQuote>('readMintQuote', id);
  issue = (body: Fields) => this.#call<Signatures>('issue', body);
  swap = (body: Fields) => this.#call<Signatures>('swap', body);
  checkState = (body: Fields) => this.#call<{ readonly states: readonly ProofState[] }>('checkState', body);
  makeMeltQuote = (body: Fields) => this.#call<MeltQuote>('makeMeltQuote', body);
  readMeltQuote = (id: string) => this.#call<MeltQuote>('readMeltQuote', id);
  melt = (body: Fields) => this.#call<MeltQuote>('melt', body);
  resume = () => this.#call<number>('resume');
  keys = () => this.#call<{ keysets: readonly { id: string; keys: Record<string, string> }[] }>('keys');

  #call<Result>(method: string, ...args: readonly unknown[]): Promise<Result> {
    if (this.#isDead) return Promise.reject(new Died());
    const call = ++this.#calls;
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(call, { resolve: resolve as (result: unknown) => void, reject });
      this.#send({ call, method: method as never, args });
    });
  }

  #send(message: FromParent): void {
    // One that is dying does not hear; its end is told by `exit`.
    this.#child.send(message, () => {});
  }

  #take(message: Extract<FromChild, { reply: number }>): void {
    const waiting = this.#waiting.get(message.reply);
    this.#waiting.delete(message.reply);
    if ('code' in message) waiting?.reject(Object.assign(new Error(message.message), { code: message.code }));
    else waiting?.resolve(message.result);
  }

  async #serve(backend: ScriptedBackend, { ask, method, args }: Extract<FromChild, { ask: number }>): Promise<void> {
    const work = backend[method as keyof ScriptedBackend] as (...given: readonly unknown[]) => Promise<unknown>;
    const result = await work.apply(backend, [...args]);
    if (!this.#isDead) this.#send({ answer: ask, result });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
