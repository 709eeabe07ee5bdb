// The service worker: offline shell, downloads as streams, media by ranges, files shared with the app. It answers nothing else. spec/web.md "Threads".
import { formatHex } from '@reprise/kit';
import { nudgeCollector } from '../engine/nudge.ts';
import { answerMedia, forgetGrant } from './media.ts';
import { type FromServiceWorker, mediaPath, streamPath, type ToServiceWorker } from './messages.ts';
import { answerDocument, answerFile, dropOldShells, isShellFile, shellDocumentOf, storeShell, storeWhole } from './shell.ts';
import { answerShare, sharePath } from './share.ts';
import { answerStream, anyStreamLives, knownStreams, promiseStream } from './streams.ts';

declare const self: ServiceWorkerGlobalScope;

/** Names this run of the worker: a page that hears another one knows that its streams died with the former. */
const born = formatHex(crypto.getRandomValues(new Uint8Array(8)));

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(Promise.all([self.clients.claim(), dropOldShells()])));

self.addEventListener('message', (event) => {
  const message = event.data as ToServiceWorker;
  switch (message.kind) {
    case 'stream':
      return promiseStream(message.id, { name: message.name, size: message.size, port: event.ports[0] as MessagePort }, born);
    case 'ping':
      return event.source?.postMessage({ kind: 'pong', number: message.number, born, streams: knownStreams() } satisfies FromServiceWorker);
    case 'forget-grant':
      return forgetGrant(message.grant);
    case 'keep-drive':
      // Cut short, it is asked again when the drive is opened again.
      return event.waitUntil(storeWhole().catch(() => undefined));
    case 'start-new':
      return void newBuildMayStart();
    case 'take-over':
      return event.waitUntil(self.skipWaiting());
  }
});

self.addEventListener('fetch', (event) => {
  if (event.request.method === 'PUT') return letGoOfBodies();
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin) return;
  if (event.request.method === 'POST' && url.pathname === sharePath) return event.respondWith(answerShare(event.request, localeHere()));
  if (event.request.method !== 'GET') return;
  if (url.pathname.startsWith(streamPath)) return event.respondWith(answerStream(url));
  if (url.pathname.startsWith(mediaPath)) return event.respondWith(answerMedia(event.request, url));
  if (event.request.mode === 'navigate') {
    const path = shellDocumentOf(url);
    return path === null ? undefined : event.respondWith(answerDocument(event.request, path, newBuildMayStart()));
  }
  if (isShellFile(url)) event.respondWith(answerFile(event.request, url.pathname));
});

function localeHere(): 'fr' | 'en' {
  return self.navigator.language.startsWith('fr') ? 'fr' : 'en';
}

const putsBetweenNudges = 4;
let puts = 0;

/**
 * Chromium shows this worker each upload's request and keeps its body, 8 MiB in the main process, until this worker's collector comes;
 * passing requests on makes so little garbage that it never does (1 GiB sent, 1 GiB kept; static routes do not hold for workers).
 */
function letGoOfBodies(): void {
  if (++puts % putsBetweenNudges === 0) nudgeCollector();
}

/** The first worker ever starts at once; a later one waits until a navigation finds no stream alive. */
async function install(): Promise<void> {
  await storeShell();
  if (!self.registration.active) await self.skipWaiting();
}

function newBuildMayStart(): boolean {
  const waiting = self.registration.waiting;
  if (!waiting || anyStreamLives()) return false;
  waiting.postMessage({ kind: 'take-over' } satisfies ToServiceWorker);
  return true;
}
