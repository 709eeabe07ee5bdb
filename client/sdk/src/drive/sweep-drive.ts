// Tells the server what no tree needs any more: walks the whole tree of the head, compares what it names with what the server counts as live,
// and signs the difference. Bytes go 30 days later. spec/spaces.md "Sweep".
import { type Bytes, formatHex, parseHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import {
  advanceLog,
  encodeEnvelope,
  encodeLiveTable,
  joinSortedIds,
  type LiveTable,
  liveTable,
  writeEntry,
} from '@reprise/protocol/formats';
import { concatBytes, u64 } from '@reprise/kit';
import { objectsBelow } from './content-objects.ts';
import type { DriveSpace } from './drive-space.ts';

/** What a sweep freed. */
export type SweepReport = {
  /** Objects that ended, and how many bytes the server still keeps as live. */
  readonly ended: number;
  readonly live: number;
  /** Hex ids that the tree needs and the server does not count as live: something of the drive is lost there. */
  readonly lost: readonly string[];
};

/** @throws Failure drive-frozen, role-refused if the device may not sweep, head-conflict if the drive changed meanwhile, network … */
export async function sweepDrive(space: DriveSpace, signal?: AbortSignal): Promise<SweepReport> {
  await space.refresh(signal ? { signal } : {});
  space.log.assertWritable();
  const { state } = space.log;
  const view = await space.view(signal);
  const needed = view.root ? await objectsBelow(view.root, space.reader(signal)) : new Map<string, Bytes>();
  const table = await liveTable(needed.values());
  const { connection, device, entryIdsMax } = space.tools;
  const call = { params: { space: space.tools.space }, device, signal };
  const audit = await connection.call('spaces.audit', { ...call, body: concatBytes(u64(state.seq), encodeLiveTable(table)) });
  const unneeded: Bytes[] = [];
  const lost: string[] = [];
  for (const bucket of audit.buckets) {
    const served = await idsOfBucket(space, state.seq, bucket, signal);
    for (const id of served.keys()) if (!needed.has(id)) unneeded.push(parseHex(id) as Bytes);
    for (const id of needed.keys()) if (Number.parseInt(id.slice(0, 2), 16) === bucket && !served.has(id)) lost.push(id);
  }
  // What is lost is told, not hidden by a table that fits: the server would refuse it, and so it should.
  if (lost.length > 0 || unneeded.length === 0) return { ended: 0, live: needed.size, lost };
  // More than one entry names end in several, each of which leaves the rest live.
  for (let left = unneeded; left.length > 0; ) {
    const rest = left.slice(entryIdsMax);
    await endObjects(space, left.slice(0, entryIdsMax), await liveTable([...needed.values(), ...rest]), signal);
    left = rest;
  }
  return { ended: unneeded.length, live: needed.size, lost };
}

/** @param table of what is live afterwards @throws Failure head-conflict if the drive changed meanwhile */
async function endObjects(space: DriveSpace, ids: readonly Bytes[], table: LiveTable, signal: AbortSignal | undefined): Promise<void> {
  const { state } = space.log;
  const { connection, device } = space.tools;
  const draft = { type: 'sweep', seq: state.seq, id: state.head, ids: joinSortedIds(ids), table } as const;
  const envelope = await writeEntry(state, device, draft, connection.serverNow());
  const advanced = await advanceLog(state, envelope, 'all');
  const conflict = await space.service.append(encodeEnvelope(envelope), signal);
  if (conflict && conflict.head !== formatHex(advanced.id)) throw new Failure('head-conflict', conflict);
  await space.log.accept(advanced.state, envelope);
}

async function idsOfBucket(space: DriveSpace, seq: number, bucket: number, signal: AbortSignal | undefined): Promise<Set<string>> {
  const { connection, device } = space.tools;
  const ids = new Set<string>();
  for (let after: string | undefined; ; ) {
    const body = { seq, bucket, ...(after !== undefined && { after }) };
    const page = await connection.call('spaces.live', { params: { space: space.tools.space }, device, body, signal });
    for (let at = 0; at < page.length; at += 32) {
      after = formatHex(page.subarray(at, at + 32));
      ids.add(after);
    }
    if (page.length === 0) return ids;
  }
}
