// Calls between the page and its workers: a typed request, one answer, cancelled by an AbortSignal, buffers moved instead of
// copied. Both ends of a port may call. spec/web.md "Threads".
import { isMissingPart } from './missing-part.ts';
import type { EngineFailure } from './port.ts';

/** One side's calls by name: what each takes and what it gives. */
export type Calls = { readonly [name: string]: { readonly takes: unknown; readonly gives: unknown } };

export type Handlers<C extends Calls> = {
  readonly [Name in keyof C]: (
    argument: C[Name]['takes'],
    signal: AbortSignal,
  ) => C[Name]['gives'] | Moved<C[Name]['gives']> | Promise<C[Name]['gives'] | Moved<C[Name]['gives']>>;
};

export type CallOptions = { readonly signal?: AbortSignal | undefined; readonly transfer?: readonly Transferable[] | undefined };
export type Call<C extends Calls> = <Name extends keyof C & string>(
  name: Name,
  argument: C[Name]['takes'],
  options?: CallOptions,
) => Promise<C[Name]['gives']>;

/** Who may make every call may make some of them. */
export function someOf<C extends Calls, Part extends Calls>(call: Call<C & Part>): Call<Part> {
  return (name, argument, options) =>
    call(name, argument as (C & Part)[typeof name]['takes'], options) as Promise<Part[typeof name]['gives']>;
}

/** What a worker, a worker's own scope and a MessagePort have in common. */
export type Port = {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  start?(): void;
};

/** An answer whose buffers or ports change hands. */
export class Moved<Value> {
  readonly value: Value;
  readonly transfer: readonly Transferable[];

  constructor(value: Value, transfer: readonly Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/** A failure that crossed a thread: the code and facts survive, stack and class do not. */
export class EngineError extends Error implements EngineFailure {
  override readonly name = 'EngineError';
  readonly code: string;
  readonly facts: EngineFailure['facts'];

  constructor(failure: EngineFailure) {
    super(failure.code);
    this.code = failure.code;
    this.facts = failure.facts;
  }
}

type Message =
  | { readonly rpc: 'call'; readonly number: number; readonly name: string; readonly argument: unknown }
  | { readonly rpc: 'answer'; readonly number: number; readonly value: unknown }
  | { readonly rpc: 'failure'; readonly number: number; readonly failure: EngineFailure }
  | { readonly rpc: 'abort'; readonly number: number }
  | Gone;

/** To whoever calls over a port that nobody serves: what was to serve it did not start. */
export type Gone = { readonly rpc: 'gone'; readonly failure: EngineFailure };

/**
 * Serves `handlers` on the port and calls the other side's.
 * @returns `call`, and `close` which fails every call still open, for a worker that died
 */
export function joinPort<Theirs extends Calls, Ours extends Calls>(
  port: Port,
  handlers: Handlers<Ours>,
): { call: Call<Theirs>; close(failure: EngineFailure): void } {
  const open = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  const serving = new Map<number, AbortController>();
  let last = 0;
  let closed: EngineFailure | undefined;
  const close = (failure: EngineFailure) => {
    closed = failure;
    for (const waiting of open.values()) waiting.reject(new EngineError(failure));
    open.clear();
  };
  const post = (message: Message, transfer: readonly Transferable[] = []) => port.postMessage(message, [...transfer]);

  const serve = async ({ number, name, argument }: Extract<Message, { rpc: 'call' }>) => {
    const controller = new AbortController();
    serving.set(number, controller);
    try {
      const handler = handlers[name];
      if (!handler) throw new EngineError({ code: 'unexpected', facts: { reason: `no call named ${name}` } });
      const answer = await handler(argument as Ours[string]['takes'], controller.signal);
      if (answer instanceof Moved) post({ rpc: 'answer', number, value: answer.value }, answer.transfer);
      else post({ rpc: 'answer', number, value: answer });
    } catch (error) {
      post({ rpc: 'failure', number, failure: describeFailure(error) });
    } finally {
      serving.delete(number);
    }
  };

  port.addEventListener('message', (event) => {
    const message = event.data as Message;
    if (message.rpc === 'call') return void serve(message);
    if (message.rpc === 'abort') return serving.get(message.number)?.abort(new EngineError({ code: 'cancelled', facts: {} }));
    if (message.rpc === 'gone') return close(message.failure);
    const waiting = open.get(message.number);
    open.delete(message.number);
    if (message.rpc === 'answer') waiting?.resolve(message.value);
    else if (message.rpc === 'failure') waiting?.reject(new EngineError(message.failure));
  });
  port.start?.();

  const call: Call<Theirs> = (name, argument, { signal, transfer } = {}) =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new EngineError(closed));
      if (signal?.aborted) return reject(signal.reason);
      const number = ++last;
      const stop = () => {
        post({ rpc: 'abort', number });
        open.delete(number);
        reject(signal?.reason);
      };
      const settled = () => signal?.removeEventListener('abort', stop);
      open.set(number, {
        resolve: (value) => (settled(), resolve(value as Theirs[typeof name]['gives'])),
        reject: (error) => (settled(), reject(error)),
      });
      signal?.addEventListener('abort', stop, { once: true });
      try {
        post({ rpc: 'call', number, name, argument }, transfer);
      } catch (error) {
        open.delete(number);
        reject(error);
      }
    });
  return { call, close };
}

/** Any error as data. Whatever carries a code keeps it; facts keep what survives a message. */
export function describeFailure(error: unknown): EngineFailure {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    const facts: Record<string, string | number> = {};
    const given = 'facts' in error && typeof error.facts === 'object' && error.facts !== null ? error.facts : {};
    for (const [name, value] of Object.entries(given)) if (typeof value === 'string' || typeof value === 'number') facts[name] = value;
    return { code: error.code, facts };
  }
  if (isMissingPart(error)) return { code: 'part-missing', facts: {} };
  const name = error instanceof Error ? error.name : typeof error;
  if (name === 'AbortError') return { code: 'cancelled', facts: {} };
  if (name === 'QuotaExceededError') return { code: 'storage-full', facts: {} };
  return { code: 'unexpected', facts: { reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) } };
}
