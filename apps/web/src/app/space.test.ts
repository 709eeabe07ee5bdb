import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spaceOf } from './space.ts';

test('what lies in the trash is counted with history and not with the files', () => {
  const usage = { liveBytes: 100, keptBytes: 7 };
  assert.deepEqual(spaceOf(usage, []), { filesBytes: 100, keptBytes: 7 });
  assert.deepEqual(spaceOf(usage, [{ bytes: 30 }, { bytes: 10 }]), { filesBytes: 60, keptBytes: 47 });
  assert.deepEqual(spaceOf(usage, [{ bytes: 130 }]), { filesBytes: 0, keptBytes: 107 });
});
