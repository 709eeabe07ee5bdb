import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod/mini';
import { caseContract } from './case-contract.ts';
import { contract } from './contract.ts';
import { type Endpoint, formatPath } from './endpoint.ts';
import { serverFailures } from './failures.ts';
import { openApiDocument } from './openapi.ts';
import { payContract } from './pay-contract.ts';

const endpoints = Object.entries({ ...contract, ...caseContract, ...payContract }) as [string, Endpoint][];

/** Field names that would let a name, a path, an exact size or a file time reach the server (spec/conventions.md). */
const forbiddenFields = /^(name|filename|file|path|title|mtime|fragment|secret|password|key)$/i;

/**
 * An account is asked for by its sign-in name, which its owner chose for the server to see; `password` holds the slot that a password opens, sealed
 * (spec/accounts.md). Neither ever names a file.
 */
const allowedFields: ReadonlySet<string> = new Set([
  'accounts.create name',
  'accounts.create password',
  'logins.begin name',
  'account.rename name',
  'account.password password',
  'account.secure password',
]);

test('each endpoint stands in the table under its own id, once per method and path', () => {
  const places = new Set<string>();
  for (const [id, definition] of endpoints) {
    assert.equal(definition.id, id);
    const place = `${definition.method} ${definition.path.replace(/:\w+/g, ':')}`;
    assert.ok(!places.has(place), `${place} twice`);
    places.add(place);
  }
});

test('the parameters in the path are the parameters checked', () => {
  for (const [id, definition] of endpoints) {
    const inPath = [...definition.path.matchAll(/:(\w+)/g)].map((match) => match[1] as string);
    assert.deepEqual(inPath.sort(), Object.keys(definition.params).sort(), id);
  }
});

test('no body has a field for a name, a path, a password or a key', () => {
  for (const [id, definition] of endpoints) {
    if (definition.body.kind !== 'json') continue;
    const schema = JSON.stringify(z.toJSONSchema(definition.body.schema, { io: 'input' }), (field, value) => {
      assert.ok(!forbiddenFields.test(field) || allowedFields.has(`${id} ${field}`), `${id} has the field ${field}`);
      return value as unknown;
    });
    assert.ok(schema.length > 0);
  }
});

test('the check for forbidden fields can fail', () => {
  assert.match('fileName'.toLowerCase(), forbiddenFields);
  assert.match('path', forbiddenFields);
  assert.doesNotMatch('expiresAt', forbiddenFields);
});

test('every signed endpoint can refuse a signature, and every failure is of the closed list', () => {
  for (const [id, definition] of endpoints) {
    if (definition.auth === 'device') assert.ok(definition.failures.includes('signature-refused'), id);
    for (const code of definition.failures) assert.ok(Object.hasOwn(serverFailures, code), `${id}: ${code}`);
  }
});

test('a path is formatted with its parameters escaped', () => {
  assert.equal(formatPath(contract['objects.get'], { id: 'ab' }), '/api/v1/objects/ab');
  assert.equal(formatPath(contract['packs.put'], { place: 'a/b?c' }), '/api/v1/packs/a%2Fb%3Fc');
});

test('the OpenAPI document names every endpoint and each of its parameters', () => {
  const document = openApiDocument() as { paths: Record<string, Record<string, { operationId: string; parameters: { name: string }[] }>> };
  for (const [id, definition] of endpoints) {
    const operation = document.paths[definition.path.replace(/:(\w+)/g, '{$1}')]?.[definition.method.toLowerCase()];
    assert.equal(operation?.operationId, id);
    for (const name of Object.keys(definition.params)) assert.ok(operation?.parameters.some((parameter) => parameter.name === name));
  }
});
