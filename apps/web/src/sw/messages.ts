// What travels between the service worker, the pages and the engine worker. Pages speak through the service worker's own
// postMessage: only such events keep Firefox from ending it (messages on a MessagePort do not count). spec/web.md "Saving".

import type { EngineFailure } from '../engine/port.ts';

/** Page to service worker. `stream` carries one MessagePort, whose other end the engine worker holds. */
export type ToServiceWorker =
  | { readonly kind: 'stream'; readonly id: string; readonly name: string; readonly size: number | null }
  | { readonly kind: 'ping'; readonly number: number }
  | { readonly kind: 'forget-grant'; readonly grant: string }
  /** The drive was opened here: all of the build is to be kept. */
  | { readonly kind: 'keep-drive' }
  /** A person asks for the build that waits. */
  | { readonly kind: 'start-new' }
  /** To a waiting worker: no stream lives, take over. */
  | { readonly kind: 'take-over' };

/** Service worker to the page that pinged. Another `born` means another worker: streams of the former are dead. */
export type FromServiceWorker = {
  readonly kind: 'pong';
  readonly number: number;
  readonly born: string;
  readonly streams: readonly string[];
};

/**
 * Engine worker to service worker, on the stream's port: either one `file`, an encoded grant of what the service worker is to read by
 * itself, or chunks and an `end` that states what was sent in all.
 */
export type ToStream =
  | { readonly kind: 'file'; readonly grant: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end'; readonly size: number }
  | { readonly kind: 'fail' };

/**
 * Service worker to engine worker. A credit allows one chunk. Of a file that it reads by itself it tells how many bytes were opened and
 * how many of them the browser took, whether the network is there, and what it failed with. `closed` comes after the browser took the last byte.
 */
export type FromStream =
  | { readonly kind: 'ready'; readonly born: string }
  | { readonly kind: 'opened' }
  | { readonly kind: 'credit' }
  | { readonly kind: 'moved'; readonly openedBytes: number; readonly takenBytes: number }
  | { readonly kind: 'network'; readonly there: boolean }
  | { readonly kind: 'failed'; readonly failure: EngineFailure }
  | { readonly kind: 'closed'; readonly size: number }
  | { readonly kind: 'cancelled' };

export const streamCredits = 4;
export const streamPath = '/_dl/';
export const mediaPath = '/_v/';
