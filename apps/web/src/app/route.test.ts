import assert from 'node:assert/strict';
import { test } from 'node:test';
import { files, formatRoute, parseRoute, type Route } from './route.ts';

const id = '0123456789abcdef0123456789abcdef';

test('every route survives being written as an address and read again', () => {
  const routes: readonly Route[] = [
    files(),
    files(id),
    files(id, id),
    files('root', id),
    { page: 'photos', shown: null },
    { page: 'photos', shown: id },
    { page: 'search', shown: null },
    { page: 'trash' },
    { page: 'sign-up' },
    { page: 'settings', section: null },
    { page: 'settings', section: 'privacy' },
  ];
  for (const route of routes) assert.deepEqual(parseRoute(formatRoute(route)), route, formatRoute(route));
});

test('an address that means nothing leads to the files, and a name in it is never taken for an id', () => {
  for (const path of ['/app/', '/app/nothing', '/app/f/Festival', '/app/f/../../etc']) assert.deepEqual(parseRoute(path), files(), path);
  assert.deepEqual(parseRoute('/app/settings/unknown'), { page: 'settings', section: null });
});
