// The mint dies at each named point of its work. A new process, asked the same again, must leave everybody with what is theirs: as many
// satoshis as before, each of them once.
import { after, before, describe, it } from 'node:test';
import { mintPoints } from './ports.ts';
import { MortalWorld } from './testing/mortal-world.ts';

const runs = process.env['REPRISE_LONG'] === '1' ? 20 : 1;

describe('a mint that is killed', () => {
  const world = new MortalWorld();
  before(() => world.open());
  after(() => world.close());
  for (const point of mintPoints) {
    it(`at ${point} loses nobody's money`, async () => {
      for (let run = 0; run < runs; run++) await world.dieAndGoOn(point);
    });
  }
});
