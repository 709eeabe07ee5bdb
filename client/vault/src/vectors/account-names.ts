// Judges what a person calls the devices and passkeys of an account: vector file account-names.
import { namesList } from '../account-names.ts';
import type { Engine } from '../engine.ts';
import type { Case } from './case.ts';
import { judgeList } from './kept-list.ts';

export function judgeAccountNames(_: Engine, one: Case): void {
  judgeList(one, namesList, 'names', (name) => name);
}
