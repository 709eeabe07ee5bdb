// Seeds of wallets: the one thing a wallet is given of what the vault holds, and nothing that leads back. spec/wallet.md "Seeds".
import { type Bytes, formatHex, u32 } from '@reprise/kit';
import { type Engine, kdf, noBytes } from './engine.ts';
import { kdfLabels } from './labels.ts';

export { formatKit, parseWalletWords, walletWords } from './account/words.ts';

const branchSeedBytes = 64;
const branchIdBytes = 8;
/** Of a wallet without an account: what its twelve words say. */
export const walletEntropyBytes = 16;

/** Of the wallet of an account. @param masterKey AMK, 32 bytes @returns 32 bytes */
export async function accountWalletSeed(engine: Engine, masterKey: Uint8Array): Promise<Bytes> {
  return kdf(engine, masterKey, kdfLabels.walletAccount, noBytes, 32);
}

/** Of a wallet without an account. @param entropy 16 bytes, the twelve words @returns 32 bytes */
export async function visitorWalletSeed(engine: Engine, entropy: Uint8Array): Promise<Bytes> {
  return kdf(engine, entropy, kdfLabels.walletVisitor, noBytes, 32);
}

/** What one device draws its secrets from. @param seed 32 bytes @returns 64 bytes for NUT-13, and an id that tells it from branches of other seeds */
export async function walletBranch(
  engine: Engine,
  seed: Uint8Array,
  branch: number,
): Promise<{ readonly id: string; readonly seed: Bytes }> {
  const derived = await kdf(engine, seed, kdfLabels.walletBranch, u32(branch), branchSeedBytes + branchIdBytes);
  return { id: formatHex(derived.subarray(branchSeedBytes)), seed: derived.slice(0, branchSeedBytes) };
}
