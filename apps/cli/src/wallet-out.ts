// Coins that leave the wallet for one purpose, marked with it, so that what an earlier run took out for the same purpose is what the next one pays
// with. docs/guide/cli.md "Wallet".
import type { HistoryState, Sat, SentToken, Wallet } from '@reprise/wallet';

export type TakenOut = SentToken & {
  /** That it is out is written down. */
  readonly written?: Promise<void>;
};

/**
 * What an earlier run took out under the same mark and nobody took is used.
 * @param mark the memo: it stands in the token, which the taker reads
 * @param most what may leave the wallet, what the mint takes included; null: no bound
 */
export async function takeOut(
  wallet: Wallet,
  mark: string,
  { sats, most }: { readonly sats: Sat; readonly most: Sat | null },
): Promise<TakenOut> {
  const left = (await wallet.history()).filter(({ kind, memo, state }) => kind === 'send' && memo.endsWith(mark) && !isOver(state));
  for (const { id } of left) {
    const { state, amount } = await wallet.wait(id, 0);
    if (isOver(state)) continue;
    if (amount === sats) return wallet.tokenOf(id);
    await wallet.takeBack(id);
  }
  return wallet.handOut(sats, mark, most);
}

/** Takes back what nobody took. @returns whether somebody did; false where it cannot be asked: then it is found by its mark */
export async function hasArrived(wallet: Wallet, { id, written }: TakenOut): Promise<boolean> {
  try {
    await written;
    const { state } = await wallet.wait(id, 0);
    return (isOver(state) ? state : (await wallet.takeBack(id)).state) === 'arrived';
  } catch {
    return false;
  }
}

function isOver(state: HistoryState): boolean {
  return state === 'arrived' || state === 'failed';
}
