// Judges the list of parcels that an account keeps: vector file parcels.
import { formatHex } from '@reprise/kit';
import type { Engine } from '../engine.ts';
import { parcelsList } from '../kept-parcels.ts';
import type { Case } from './case.ts';
import { judgeList } from './kept-list.ts';

export function judgeParcels(_: Engine, one: Case): void {
  judgeList(one, parcelsList, 'parcels', ({ secret, space, title, keptMs }) => [formatHex(secret), formatHex(space), title, keptMs]);
}
