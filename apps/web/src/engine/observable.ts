// A value that tells who follows it; the Svelte store contract, without Svelte.
import type { Observable } from './port.ts';

export type Source<T> = Observable<T> & { readonly value: T; set(value: T): void };

export function source<T>(first: T): Source<T> {
  const followers = new Set<(value: T) => void>();
  let value = first;
  return {
    get value() {
      return value;
    },
    set(next) {
      value = next;
      for (const run of [...followers]) run(value);
    },
    subscribe(run) {
      followers.add(run);
      run(value);
      return () => followers.delete(run);
    },
  };
}
