import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withUniquePaths } from './picked.ts';
import type { PickedItem } from '../engine/port.ts';

const file = (path: string): PickedItem => ({ kind: 'file', path, file: new File([], path), handle: null });

test('files of one name from different places all stay, each under its own path', () => {
  const paths = withUniquePaths([file('plan.pdf'), file('plan.pdf'), file('plan (2).pdf'), file('a.b/notes'), file('a.b/notes')]).map(
    (item) => item.path,
  );
  assert.deepEqual(paths, ['plan.pdf', 'plan (2).pdf', 'plan (2) (2).pdf', 'a.b/notes', 'a.b/notes (2)']);
});
