// Judges the list of parcels that an account keeps: vector file parcels.
import { formatHex } from '@reprise/kit';
import type { Engine } from '../engine.ts';
import { decodeParcels, encodeParcels } from '../kept-parcels.ts';
import { type Case, expectField, hexField } from './case.ts';

export function judgeParcels(_: Engine, one: Case): void {
  const parcels = decodeParcels(hexField(one, 'list'));
  expectField(
    one,
    'parcels',
    parcels.map(({ secret, space, title, keptMs }) => [formatHex(secret), formatHex(space), title, keptMs]),
  );
  expectField(one, 'list', encodeParcels(parcels));
}
