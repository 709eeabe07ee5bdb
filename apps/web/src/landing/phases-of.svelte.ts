// The phase of each of several uploads, as one map that changes only when a phase does.
import type { Observable, ParcelPhase } from '../engine/port.ts';

type Moving = { readonly id: string; readonly state: Observable<{ readonly phase: ParcelPhase }> };

export function phasesOf(uploads: () => readonly Moving[]): { readonly now: ReadonlyMap<string, ParcelPhase> } {
  let now: ReadonlyMap<string, ParcelPhase> = $state.raw(new Map());
  $effect(() => {
    const phases = new Map<string, ParcelPhase>();
    const stops = uploads().map(({ id, state }) =>
      state.subscribe(({ phase }) => {
        if (phases.get(id) === phase) return;
        phases.set(id, phase);
        now = new Map(phases);
      }),
    );
    return () => {
      for (const stop of stops) stop();
    };
  });
  return {
    get now() {
      return now;
    },
  };
}
