// Which row of spec/sync.md decided a node, and what that means for it: what `why` shows, and what the tests hold against the tables.
import type { Outcome, Row } from './decide.ts';
import type { Leaving } from './leaving.ts';
import type { Situation } from './situation.ts';
import { type Content, isSamePlace, type NodeId, type TreeNode } from './tree.ts';

export type Action = 'note' | 'up' | 'move' | 'drop' | 'revive' | 'down' | 'place' | 'trash' | 'copy' | 'adopt' | 'mark' | 'husk';

export type Decision = { readonly id: NodeId; readonly row: Row; readonly actions: readonly Action[] };

type Same = (a: Content, b: Content) => boolean;

export function explain(situation: Situation, outcomes: ReadonlyMap<NodeId, Outcome>, leaving: Leaving, isSameContent: Same): Decision[] {
  const kept = [...outcomes.values()].map((outcome) => explainKept(situation, outcome, isSameContent));
  const gone = leaving.gone.map((id): Decision => {
    const [ours, theirs] = [situation.local.get(id), situation.remote.get(id)];
    if (leaving.husks.has(id)) return { id, row: 'R3', actions: ['husk'] };
    return { id, row: rowOf(situation, id), actions: [ours ? 'trash' : theirs ? 'drop' : 'note'] };
  });
  return [...kept, ...gone].filter(({ actions }) => actions.length > 0);
}

function explainKept(situation: Situation, outcome: Outcome, isSameContent: Same): Decision {
  const { id } = outcome;
  const [ours, theirs] = [situation.local.get(id), situation.remote.get(id)];
  const actions: Action[] = [];
  if (situation.local.isAdopted(id)) actions.push('adopt');
  if (situation.local.isCopied(id)) actions.push('copy');
  if (!theirs && situation.synced.get(id)) actions.push('revive');
  if (!theirs && !situation.synced.get(id)) actions.push('up');
  else if (!isSameContent(outcome.content, theirs?.content ?? (situation.synced.get(id) as TreeNode).content)) actions.push('up');
  const formerPlace = theirs ?? situation.synced.get(id);
  if (formerPlace && !isSamePlace(formerPlace, outcome)) actions.push('move');
  if (!ours || !isSameContent(ours.content, outcome.content)) actions.push('down');
  if (ours && !isSamePlace(ours, outcome)) actions.push('place');
  const isMarked = ours && theirs && ours.isExecutable !== theirs.isExecutable;
  if (isMarked) actions.push('mark');
  const base = situation.base(id);
  if (actions.length === 0 && !(base && ours && isSamePlace(base, outcome) && base.content === outcome.content)) actions.push('note');
  return { id, row: outcome.rows.at(-1) ?? rowOf(situation, id), actions };
}

/** `here/there`, by the change of each side since its base; N1 to N8 without one. */
function rowOf(situation: Situation, id: NodeId): Row {
  const base = situation.synced.get(id);
  const [ours, theirs] = [situation.here(situation.local.idOf(id)), situation.remote.get(id)];
  if (base) return `${change(base, ours)}/${change(base, theirs)}`;
  if (!theirs) return 'N1';
  if (!ours) return 'N2';
  return theirs.kind === 'folder' ? 'N5' : theirs.kind === 'link' ? 'N8' : 'N3';
}

function change(base: TreeNode, now: TreeNode | undefined): string {
  if (!now) return 'd';
  const marks = `${now.content === base.content ? '' : 'e'}${isSamePlace(now, base) ? '' : 'm'}`;
  return marks || '=';
}
