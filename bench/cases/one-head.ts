// Many devices of one account that all change the drive at the same moment: each commit is a compare-and-swap on one head, so that of all who
// try only one lands, and the others plan again on what it left. spec/log.md "Rules of a client".
import { join } from 'node:path';
import { connect } from '@reprise/sdk';
import { memoryHeadStore, openDrive } from '@reprise/sdk/drive';
import { nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { DriveAccount } from '../../tests/support/drive-account.ts';
import { startHost } from '../../tests/support/server.ts';
import { median } from '../harness/median.ts';
import { makeScratch } from '../harness/scratch.ts';
import { us, type Series } from '../results.ts';
import type { BenchCase } from './case.ts';

/** @property landedMs of each device, in no order */
type Race = { readonly ms: number; readonly landedMs: readonly number[]; readonly gaveUp: number };

export const oneHead: BenchCase = {
  name: 'one-head',
  about: '200 devices commit to one head at the same moment: none lost, none starved (quick: 40)',
  long: false,
  async run({ options, say }) {
    const devices = options.quick ? 40 : 200;
    const caseName = `${devices} devices, one head`;
    const races: Race[] = [];
    for (let run = 0; run < options.runs; run++) {
      using scratch = makeScratch(options.folder, 'head');
      const race = await raceOf(join(scratch.folder, 'store'), devices);
      races.push(race);
      say(
        `${caseName} run ${run + 1}: ${(race.ms / 1_000).toFixed(2)} s, median ${median(race.landedMs).toFixed(0)} ms, ${race.gaveUp} gave up`,
      );
    }
    const one = (measure: string, unit: Series['unit'], valueOf: (race: Race) => number): Series => ({
      caseName,
      measure,
      subject: us,
      unit,
      better: unit === '/s' ? 'more' : 'less',
      values: races.map(valueOf),
    });
    return {
      series: [
        one('commits', '/s', ({ ms, landedMs }) => landedMs.length / (ms / 1_000)),
        one('a device’s wait, median', 's', ({ landedMs }) => median(landedMs) / 1_000),
        one('a device’s wait, longest', 's', ({ landedMs }) => Math.max(...landedMs) / 1_000),
        one('devices that gave up', 'devices', ({ gaveUp }) => gaveUp),
      ],
      absences: [],
      remarks: [
        'Every device makes one folder in the same folder, all begin at once, over HTTP; afterwards the drive is read anew and holds every folder whose commit was answered, else the run fails. All devices run in one process, which shares the machine with the server: it signs and plans again for all who lost.',
      ],
    };
  },
};

async function raceOf(dataFolder: string, count: number): Promise<Race> {
  const rates = Object.fromEntries(['REQUESTS', 'SPACES', 'ACCOUNTS', 'LOGINS'].map((rate) => [`REPRISE_RATE_${rate}`, 'off']));
  await using host = await startHost({ dataFolder, env: { ...rates, REPRISE_LOG: 'warn' } });
  using transport = nodeTransport();
  const connection = connect({ server: host.url, transport });
  const account = await DriveAccount.open(connection);
  const sessions = [account.first];
  while (sessions.length < count) sessions.push(await account.addDevice(connection));
  const open = (session: DriveAccount['first']) => openDrive(session, { engine: nodeEngine, heads: memoryHeadStore() });
  const drives = [];
  for (const session of sessions) drives.push(await open(session));
  await drives[0]?.makeFolder('/all');
  for (const drive of drives) await drive.refresh();
  const startedAt = performance.now();
  const ended = await Promise.allSettled(
    drives.map(async (drive, index) => {
      await drive.makeFolder(`/all/${index}`);
      return performance.now() - startedAt;
    }),
  );
  const ms = performance.now() - startedAt;
  const there = new Set(await Array.fromAsync((await open(account.first)).list('/all'), ({ name }) => name));
  const lost = ended.flatMap(({ status }, index) => (status === 'fulfilled' && !there.has(String(index)) ? [index] : []));
  if (lost.length > 0) throw new Error(`${lost.length} commits were answered and are not in the drive`);
  const landedMs = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const reasons = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error & { code?: unknown }] : []));
  const other = reasons.find(({ code }) => code !== 'head-conflict');
  if (other) throw other;
  return { ms, landedMs, gaveUp: reasons.length };
}
