// A keyset signs until the mint changes it: what was drawn for the one before is drawn again for the next, in place of what nobody will sign.
// NUT-02; spec/wallet.md "Journal".
import { split } from './coins.ts';
import { draw } from './draw.ts';
import type { MintRefusal } from './mint-requests.ts';
import type { WalletParts } from './parts.ts';
import { isSameTry, type Operation, type Output, sumOf, withOperation } from './state.ts';
import { changeState } from './store.ts';

export type Redrawable = Extract<Operation, { kind: 'receive' | 'send' | 'refund'; step: 'asked' }>;

/** The mint does not know the keyset, it signs no longer, or it has expired. */
const keysetCodes: ReadonlySet<number | string> = new Set([12001, 12002, 12003]);

/** Asks for the keysets anew after a refusal that speaks of one. @returns whether these outputs are of one that no longer signs */
export async function isKeysetStale(parts: WalletParts, outputs: readonly Output[], { code }: MintRefusal): Promise<boolean> {
  if (!keysetCodes.has(code)) return false;
  parts.forgetKeyring();
  const { active } = await parts.keyring();
  return outputs.some(({ keyset }) => keyset !== active.id);
}

/** Call it once the mint has said that it signed none of the outputs. */
export async function redraw(parts: WalletParts, operation: Redrawable): Promise<void> {
  const [{ active }, branch] = [await parts.keyring(), await parts.branch()];
  const sentCount = operation.kind === 'send' ? operation.sent : 0;
  const sent = split(sumOf(operation.outputs.slice(0, sentCount)), active);
  const kept = split(sumOf(operation.outputs.slice(sentCount)), active);
  await changeState(parts.store, (state) => {
    const now = state.operations.find(({ id }) => id === operation.id);
    // Another tab came first: its outputs are the ones.
    if (!now || !isSameTry(now, operation)) return { state, result: null };
    const drawn = draw(state, operation.mint, branch, active.id, [...sent, ...kept]);
    const { outputs } = drawn;
    const again: Operation = operation.kind === 'send' ? { ...operation, outputs, sent: sent.length } : { ...operation, outputs };
    return { state: withOperation(drawn.state, again), result: null };
  });
}
