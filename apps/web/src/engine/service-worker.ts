// The page's end of the service worker: registration, control, and the pings that keep it alive while a stream or a player needs
// it. Firefox ends a service worker 30 s after its last event and reports the cut file as finished; each ping is such an event, and
// its answer says whether the worker is still the same. spec/web.md "Saving decrypted files".
import { sleep } from '@reprise/kit';
import type { FromServiceWorker, ToServiceWorker } from '../sw/messages.ts';
import { registerServiceWorker } from './script-url.ts';

const controlMsMax = 3_000;
/** A slow device may need long to fetch and start the worker of its first visit. */
const installMsMax = 30_000;
const answerMsMax = 8_000;

let registered: Promise<ServiceWorkerRegistration> | undefined;

/** Call after the page is usable: it keeps the start of the pages around a link. Resolves false where service workers do not work. */
export async function startServiceWorker(): Promise<boolean> {
  if (!('serviceWorker' in navigator)) return false;
  registered ??= registerServiceWorker();
  try {
    await registered;
    return true;
  } catch {
    registered = undefined;
    return false;
  }
}

/** From then on the drive opens without a network. All of the build is a megabyte, so call it when nothing else is being fetched. */
export async function keepDrive(): Promise<void> {
  if (!(await startServiceWorker())) return;
  const { active } = await navigator.serviceWorker.ready;
  if (active) tellWorker(active, { kind: 'keep-drive' });
}

const lookEveryMs = 3_600_000;

/**
 * Tells `run` whether a newer build waits behind the one that this page runs; it takes over when a page is loaded while no stream lives. A page
 * that stays open asks for one when it is looked at again, once an hour at most.
 */
export async function watchVersion(run: (waits: boolean) => void): Promise<void> {
  if (!(await startServiceWorker())) return;
  const registration = await (registered as Promise<ServiceWorkerRegistration>);
  const look = (worker: ServiceWorker | null): void => {
    if (!worker || !navigator.serviceWorker.controller) return;
    const tell = (): void => run(worker.state === 'installed');
    worker.addEventListener('statechange', tell);
    tell();
  };
  look(registration.waiting);
  registration.addEventListener('updatefound', () => look(registration.installing));
  let lookedAt = Date.now();
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Date.now() - lookedAt < lookEveryMs) return;
    lookedAt = Date.now();
    registration.update().catch(() => undefined);
  });
}

/**
 * Reloads the page in the build that waits. That one takes over before the reload: Chromium may drop what the new page asks for while workers change,
 * and a page whose worker's script was dropped stands still. While a stream lives the reload stays in this build.
 */
export async function takeNewVersion(): Promise<void> {
  const { controller } = navigator.serviceWorker;
  const registration = await navigator.serviceWorker.getRegistration();
  if (controller && registration?.waiting) {
    const taken = new Promise<void>((resolve) =>
      navigator.serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true }),
    );
    tellWorker(controller, { kind: 'start-new' });
    await Promise.race([taken, sleep(controlMsMax)]);
  }
  location.reload();
}

const loadedAnewKey = 'reprise-loaded-anew';
const againMsMax = 60_000;

/**
 * Reloads a page that a part did not come to. Where that was done a moment ago and did not help, what this browser keeps of the app is dropped first,
 * if the server is there to give it anew.
 */
export async function loadAnew(): Promise<void> {
  const before = Number(sessionStorage.getItem(loadedAnewKey) ?? 0);
  sessionStorage.setItem(loadedAnewKey, String(Date.now()));
  const isThere = async (): Promise<boolean> =>
    fetch('/health', { cache: 'no-store' }).then(
      ({ ok }) => ok,
      () => false,
    );
  if ('caches' in globalThis && Date.now() - before < againMsMax && (await isThere()))
    for (const name of await caches.keys()) if (name.startsWith('shell-')) await caches.delete(name);
  if ('serviceWorker' in navigator) return takeNewVersion();
  location.reload();
}

/** The worker that controls this page, waited for while a first visit installs it and a little longer; null if there is none. */
export async function controllingWorker(): Promise<ServiceWorker | null> {
  if (!(await startServiceWorker())) return null;
  const { serviceWorker } = navigator;
  if (serviceWorker.controller) return serviceWorker.controller;
  const { installing, active } = await (registered as Promise<ServiceWorkerRegistration>);
  await new Promise<void>((resolve) => {
    serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true });
    installing?.addEventListener('statechange', () => installing.state === 'redundant' && resolve());
    setTimeout(resolve, active?.state === 'activated' ? controlMsMax : installMsMax);
  });
  return serviceWorker.controller;
}

export function tellWorker(worker: ServiceWorker, message: ToServiceWorker, transfer: Transferable[] = []): void {
  worker.postMessage(message, transfer);
}

let pings = 0;

/** Keeps the worker alive and asks what lives in it; null if it did not answer in time or is gone. */
export function pingWorker(): Promise<Pick<FromServiceWorker, 'born' | 'streams'> | null> {
  const worker = navigator.serviceWorker.controller;
  if (!worker) return Promise.resolve(null);
  const number = ++pings;
  return new Promise((resolve) => {
    const listen = (event: MessageEvent) => {
      const message = event.data as FromServiceWorker;
      if (message.kind !== 'pong' || message.number !== number) return;
      settle(message);
    };
    const timer = setTimeout(() => settle(null), answerMsMax);
    const settle = (answer: FromServiceWorker | null) => {
      clearTimeout(timer);
      navigator.serviceWorker.removeEventListener('message', listen);
      resolve(answer);
    };
    navigator.serviceWorker.addEventListener('message', listen);
    navigator.serviceWorker.startMessages();
    tellWorker(worker, { kind: 'ping', number });
  });
}
