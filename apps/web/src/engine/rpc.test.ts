import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError, joinPort, Moved, type Port } from './rpc.ts';

type Theirs = {
  readonly double: { readonly takes: number; readonly gives: number };
  readonly fail: { readonly takes: null; readonly gives: never };
  readonly wait: { readonly takes: null; readonly gives: string };
  readonly take: { readonly takes: ArrayBuffer; readonly gives: ArrayBuffer };
};
type Nothing = Record<never, never>;

function joined() {
  const channel = new MessageChannel();
  let aborted = false;
  const page = joinPort<Theirs, Nothing>(channel.port1 as Port, {});
  joinPort<Nothing, Theirs>(channel.port2 as Port, {
    double: (number) => 2 * number,
    fail: () => {
      throw Object.assign(new Error('refused'), { code: 'over-quota', facts: { missingBytes: 12, hidden: { key: 1 } } });
    },
    wait: (_, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          resolve('stopped');
        });
      }),
    take: (buffer) => new Moved(buffer, [buffer]),
  });
  return { page, wasAborted: () => aborted, end: () => channel.port1.close() };
}

test('a call is answered, and calls that overlap are told apart', async () => {
  const { page, end } = joined();
  assert.deepEqual(await Promise.all([1, 2, 3].map((number) => page.call('double', number))), [2, 4, 6]);
  end();
});

test('a failure crosses with its code and plain facts, and nothing else', async () => {
  const { page, end } = joined();
  const error = await page.call('fail', null).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof EngineError);
  assert.deepEqual([error.code, error.facts], ['over-quota', { missingBytes: 12 }]);
  end();
});

test('an aborted call rejects at once and stops the other side', async () => {
  const { page, wasAborted, end } = joined();
  const stop = new AbortController();
  const waiting = page.call('wait', null, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await page.call('double', 1);
  assert.equal(wasAborted(), true);
  end();
});

test('buffers are moved there and back, not copied', async () => {
  const { page, end } = joined();
  const buffer = new ArrayBuffer(64);
  const back = await page.call('take', buffer, { transfer: [buffer] });
  assert.deepEqual([buffer.byteLength, back.byteLength], [0, 64]);
  end();
});

test('when the other side died, open calls fail and later ones are refused', async () => {
  const { page, end } = joined();
  const waiting = page.call('wait', null);
  page.close({ code: 'unexpected', facts: { reason: 'gone' } });
  await assert.rejects(waiting, { code: 'unexpected' });
  await assert.rejects(page.call('double', 1), { code: 'unexpected' });
  end();
});
