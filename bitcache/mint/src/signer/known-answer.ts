// Whether a signer still multiplies by the keys it shows: the generator of the curve, signed, is the key itself. spec/ledger.md "Watch".
import type { Keyset } from '../keysets.ts';
import type { Signer } from './signer.ts';

/** SEC 2, section 2.4.1. */
const generator = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';

export async function givesKnownAnswer(signer: Pick<Signer, 'sign'>, { id, keys }: Pick<Keyset, 'id' | 'keys'>): Promise<boolean> {
  const amounts = [...keys.keys()];
  const signed = await signer.sign(amounts.map((amount) => ({ keyset: id, amount, b: generator })));
  return signed.length > 0 && signed.every((signature, at) => signature?.c === keys.get(amounts[at] as bigint));
}
