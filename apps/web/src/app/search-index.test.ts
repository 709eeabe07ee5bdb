import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markBits, type NameBatch } from './port.ts';
import { emptyQuery, SearchIndex } from './search-index.ts';
import { batchOf, idOf, longTable, tableOf, type TableRow } from './testing/tables.ts';

function batch(rows: readonly (TableRow & { readonly parent?: string })[], removed: readonly string[] = []): NameBatch {
  const table = tableOf(rows);
  const parents = new Uint8Array(rows.length * 16);
  rows.forEach((row, i) => {
    for (let at = 0; at < 16 && row.parent; at++) parents[i * 16 + at] = Number.parseInt(row.parent.slice(2 * at, 2 * at + 2), 16);
  });
  return { begins: false, removed, table, parents, share: 1 };
}
function filled(): SearchIndex {
  const index = new SearchIndex();
  index.add(
    batch([
      { id: idOf(1), name: 'Festival 2026', folder: true },
      { id: idOf(2), name: 'Contrat salle signé.pdf', parent: idOf(1), bytes: 840_000, modifiedAt: 50 },
      { id: idOf(3), name: 'Écoute.wav', parent: idOf(1), bytes: 9e8, modifiedAt: 60, marks: markBits.link },
      { id: idOf(4), name: 'contrat type.docx', modifiedAt: 70, marks: markBits.starred },
    ]),
  );
  return index;
}
const found = (index: SearchIndex, text: string, more = {}): readonly string[] =>
  index.search({ ...emptyQuery, text, ...more }).hits.map((hit) => hit.name);

test('case and marks do not matter, and the newest comes first', () => {
  assert.deepEqual(found(filled(), 'CONTRAT'), ['contrat type.docx', 'Contrat salle signé.pdf']);
  assert.deepEqual(found(filled(), 'ecou'), ['Écoute.wav']);
  assert.deepEqual(found(filled(), 'absent'), []);
});

test('further words may be in a folder above, one at least is in the name', () => {
  assert.deepEqual(found(filled(), 'festival contrat'), ['Contrat salle signé.pdf']);
  assert.deepEqual(found(filled(), 'contrat signe'), ['Contrat salle signé.pdf']);
  assert.deepEqual(filled().search({ ...emptyQuery, text: 'ecoute' }).hits[0]?.path, ['Festival 2026']);
});

test('chips narrow what words found, and find alone', () => {
  const index = filled();
  assert.deepEqual(found(index, '', { kinds: new Set(['audio']) }), ['Écoute.wav']);
  assert.deepEqual(found(index, 'contrat', { starredOnly: true }), ['contrat type.docx']);
  assert.deepEqual(found(index, '', { sharedOnly: true }), ['Écoute.wav']);
  assert.deepEqual(found(index, '', { bytesMin: 500_000, modifiedSince: 55 }), ['Écoute.wav']);
});

test('what was renamed is found by its new name only, what was removed not at all', () => {
  const index = filled();
  index.add(batch([{ id: idOf(4), name: 'modèle.docx' }], [idOf(3)]));
  assert.deepEqual(found(index, 'type'), []);
  assert.deepEqual(found(index, 'modele'), ['modèle.docx']);
  assert.deepEqual(found(index, 'ecoute'), []);
  assert.equal(index.search(emptyQuery).entries, 3);
});

test('with a folder goes all below it but what was moved out, and both can come back', () => {
  const index = filled();
  index.add(batch([{ id: idOf(2), name: 'Contrat salle signé.pdf' }], [idOf(1)]));
  assert.deepEqual(found(index, 'ecoute'), []);
  assert.deepEqual(found(index, 'festival'), []);
  assert.deepEqual(index.search({ ...emptyQuery, text: 'salle' }).hits[0]?.path, []);
  index.add(
    batch([
      { id: idOf(3), name: 'Écoute.wav', parent: idOf(1) },
      { id: idOf(1), name: 'Festival 2026', folder: true },
    ]),
  );
  assert.deepEqual(index.search({ ...emptyQuery, text: 'ecoute' }).hits[0]?.path, ['Festival 2026']);
  assert.equal(index.search(emptyQuery).entries, 4);
});

test('what begins anew forgets what was told before', () => {
  const index = filled();
  index.add({ ...batch([{ id: idOf(9), name: 'note.txt' }]), begins: true });
  assert.deepEqual(found(index, 'contrat'), []);
  assert.equal(index.search(emptyQuery).entries, 1);
});

test('a line break in the query cannot match across two names', () => {
  assert.deepEqual(found(filled(), '.pdf\necoute'), []);
});

test('results stop at five hundred and counting goes on', () => {
  const index = new SearchIndex();
  index.add(batchOf(longTable(20_000)));
  const all = index.search({ ...emptyQuery, text: 'o' });
  assert.equal(all.hits.length, 500);
  assert.ok(all.count > 10_000);
  // The same by the slow way.
  const table = longTable(20_000);
  let slow = 0;
  for (let i = 0, start = 0; i < table.length; start = table.nameEnds[i]!, i++)
    if (/o/i.test(table.names.slice(start, table.nameEnds[i]))) slow += 1;
  assert.equal(all.count, slow);
});
