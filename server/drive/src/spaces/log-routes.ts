// The log over HTTP: where its head is, the next entry, the ones before, and the comparison of what is live (spec/spaces.md).
import { contract, entryIdsMax, Failure, joinIds, logPageEntriesMax } from '@reprise/protocol';
import { decodeLiveTable, decodeLogState, joinEnvelopes, liveTableBytes } from '@reprise/protocol/formats';
import type { SignedSpace } from '../device.ts';
import type { Service } from '../http.ts';
import type { DrivePorts } from '../ports.ts';
import { bytesReply } from '../reply.ts';
import type { LogAppender } from './append.ts';
import { type LogHead, readHead, readPage } from './log-rows.ts';
import { compareLive, largeSweeps, liveIds } from './sweep-entry.ts';

export function serveLogs(service: Service, ports: DrivePorts, appender: LogAppender): void {
  const { database, settings, clock } = ports;
  const headOf = async (space: SignedSpace): Promise<LogHead> => {
    const head = space.ended_at === null ? await readHead(database, space.space) : undefined;
    if (!head) throw new Failure('not-found');
    return head;
  };

  service.serve(contract['spaces.head'], async ({ space }) => {
    const { seq, head, state } = await headOf(space);
    const { epoch } = decodeLogState(state);
    return { seq, head, epoch, largeSweeps: await largeSweeps(database, space.space, clock.now(), settings.condemnedMs) };
  });

  service.serve(contract['spaces.append'], async ({ space, body }) => {
    if (space.ended_at !== null) throw new Failure('not-found');
    return appender.append(space, body);
  });

  service.serve(contract['spaces.log'], async ({ space, body }) => {
    const { seq } = await headOf(space);
    const envelopes = await readPage(database, space.space, {
      from: body.from,
      to: Math.min(seq, body.to ?? seq),
      attachments: body.attachments ?? [],
      entriesMax: body.entriesMax ?? logPageEntriesMax,
    });
    return bytesReply(joinEnvelopes(envelopes));
  });

  service.serve(contract['spaces.audit'], async ({ space, body }) => {
    const head = await headOf(space);
    if (body.length !== 8 + liveTableBytes) throw new Failure('bad-request', { field: 'body', reason: `${8 + liveTableBytes} bytes` });
    const walked = new DataView(body.buffer, body.byteOffset).getBigUint64(0);
    const seq = Math.min(head.seq, Number(walked));
    const { objects, bytes, buckets } = await compareLive(database, space.space, seq, decodeLiveTable(body.subarray(8)));
    return { seq, objects, bytes, buckets: [...buckets] };
  });

  service.serve(contract['spaces.live'], async ({ space, body }) => {
    await headOf(space);
    return bytesReply(joinIds(await liveIds(database, space.space, { ...body, after: body.after ?? '', idsMax: entryIdsMax })));
  });
}
