import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Failure } from '@reprise/protocol';
import { Gate } from './gate.ts';
import { Pace } from './pace.ts';
import { isCurrent, Row, Schedule } from './rows.ts';
import type { FileItem } from './source.ts';
import { normalPath, otherName } from './tree.ts';
import { Turns } from '@reprise/kit';

const batchBytes = 16_842_752;

function fileItem(path: string, size: number): FileItem {
  const open = () => {
    throw new Failure('source-vanished', { path });
  };
  return { kind: 'file', path, size, mtimeNs: 0n, executable: false, open };
}

function rowsOf(...sizes: number[]): Row[] {
  return sizes.map((size, i) => new Row(i, fileItem(`f${i}`, size)));
}

const extent = (length: number) => ({ id: new Uint8Array(32), key: new Uint8Array(32), sealedLength: 4196, offset: 0, length });

describe('the schedule', () => {
  test('hands out every chunk of every file once, in order, in parts that fit a batch', () => {
    const rows = rowsOf(0, 1, 4_194_304, 30_000_000, 5000, 5000);
    const schedule = new Schedule(rows);
    const seen: string[] = [];
    for (let part = schedule.next(batchBytes); part.length > 0; part = schedule.next(batchBytes)) {
      assert.ok(part.reduce((sum, { cut }) => sum + 36 + cut.sealedLength, 0) <= batchBytes);
      seen.push(...part.map(({ row, cutIndex }) => `${row.index}.${cutIndex}`));
    }
    assert.deepEqual(
      seen,
      rows.flatMap((row) => row.cuts.map((_, cut) => `${row.index}.${cut}`)),
    );
    assert.equal(rows[0]?.phase, 'sent', 'a file of no bytes needs no part');
  });

  test('gives one chunk even if the part is too small for it', () => {
    assert.equal(new Schedule(rowsOf(30_000_000)).next(1000).length, 1);
  });

  test('bounds the chunks of a part', () => {
    assert.equal(new Schedule(rowsOf(...Array.from({ length: 5000 }, () => 10))).next(batchBytes).length, 2048);
  });

  test('passes over a paused row and comes back to it', () => {
    const rows = rowsOf(100, 100);
    const [first, second] = rows as [Row, Row];
    const schedule = new Schedule(rows);
    first.phase = 'paused';
    assert.deepEqual(
      schedule.next(batchBytes).map(({ row }) => row),
      [second],
    );
    assert.deepEqual(schedule.next(batchBytes), []);
    first.phase = 'waiting';
    assert.deepEqual(
      schedule.next(batchBytes).map(({ row }) => row),
      [first],
    );
  });

  test('takes a row first when told to, and a restarted one last', () => {
    const rows = rowsOf(10, 10, 10);
    const schedule = new Schedule(rows);
    schedule.first(rows[2] as Row);
    const part = schedule.next(batchBytes);
    assert.deepEqual(
      part.map(({ row }) => row.index),
      [2, 0, 1],
    );
    (rows[0] as Row).phase = 'failed';
    (rows[0] as Row).restart();
    schedule.add(rows[0] as Row);
    assert.deepEqual(
      schedule.next(batchBytes).map(({ row }) => row.index),
      [0],
    );
    assert.deepEqual(part.map(isCurrent), [true, false, true], 'what an earlier round planned is dropped');
  });
});

describe('a row', () => {
  test('is sent once all its chunks are confirmed, whatever their order', () => {
    const [row] = rowsOf(10_000_000) as [Row];
    for (const cut of [2, 0]) row.confirm(cut, extent(row.cuts[cut]?.length ?? 0));
    assert.equal(row.phase, 'waiting');
    row.confirm(1, extent(row.cuts[1]?.length ?? 0));
    assert.equal(row.phase, 'sent');
    assert.equal(row.bytesSent, 10_000_000);
  });

  test('remembers on a restart which chunks were durable', () => {
    const [row] = rowsOf(10_000_000) as [Row];
    row.confirm(1, extent(4_194_304));
    row.restart();
    assert.deepEqual([...row.known.keys()], [4_194_304]);
    assert.equal(row.bytesSent, 0);
  });
});

describe('the pace', () => {
  test('begins with one chunk, grows while parts are quick, shrinks when they are slow, within its bounds', () => {
    const pace = new Pace(batchBytes);
    assert.deepEqual([pace.partBytes, pace.isFull], [4_194_632, false]);
    for (let i = 0; i < 5; i++) pace.took(pace.partBytes, 100);
    assert.deepEqual([pace.partBytes, pace.isFull], [batchBytes, true]);
    pace.took(1000, 10);
    for (let i = 0; i < 9; i++) pace.took(pace.partBytes, 10_000);
    assert.equal(pace.partBytes, 4_194_632);
    assert.equal(new Pace(1000).partBytes, 1000);
  });
});

describe('a gate', () => {
  test('holds back while paused, ends requests under way, and lets all through afterwards', async () => {
    const gate = new Gate();
    const { signal } = gate;
    gate.pause();
    assert.ok(signal.aborted);
    let passed = 0;
    const waiting = [gate.pass(), gate.pass()].map((pass) => pass.then(() => passed++));
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(passed, 0);
    gate.resume();
    await Promise.all(waiting);
    assert.equal(passed, 2);
    assert.equal(gate.signal.aborted, false);
  });

  test('gives everybody the failure that ended it, until it is reset', async () => {
    const gate = new Gate();
    gate.pause();
    const waiting = gate.pass();
    gate.end(new Failure('over-quota'));
    await assert.rejects(waiting, { code: 'over-quota' });
    await assert.rejects(gate.pass(), { code: 'over-quota' });
    gate.reset();
    await gate.pass();
  });
});

test('turns run no more at once than allowed, and all in the end', async () => {
  const turns = new Turns(3);
  let [now, most, done] = [0, 0, 0];
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      turns
        .run(async () => {
          most = Math.max(most, ++now);
          await new Promise((resolve) => setTimeout(resolve, 1));
          now--;
          done++;
          if (i % 5 === 0) throw new Error('one that fails');
        })
        .catch(() => undefined),
    ),
  );
  assert.deepEqual([most, done], [3, 20]);
});

describe('paths', () => {
  test('are brought to NFC, and refused where the tree has no such name', () => {
    assert.equal(normalPath('e\u0301/x'), 'é/x');
    for (const path of ['', 'a//b', '../a', 'a/.', 'a\0', '\ud800', 'x'.repeat(256), Array(200).fill('a').join('/')]) {
      assert.throws(() => normalPath(path), { code: 'bad-name' }, path.slice(0, 20));
    }
  });

  test('that are taken get a number before the extension, within 255 bytes', () => {
    const taken = new Set(['d/a.txt', 'd/a (2).txt']);
    assert.equal(
      otherName('d/a.txt', (path) => taken.has(path)),
      'd/a (3).txt',
    );
    assert.equal(
      otherName('.hidden', () => false),
      '.hidden (2)',
    );
    const long = otherName(`${'é'.repeat(125)}.text`, () => false);
    assert.ok(Buffer.byteLength(long) <= 255 && long.endsWith(' (2).text'));
  });
});
