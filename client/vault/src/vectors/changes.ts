// Judges cuts and edits of directories, deltas applied, and merges: vector files prolly, apply, merge.
import { type Bytes, formatHex, parseHex } from '@reprise/kit';
import { type DcborValue, decodeDcbor, encodeDcbor } from '@reprise/protocol/formats';
import { applyDelta } from '../delta-apply.ts';
import { decodeDelta } from '../delta.ts';
import { buildDirectory } from '../directory.ts';
import { cutByName } from '../directory-cut.ts';
import { type DirectoryEdit, editDirectory } from '../directory-edit.ts';
import { sealNewNodes } from '../directory-node.ts';
import type { Engine } from '../engine.ts';
import { decodeEntry, type Entry, encodeEntry } from '../entry.ts';
import { mergeChanges } from '../merge.ts';
import type { Place, TreeDifference } from '../tree-diff.ts';
import type { TreeEdit } from '../tree-edit.ts';
import { decodeRef } from '../tree-node.ts';
import { type Case, expectField, fixedRandom, hexField, listField, numberField, textField } from './case.ts';
import { patternEntries, patternWriter, storeReader } from './trees.ts';

export async function judgeProlly(engine: Engine, one: Case): Promise<void> {
  const boundaryKey = hexField(one, 'boundaryKey');
  if (one['cut'] !== undefined) {
    const names = Array.from({ length: numberField(one, 'cut') }, (_, i) =>
      textField(one, 'pattern').replace('#', String(i).padStart(6, '0')),
    );
    const leaves = cutByName(boundaryKey, 0, names, (name) => name);
    expectField(
      one,
      'leaves',
      leaves.map((leaf) => leaf.length),
    );
    const inner = leaves.length > 512 ? cutByName(boundaryKey, 1, leaves, (leaf) => leaf[0] as string) : [];
    expectField(
      one,
      'inner',
      inner.map((node) => node.length),
    );
    return;
  }
  const { writer, objects } = await patternWriter(engine, numberField(one, 'seed'));
  const count = numberField(one, 'entries');
  const before = await buildDirectory(await patternEntries(textField(one, 'pattern'), count), boundaryKey, writer);
  const sealed = objects.length;
  const [known] = await patternEntries('', 1);
  const edits = [
    ...listField<string>(one, 'put').map((name): DirectoryEdit => ({ kind: 'put', entry: { ...(known as Entry), name } })),
    ...listField<string>(one, 'remove').map((name): DirectoryEdit => ({ kind: 'remove', name })),
  ];
  const edited = await editDirectory(before, edits, { boundaryKey, reader: storeReader(engine, objects), seal: sealNewNodes(writer) });
  expectField(
    one,
    'below',
    edited.nodes.map(({ level, firstName }) => [level, firstName]),
  );
  expectField(one, 'sealed', objects.length - sealed);
  expectField(one, 'root', edited.ref);
}

export async function judgeApply(engine: Engine, one: Case): Promise<void> {
  const { writer, objects } = await patternWriter(engine, numberField(one, 'seed'));
  const boundaryKey = hexField(one, 'boundaryKey');
  const before = await buildDirectory(await patternEntries(textField(one, 'pattern'), numberField(one, 'entries')), boundaryKey, writer);
  const after = decodeRef(decodeDcbor(hexField(one, 'after')));
  const delta = decodeDelta(hexField(one, 'delta'));
  const made = await applyDelta(before, after, delta, { boundaryKey, reader: storeReader(engine, objects) });
  expectField(one, 'made', made.map(({ id }) => formatHex(id)).toSorted());
}

export function judgeMerge(_: Engine, one: Case): void {
  const merged = mergeChanges({
    ours: listField<Told>(one, 'ours').map(readDifference),
    theirs: listField<Told>(one, 'theirs').map(readDifference),
    label: one['label'] as { readonly moment: string; readonly device: string },
    newFid: () => fixedRandom(one, 'random')(16),
  });
  expectField(one, 'edits', merged.edits.map(sayEdit).toSorted());
  expectField(
    one,
    'conflicts',
    merged.conflicts.map(({ kind, fid }) => [kind, formatHex(fid)]),
  );
}

/** [parent, dCBOR of the entry] before and after, in hex; null where there is none. */
type Told = readonly [before: readonly [string, string] | null, after: readonly [string, string] | null];

function readDifference([before, after]: Told): TreeDifference {
  if (!before) return { kind: 'added', after: readPlace(after as readonly [string, string]) };
  if (!after) return { kind: 'removed', before: readPlace(before) };
  return { kind: 'changed', before: readPlace(before), after: readPlace(after) };
}

function readPlace([parent, entry]: readonly [string, string]): Place {
  return { parent: parseHex(parent) as Bytes, entry: decodeEntry(decodeDcbor(parseHex(entry) as Bytes)) };
}

/** dCBOR of [0, parent, entry], [1, parent, name], or [2, parent, name, fid] for a directory that begins empty. */
function sayEdit(edit: TreeEdit): string {
  const say = (value: DcborValue): string => formatHex(encodeDcbor(value));
  if (edit.kind === 'remove') return say([1, edit.parent, edit.name]);
  const { content, name, fid } = edit.entry;
  if (content.kind === 'directory' && content.ref === null) return say([2, edit.parent, name, fid]);
  return say([0, edit.parent, encodeEntry(edit.entry as Entry)]);
}
