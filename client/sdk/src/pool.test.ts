// Every pool does the same work: in place, in threads with shared memory, in workers that are handed their buffers.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { systemRandom } from '@reprise/kit';
import { BatchReader, frameHeaderBytes, sealedLength } from '@reprise/protocol/formats';
import { webEngine } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { answerJob, type JobMessage, type JobReply } from './jobs.ts';
import { nodePool } from './node/pool.ts';
import { restingPool } from './node/resting-pool.ts';
import { createPool, inlinePool, type SealPool, type WorkerHost } from './pool.ts';
import { jobBytesMax, jobChunksMax, jobFramesBytesMax } from './seal-part.ts';

/** A worker behind a message port, as a Web Worker would be. */
function portHost(): WorkerHost {
  const { port1, port2 } = new MessageChannel();
  port2.on('message', async (message: JobMessage) => {
    const { reply, transfer } = await answerJob(webEngine, message);
    port2.postMessage(reply, transfer);
  });
  return {
    post: (message, transfer) => port1.postMessage(message, transfer),
    listen: (onReply) => void port1.on('message', (reply: JobReply) => onReply(reply)),
    stop: () => port1.close(),
  };
}

const pools: Record<string, () => SealPool> = {
  inline: () => inlinePool(nodeEngine),
  threads: () => nodePool(2),
  'that rests': () => restingPool(),
  ports: () => createPool([portHost(), portHost()]),
};

for (const [name, open] of Object.entries(pools)) {
  describe(`the pool ${name}`, () => {
    test('seals chunks into the frames of a batch and opens them again', async () => {
      await using pool = open();
      const lengths = [4096, 262_144, 4096, 5120, 1_048_576];
      const plain = systemRandom(lengths.reduce((sum, length) => sum + length, 0));
      const keys = systemRandom(32 * lengths.length);
      const input = plain.slice().buffer;
      const digestLengths = [10, 0, 4096, 1, 0];
      const sealed = await pool.run({ kind: 'seal', keys, paddedLengths: lengths, input, digestLengths });
      const reader = new BatchReader();
      const frames = sealed.frames.flatMap((piece) => [...reader.push(piece)]);
      reader.end();
      assert.deepEqual(
        frames.map(({ bytes }) => bytes.length),
        lengths.map(sealedLength),
      );
      frames.forEach(({ id, bytes }, i) => {
        assert.deepEqual(new Uint8Array(createHash('sha256').update(bytes).digest()), id);
        assert.deepEqual(id, sealed.ids.slice(32 * i, 32 * i + 32));
      });
      assert.deepEqual(sealed.digests?.slice(0, 32), new Uint8Array(createHash('sha256').update(plain.subarray(0, 10)).digest()));
      assert.deepEqual(new Uint8Array(sealed.input), plain, 'the input comes back as it was');
      const opened = await pool.run({
        kind: 'open',
        ids: sealed.ids,
        keys,
        sealedLengths: lengths.map(sealedLength),
        input: Uint8Array.from(Buffer.concat(frames.map(({ bytes }) => bytes))).buffer,
      });
      assert.ok(Buffer.from(plain).equals(opened.plain));
    });

    test('works in buffers that it is lent', async () => {
      await using pool = open();
      const make = (length: number) => (pool.sharesMemory ? new SharedArrayBuffer(length) : new ArrayBuffer(length));
      let [input, output, back] = [make(1_048_576), make(2_000_000), make(1_048_576)];
      for (let round = 0; round < 3; round++) {
        const plain = systemRandom(1_048_576);
        new Uint8Array(input).set(plain);
        const keys = systemRandom(32);
        const sealed = await pool.run({ kind: 'seal', keys, paddedLengths: [plain.length], input, output });
        const frame = sealed.frames[0];
        assert.ok(frame && sealed.frames.length === 1);
        output = frame.buffer;
        const object = make(frame.length - 36);
        new Uint8Array(object).set(frame.subarray(36));
        const opened = await pool.run({
          kind: 'open',
          ids: sealed.ids,
          keys,
          sealedLengths: [frame.length - 36],
          input: object,
          output: back,
        });
        assert.ok(Buffer.from(plain).equals(opened.plain));
        back = opened.plain.buffer;
        input = sealed.input;
      }
    });

    test('puts the frames of many chunks into one buffer that it is lent, the same as without', async () => {
      await using pool = open();
      const lengths = [4096, 300_000, 1, 5120, 262_144];
      const keys = systemRandom(32 * lengths.length);
      const plain = systemRandom(lengths.reduce((sum, length) => sum + length, 0));
      const make = (length: number) => (pool.sharesMemory ? new SharedArrayBuffer(length) : new ArrayBuffer(length));
      const plainIn = (length: number) => {
        const input = make(length);
        new Uint8Array(input).set(plain);
        return input;
      };
      const job = { kind: 'seal', keys, paddedLengths: lengths } as const;
      const [own, lent] = [
        await pool.run({ ...job, input: plainIn(plain.length) }),
        // Longer than what is in it, as buffers of a pool are.
        await pool.run({ ...job, input: plainIn(1_048_576), output: make(jobFramesBytesMax) }),
      ];
      assert.equal(lent.frames.length, 1);
      assert.equal(lent.frames[0]?.buffer.byteLength, jobFramesBytesMax);
      assert.deepEqual(lent.ids, own.ids);
      assert.ok(Buffer.concat(own.frames).equals(lent.frames[0] as Uint8Array));
    });

    test('refuses what does not open, and goes on', async () => {
      await using pool = open();
      const keys = systemRandom(32);
      const job = () =>
        ({
          kind: 'open',
          ids: systemRandom(32),
          keys,
          sealedLengths: [sealedLength(4096)],
          input: new ArrayBuffer(sealedLength(4096)),
        }) as const;
      await assert.rejects(pool.run(job()), { code: 'reject' });
      const sealed = await pool.run({ kind: 'seal', keys, paddedLengths: [4096], input: new ArrayBuffer(4096) });
      assert.equal(sealed.ids.length, 32);
    });

    test('answers many jobs at once, each with its own', async () => {
      await using pool = open();
      const answers = await Promise.all(
        Array.from({ length: 60 }, async (_, i) => {
          const keys = new Uint8Array(32).fill(i);
          const sealed = await pool.run({ kind: 'seal', keys, paddedLengths: [4096], input: new Uint8Array(4096).fill(i).buffer });
          return Buffer.from(sealed.ids).toString('hex');
        }),
      );
      assert.equal(new Set(answers).size, 60);
    });
  });
}

test('every pool makes the same bytes of the same key and plaintext', async () => {
  const ids = [];
  for (const open of Object.values(pools)) {
    await using pool = open();
    const sealed = await pool.run({ kind: 'seal', keys: new Uint8Array(32), paddedLengths: [5120], input: new ArrayBuffer(5120) });
    ids.push(Buffer.from(sealed.ids).toString('hex'));
  }
  assert.equal(new Set(ids).size, 1);
});

test('jobs of a pool that is closed end with a failure', async () => {
  const pool = nodePool(1);
  const jobs = Array.from({ length: 10 }, () =>
    pool.run({ kind: 'seal', keys: new Uint8Array(32), paddedLengths: [4_194_304], input: new ArrayBuffer(4_194_304) }),
  );
  const results = Promise.allSettled(jobs);
  await pool[Symbol.asyncDispose]();
  const last = (await results).at(-1);
  assert.equal(last?.status, 'rejected');
});

test('the frames of whatever travels in one message fit into the buffer that is lent for them', () => {
  const framesOf = (lengths: readonly number[]): number =>
    lengths.reduce((sum, length) => sum + frameHeaderBytes + sealedLength(length), 0);
  const groups = [
    Array<number>(jobChunksMax).fill(1),
    Array<number>(jobChunksMax).fill(jobBytesMax / jobChunksMax),
    [jobBytesMax - jobChunksMax + 1, ...Array<number>(jobChunksMax - 1).fill(1)],
    [262_145, 262_145, 262_145, jobBytesMax - 3 * 262_145 - 508, ...Array<number>(508).fill(1)],
  ];
  for (const lengths of groups) assert.ok(framesOf(lengths) <= jobFramesBytesMax, `${framesOf(lengths)} of ${lengths.length} chunks`);
});

test('a pool that rests works where it is asked while there is little to do, then in threads, which end', {
  skip: process.platform !== 'linux' && 'threads are counted as Linux tells them',
}, async () => {
  const standing = () => readdirSync('/proc/self/task').length;
  const before = standing();
  await using pool = restingPool(50);
  const seal = (length: number) =>
    pool.run({ kind: 'seal', keys: new Uint8Array(32), paddedLengths: [length], input: new SharedArrayBuffer(length) });
  await seal(524_288);
  assert.equal(standing(), before);
  await Promise.all([seal(1_048_576), seal(1_048_576)]);
  assert.ok(standing() > before);
  while (standing() > before) await sleep(20);
  await seal(4_096);
  assert.equal(standing(), before);
});
