/** What is published about the contract is what the code does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApiDocument } from '@reprise/protocol/openapi';
import { failuresChapter } from '../../tools/failures-chapter.ts';
import { read } from './repository.ts';

const again = 'run `npm run openapi` and commit spec/';

test('spec/openapi.json is the contract', () => {
  assert.deepEqual(JSON.parse(read('spec/openapi.json')), JSON.parse(JSON.stringify(openApiDocument())), again);
});

test('spec/failures.md lists the codes of the contract', () => {
  assert.equal(read('spec/failures.md'), failuresChapter(), again);
});

test('every endpoint of openapi.json has a summary and answers', () => {
  const document = JSON.parse(read('spec/openapi.json')) as {
    readonly paths: Record<string, Record<string, { readonly summary?: string; readonly responses?: object }>>;
  };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );
  assert.ok(operations.length > 0);
  for (const { name, operation } of operations) {
    assert.ok((operation.summary ?? '').length > 0, `${name} has no summary`);
    assert.ok(Object.keys(operation.responses ?? {}).length > 0, `${name} has no responses`);
  }
});
