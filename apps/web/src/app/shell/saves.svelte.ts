// Downloads of this tab, until their line is closed.
import { m } from '../../messages.ts';
import { formatBytes } from '../../format.ts';
import type { Drive, DriveSave, DriveSaveTarget } from '../port.ts';
import { attempt, toasts } from './toasts.svelte.ts';

export type Saving = {
  readonly job: DriveSave;
  /** Once more, in a line of its own; this one closes. */
  again(): Promise<void>;
};

let list: readonly Saving[] = $state.raw([]);

export const saves = {
  get list(): readonly Saving[] {
    return list;
  },
  /** Takes the first way this browser offers for so many bytes. */
  async begin(drive: Drive, target: DriveSaveTarget, bytes: number): Promise<void> {
    await attempt(async () => {
      const offers = await drive.sinks(bytes);
      const best = offers.find((offer) => offer.fits);
      if (best) list = [...list, savingOf(drive.save(target, best.sink), () => saves.begin(drive, target, bytes))];
      else
        toasts.add(
          m.none_fits({ size: formatBytes(bytes), max: formatBytes(Math.max(0, ...offers.map((offer) => offer.bytesMax ?? 0))) }),
          null,
          'danger',
        );
    });
  },
  close(saving: Saving): void {
    list = list.filter((other) => other !== saving);
  },
};

function savingOf(job: DriveSave, begin: () => Promise<void>): Saving {
  const saving: Saving = {
    job,
    async again() {
      saves.close(saving);
      await begin();
    },
  };
  return saving;
}
