import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFault, openWatch } from './watch.ts';

test('a fault is told by kind, code and place, never by its message', () => {
  const secret = 'token-4f9a1c';
  const error = Object.assign(new RangeError(`bad value ${secret}\n  second line ${secret}`), { code: 'ERR_X', detail: secret });
  const told = describeFault(error);
  assert.deepEqual([told.kind, told.code], ['RangeError', 'ERR_X']);
  assert.ok(told.at.length > 0 && told.at.every((line) => line.startsWith('at ')));
  assert.ok(!JSON.stringify(told).includes(secret));
  assert.deepEqual(describeFault(secret), { kind: 'string', code: null, at: [] });
});

test('requests are counted by endpoint and status', async () => {
  const watch = openWatch('silent');
  watch.begin();
  watch.request({ endpoint: 'objects.get', method: 'GET', status: 200, durationMs: 12, bytesIn: 0, bytesOut: 4096 });
  watch.event('sweep', { dropped: 3 });
  const text = await watch.registry.metrics();
  assert.match(text, /reprise_request_duration_seconds_count\{endpoint="objects.get",status="200"\} 1/);
  assert.match(text, /reprise_body_bytes_total\{direction="out"\} 4096/);
  assert.match(text, /reprise_events_total\{event="sweep"\} 1/);
  assert.match(text, /reprise_requests_running 0/);
});
