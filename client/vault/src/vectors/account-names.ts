// Judges what a person calls the devices and passkeys of an account: vector file account-names.
import { decodeAccountNames, encodeAccountNames } from '../account-names.ts';
import type { Engine } from '../engine.ts';
import { type Case, expectField, hexField } from './case.ts';

export function judgeAccountNames(_: Engine, one: Case): void {
  const names = decodeAccountNames(hexField(one, 'list'));
  expectField(one, 'names', [...names]);
  expectField(one, 'list', encodeAccountNames(names));
}
