import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashLabels, signatureLabels } from '@reprise/protocol/formats';
import { hpkeLabels, kdfLabels, objectLabels, sealLabels } from './labels.ts';

const root = join(import.meta.dirname, '../../..');
const groups = { objectLabels, sealLabels, kdfLabels, hashLabels, signatureLabels, hpkeLabels };
const labels = Object.values(groups).flatMap((group) => Object.values(group));

/** A mint and a shop derive and seal under labels of their own, which no client knows: their lists are read, not imported. */
const listsOfServers = ['mint', 'service'].map((name) => {
  const list = readFileSync(join(root, `bitcache/${name}/src/labels.ts`), 'utf8');
  return [...list.matchAll(/'(rp1\/[a-z/-]+)'/g)].map(([, label]) => label as string);
});
/** What an operator makes and a client checks stands in both lists: the commitment, the receipt and the release of what is sold. */
const onBothSides: readonly string[] = [hashLabels.paidSecret, signatureLabels.receipt, hpkeLabels.release];
const labelsOfServers = listsOfServers.flat().filter((label) => !onBothSides.includes(label));

/** The sources of both packages, tests and vectors aside, without the two lists themselves. */
const sources = new Map(['core/protocol/src', 'client/vault/src'].flatMap((folder) => readSources(folder)));

function readSources(folder: string): (readonly [string, string])[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|^testing|^vectors|^labels\.ts$/.test(file))
    .map((file) => [`${folder}/${file}`, readFileSync(join(root, folder, file), 'utf8')] as const);
}

test('the table of the chapter and the code hold the same labels', () => {
  const chapter = readFileSync(join(root, 'spec/conventions.md'), 'utf8');
  const listed = [...chapter.matchAll(/^\| `(rp1\/[a-z/-]+)` \|/gm)].map((found) => found[1]);
  assert.deepEqual(listed.toSorted(), [...labels, ...labelsOfServers].toSorted());
});

test('no label is listed twice', () => {
  for (const list of listsOfServers) assert.ok(list.length >= 3);
  for (const label of onBothSides) assert.equal(listsOfServers.flat().filter((one) => one === label).length, 1, label);
  assert.equal(new Set([...labels, ...labelsOfServers]).size, labels.length + labelsOfServers.length);
});

test('no label is written out beside the lists', () => {
  for (const [file, source] of sources) {
    const code = source.replace(/^\s*(\/\/|\*|\/\*\*).*$/gm, '');
    assert.doesNotMatch(code, /['"`]rp1\//, file);
  }
});

test('each label has one place that makes and one that opens or checks', () => {
  const uses = (pattern: string): number =>
    [...sources.values()].reduce((sum, source) => sum + [...source.matchAll(new RegExp(pattern, 'g'))].length, 0);
  const files = (pattern: string): number => [...sources.values()].filter((source) => new RegExp(pattern).test(source)).length;
  for (const name of Object.keys(sealLabels)) assert.equal(uses(`label: sealLabels\\.${name}\\b`), 1, name);
  for (const name of Object.keys(hpkeLabels)) assert.equal(uses(`label: hpkeLabels\\.${name}\\b`), 1, name);
  for (const name of Object.keys(kdfLabels)) assert.equal(uses(`kdfLabels\\.${name}\\b`), 1, name);
  for (const name of Object.keys(hashLabels)) assert.equal(uses(`hashLabels\\.${name}\\b`), 1, name);
  for (const name of Object.keys(signatureLabels)) {
    // Receipts are signed where money is taken.
    assert.equal(uses(`sign\\(signatureLabels\\.${name}\\b`), name === 'receipt' ? 0 : 1, name);
    assert.equal(files(`(?:verify|check)Signature\\(signatureLabels\\.${name}\\b`), 1, name);
  }
  // An object label is used where its kind of object is sealed, and where it is opened.
  for (const name of ['node', 'manifest']) {
    assert.equal(uses(`seal(?:Encoded)?Node\\([^)]*objectLabels\\.${name}\\b`), 1, name);
    assert.equal(uses(`open(?:Encoded)?Nodes\\([^)]*objectLabels\\.${name}\\b`), 1, name);
  }
  for (const name of ['data', 'thumb']) assert.equal(uses(`objectLabels\\.${name}\\b`), 1, name);
});

test('the functions that seal and open are called where the labels are, and nowhere else', () => {
  const programs = ['client/sdk/src', 'apps/cli/src', 'apps/web/src'].flatMap((folder) => readSources(folder));
  const callers = (name: string): string[] =>
    [...sources, ...programs]
      .filter(([file, source]) => new RegExp(`(?<!function )\\b${name}\\(`).test(source) && file !== 'client/vault/src/cae.ts')
      .map(([file]) => file);
  assert.deepEqual(callers('sealMessage').toSorted(), [
    'client/vault/src/account/keyring.ts',
    'client/vault/src/account/slots.ts',
    'client/vault/src/anonymous.ts',
    'client/vault/src/delta.ts',
    'client/vault/src/epoch.ts',
    'client/vault/src/link-record.ts',
    'client/vault/src/local.ts',
    'client/vault/src/paid/lock.ts',
    'client/vault/src/paid/offer.ts',
    'client/vault/src/space-root.ts',
  ]);
  assert.deepEqual(callers('openMessage').toSorted(), [
    'client/vault/src/account/keyring.ts',
    'client/vault/src/account/slots.ts',
    'client/vault/src/anonymous.ts',
    'client/vault/src/delta.ts',
    'client/vault/src/epoch.ts',
    'client/vault/src/link-record.ts',
    'client/vault/src/local.ts',
    'client/vault/src/paid/lock.ts',
    'client/vault/src/paid/offer.ts',
    'client/vault/src/space-root.ts',
  ]);
  assert.deepEqual(callers('sealObject').toSorted(), [
    'client/vault/src/chunk.ts',
    'client/vault/src/thumbnail.ts',
    'client/vault/src/tree-node.ts',
  ]);
  assert.deepEqual(callers('openObject').toSorted(), [
    'client/vault/src/chunk.ts',
    'client/vault/src/thumbnail.ts',
    'client/vault/src/tree-node.ts',
  ]);
});

test('the master key of an account is sealed in slots and derived from, nothing else', () => {
  const programs = ['client/sdk/src', 'apps/cli/src', 'apps/web/src'].flatMap((folder) => readSources(folder));
  const uses = [...sources, ...programs].flatMap(([file, source]) =>
    source
      .split('\n')
      .filter((line) => /\.amk\b/.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  assert.ok(uses.length >= 3);
  const isDerivation = (use: string): boolean => /\b(?:homeEpochKey|accountWalletSeed)\(/.test(use);
  const odd = uses.filter((use) => !isDerivation(use) && !use.startsWith('client/vault/src/account/slots.ts: keys.amk,'));
  assert.deepEqual(odd, []);
});
