// When everything that can go on without the simulation's leave has done so: ciphers run in threads of the platform, so they are counted.

let running = 0;

const counted = ['sign', 'verify', 'digest', 'importKey', 'deriveBits', 'encrypt', 'decrypt', 'generateKey', 'exportKey'] as const;

/** From now on `quiet` knows of what the platform's ciphers do in this process. */
export function countCiphers(): void {
  const subtle = globalThis.crypto.subtle as unknown as Record<string, (...given: readonly unknown[]) => Promise<unknown>>;
  for (const name of counted) {
    const act = (subtle[name] as (...given: readonly unknown[]) => Promise<unknown>).bind(globalThis.crypto.subtle);
    subtle[name] = (...given) => busy(act(...given));
  }
}

/** Counts until the promise is settled. */
export function busy<Result>(act: Promise<Result>): Promise<Result> {
  running++;
  const end = (): void => void running--;
  act.then(end, end);
  return act;
}

/** Resolves when nothing runs any more but what waits for the simulation. */
export async function quiet(): Promise<void> {
  for (let calm = 0; calm < 2; calm = running > 0 ? 0 : calm + 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
