// A token as somebody brings it: coins of this operator's mint in satoshis, with their keysets by full name. spec/paid-links.md "Over HTTP".
import { readCashuToken, type TokenProof } from './cashu-text.ts';
import { ServiceFailure } from './failures.ts';
import type { ServiceParts } from './ports.ts';

/** @param mintUrl what wallets call the mint @throws ServiceFailure other-mint */
export async function ownCoins({ mint }: Pick<ServiceParts, 'mint'>, token: string, mintUrl: string): Promise<readonly TokenProof[]> {
  const read = readCashuToken(token);
  if (read?.unit !== 'sat' || !namesOf(mintUrl).includes(read.mint.replace(/\/$/, ''))) throw new ServiceFailure('other-mint');
  const { keysets } = (await mint.keysets()) as { keysets: readonly { readonly id: string }[] };
  return read.proofs.map((proof) => {
    // Coins name their keyset by its first bytes.
    const [keyset, ...others] = keysets.filter(({ id }) => proof.id.length >= 16 && id.startsWith(proof.id));
    return keyset && others.length === 0 ? { ...proof, id: keyset.id } : proof;
  });
}

/** The host answers `/v1/` as it answers `/mint/v1/`: a wallet that was given the bare host has the same mint under a shorter name. */
function namesOf(mintUrl: string): readonly string[] {
  return [mintUrl, mintUrl.replace(/\/mint$/, '')];
}
