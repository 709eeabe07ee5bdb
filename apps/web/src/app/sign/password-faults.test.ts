import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passwordFaults } from './password-faults.ts';

test('each weakness is named, and a long sentence has none', () => {
  assert.deepEqual(passwordFaults('a7!k', []), ['short']);
  assert.deepEqual(passwordFaults('8305719462835', []), ['digits']);
  assert.deepEqual(passwordFaults('Azerty1990!', []), ['common', 'sequence']);
  assert.deepEqual(passwordFaults('motdepasse12', []), ['common']);
  assert.deepEqual(passwordFaults('xyxyxyxyxyxy', []), ['repeated']);
  assert.deepEqual(passwordFaults('tu 54321 pars', []), ['sequence']);
  assert.deepEqual(passwordFaults('forever Inès 14', ['ines']), ['name']);
  assert.deepEqual(passwordFaults('le phare tourne quand la mer dort', ['Inès']), []);
});
