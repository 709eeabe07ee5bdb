// A worker whose script may not come: the network fails, the server has a newer build, or Chromium drops what is asked while service workers change.
// It is asked for once more; then whoever waits is told. spec/web.md "Offline shell".
import { isHere } from './here.ts';
import type { EngineFailure } from './port.ts';
import type { Gone, Port } from './rpc.ts';
import { openScript, type WorkerName } from './script-url.ts';

const startsMax = 2;

type Sent = { readonly message: unknown; readonly transfer: readonly Transferable[] };

/** @param onGone no script came, and whatever was sent reached nobody: a port that was sent along is told so itself */
export function startWorker(name: WorkerName, onGone: (failure: EngineFailure) => void = () => undefined): SturdyWorker {
  return new SturdyWorker(name, onGone);
}

export class SturdyWorker implements Port {
  readonly #name: WorkerName;
  readonly #onGone: (failure: EngineFailure) => void;
  readonly #listeners: ((event: MessageEvent) => void)[] = [];
  /** Until the worker says that it is here: to be sent once more to another. */
  #sent: Sent[] | null = [];
  /** What changes hands is sent when somebody is here to take it, and all that comes after it. */
  #isHeld = false;
  #starts = 0;
  #gone: EngineFailure | null = null;
  #worker: Worker;

  constructor(name: WorkerName, onGone: (failure: EngineFailure) => void) {
    this.#name = name;
    this.#onGone = onGone;
    this.#worker = this.#start();
  }

  postMessage(message: unknown, transfer: readonly Transferable[] = []): void {
    if (this.#gone) return tellPorts(transfer, this.#gone);
    if (this.#sent !== null) {
      this.#sent.push({ message, transfer });
      this.#isHeld ||= transfer.length > 0;
      if (this.#isHeld) return;
    }
    this.#worker.postMessage(message, [...transfer]);
  }

  addEventListener(_: 'message', listener: (event: MessageEvent) => void): void {
    this.#listeners.push(listener);
  }

  terminate(): void {
    this.#worker.terminate();
  }

  #start(): Worker {
    this.#starts++;
    const worker = openScript(this.#name);
    worker.addEventListener('message', (event) => {
      if (isHere(event.data)) return this.#welcome();
      for (const listener of this.#listeners) listener(event);
    });
    worker.addEventListener('error', (event) => this.#failed(event));
    return worker;
  }

  #welcome(): void {
    const held = this.#sent?.slice(this.#sent.findIndex(({ transfer }) => transfer.length > 0)) ?? [];
    const wasHeld = this.#isHeld;
    this.#sent = null;
    if (wasHeld) for (const { message, transfer } of held) this.#worker.postMessage(message, [...transfer]);
  }

  /** Of a script that did not come the event says nothing; of one that throws it says what, and to ask again would help nobody. */
  #failed(event: ErrorEvent): void {
    if (this.#sent === null) return;
    const isMissing = !event.message;
    event.preventDefault();
    this.#worker.terminate();
    if (isMissing && this.#starts < startsMax) {
      this.#worker = this.#start();
      for (const { message, transfer } of this.#sent) {
        if (transfer.length > 0) break;
        this.#worker.postMessage(message);
      }
      return;
    }
    const failure = isMissing ? { code: 'part-missing', facts: {} } : { code: 'unexpected', facts: { reason: event.message } };
    const sent = this.#sent;
    this.#sent = [];
    this.#gone = failure;
    for (const { transfer } of sent) tellPorts(transfer, failure);
    this.#onGone(failure);
  }
}

/** Who holds the other end waits for nobody. */
function tellPorts(transfer: readonly Transferable[], failure: EngineFailure): void {
  for (const port of transfer) if (port instanceof MessagePort) port.postMessage({ rpc: 'gone', failure } satisfies Gone);
}
