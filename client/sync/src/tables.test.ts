// The tables of spec/sync.md, read from there: every cell and every row is tried, and a row that nobody tries is a failure.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { removalsMax } from './limits.ts';
import { foldingPolicy, plainPolicy, type Scene, show } from './testing/scene.ts';
import type { NodeId } from './tree.ts';

const text = readFileSync(join(import.meta.dirname, '../../../spec/sync.md'), 'utf8');

describe('nodes with a base', () => {
  const cells = readCells();
  test('have a cell for each pair of changes', () => assert.equal(cells.length, 25));
  for (const kind of ['file', 'link', 'folder'] as const) {
    for (const { here, log, cell } of cells) {
      if (kind === 'folder' && /e/.test(here + log)) continue;
      for (const variant of variants(cell)) {
        test(`a ${kind}: ${here} here, ${log} in the log, ${variant.told}`, () => {
          const scene: Scene = {
            synced: [...folders, ...stand(kind, '=', 'here', 'w0')],
            local: [...folders, ...stand(kind, here, 'here', 'w1')],
            remote: [...folders, ...stand(kind, log, variant.meets ? 'here' : 'there', variant.isSame ? 'w1' : 'w2')],
          };
          const expected = variant.actions.length === 0 ? undefined : `${here}/${log}: ${variant.actions.toSorted().join(', ')}`;
          const shown = show(scene);
          assert.equal(shown.decisions['X'], expected);
          assert.deepEqual(shown.disk, shown.drive, 'both end alike');
          const isSent = shown.plan.edits.some((edit) => edit.kind === 'put' && edit.sends);
          assert.equal(isSent, variant.actions.includes('up') || variant.actions.includes('copy'), 'bytes that the drive has are not sent');
          assert.deepEqual(shown.stalls, {});
        });
      }
    }
  }
});

const folders = ['H /here/', 'T /there/'];

function stand(kind: 'file' | 'link' | 'folder', change: string, moved: 'here' | 'there', word: string): string[] {
  if (change === 'd') return [];
  const content = change.includes('e') ? word : 'w0';
  const path = change.includes('m') ? `/${moved}/x` : '/x';
  return [kind === 'folder' ? `X ${path}/` : kind === 'link' ? `X ${path} -> ${content}` : `X ${path} ${content}`];
}

type Cell = { readonly here: string; readonly log: string; readonly cell: string };

function readCells(): Cell[] {
  const table = /\| here ↓ log → \|.*\n\|[-|]+\n((?:\|.*\n)+)/.exec(text)?.[1] ?? '';
  const changes = ['=', 'e', 'm', 'em', 'd'];
  return table
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [here = '', ...cells] = line
        .split('|')
        .slice(1, -1)
        .map((part) => part.trim().replaceAll('`', ''));
      return cells.map((cell, i) => ({ here, log: changes[i] as string, cell }));
    });
}

type Variant = { readonly told: string; readonly isSame: boolean; readonly meets: boolean; readonly actions: readonly string[] };

/** What `clash` and `meet` stand for, by whether contents and places are equal. */
function variants(cell: string): Variant[] {
  const words = cell.split(', ').filter((word) => word !== 'none');
  const found: Variant[] = [];
  for (const isSame of words.includes('clash') ? [true, false] : [false])
    for (const meets of words.includes('meet') ? [true, false] : [false]) {
      const copies = words.includes('clash') && !isSame;
      const actions = words.flatMap((word) => {
        if (word === 'clash') return isSame ? [] : ['copy', 'down'];
        if (word === 'meet') return meets || copies ? [] : ['place'];
        return word === 'place' && copies ? [] : [word];
      });
      const told = `${isSame ? 'equal' : 'other'} content, ${meets ? 'equal' : 'other'} place`;
      found.push({ told, isSame, meets, actions: actions.length === 0 && words.length > 0 ? ['note'] : actions });
    }
  return found;
}

const conflict = (stem: string): string => `${stem} (conflict 2026-11-21 14.05 anna)`;
const noNul = { ...plainPolicy.disk, refusesName: (name: string) => /^nul/i.test(name) };
const many = Array.from({ length: removalsMax + 1 }, (_, i) => `N${i} /n${i} v${i}`);

/** For each row of the tables below the first: what is seen of it. */
const rows: Readonly<Record<string, () => void>> = {
  R1: () => {
    const shown = show({
      synced: ['F /f/', 'A /f/a w0', 'B /f/b w1'],
      local: ['F /f/', 'A /f/a w0', 'B /f/b w2'],
      remote: [],
    });
    assert.deepEqual(shown.drive, ['/f folder', '/f/b file w2']);
    assert.deepEqual(shown.disk, shown.drive);
    assert.deepEqual(shown.decisions, { F: 'R1: revive', B: 'e/d: revive, up', A: '=/d: trash' });
    const other = show({ synced: ['F /f/', 'A /f/a w0'], local: [], remote: ['F /f/', 'A /f/a w0', 'C /f/c w3'] });
    assert.deepEqual(other.drive, ['/f folder', '/f/c file w3']);
    assert.deepEqual(other.disk, other.drive);
  },
  R2: () => {
    const base = ['F /f/', 'A /f/a w0', 'S /f/s/', 'B /f/s/b w1'];
    const moved = ['F /g/', 'A /g/a w0', 'S /g/s/', 'B /g/s/b w1'];
    for (const [local, remote] of [
      [moved, []],
      [[], moved],
    ] as const) {
      const shown = show({ synced: base, local, remote });
      assert.deepEqual(shown.drive, ['/g folder', '/g/a file w0', '/g/s folder', '/g/s/b file w1']);
      assert.deepEqual(shown.disk, shown.drive);
    }
  },
  R3: () => {
    const gone = show({ synced: ['F /f/', 'A /f/a w0'], local: ['F /f/ +ignored', 'A /f/a w0'], remote: [] });
    assert.deepEqual([gone.disk, gone.drive, gone.plan.husks, gone.plan.forgotten.toSorted()], [['/f folder'], [], ['F'], ['A', 'F']]);
    const quiet = show({ local: ['F /f/ +ignored +husk'] });
    assert.deepEqual([quiet.disk, quiet.drive, quiet.plan.husks], [['/f folder'], [], []]);
    const filled = show({ local: ['F /f/ +ignored +husk', 'B /f/b w1'] });
    assert.deepEqual(filled.drive, ['/f folder', '/f/b file w1']);
    const again = show({ local: ['F /f/ +ignored +husk'], remote: ['F /f/', 'A /f/a w0'] });
    assert.deepEqual(
      [again.disk, again.drive],
      [
        ['/f folder', '/f/a file w0'],
        ['/f folder', '/f/a file w0'],
      ],
    );
    const inTheWay = show({ local: ['F /f/ +ignored +husk'], remote: ['X /f w1'] });
    assert.deepEqual([inTheWay.disk, inTheWay.drive, inTheWay.stalls], [['/f folder'], ['/f file w1'], { X: 'name-clash' }]);
    const empty = show({ local: ['F /f/ +husk'] });
    assert.deepEqual(empty.disk, []);
    const stalled = show({ synced: ['F /f/', 'A /f/a w0'], local: ['F /f/', 'A /f/a w0 !unreadable'], remote: [] });
    assert.deepEqual([stalled.disk, stalled.drive, stalled.plan.husks], [['/f folder', '/f/a file w0'], [], ['F']]);
  },
  S1: () => {
    const shown = show({ synced: ['X /x w0'], local: ['Y /x/', 'Z /x/z w1'], remote: ['X /x w2'] });
    assert.deepEqual(shown.drive, [`/${conflict('x')} file w2`, '/x folder', '/x/z file w1']);
    assert.deepEqual(shown.disk, shown.drive);
  },
  S2: () => {
    const shown = show({ synced: ['A /a/', 'B /b/'], local: ['B /b/', 'A /b/a/'], remote: ['A /a/', 'B /a/b/'] });
    assert.deepEqual(shown.drive, ['/a folder', '/a/b folder']);
    assert.deepEqual(shown.disk, shown.drive);
    assert.match(shown.decisions['A'] ?? '', /^S2: /);
  },
  S3: () => {
    const base = ['A /a w0', 'B /b w1', 'C /c w2', 'F /f/', 'G /f/g/'];
    const turned = ['A /b w0', 'B /c w1', 'C /a w2', 'G /f/', 'F /f/g/'];
    const shown = show({ synced: base, local: base, remote: turned });
    assert.deepEqual(shown.disk, ['/a file w2', '/b file w0', '/c file w1', '/f folder', '/f/g folder']);
    assert.equal(shown.plan.steps.filter(({ kind }) => kind === 'aside').length, 2);
    assert.deepEqual(show({ synced: base, local: turned, remote: base }).drive, shown.disk);
  },
  S4: () => {
    const shown = show({ synced: ['F /f/', 'A /a w0', 'B /f/b w1'], local: ['F /f/', 'A /f/a w0', 'B /f/b w1'], remote: ['A /a w0'] });
    assert.deepEqual(shown.drive, ['/f folder', '/f/a file w0']);
    assert.deepEqual(shown.disk, shown.drive);
  },
  S5: () => {
    const shown = show({ synced: ['F /f/', 'A /a w0'], local: ['F /f/', 'A /f/a w0'], remote: ['F /g/', 'A /a w0'] });
    assert.deepEqual(shown.drive, ['/g folder', '/g/a file w0']);
    assert.deepEqual(shown.disk, shown.drive);
  },
  N1: () => assert.deepEqual(show({ local: ['A /a w0'] }).decisions, { A: 'N1: up' }),
  N2: () => assert.deepEqual(show({ remote: ['F /f/', 'A /f/a w0'] }).decisions, { F: 'N2: down', A: 'N2: down' }),
  N3: () => {
    const shown = show({ local: ['L /a w0'], remote: ['R /a w0'] });
    assert.deepEqual([shown.decisions, shown.plan.edits, shown.plan.steps], [{ R: 'N3: adopt' }, [], []]);
    assert.deepEqual(shown.plan.relabels, [{ from: 'L', to: 'R', kind: 'adopt' }]);
    assert.deepEqual(
      shown.plan.settled.map(({ id }) => id),
      ['R'],
    );
  },
  N4: () => {
    // Equal to what the log has moved to its name: two nodes all the same.
    const moved = show({ synced: ['R /x w0'], local: ['R /x w0', 'L /a w0'], remote: ['R /a w0'] });
    assert.deepEqual([moved.disk, moved.plan.relabels], [[`/${conflict('a')} file w0`, '/a file w0'], []]);
    assert.deepEqual(moved.disk, moved.drive);
    const shown = show({ local: ['L /a.txt w0'], remote: ['R /a.txt w1'] });
    assert.deepEqual(shown.drive, [`/${conflict('a')}.txt file w0`, '/a.txt file w1']);
    assert.deepEqual(shown.disk, shown.drive);
    assert.deepEqual(shown.decisions, { L: 'N4: place, up', R: 'N2: down' });
  },
  N5: () => {
    const shown = show({ local: ['L /f/', 'A /f/a w0', 'B /f/b w1'], remote: ['R /f/', 'C /f/a w0', 'D /f/c w2'] });
    assert.deepEqual(shown.drive, ['/f folder', '/f/a file w0', '/f/b file w1', '/f/c file w2']);
    assert.deepEqual(shown.disk, shown.drive);
    assert.deepEqual(shown.decisions, { R: 'N5: adopt', C: 'N3: adopt', B: 'N1: up', D: 'N2: down' });
  },
  N6: () => {
    const shown = show({ local: ['L /a w0'], remote: ['R /a/', 'S /a/s w1'] });
    assert.deepEqual(shown.drive, ['/a folder', `/${conflict('a')} file w0`, '/a/s file w1'].toSorted());
    assert.deepEqual(shown.disk, shown.drive);
    assert.equal(shown.decisions['L'], 'N6: place, up');
  },
  N7: () => {
    const shown = show({ local: ['L /a/', 'M /a/m w0'], remote: ['R /a w1'] });
    assert.deepEqual(shown.drive, [`/${conflict('a')} file w1`, '/a folder', '/a/m file w0'].toSorted());
    assert.deepEqual(shown.disk, shown.drive);
    assert.equal(shown.decisions['R'], 'N7: down, move');
  },
  N8: () => {
    assert.deepEqual(show({ local: ['L /a -> b'], remote: ['R /a -> b'] }).decisions, { R: 'N8: adopt' });
    assert.equal(show({ local: ['L /a -> b'], remote: ['R /a -> c'] }).drive.length, 2);
    assert.equal(show({ local: ['L /a -> b'], remote: ['R /a b'] }).drive.length, 2);
  },
  N9: () => {
    const shown = show({ synced: ['A /a w0'], local: ['A /b w0'], remote: ['A /a w0', 'B /b w1'] });
    assert.deepEqual(shown.drive, [`/${conflict('b')} file w0`, '/b file w1']);
    assert.deepEqual(shown.disk, shown.drive);
    assert.equal(shown.decisions['A'], 'N9: move, place');
  },
  N10: () => {
    const shown = show({
      synced: ['F /f/', 'A /f/a w0', 'G /g/', 'B /g/b w1'],
      local: ['F /h/', 'A /h/a w0', 'G /g/', 'B /g/b w1'],
      remote: ['F /f/', 'A /f/a w0', 'G /h/', 'B /h/b w1'],
    });
    assert.deepEqual(shown.drive, [`/${conflict('h')} folder`, `/${conflict('h')}/a file w0`, '/h folder', '/h/b file w1']);
    assert.deepEqual(shown.disk, shown.drive);
    assert.equal(shown.decisions['F'], 'N10: move, place');
  },
  K1: () => {
    const shown = show({ local: ['A /cafe\u0301 w0', 'B /caf\u00e9 w1'] });
    assert.deepEqual([shown.drive, shown.stalls], [['/caf\u00e9 file w0'], { B: 'name-twin' }]);
    const known = show({ synced: ['B /caf\u00e9 w1'], local: ['A /cafe\u0301 w0', 'B /caf\u00e9 w1'], remote: ['B /caf\u00e9 w1'] });
    assert.deepEqual([known.drive, known.stalls], [['/caf\u00e9 file w1'], { A: 'name-twin' }]);
    const twins = ['A /cafe\u0301 w0', 'B /caf\u00e9 w1'];
    const beside = show({ synced: ['B /caf\u00e9 w1'], local: twins, remote: ['F /caf\u00e9/'] });
    assert.deepEqual([beside.disk, beside.stalls], [['/caf\u00e9 file w0', '/caf\u00e9 folder'], { A: 'name-twin' }]);
    const inTheWay = show({ synced: ['A /caf\u00e9 w0'], local: twins, remote: ['F /caf\u00e9/'] });
    assert.deepEqual([inTheWay.disk, inTheWay.stalls], [['/caf\u00e9 file w1'], { B: 'name-twin', F: 'name-twin' }]);
  },
  K2: () => {
    const shown = show({
      local: ['A /readme w0'],
      remote: ['B /README w1', 'C /Notes/', 'D /notes/', 'E /notes/e w2'],
      policy: foldingPolicy,
    });
    assert.deepEqual(shown.stalls, { B: 'name-clash', D: 'name-clash' });
    assert.deepEqual(shown.disk, ['/Notes folder', '/readme file w0']);
    assert.ok(
      shown.drive.includes('/README file w1') && shown.drive.includes('/readme file w0') && shown.drive.includes('/notes/e file w2'),
    );
    const third = show({
      synced: ['C /readme w0'],
      local: ['C /readme w0'],
      remote: ['C /readmE w0', 'B /README w1'],
      policy: foldingPolicy,
    });
    assert.deepEqual([third.disk, third.stalls], [['/readmE file w0'], { B: 'name-clash' }]);
    const plain = show({ local: ['A /readme w0'], remote: ['B /README w1'] });
    assert.deepEqual(plain.disk, plain.drive);
  },
  K3: () => {
    const one = ['A /a w0'];
    const shown = show({ synced: one, local: one, remote: ['A /A w0'], policy: foldingPolicy });
    assert.deepEqual([shown.disk, shown.stalls], [['/A file w0'], {}]);
    assert.deepEqual(
      shown.plan.steps.map(({ kind }) => kind),
      ['aside', 'move'],
    );
    assert.deepEqual(show({ synced: one, local: ['A /A w0'], remote: one, policy: foldingPolicy }).drive, ['/A file w0']);
  },
  K4: () => {
    const shown = show({ synced: ['A /caf\u00e9 w0'], local: ['A /cafe\u0301 w0'], remote: ['A /caf\u00e9 w0'] });
    assert.deepEqual([shown.plan.edits, shown.plan.steps, shown.decisions], [[], [], {}]);
  },
  K5: () => {
    const shown = show({ remote: ['A /nul.txt w0', 'F /nul/', 'B /nul/b w1', 'C /c w2'], policy: { disk: noNul } });
    assert.deepEqual(shown.disk, ['/c file w2']);
    assert.deepEqual(shown.stalls, { A: 'name-refused', F: 'name-refused' });
    const renamed = show({ synced: ['A /a w0'], local: ['A /a w0'], remote: ['A /nul w0'], policy: { disk: noNul } });
    assert.deepEqual([renamed.disk, renamed.drive], [['/a file w0'], ['/nul file w0']]);
  },
  S6: () => {
    const shown = show({
      synced: ['F /f/', 'A /f/a w0', 'B /b w1'],
      local: ['F /f/ !unreadable', 'B /b w2'],
      remote: ['F /f/', 'A /f/a w3', 'B /b w1', 'C /f/c w4'],
    });
    assert.deepEqual(shown.drive, ['/b file w2', '/f folder', '/f/a file w3', '/f/c file w4']);
    assert.deepEqual([shown.disk, shown.stalls], [['/b file w2', '/f folder'], { F: 'unreadable' }]);
    // Nobody could see whether it is still in there.
    const unseen = show({ synced: ['F /f/', 'A /f/a w0'], local: ['F /f/ !unreadable'], remote: ['F /f/', 'A /a w0'] });
    assert.deepEqual([unseen.disk, unseen.plan.edits], [['/f folder'], []]);
  },
  S7: () => {
    const shown = show({
      synced: ['F /f/', 'A /f/a w0', 'G /g/', 'B /g/b w1'],
      local: ['F /f/', 'A /f/a w2', 'N /f/n w3'],
      remote: ['F /f/ !damaged', 'G /g/', 'B /g/b w1 !damaged'],
    });
    assert.deepEqual(shown.drive, ['/f folder', '/g folder', '/g/b file w1']);
    assert.deepEqual(shown.disk, ['/f folder', '/f/a file w2', '/f/n file w3']);
    assert.deepEqual(shown.stalls, { F: 'damaged', G: 'damaged', B: 'damaged' });
    const base = ['D /d/', 'F /d/f/'];
    const out = show({ synced: base, local: ['D /d/', 'F /f/', 'Y /f/y w1'], remote: ['D /d/ !damaged', 'F /d/f/'] });
    assert.deepEqual([out.drive, out.stalls], [['/d folder', '/d/f folder'], { D: 'damaged', Y: 'damaged' }]);
  },
  S8: () => {
    const base = ['F /f/', 'A /f/a w0', 'S /f/s/', 'B /f/s/b w1', 'C /c w2'];
    const policy = { deselected: new Set(['F' as NodeId]) };
    const shown = show({ synced: base, local: [...base.slice(0, 4), 'N /f/n w9', 'C /c w3'], remote: base, policy });
    assert.deepEqual(shown.disk, ['/c file w3']);
    assert.deepEqual(shown.drive, ['/c file w3', '/f folder', '/f/a file w0', '/f/s folder', '/f/s/b file w1']);
    const kept = shown.plan.steps.flatMap((step) => (step.kind === 'remove' && !step.isInDrive ? [step.id] : []));
    assert.deepEqual([kept, shown.plan.forgotten.toSorted()], [['N'], ['A', 'B', 'F', 'S']]);
    const holding = show({ synced: base, local: [...base.slice(0, 2), 'S /f/s/ +ignored', ...base.slice(3)], remote: base, policy });
    assert.deepEqual(
      [holding.disk, holding.plan.husks.toSorted()],
      [
        ['/c file w2', '/f folder', '/f/s folder'],
        ['F', 'S'],
      ],
    );
    const later = show({ synced: ['C /c w2'], local: ['C /c w2', 'X /f/'], remote: base, policy });
    assert.deepEqual([later.drive, later.stalls], [show({ remote: base, local: [] }).drive, { X: 'name-clash' }]);
  },
  S13: () => {
    const shown = show({ synced: many, local: [], remote: [...many, 'A /a w0'] });
    assert.deepEqual([shown.disk, shown.plan.held.length, shown.drive.length], [['/a file w0'], many.length, many.length + 1]);
    const allowed = show({ synced: many, local: [], remote: many, policy: { brake: { recentRemovals: 0, allowed: 'all' } } });
    assert.deepEqual([allowed.drive, allowed.plan.held], [[], []]);
    const trashed = show({ synced: many, local: many, remote: [] });
    assert.deepEqual([trashed.disk.length, trashed.plan.held.length], [many.length, many.length]);
    const inTheWay = show({ synced: many, local: ['X /n7 w1'], remote: many });
    assert.equal(inTheWay.stalls['X'], 'held');
  },
  S14: () => {
    const [synced, open] = [
      ['A /a/', 'X /a/x w0', 'D /a/d/', 'E /a/d/e w1', 'B /b/'],
      ['A /a/', 'D /a/d/ !damaged', 'E /a/d/e w1', 'B /b/ !damaged'],
    ];
    const local = ['A /a/', 'X /a/x w2', 'D /a/d/', 'E /a/d/e w3', 'B /b/'];
    const shown = show({ synced, local, remote: [...open, 'X /a/x w0 !damaged', 'Y /a/x w4'] });
    assert.deepEqual(shown.disk, ['/a folder', '/a/d folder', '/a/d/e file w3', '/a/x file w2', '/b folder']);
    assert.deepEqual([shown.plan.edits, shown.stalls], [[], { B: 'damaged', D: 'damaged', X: 'damaged', Y: 'damaged' }]);
    const found = show({ synced, local, remote: ['A /a/', 'B /b/', 'D /b/d/', 'E /b/d/e w1', 'X /b/x w0', 'Y /a/x w4'] });
    assert.deepEqual(found.disk, ['/a folder', '/a/x file w4', '/b folder', '/b/d folder', '/b/d/e file w3', '/b/x file w2']);
    assert.deepEqual(found.drive, found.disk);
  },
};

describe('the rows of folders, names and what is special', () => {
  const named = [...text.matchAll(/^\| ([RSNK]\d+) \|/gm)].map(([, row]) => row as string);
  test('are all tried, and no others', () => assert.deepEqual(Object.keys(rows).toSorted(), named.toSorted()));
  for (const row of named) test(row, () => rows[row]?.());
});
