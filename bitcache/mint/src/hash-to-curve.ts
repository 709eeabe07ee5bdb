// NUT-00 `hash_to_curve`: the point of a secret.
import { createHash } from 'node:crypto';
import { assert } from '@reprise/kit';
import type { Points, Uncompressed } from './points/points.ts';

const domain = 'Secp256k1_HashToCurve_Cashu_';
const triesMax = 65_536;

export function hashToCurve(points: Points, secret: Uint8Array): Uncompressed {
  const hash = createHash('sha256').update(domain).update(secret).digest();
  const candidate = new Uint8Array(33);
  candidate[0] = 2;
  const counter = new DataView(new ArrayBuffer(4));
  for (let tries = 0; tries < triesMax; tries++) {
    counter.setUint32(0, tries, true);
    candidate.set(createHash('sha256').update(hash).update(new Uint8Array(counter.buffer)).digest(), 1);
    const point = points.parse(candidate);
    if (point) return point;
  }
  assert(false, 'half of all tries are points');
}
