import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idAt, indexOfId, nameAt, rowAt } from './entry-table.ts';
import { orderOf, plainOf, sortKeyOf, type Sort } from './order.ts';
import { markBits } from './port.ts';
import { idOf, longTable, tableOf } from './testing/tables.ts';

const names = (table: ReturnType<typeof tableOf>, sort: Sort): readonly string[] => [...orderOf(table, sort)].map((i) => nameAt(table, i));

test('names sort as a person counts, as Intl.Collator does', () => {
  const given = [
    'Été',
    'etage',
    'IMG_10.jpg',
    'IMG_2.jpg',
    'img_1.jpg',
    'IMG_0003.jpg',
    'a b',
    'a-b',
    'ab',
    '(1) note',
    '_x',
    'Œuvre',
    'oz',
    '10',
    '9',
    'zèbre',
    'Zebra',
    '2026-10-02',
    '2026-9-30',
    'a.b',
    'a_b',
  ];
  const collator = new Intl.Collator('fr', { numeric: true });
  const byCollator = [...given].sort(collator.compare);
  const byKey = [...given].sort((a, b) => (sortKeyOf(a) < sortKeyOf(b) ? -1 : sortKeyOf(a) > sortKeyOf(b) ? 1 : 0));
  // Where the collation calls two names equal but for case and marks, either order is right.
  const base = new Intl.Collator('fr', { numeric: true, sensitivity: 'base' });
  byKey.forEach((name, i) => assert.equal(base.compare(name, byCollator[i]!), 0, `${name} stands where ${byCollator[i]} belongs`));
});

test('folders come first whichever way a column is sorted', () => {
  const table = tableOf([
    { id: idOf(1), name: 'b.txt', bytes: 5, modifiedAt: 3 },
    { id: idOf(2), name: 'Zoo', folder: true, bytes: 900, modifiedAt: 1 },
    { id: idOf(3), name: 'a.pdf', bytes: 7, modifiedAt: 2 },
    { id: idOf(4), name: 'Ami', folder: true, bytes: 1, modifiedAt: 9 },
  ]);
  assert.deepEqual(names(table, { by: 'name', down: false }), ['Ami', 'Zoo', 'a.pdf', 'b.txt']);
  assert.deepEqual(names(table, { by: 'name', down: true }), ['Zoo', 'Ami', 'b.txt', 'a.pdf']);
  assert.deepEqual(names(table, { by: 'size', down: true }), ['Zoo', 'Ami', 'a.pdf', 'b.txt']);
  assert.deepEqual(names(table, { by: 'date', down: false }), ['Zoo', 'Ami', 'a.pdf', 'b.txt']);
  assert.deepEqual(names(table, { by: 'kind', down: false }), ['Ami', 'Zoo', 'a.pdf', 'b.txt']);
});

test('an order holds every index once, however long the table', () => {
  const order = orderOf(longTable(20_000), { by: 'size', down: true });
  assert.equal(new Set(order).size, 20_000);
});

test('a row reads its own columns, and is found by its id', () => {
  const table = tableOf([
    { id: idOf(1), name: 'a' },
    {
      id: idOf(300),
      name: 'bé',
      folder: true,
      bytes: 12,
      modifiedAt: 4,
      marks: markBits.starred | markBits.link | (5 << markBits.colourShift),
    },
  ]);
  assert.deepEqual(rowAt(table, 1), {
    id: idOf(300),
    name: 'bé',
    kind: 'folder',
    bytes: 12,
    modifiedAt: 4,
    starred: true,
    hasLink: true,
    hasPassword: false,
    hasThumbnail: false,
    waiting: false,
    colour: 5,
  });
  assert.equal(idAt(table.ids, 0), idOf(1));
  assert.equal(indexOfId(table.ids, idOf(300)), 1);
  assert.equal(indexOfId(table.ids, idOf(2)), -1);
});

test('what search compares has neither case nor marks', () => {
  assert.equal(plainOf('ÉTÉ à Besançon, cœur'), 'ete a besancon, coeur');
});
