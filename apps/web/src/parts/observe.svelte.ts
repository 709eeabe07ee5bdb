// The present value of an engine's observable, as state a component can read.
import { createSubscriber } from 'svelte/reactivity';
import type { Observable } from '../engine/port.ts';

/** Call while a component is being set up; read `.now` in markup or effects. */
export function observe<T>(source: () => Observable<T>): { readonly now: T } {
  const held = $derived(hold(source()));
  return {
    get now(): T {
      return held.now;
    },
  };
}

function hold<T>(observable: Observable<T>): { readonly now: T } {
  let value: T;
  const read = createSubscriber((update) => {
    let started = false;
    const stop = observable.subscribe((next) => {
      value = next;
      if (started) update();
    });
    started = true;
    return stop;
  });
  const stop = observable.subscribe((next) => {
    value = next;
  });
  stop();
  return {
    get now(): T {
      read();
      return value;
    },
  };
}
