import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { parseJson, tooSlow, wholeBody } from './body.ts';

const parse = (text: string) => parseJson(Buffer.from(text));

test('any JSON reads as the platform reads it', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.deepEqual(parse(text), JSON.parse(text));
    }),
  );
});

test('a key that stands twice is refused, at any depth and however it is written', () => {
  for (const text of ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '[[{"b":{"c":1,"c":2}}]]', '{"":0,"":0}', '{"__proto__":1,"__proto__":2}']) {
    assert.throws(() => parse(text), { code: 'bad-request' }, text);
  }
  for (const text of ['{"a":1,"b":{"a":1}}', '{"a":"b:c\\":d"}', '[":",":"]', '{"__proto__":{"x":1}}', '{"a":[{"a":1},{"a":2}]}'])
    parse(text);
});

test('what is no JSON in UTF-8 is a bad request', () => {
  for (const text of ['', '{', '{"a":1}x', "{'a':1}", 'undefined', '\u0000', '{"a":01}'])
    assert.throws(() => parse(text), { code: 'bad-request' }, text);
  assert.throws(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22)), { code: 'bad-request' });
  assert.throws(() => parseJson(Buffer.from('\ufeff{}')), { code: 'bad-request' });
});

test('a bomb of brackets is read without running out of stack', () => {
  const depth = 100_000;
  try {
    parse('['.repeat(depth) + ']'.repeat(depth));
  } catch (failure) {
    assert.equal((failure as { code?: string }).code, 'bad-request');
  }
  assert.throws(() => parse('{"a":'.repeat(depth)), { code: 'bad-request' });
});

test('a sender has its grace, then must keep the least rate and never stand still', () => {
  const bounds = { bytesMax: 1e9, graceMs: 30_000, bytesPerSecondMin: 4_096 };
  const pace = (elapsedMs: number, idleMs: number, receivedBytes: number) =>
    tooSlow({ now: elapsedMs, startedAt: 0, idleMs, receivedBytes }, bounds);
  assert.equal(pace(29_999, 29_999, 0), false);
  assert.equal(pace(30_001, 30_001, 0), true);
  assert.equal(pace(40_000, 500, 40_960), false);
  assert.equal(pace(40_000, 500, 40_959), true);
  assert.equal(pace(3_600_000, 500, 16e6), false);
  assert.equal(pace(40_000, 31_000, 1e9), true);
});

test('a body whose sender is gone before it is read was cut short, whole as it came, and holds nobody up', async (t) => {
  const bounds = { bytesMax: 1_000, graceMs: 5_000, bytesPerSecondMin: 1 };
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  for (const [text, isComplete] of [
    ['body', true],
    ['bo', false],
  ] as const) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(`PUT / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\n${text}`);
    const [incoming] = (await once(server, 'request')) as [IncomingMessage];
    while (incoming.readableLength < text.length) await sleep(1);
    socket.destroy();
    while (!incoming.destroyed) await sleep(1);
    assert.equal(incoming.complete, isComplete);
    await assert.rejects(wholeBody(incoming, bounds), { code: 'bad-request', facts: { field: 'body', reason: 'the body was cut short' } });
  }
});
