import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrowPath, ghostPath } from './noise-arrow.ts';
import { sealDots } from './seal.ts';
import { extensionOf, markKind } from './kinds.ts';
import { expiryChoices } from './link-options.ts';

test('a seal is mirrored, and each byte modulo seven decides two cells', () => {
  const dots = sealDots(Uint8Array.from({ length: 32 }, (_, i) => i));
  const cells = new Map(dots.map((dot) => [`${dot.x},${dot.y}`, dot.shape]));
  assert.equal(cells.size, dots.length);
  for (const dot of dots) assert.equal(cells.get(`${7 - dot.x},${dot.y}`), dot.shape);
  assert.equal(cells.get('0,0'), 'signal');
  assert.equal(cells.get('1,0'), 'dot');
  assert.equal(cells.get('2,0'), 'square');
  assert.equal(cells.get('0,1'), undefined);
});

test('the arrow has no hole left at the end and no cell of its own at the start', () => {
  assert.equal(ghostPath(1), '');
  assert.notEqual(arrowPath(1), '');
  assert.ok(ghostPath(0).length > ghostPath(0.5).length);
  assert.notEqual(arrowPath(0), arrowPath(1));
});

test('a file mark follows the extension, and a name without one is a document', () => {
  assert.equal(markKind('Film.MP4'), 'video');
  assert.equal(markKind('sauvegarde.tar.gz'), 'archive');
  assert.equal(markKind('README'), 'document');
  assert.equal(extensionOf('.profile'), '');
  assert.equal(extensionOf('une.phrase longue'), '');
});

test('life spans are offered up to what the server allows, its own limit last', () => {
  assert.deepEqual(expiryChoices(86_400), [3600, 86_400]);
  assert.deepEqual(expiryChoices(100_000), [3600, 86_400, 100_000]);
  assert.equal(expiryChoices(null).at(-1), 365 * 86_400);
});
