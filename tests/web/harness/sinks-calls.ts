// Calls between the sink test's page and its worker.
import type { FromServiceWorker } from '../../../apps/web/src/sw/messages.ts';

export type SinkRun = {
  readonly sink: 'stream' | 'private' | 'memory';
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly chunkBytes: number;
  readonly stallAt: number;
  readonly stallMs: number;
  readonly pings: boolean;
};
export type SinkWorkerCalls = {
  readonly save: { readonly takes: SinkRun; readonly gives: { readonly ms: number; readonly blob: Blob | null } };
};
export type SinkPageCalls = {
  readonly openStream: {
    readonly takes: { readonly id: string; readonly name: string; readonly size: number | null };
    readonly gives: MessagePort | null;
  };
  readonly ping: { readonly takes: null; readonly gives: Pick<FromServiceWorker, 'born' | 'streams'> | null };
};
