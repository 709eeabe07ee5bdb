// The server alone: sealed objects of 4 MiB served to a client that only counts, against nginx with sendfile serving the very same objects.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drain } from '../harness/drain.ts';
import { makeRandomFile } from '../harness/inputs.ts';
import { inRounds } from '../harness/rounds.ts';
import { makeScratch } from '../harness/scratch.ts';
import { absenceOfNginx, startNginx } from '../peers/nginx-server.ts';
import { us, type Absence, type Series } from '../results.ts';
import type { BenchCase } from './case.ts';
import { collectObjectPaths, startLoadedHost } from './loaded-host.ts';

const connectionCounts = [1, 8, 64] as const;
const caseName = 'server, objects of 4 MiB';

export const serverDownload: BenchCase = {
  name: 'server-download',
  about: 'download throughput of sealed 4 MiB objects over 1, 8 and 64 connections, against nginx with sendfile',
  long: false,
  async run({ options, say }) {
    using scratch = makeScratch(options.folder, 'download');
    const objects = 32;
    const requests = options.quick ? 128 : 512;
    const source = makeRandomFile(join(scratch.folder, 'recording.bin'), objects * 4 * 2 ** 20);
    await using host = await startLoadedHost(scratch.folder, source);
    const paths = await collectObjectPaths(host, scratch.folder, 4 * 2 ** 20);
    const subjects = [{ name: us, port: host.port, paths }];
    const absences: Absence[] = [];
    await using stack = new AsyncDisposableStack();
    const absence = await absenceOfNginx();
    if (absence === null) {
      mkdirSync(join(scratch.folder, 'nginx'));
      const nginx = stack.use(await startNginx(join(scratch.folder, 'nginx')));
      const copies = await copyObjects(host.url, paths, nginx.storeFolder);
      subjects.push({ name: 'nginx (sendfile)', port: nginx.port, paths: copies });
    } else absences.push({ caseName, subject: 'nginx (sendfile)', reason: absence });

    const values = new Map<string, number[]>();
    for (const connections of connectionCounts) {
      await inRounds(subjects, options.runs, async (subject, run) => {
        const { bytes, ms } = await drain({ port: subject.port, paths: subject.paths, connections, requests });
        const speed = bytes / 2 ** 20 / (ms / 1000);
        say(`${caseName} run ${run + 1} ${subject.name}, ${connections} connections: ${speed.toFixed(0)} MiB/s`);
        const key = `${connections}/${subject.name}`;
        values.set(key, [...(values.get(key) ?? []), speed]);
      });
    }
    const series = connectionCounts.flatMap((connections) =>
      subjects.map(
        (subject): Series => ({
          caseName,
          measure: `${connections} connection${connections === 1 ? '' : 's'}`,
          subject: subject.name,
          unit: 'MiB/s',
          better: 'more',
          values: values.get(`${connections}/${subject.name}`) ?? [],
        }),
      ),
    );
    return {
      series,
      absences,
      remarks: ['Same client, same objects, page cache warm on both sides; client and server share the machine.'],
    };
  },
};

/** Hands nginx the very bytes our server answers with, after checking that each is the object its id names. */
async function copyObjects(url: string, paths: readonly string[], storeFolder: string): Promise<readonly string[]> {
  const copies: string[] = [];
  for (const path of paths) {
    const bytes = new Uint8Array(await (await fetch(url + path)).arrayBuffer());
    const id = createHash('sha256').update(bytes).digest('hex');
    if (!path.includes(id)) throw new Error(`${path} answered with other bytes`);
    writeFileSync(join(storeFolder, id), bytes);
    if (readFileSync(join(storeFolder, id)).length !== bytes.length) throw new Error('short write');
    copies.push(`/${id}`);
  }
  return copies;
}
