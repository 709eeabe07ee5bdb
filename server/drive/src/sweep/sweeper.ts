// The collector: takes back, in two phases, what nothing holds (spec/storage.md "Collector"). One at a time; every step can be cut
// short at any point and is taken up by the next round.
import { setImmediate as breathe } from 'node:timers/promises';
import type { PackName } from '@reprise/chunks';
import { Failure, clockSkewMsMax, idBytes } from '@reprise/protocol';
import { frameHeader, frameHeaderBytes } from '@reprise/protocol/formats';
import { collectAccounts } from '../accounts/store.ts';
import { lapseCases } from '../cases/store.ts';
import { triesForgottenMs } from '../links/rules.ts';
import type { DrivePorts } from '../ports.ts';
import { compactAfterMs, isOrphan, layOut, retireMs } from './rules.ts';
import {
  type PackRow,
  condemnLapsed,
  dropAttachments,
  dropCondemned,
  dropLog,
  dropSpaceObjects,
  endedSpaces,
  forgetOld,
  knownPacks,
  movePack,
  objectsOfPack,
  releaseObjects,
  releasedLinks,
  retireEnded,
  rowsMax,
  sparsePacks,
  takeEmptyPacks,
} from './store.ts';

export type Swept = {
  /** Objects that lost their last hold, or whose lease ran out. */
  condemned: number;
  /** Objects whose rows are gone. */
  dropped: number;
  packsDeleted: number;
  bytesDeleted: number;
  packsCompacted: number;
  orphansDeleted: number;
};

export class Sweeper {
  readonly #ports: DrivePorts;
  readonly #retired: { readonly pack: PackName; readonly deleteAt: number }[] = [];
  /** Old packs that no row named in the last round. */
  #unnamed: ReadonlySet<PackName> = new Set();
  #running: Promise<Swept> | undefined;

  constructor(ports: DrivePorts) {
    this.#ports = ports;
  }

  /** One round; while it runs, every call gets the same round. */
  sweep(signal?: AbortSignal): Promise<Swept> {
    this.#running ??= this.#round(signal).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #round(signal: AbortSignal | undefined): Promise<Swept> {
    const swept: Swept = { condemned: 0, dropped: 0, packsDeleted: 0, bytesDeleted: 0, packsCompacted: 0, orphansDeleted: 0 };
    const startedAt = performance.now();
    for (const step of [this.#end, this.#release, this.#drop, this.#deleteEmpty, this.#compact, this.#collectOrphans, this.#forget]) {
      await step.call(this, swept, signal);
      if (signal?.aborted) break;
    }
    this.#ports.watch.event('sweep', { ...swept, durationMs: Math.round(performance.now() - startedAt) });
    return swept;
  }

  /** First, so that what ends in this round is released in it. */
  async #end(): Promise<void> {
    const { database, clock, settings } = this.#ports;
    await lapseCases(database, clock.now(), settings.cases);
    await collectAccounts(database, clock.now());
  }

  async #release(swept: Swept, signal: AbortSignal | undefined): Promise<void> {
    const { database, clock, settings } = this.#ports;
    for (const link of await releasedLinks(database, clock.now())) {
      swept.condemned += await untilDone(signal, () => releaseObjects(database, link, clock.now(), settings.condemnedMs));
    }
    swept.condemned += await untilDone(signal, () => condemnLapsed(database, clock.now(), settings.condemnedMs));
    swept.condemned += await untilDone(signal, () => retireEnded(database, clock.now(), settings.condemnedMs));
  }

  async #drop(swept: Swept, signal: AbortSignal | undefined): Promise<void> {
    const { database, clock } = this.#ports;
    for (const space of await endedSpaces(database)) {
      swept.dropped += await untilDone(signal, () => dropSpaceObjects(database, space));
      await untilDone(signal, () => dropLog(database, space));
    }
    await untilDone(signal, () => dropAttachments(database, clock.now()));
    swept.dropped += await untilDone(signal, () => dropCondemned(database, clock.now()));
  }

  async #deleteEmpty(swept: Swept, signal: AbortSignal | undefined): Promise<void> {
    const { database, chunks } = this.#ports;
    await untilDone(signal, async () => {
      const packs = await takeEmptyPacks(database);
      for (const { pack, bytes } of packs) {
        await chunks.deletePack(pack as PackName);
        swept.packsDeleted++;
        swept.bytesDeleted += bytes;
      }
      return packs.length;
    });
  }

  async #compact(swept: Swept, signal: AbortSignal | undefined): Promise<void> {
    const { database, chunks, clock } = this.#ports;
    const due = this.#retired.filter(({ deleteAt }) => deleteAt <= clock.now());
    for (const retired of due) {
      await chunks.deletePack(retired.pack);
      this.#retired.splice(this.#retired.indexOf(retired), 1);
    }
    for (const pack of await sparsePacks(database, clock.now() - compactAfterMs)) {
      if (signal?.aborted) return;
      if (await this.#copyLive(pack)) swept.packsCompacted++;
      await breathe();
    }
  }

  /** Copies sealed frames, swaps the rows, retires the old pack. @returns whether it was done: a pack with a bad object stays as it is */
  async #copyLive(from: PackRow): Promise<boolean> {
    const { database, chunks, clock, watch } = this.#ports;
    const placed = (await objectsOfPack(database, from.pack)).map((row) => ({ ...row, offset: row.pack_offset }));
    const objects = layOut(placed, frameHeaderBytes);
    const writer = await chunks.beginPack(from.class);
    try {
      for (const { id, offset, length } of objects) {
        await writer.write(frameHeader(idBytes(id), length));
        await writer.write(await chunks.read(id, { pack: from.pack as PackName, offset, length }));
      }
      const { bytes } = writer;
      const to = await writer.commit();
      await movePack(database, { from, to, bytes, now: clock.now(), objects });
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      watch.event('compaction-refused', { pack: from.pack, code: failure.code });
      return false;
    } finally {
      await writer.abort();
    }
    this.#retired.push({ pack: from.pack as PackName, deleteAt: clock.now() + retireMs });
    return true;
  }

  /** The age of a file is told by the disk's clock, which may be days off: only what two rounds found without a row goes. */
  async #collectOrphans(swept: Swept, signal: AbortSignal | undefined): Promise<void> {
    const { database, chunks, clock } = this.#ports;
    const unnamed = new Set<PackName>();
    let old: { readonly pack: PackName; readonly bytes: number }[] = [];
    const collect = async () => {
      const known = await knownPacks(
        database,
        old.map(({ pack }) => pack),
      );
      for (const { pack, bytes } of old) {
        if (known.has(pack)) continue;
        if (!this.#unnamed.has(pack)) {
          unnamed.add(pack);
          continue;
        }
        await chunks.deletePack(pack);
        swept.orphansDeleted++;
        swept.bytesDeleted += bytes;
      }
      old = [];
    };
    for await (const { pack, bytes, modifiedAt } of chunks.listPacks()) {
      const retired = this.#retired.some((waiting) => waiting.pack === pack);
      if (!retired && isOrphan(modifiedAt, clock.now())) old.push({ pack, bytes });
      if (old.length === rowsMax) await collect();
      if (signal?.aborted) return;
    }
    await collect();
    this.#unnamed = unnamed;
  }

  async #forget(): Promise<void> {
    const now = this.#ports.clock.now();
    await forgetOld(this.#ports.database, {
      noncesBefore: now - 3 * clockSkewMsMax,
      triesBefore: now - triesForgottenMs,
      downloadsBefore: now - this.#ports.settings.downloadMs,
    });
  }
}

/** Repeats a bounded step until it finds nothing, letting requests in between. @returns the sum */
async function untilDone(signal: AbortSignal | undefined, step: () => Promise<number>): Promise<number> {
  let sum = 0;
  for (;;) {
    const done = await step();
    sum += done;
    if (done < rowsMax || signal?.aborted) return sum;
    await breathe();
  }
}
