// The keys of a space's epochs for who holds the present one: each rekey that grants history seals the key before under its own.
// spec/epochs.md "History".
import type { Bytes } from '@reprise/kit';
import { checkEpochKey, type Engine, openHistory } from '@reprise/vault';
import type { FollowedLog } from './followed-log.ts';

/**
 * @param derive the key of an epoch by the account's own key; of the present epoch, and of earlier ones that were not handed on
 * @returns throws Failure reject, where the log has committed to another key
 */
export function epochKeys(
  engine: Engine,
  log: Pick<FollowedLog, 'state' | 'histories'>,
  derive: (epoch: number) => Promise<Bytes>,
): (epoch: number) => Promise<Bytes> {
  return async (wanted) => {
    const { state, histories } = log;
    let key = await derive(state.epoch);
    await checkEpochKey(state, key);
    for (let epoch = state.epoch; epoch > wanted; epoch--) {
      const history = histories.find((handed) => handed.epoch === epoch);
      if (!history) return derive(wanted);
      const before = epoch === 2 ? state.nonce : state.space;
      key = await openHistory(engine, key, { space: state.space, epoch }, history.sealed, { commitment: history.commitment, before });
    }
    return key;
  };
}
