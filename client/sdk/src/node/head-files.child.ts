// A process that adds its marks to a record in a folder of heads, beside others that do the same: for head-files.test.ts.
import { decodeUtf8, encodeUtf8 } from '@reprise/kit';
import type { SpaceId } from '@reprise/protocol';
import { headFiles } from './head-files.ts';

const [folder, space, name, times] = process.argv.slice(2) as [string, SpaceId, string, string];
const store = headFiles(folder);
for (let n = 0; n < Number(times); n++) {
  const mark = `${name}.${n}\n`;
  for (;;) {
    const record = await store.load(space);
    const marks = record ? decodeUtf8(record) : '';
    // Who is told no may have been there before the one that is there now.
    if (marks.split('\n').includes(mark.trim()) || (await store.save(space, encodeUtf8(marks + mark), record))) break;
  }
}
