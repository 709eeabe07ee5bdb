// Commits a second on one server: 50 spaces, each with one commit under way at a time and two objects in each, on SQLite and on PostgreSQL
// with a synced disk. Entries and requests are signed before the clock starts: a client's work is not the server's.
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@reprise/kit';
import { contract, formatPath } from '@reprise/protocol';
import { advanceLog, encodeEnvelope } from '@reprise/protocol/formats';
import { AccountOwner } from '../../server/drive/src/testing/account.ts';
import { type Member, openDriveSpace } from '../../server/drive/src/testing/member.ts';
import { sealedLike } from '../../server/drive/src/testing/owner.ts';
import type { TestService } from '../../server/drive/src/testing/service.ts';
import { startPostgres } from '../../tests/support/postgres.ts';
import { startHost } from '../../tests/support/server.ts';
import { makeScratch } from '../harness/scratch.ts';
import { us, type Absence, type Series } from '../results.ts';
import type { BenchCase } from './case.ts';

const caseName = 'commits, 50 spaces';
const spaces = 50;
const objectsPerCommit = 2;
/** Commits of each space before the clock starts: the server has just started, and its code is not compiled yet. */
const warmUp = 10;

type Prepared = { readonly path: string; readonly authorization: string; readonly body: Uint8Array };

export const commits: BenchCase = {
  name: 'commits',
  about: 'commits a second on one server, 50 spaces, SQLite and PostgreSQL, synced',
  long: false,
  async run({ options, say }) {
    const perSpace = options.quick ? 20 : 60;
    const absences: Absence[] = [];
    const series: Series[] = [];
    const measure = async (engine: string, env: Readonly<Record<string, string>>) => {
      const values: number[] = [];
      for (let run = 0; run < options.runs; run++) {
        using scratch = makeScratch(options.folder, 'commits');
        const perSecond = await commitsPerSecond(join(scratch.folder, 'store'), env, perSpace);
        say(`${caseName} run ${run + 1}, ${engine}: ${perSecond.toFixed(0)}/s`);
        values.push(perSecond);
      }
      series.push({ caseName, measure: engine, subject: us, unit: '/s', better: 'more', values });
    };
    await measure('SQLite', {});
    const postgres = await startPostgres({ flush: true });
    if ('missing' in postgres) absences.push({ caseName, subject: 'PostgreSQL', reason: postgres.missing });
    else {
      await using server = postgres.server;
      await measure('PostgreSQL', { DATABASE_URL: server.createDatabase() });
    }
    return {
      series,
      absences,
      remarks: [
        'Each commit adds two objects. The client sends signed requests from one process and shares the machine with server and database.',
      ],
    };
  },
};

async function commitsPerSecond(dataFolder: string, env: Readonly<Record<string, string>>, perSpace: number): Promise<number> {
  const rates = Object.fromEntries(['REQUESTS', 'SPACES', 'ACCOUNTS', 'LOGINS'].map((rate) => [`REPRISE_RATE_${rate}`, 'off']));
  await using host = await startHost({ dataFolder, env: { ...env, ...rates, REPRISE_LOG: 'warn' } });
  const service = { url: host.url, clock: systemClock } as unknown as TestService;
  const account = await AccountOwner.open(service);
  const prepared: Prepared[][] = [];
  for (let space = 0; space < spaces; space++) prepared.push(await prepare(await openDriveSpace(service, account), warmUp + perSpace));
  const agent = new Agent({ keepAlive: true, maxSockets: spaces });
  const send = (from: number, to: number) =>
    Promise.all(
      prepared.map(async (requests) => {
        for (const one of requests.slice(from, to)) await post(agent, host.port, one);
      }),
    );
  await send(0, warmUp);
  const startedAt = performance.now();
  await send(warmUp, warmUp + perSpace);
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  return (spaces * perSpace) / seconds;
}

/** Puts the objects of all commits of a space, and signs the entries one on top of the other. */
async function prepare(member: Member, count: number): Promise<Prepared[]> {
  const groups = Array.from({ length: count }, () => Array.from({ length: objectsPerCommit }, () => sealedLike(1_024)));
  const put = await member.put(groups.flat());
  if (put.status !== 201) throw new Error(`not stored: ${put.error?.code}`);
  const path = formatPath(contract['spaces.append'], { space: member.space });
  const prepared: Prepared[] = [];
  for (const group of groups) {
    const envelope = await member.commitOf(group, systemRandom(1_000));
    member.state = (await advanceLog(member.state, envelope)).state;
    const body = encodeEnvelope(envelope);
    prepared.push({ path, body, authorization: await member.sign(contract['spaces.append'], { space: member.space } as never, body) });
  }
  return prepared;
}

function post(agent: Agent, port: number, { path, authorization, body }: Prepared): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { agent, port, host: '127.0.0.1', method: 'POST', path, headers: { authorization, 'content-length': body.length } },
      (answer) => {
        answer.resume();
        answer.on('end', () =>
          answer.statusCode === 201 ? resolve() : reject(new Error(`a commit was answered with ${answer.statusCode}`)),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
