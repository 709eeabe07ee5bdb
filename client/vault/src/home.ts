// The keys of an account's own space follow from its master key, so nothing is wrapped there. spec/epochs.md "Epochs".
import { type Bytes, u32 } from '@reprise/kit';
import { type Engine, kdf } from './engine.ts';
import { kdfLabels } from './labels.ts';

/** @param masterKey AMK, 32 bytes, only ever input of HKDF @param epoch from 1 */
export async function homeEpochKey(engine: Engine, masterKey: Uint8Array, epoch: number): Promise<Bytes> {
  return kdf(engine, masterKey, kdfLabels.homeEpoch, u32(epoch), 32);
}
