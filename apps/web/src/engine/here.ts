// The first word of a worker: its script came and ran. What the page sends is lost in one whose script did not come. spec/web.md "Offline shell".

/** No worker says anything before. */
export type Here = { readonly here: true };

/** Called by a worker once it listens. */
export function sayHere(): void {
  (globalThis as unknown as { postMessage(message: Here): void }).postMessage({ here: true });
}

export function isHere(message: unknown): message is Here {
  return typeof message === 'object' && message !== null && 'here' in message;
}
