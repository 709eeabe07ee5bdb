// Lightning without money: two real LDK nodes on a private chain, in a thread that starts when it is first used. spec/lightning.md "The sandbox".
import { Worker } from 'node:worker_threads';
import { LightningFailure } from '../failures.ts';
import type { Capabilities, Cursor, LightningBackend, LightningEvent, Outcome, PaymentHash } from '../port.ts';
import type { FromThread, NodeCalls, NodeName, ToThread } from './calls.ts';
import { assertSandboxMayRun, type SandboxPlace } from './permission.ts';

export { assertSandboxMayRun };

export type SandboxSettings = {
  /** Its blocks and channels; made if missing. One process at a time. */
  readonly folder: string;
  readonly place: SandboxPlace;
};
/** The second node, which plays the world's wallets. Its coins are as worthless as ours. */
export type SandboxWallet = Pick<NodeCalls, 'balance' | 'invoice' | 'invoiceState' | 'cancelInvoice' | 'pay' | 'hold' | 'take' | 'refuse'>;

export const sandboxCapabilities: Capabilities = {
  feeLimit: 'hard',
  msat: true,
  labels: true,
  cancel: true,
  descriptionHash: true,
  resumableEvents: true,
};

type Waiting = { readonly resolve: (result: never) => void; readonly reject: (error: unknown) => void };

export class Sandbox implements AsyncDisposable {
  readonly backend: LightningBackend;
  readonly wallet: SandboxWallet;
  readonly #folder: string;
  #thread: Worker | undefined;
  #isClosed = false;
  #calls = 0;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<() => void>();

  /** @throws LightningFailure sandbox-refused */
  constructor({ folder, place }: SandboxSettings) {
    assertSandboxMayRun(place);
    this.#folder = folder;
    this.backend = this.#backendOf();
    this.wallet = this.#node('visitor');
  }

  get isRunning(): boolean {
    return this.#thread !== undefined;
  }

  /** Stops the thread; all that happened is on the disk. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const thread = this.#thread;
    if (!thread) return;
    await new Promise<void>((resolve) => {
      thread.on('message', ({ kind }: FromThread) => kind === 'stopped' && resolve());
      thread.on('exit', () => resolve());
      thread.postMessage({ kind: 'stop' } satisfies ToThread);
    });
    await thread.terminate();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #backendOf(): LightningBackend {
    const node = this.#node('ours');
    const unknown = (error: unknown): Outcome => ({ state: 'unknown', why: `the sandbox did not answer: ${String(error)}` });
    return {
      name: 'sandbox',
      capabilities: sandboxCapabilities,
      info: async () => {
        await node.ready();
        return { network: 'regtest', synced: true };
      },
      balance: () => node.balance(),
      createInvoice: (request) => node.invoice(request),
      lookupInvoice: (hash) => node.invoiceState(hash),
      cancelInvoice: (hash) => node.cancelInvoice(hash),
      pay: (request) => node.pay(request).catch(unknown),
      lookupPayment: (hash: PaymentHash) => node.outcome(hash).catch(unknown),
      events: (from, signal) => this.#events(node, from, signal),
      close: () => this.close(),
      [Symbol.asyncDispose]: () => this.close(),
    };
  }

  async *#events(node: NodeCalls, from: Cursor, signal: AbortSignal): AsyncIterable<{ cursor: Cursor; event: LightningEvent }> {
    for (let at = Number(from || 0); !signal.aborted; ) {
      // Listened to before it is asked, so that nothing falls in between.
      const told = this.#told(signal);
      for (const entry of await node.logAfter(at)) {
        at = entry.at;
        yield { cursor: String(at), event: entry.event };
      }
      await told;
    }
  }

  #node(node: NodeName): NodeCalls {
    const ask = (name: keyof NodeCalls) => (parameter?: unknown) => this.#call(node, name, parameter) as Promise<never>;
    return {
      ready: ask('ready'),
      balance: ask('balance'),
      invoice: ask('invoice'),
      invoiceState: ask('invoiceState'),
      ...{
        cancelInvoice: ask('cancelInvoice'),
        pay: ask('pay'),
        outcome: ask('outcome'),
        logAfter: ask('logAfter'),
      },
      ...{
        hold: ask('hold'),
        take: ask('take'),
        refuse: ask('refuse'),
      },
    };
  }

  #call(node: NodeName, name: keyof NodeCalls, parameter: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new LightningFailure('unavailable', { what: 'the sandbox is closed' }));
      const thread = (this.#thread ??= this.#start());
      const id = ++this.#calls;
      this.#waiting.set(id, { resolve, reject });
      thread.postMessage({ kind: 'call', id, node, name, parameter } satisfies ToThread);
    });
  }

  #start(): Worker {
    // Its libraries greet on standard output, where the program's own words belong.
    const thread = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: { folder: this.#folder },
      env: { NODE_BACKEND: 'js' },
      stdout: true,
    });
    thread.stdout.resume();
    thread.on('message', (message: FromThread) => this.#hear(message));
    thread.on('error', () => undefined);
    thread.on('exit', () => {
      if (this.#thread === thread) this.#thread = undefined;
      for (const { reject } of this.#waiting.values()) reject(new LightningFailure('unavailable', { what: 'the sandbox stopped' }));
      this.#waiting.clear();
      this.#tell();
    });
    return thread;
  }

  #hear(message: FromThread): void {
    if (message.kind === 'told') return this.#tell();
    if (message.kind === 'stopped') return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'result') waiting?.resolve(message.result as never);
    else waiting?.reject(new LightningFailure(message.code, message.facts));
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #told(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#listeners.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      if (signal.aborted) return done();
      this.#listeners.add(done);
      signal.addEventListener('abort', done);
    });
  }
}
