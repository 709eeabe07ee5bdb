// A program of a device that follows a log out of a file, once it is told which: for followed-log.test.ts.
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { type Bytes, systemClock } from '@reprise/kit';
import type { SpaceId } from '@reprise/protocol';
import { decodeEnvelope, entryId, Failure, splitEnvelopes } from '@reprise/protocol/formats';
import { headFiles } from '../node/head-files.ts';
import { FollowedLog, type LogFeed } from './followed-log.ts';

const [folder, space] = process.argv.slice(2) as [string, SpaceId];
let envelopes: Bytes[] = [];
const feed: LogFeed = {
  read: async (from) => envelopes.slice(from, from + 4),
  head: async () => ({ seq: envelopes.length - 1, head: await entryId(decodeEnvelope(envelopes.at(-1) as Bytes).entry) }),
};
const log = await FollowedLog.open({ space, store: headFiles(folder), feed, start: null, clock: systemClock });
for await (const file of createInterface({ input: process.stdin })) {
  envelopes = splitEnvelopes(new Uint8Array(fs.readFileSync(file)));
  const outcome = await log.refresh().then(
    () => ({ seq: log.state.seq }),
    (error: unknown) => ({ code: error instanceof Failure ? error.code : String(error) }),
  );
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
