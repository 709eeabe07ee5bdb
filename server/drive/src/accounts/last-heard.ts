// When each device of an account was last heard, to the hour: a list of devices shows one that nobody uses, or that somebody else does.
import type { Database } from '@reprise/database';
import { type DeviceId, Failure } from '@reprise/protocol';
import { isHeardAnew } from './rules.ts';

const devicesMax = 10_000;

export class LastHeard {
  readonly #database: Database;
  /** Least recently written first. */
  readonly #written = new Map<DeviceId, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** A device has proved itself. Costs a query once an hour; a full disk only costs the note. */
  async note(device: DeviceId, now: number): Promise<void> {
    if (!isHeardAnew(this.#written.get(device) ?? Number.NEGATIVE_INFINITY, now)) return;
    this.#written.delete(device);
    this.#written.set(device, now);
    if (this.#written.size > devicesMax) this.#written.delete(this.#written.keys().next().value as DeviceId);
    try {
      await this.#database.db
        .updateTable('account_devices')
        .set({ seen_at: now })
        .where('device_id', '=', device)
        .where('seen_at', '<', now)
        .where('revoked_at', 'is', null)
        .execute();
    } catch (failure) {
      if (!(failure instanceof Failure && failure.code === 'disk-full')) throw failure;
    }
  }
}
