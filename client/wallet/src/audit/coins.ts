// The coins of a wallet as a mint's lists have them: what it signed blindly, and what it would see again. NUT-00, NUT-12.
import { blindMessage } from '@cashu/cashu-ts';
import { encodeUtf8 } from '@reprise/kit';
import { pointOf } from '../coins.ts';
import type { Coin } from '../state.ts';
import { readState, type WalletStore } from '../store.ts';

export type AuditCoin = {
  readonly keyset: string;
  readonly amount: bigint;
  /** B_ in hex; null for a coin that came without its blinding. */
  readonly promised: string | null;
  /** Y in hex, of a coin that only this wallet has. */
  readonly unspent: string | null;
};

/** Coins of one mint: those it holds, and those in tokens that nobody took. */
export async function auditCoins(store: WalletStore, mint: string): Promise<readonly AuditCoin[]> {
  const { coins, operations } = await readState(store);
  const held = coins.filter((coin) => coin.mint === mint).map((coin) => ofCoin(coin, coin.by === null));
  const out = operations.flatMap((one) => (one.step === 'out' && one.mint === mint ? one.coins : [])).map((coin) => ofCoin(coin, false));
  return [...held, ...out];
}

function ofCoin(coin: Coin, isOursAlone: boolean): AuditCoin {
  const promised = coin.dleq === null ? null : blindMessage(encodeUtf8(coin.secret), BigInt(`0x${coin.dleq.r}`)).B_.toHex(true);
  return { keyset: coin.keyset, amount: coin.amount, promised, unspent: isOursAlone ? pointOf(coin) : null };
}
