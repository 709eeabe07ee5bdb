// Memory: the client for a file far larger than it, and the server under many transfers at once. Files of zeros will do: what is sealed is
// as large as ever, and the input takes no disk.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { drain } from '../harness/drain.ts';
import { freeBytes } from '../harness/disk.ts';
import { makeRandomFile, makeSparseFile } from '../harness/inputs.ts';
import { residentBytes, sampleResident } from '../harness/resident.ts';
import { assertSameBytes } from '../harness/same-bytes.ts';
import { makeScratch } from '../harness/scratch.ts';
import { reprise } from '../peers/reprise.ts';
import { us, type Series } from '../results.ts';
import type { BenchCase } from './case.ts';
import { collectObjectPaths, startLoadedHost } from './loaded-host.ts';

export const clientMemory: BenchCase = {
  name: 'client-memory',
  about: 'peak memory of put and get for a file of 20 GiB (quick: 2 GiB), once',
  long: true,
  async run({ options, say }) {
    const bytes = (options.quick ? 2 : 20) * 2 ** 30;
    const caseName = `client memory, ${options.quick ? 2 : 20} GiB file`;
    using scratch = makeScratch(options.folder, 'memory');
    const neededBytes = 2.2 * bytes;
    if (freeBytes(scratch.folder) < neededBytes) {
      const reason = `needs ${Math.round(neededBytes / 2 ** 30)} GiB of free disk`;
      return { series: [], absences: [{ caseName, subject: us, reason }], remarks: [] };
    }
    const source = makeSparseFile(join(scratch.folder, 'archive.img'), bytes);
    await using running = await reprise.start(scratch.folder);
    const server = sampleResident(running.serverPid);
    const put = await running.put(source);
    say(`${caseName}: put ${(put.residentPeakBytes / 2 ** 20).toFixed(0)} MiB in ${(put.ms / 1000).toFixed(1)} s`);
    const into = join(scratch.folder, 'got');
    const get = await running.get(makeFolder(into));
    say(`${caseName}: get ${(get.residentPeakBytes / 2 ** 20).toFixed(0)} MiB in ${(get.ms / 1000).toFixed(1)} s`);
    await assertSameBytes(source, join(into, 'archive.img'));
    const serverPeak = server.stop();
    const one = (measure: string, value: number, unit: Series['unit'] = 'MiB'): Series => ({
      caseName,
      measure,
      subject: us,
      unit,
      better: 'less',
      values: [value],
    });
    return {
      series: [
        one('client, put', put.residentPeakBytes / 2 ** 20),
        one('client, get', get.residentPeakBytes / 2 ** 20),
        one('server, both', serverPeak / 2 ** 20),
        one('put, time', put.ms / 1000, 's'),
        one('get, time', get.ms / 1000, 's'),
      ],
      absences: [],
      remarks: ['One run; peak resident memory of the whole process; the file came back equal.'],
    };
  },
};

export const serverMemory: BenchCase = {
  name: 'server-memory',
  about: 'memory of the server while 200 downloads of 4 MiB objects run at once',
  long: false,
  async run({ options, say }) {
    const caseName = 'server memory, 200 transfers at once';
    using scratch = makeScratch(options.folder, 'parallel');
    const source = makeRandomFile(join(scratch.folder, 'recording.bin'), 32 * 4 * 2 ** 20);
    await using host = await startLoadedHost(scratch.folder, source);
    const paths = await collectObjectPaths(host, scratch.folder, 4 * 2 ** 20);
    rmSync(source);
    const idle = residentBytes(host.pid);
    const peaks: number[] = [];
    for (let run = 0; run < options.runs; run++) {
      const sampler = sampleResident(host.pid);
      await drain({ port: host.port, paths, connections: 200, requests: options.quick ? 400 : 1000 });
      // The sampler also reads the kernel's high-water mark, so a later run can only be as high or higher: growth would show.
      peaks.push(sampler.stop());
      say(`${caseName} run ${run + 1}: ${((peaks.at(-1) as number) / 2 ** 20).toFixed(0)} MiB`);
    }
    const one = (measure: string, values: readonly number[]): Series => ({
      caseName,
      measure,
      subject: us,
      unit: 'MiB',
      better: 'less',
      values: values.map((bytes) => bytes / 2 ** 20),
    });
    return {
      series: [
        one('idle, after the put', [idle]),
        one('peak, first run', peaks.slice(0, 1)),
        one('peak, last run', peaks.slice(-1)),
        one('after the runs', [residentBytes(host.pid)]),
      ],
      absences: [],
      remarks: [
        `${peaks.length} runs one after another on the same server: memory that leaks would make the last peak higher than the first.`,
      ],
    };
  },
};

function makeFolder(path: string): string {
  mkdirSync(path);
  return path;
}
