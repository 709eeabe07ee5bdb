// The phase of each of several parcels, as one map that changes only when a phase does.
import type { Parcel, ParcelPhase } from '../engine/port.ts';

export function phasesOf(parcels: () => readonly Parcel[]): { readonly now: ReadonlyMap<string, ParcelPhase> } {
  let now: ReadonlyMap<string, ParcelPhase> = $state.raw(new Map());
  $effect(() => {
    const phases = new Map<string, ParcelPhase>();
    const stops = parcels().map((parcel) =>
      parcel.state.subscribe((state) => {
        if (phases.get(parcel.id) === state.phase) return;
        phases.set(parcel.id, state.phase);
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
