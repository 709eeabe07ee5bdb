// Search as the page asks for it: the index lives in a worker of its own where one can be started, else here. The newest query wins.
import type { Drive } from './port.ts';
import { SearchIndex, type Found, type Query } from './search-index.ts';

export interface Finder {
  /** `run` hears the answer now and again whenever the index grew, until the returned function is called. */
  search(query: Query, run: (found: Found) => void): () => void;
  close(): void;
}

/** What a Worker has, and what stands for one. */
export type IndexWorker = Pick<Worker, 'terminate'> & {
  postMessage(message: IndexMessage): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
};

let startWorker: (() => IndexWorker) | null = null;

/** The entry names the worker's script: only it knows the addresses of its build. */
export function searchInWorker(start: () => IndexWorker): void {
  startWorker = start;
}

export function createFinder(drive: Pick<Drive, 'names'>): Finder {
  return startWorker === null ? here(drive) : inWorker(drive, startWorker());
}

function here(drive: Pick<Drive, 'names'>): Finder {
  const index = new SearchIndex();
  const asked = new Set<() => void>();
  const stop = drive.names((batch) => {
    index.add(batch);
    for (const again of asked) again();
  });
  return {
    search(query, run) {
      const again = (): void => run(index.search(query));
      asked.add(again);
      again();
      return () => {
        asked.delete(again);
      };
    },
    close: stop,
  };
}

/** What goes to index.worker.ts: a batch to add, or a query with its number. */
export type IndexMessage = { readonly batch: import('./port.ts').NameBatch } | { readonly query: Query; readonly number: number };
export type IndexAnswer = { readonly found: Found; readonly number: number };

function inWorker(drive: Pick<Drive, 'names'>, worker: IndexWorker): Finder {
  let number = 0;
  let now: { readonly query: Query; run(found: Found): void } | null = null;
  let answered = 0;
  let grew = false;
  const ask = (): void => {
    if (!now) return;
    number += 1;
    grew = false;
    worker.postMessage({ query: now.query, number } satisfies IndexMessage);
  };
  worker.addEventListener('message', ({ data }: MessageEvent<IndexAnswer>) => {
    answered = data.number;
    if (answered !== number) return;
    now?.run(data.found);
    if (grew) ask();
  });
  const stop = drive.names((batch) => {
    worker.postMessage({ batch } satisfies IndexMessage);
    // Batches come faster than anybody reads: one question at a time is under way for what they bring.
    grew = true;
    if (answered === number) ask();
  });
  return {
    search(query, run) {
      const mine = { query, run };
      now = mine;
      ask();
      return () => {
        if (now === mine) now = null;
      };
    },
    close() {
      stop();
      worker.terminate();
    },
  };
}
