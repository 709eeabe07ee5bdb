// One large file: throughput.
import { join } from 'node:path';
import { makeRandomFile } from '../harness/inputs.ts';
import { makeScratch } from '../harness/scratch.ts';
import type { BenchCase } from './case.ts';
import { measurePutAndGet } from './put-and-get.ts';

export const oneFile: BenchCase = {
  name: 'one-file',
  about: 'put and get of one 4 GiB file of random bytes (quick: 512 MiB)',
  long: false,
  async run(context) {
    using scratch = makeScratch(context.options.folder, 'file');
    const bytes = context.options.quick ? 512 * 2 ** 20 : 4 * 2 ** 30;
    const source = makeRandomFile(join(scratch.folder, 'recording.bin'), bytes);
    return await measurePutAndGet(context.options.quick ? 'one file, 512 MiB' : 'one file, 4 GiB', source, scratch.folder, context);
  },
};
