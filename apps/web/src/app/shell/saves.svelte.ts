// Downloads of this tab, until their line is closed.
import { m } from '../../messages.ts';
import { formatBytes } from '../../format.ts';
import type { Drive, DriveSave, DriveSaveTarget } from '../port.ts';
import { attempt, toasts } from './toasts.svelte.ts';

let list: readonly DriveSave[] = $state.raw([]);

export const saves = {
  get list(): readonly DriveSave[] {
    return list;
  },
  /** Takes the first way this browser offers for so many bytes. */
  async begin(drive: Drive, target: DriveSaveTarget, bytes: number): Promise<void> {
    await attempt(async () => {
      const offers = await drive.sinks(bytes);
      const best = offers.find((offer) => offer.fits);
      if (best) list = [...list, drive.save(target, best.sink)];
      else
        toasts.add(
          m.none_fits({ size: formatBytes(bytes), max: formatBytes(Math.max(0, ...offers.map((offer) => offer.bytesMax ?? 0))) }),
          null,
          'danger',
        );
    });
  },
  close(save: DriveSave): void {
    list = list.filter((other) => other !== save);
  },
};
