// Chooses the arithmetic: the compiled one where it loads and gives known answers, else WebAssembly; never anything slower. The name is
// for the log, so that nobody wonders why a mint is slow.
import { formatHex, parseHex } from '@reprise/kit';
import { openNativePoints } from './native.ts';
import type { Points } from './points.ts';
import { openWasmPoints } from './wasm.ts';

export async function openPoints(wanted: 'native' | 'wasm' | 'best' = 'best'): Promise<Points> {
  if (wanted === 'wasm') return tried(await openWasmPoints());
  if (wanted === 'native') return tried(await openNativePoints());
  try {
    return tried(await openNativePoints());
  } catch {
    return tried(await openWasmPoints());
  }
}

/** A known answer of NUT-00: a library that is broken on this machine must not sign. */
function tried(points: Points): Points {
  const key = parseHex('7f'.repeat(32));
  const point = parseHex('02a9acc1e48c25eeeb9289b5031cc57da9fe72f3fe2861d264bdc074209b107ba2');
  const parsed = point && points.parse(point);
  const product = key && parsed && formatHex(points.compress(points.multiply(parsed, key)));
  if (product !== '0398bc70ce8184d27ba89834d19f5199c84443c31131e48d3c1214db24247d005d')
    throw new Error(`the ${points.name} curve computes wrongly`);
  return points;
}
