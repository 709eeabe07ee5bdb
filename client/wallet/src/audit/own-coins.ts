// Looks for the coins of this wallet among those that a mint counts. Two epochs must pass before one that is missing was left out: the one that
// is closed while a coin is signed may do without it. spec/liabilities.md "Audit".
import type { AuditCoin } from './coins.ts';
import type { Finding } from './findings.ts';
import type { Listed } from './lists.ts';
import type { WaitingCoin } from './memory.ts';

export type CoinsChecked = {
  readonly counted: number;
  readonly waiting: readonly WaitingCoin[];
  /** Without a proof. */
  readonly unproven: number;
  readonly findings: readonly Finding[];
};

const epochsToCount = 2;

export function checkCoins(
  coins: readonly AuditCoin[],
  before: readonly WaitingCoin[],
  { listed, latest }: { readonly listed: ReadonlyMap<string, Listed>; readonly latest: number },
): CoinsChecked {
  const wanted = new Map<string, WaitingCoin>(before.map((coin) => [coin.point, coin]));
  for (const { keyset, amount, promised } of coins)
    if (promised !== null && !wanted.has(promised)) wanted.set(promised, { keyset, amount, point: promised, since: latest });
  const findings: Finding[] = [];
  const waiting: WaitingCoin[] = [];
  let counted = 0;
  for (const coin of wanted.values()) {
    const { keyset, point, amount, since } = coin;
    const found = listed.get(keyset)?.promised.get(point);
    if (found === amount) counted++;
    else if (found !== undefined)
      findings.push({ code: 'coin-amount', facts: { keyset, point, amount: String(amount), listed: String(found) } });
    else {
      waiting.push(coin);
      if (latest >= since + epochsToCount) findings.push({ code: 'coin-missing', facts: { keyset, point, amount: String(amount), since } });
    }
  }
  for (const { keyset, unspent, amount } of coins)
    if (unspent !== null && listed.get(keyset)?.spent.has(unspent))
      findings.push({ code: 'coin-spent', facts: { keyset, point: unspent, amount: String(amount) } });
  return { counted, waiting, unproven: coins.filter(({ promised }) => promised === null).length, findings };
}
