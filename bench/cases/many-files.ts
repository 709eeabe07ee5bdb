// Many small files as one folder: the cost of a file.
import { join } from 'node:path';
import { makeSmallFiles } from '../harness/inputs.ts';
import { makeScratch } from '../harness/scratch.ts';
import type { BenchCase } from './case.ts';
import { measurePutAndGet } from './put-and-get.ts';

export const manyFiles: BenchCase = {
  name: 'many-files',
  about: 'put and get of a folder of 10,000 files of 4 KiB (quick: 2,000)',
  long: false,
  async run(context) {
    using scratch = makeScratch(context.options.folder, 'files');
    const count = context.options.quick ? 2_000 : 10_000;
    const source = makeSmallFiles(join(scratch.folder, 'records'), count, 4096);
    return await measurePutAndGet(`${count.toLocaleString('en')} files of 4 KiB`, source, scratch.folder, context);
  },
};
