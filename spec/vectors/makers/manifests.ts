// The file manifest.
import type { DcborValue } from '@reprise/protocol/formats';
import { buildContent, cutEvenly, type Engine, type Extent } from '@reprise/vault';
import { extent, full, fullSealed, type Given, given, pattern, patternKeys, refJson } from './nodes.ts';
import { fixed, type VectorCase, type VectorFile } from './reference.ts';

export async function makeManifest(engine: Engine): Promise<VectorFile> {
  const cuts = [5, 512, 513, 600, 639, 640, 641, 1_024, 1_025, 1_151, 1_152, 2_000].map(
    (cut): VectorCase => ({
      name: `leaves of ${cut} extents`,
      verdict: 'accepted',
      cut,
      leaves: cutEvenly(Array.from({ length: cut }), 512, 128).map((leaf) => leaf.length),
    }),
  );
  const trees: VectorCase[] = [];
  for (const count of [5, 512, 600, 1_200]) {
    let objects = 0;
    const extents = Array.from(
      { length: count },
      (_, i): Extent => ({ id: pattern(i, 0), key: pattern(i, 1), sealedLength: fullSealed, offset: 0, length: full }),
    );
    const content = await buildContent(extents, { engine, random: patternKeys(count), put: () => void objects++ });
    trees.push({
      name: `manifest of ${count} extents`,
      verdict: 'accepted',
      extents: count,
      objects,
      root: content.kind === 'manifest' ? refJson(content.ref) : null,
    });
  }
  return {
    about: 'Leaves by position; whole manifests under fixed keys; small trees read from their objects.',
    spec: 'ropes.md#manifests',
    cases: [...cuts, ...trees, ...givenManifests()],
  };
}

function givenManifests(): VectorCase[] {
  const label = 'rp1/obj/manifest';
  const [a, b] = [extent('a', fullSealed, 0, full), extent('b', fullSealed, 0, 100)];
  const leaf = (...extents: DcborValue[]): DcborValue => [1, 2, extents];
  const read = (name: string, size: number, count: number, tree: Given): VectorCase => ({
    name,
    verdict: 'accepted',
    size,
    count,
    ...tree,
  });
  const refuse = (name: string, step: string, code: string, size: number, tree: Given): VectorCase => ({
    name,
    verdict: 'refused',
    step,
    code,
    size,
    count: 0,
    ...tree,
  });
  const padding = Array.from({ length: 8 }, () => extent('p', 4_148, 0, 0));
  const repeated = (times: number): Given =>
    given(label, (add) => {
      const below = add(leaf(...padding));
      const node = add([1, 3, 1, Array.from({ length: 10 }, () => [below, 0])]);
      return add([1, 3, 2, Array.from({ length: times }, () => [node, 0])]);
    });
  return [
    read('one leaf, 120 times', 0, 960, repeated(12)),
    refuse('one leaf, 130 times', 'limit', 'limit-exceeded', 0, repeated(13)),
    read(
      'one leaf',
      full + 100,
      2,
      given(label, (add) => add(leaf(a, b))),
    ),
    read(
      'two leaves',
      full + 100,
      2,
      given(label, (add) =>
        add([
          1,
          3,
          1,
          [
            [add(leaf(a)), full],
            [add(leaf(b)), 100],
          ],
        ]),
      ),
    ),
    read(
      'three levels',
      full + 100,
      2,
      given(label, (add) =>
        add([
          1,
          3,
          2,
          [
            [
              add([
                1,
                3,
                1,
                [
                  [add(leaf(a)), full],
                  [add(leaf(b)), 100],
                ],
              ]),
              full + 100,
            ],
          ],
        ]),
      ),
    ),
    refuse(
      'the entry gives another size',
      'sum',
      'bad-object',
      full + 101,
      given(label, (add) => add(leaf(a, b))),
    ),
    refuse(
      'a parent gives another number',
      'sum',
      'bad-object',
      full + 100,
      given(label, (add) =>
        add([
          1,
          3,
          1,
          [
            [add(leaf(a)), full - 1],
            [add(leaf(b)), 101],
          ],
        ]),
      ),
    ),
    refuse(
      'an inner node does not add up',
      'sum',
      'bad-object',
      full + 100,
      given(label, (add) =>
        add([
          1,
          3,
          1,
          [
            [add(leaf(a)), full],
            [add(leaf(b)), 101],
          ],
        ]),
      ),
    ),
    refuse(
      'a level too high',
      'level',
      'bad-object',
      full + 100,
      given(label, (add) => add([1, 3, 2, [[add(leaf(a, b)), full + 100]]])),
    ),
    refuse(
      'a level left out',
      'level',
      'bad-object',
      full,
      given(label, (add) => add([1, 3, 2, [[add([1, 3, 2, [[add(leaf(a)), full]]]), full]]])),
    ),
    refuse(
      'level 0',
      'level',
      'bad-object',
      full,
      given(label, (add) => add([1, 3, 0, [[add(leaf(a)), full]]])),
    ),
    refuse(
      'four levels',
      'level',
      'bad-object',
      full,
      given(label, (add) => add([1, 3, 3, [[add([1, 3, 2, [[add([1, 3, 1, [[add(leaf(a)), full]]]), full]]]), full]]])),
    ),
    refuse(
      'leaves on two levels',
      'level',
      'bad-object',
      2 * full,
      given(label, (add) =>
        add([
          1,
          3,
          2,
          [
            [add([1, 3, 1, [[add(leaf(a)), full]]]), full],
            [add(leaf(a)), full],
          ],
        ]),
      ),
    ),
    refuse(
      'a leaf of nothing',
      'form',
      'bad-object',
      0,
      given(label, (add) => add(leaf())),
    ),
    refuse(
      'an inner node of nothing',
      'form',
      'bad-object',
      0,
      given(label, (add) => add([1, 3, 1, []])),
    ),
    refuse(
      'version 2',
      'form',
      'bad-object',
      full,
      given(label, (add) => add([2, 2, [a]])),
    ),
    refuse(
      'type of a directory leaf',
      'form',
      'bad-object',
      full,
      given(label, (add) => add([1, 0, [a]])),
    ),
    refuse(
      'a field too many',
      'form',
      'bad-object',
      full,
      given(label, (add) => add([1, 2, [a], 0])),
    ),
    refuse(
      'padding that is not zero',
      'padding',
      'bad-object',
      full,
      given(label, (add) => add(leaf(a), (plain) => plain.map((byte, i) => (i === 1_023 ? 1 : byte)))),
    ),
    refuse(
      'label of a directory',
      'commitment',
      'reject',
      full,
      given('rp1/obj/node', (add) => add(leaf(a))),
    ),
    refuse('an object that is not there', 'length', 'reject', full, { ...given(label, (add) => add(leaf(a))), objects: [] }),
  ];
}
