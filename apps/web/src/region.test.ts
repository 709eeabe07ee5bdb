import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockOf, regionOf } from './region.ts';

const at = (region: string, hour: number): string =>
  new Intl.DateTimeFormat(region, { ...clockOf(region), timeZone: 'UTC' }).format(Date.UTC(2026, 10, 23, hour, 2)).replace(/\s/g, ' ');

test('a time is written as where the reader lives', () => {
  assert.deepEqual(
    ['en-US', 'en-GB', 'en-AU', 'en-IE', 'fr-FR', 'fr-CA', 'fr-CH'].map((region) => [region, at(region, 9), at(region, 14)]),
    [
      ['en-US', '9:02 AM', '2:02 PM'],
      ['en-GB', '09:02', '14:02'],
      ['en-AU', '9:02 am', '2:02 pm'],
      ['en-IE', '09:02', '14:02'],
      ['fr-FR', '09:02', '14:02'],
      ['fr-CA', '09 h 02', '14 h 02'],
      ['fr-CH', '09:02', '14:02'],
    ],
  );
});

test('the region is that of the first language which is the page’s own', () => {
  assert.equal(regionOf('en', ['fr-FR', 'en-US', 'en-GB']), 'en-US');
  assert.equal(regionOf('fr', ['en-US', 'fr-CA']), 'fr-CA');
  assert.equal(regionOf('en', ['de-DE', 'de']), 'en-GB');
  assert.equal(regionOf('fr', ['frr', 'fry-NL']), 'fr');
});
