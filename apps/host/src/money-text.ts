// The operator's view of money, as text: what to look at stands first. docs/guide/payments.md "What is yours to do".
import { printable } from './admin-command.ts';
import type { Money } from './bitcache/money.ts';
import { words } from './operator/words.ts';

const what = words.en.accounts;

export function formatMoney(money: Money): string {
  const { at, owed, owedInAll, earned, earnings, reserves, report, waiting, frozen } = money;
  const { left, taken } = earnings;
  const held = (of: 'balance' | 'held' | 'leaving') => frozen.reduce((sum, one) => sum + one[of], 0n);
  const age = (time: number) => `${Math.max(0, Math.floor((at - time) / 60_000))} min ago`;
  return [
    ...attention(money),
    'Owed',
    ...owed.map(({ name, amount }) => line(amount, what[name])),
    line(owedInAll, 'in all'),
    '',
    'Node',
    ...(reserves === null
      ? ['  not asked yet: a host that runs asks its node each minute, once it is awake']
      : [
          line(reserves.spendable, `could leave ${reserves.backend}`),
          ...(reserves.receivable === null ? [] : [line(reserves.receivable, 'could come in')]),
          line(reserves.inFlight, 'under way, with its fees'),
          `  said ${age(reserves.at)}`,
        ]),
    '',
    'Earned',
    ...earned.map(({ name, amount }) => line(amount, what[name])),
    line(taken, 'taken out so far'),
    line(left, 'left: sweep ACCOUNT'),
    '',
    'Report of what is owed',
    report === null ? '  none yet: a host that runs makes one each day' : `  number ${report.number}, ${new Date(report.at).toISOString()}`,
    '',
    'Frozen accounts: frozen, unfreeze ID',
    ...(frozen.length === 0
      ? ['  none']
      : [
          `${String(frozen.length).padStart(24)}  in all`,
          line(held('balance'), 'on their balances'),
          line(held('held'), 'of their sales, held'),
          line(held('leaving'), 'in payouts that wait'),
        ]),
    '',
    'Payouts that wait for you: approve ID, reject ID',
    ...(waiting.length === 0 ? ['  none'] : []),
    ...waiting.map(
      ({ id, amount, createdAt, account, to }) =>
        `  ${id}  ${amount / 1_000n} sat  ${new Date(createdAt).toISOString()}\n    account ${account}\n    to ${printable(to)}`,
    ),
  ].join('\n');
}

/** What somebody must look at. */
function attention({ doBooksBalance, stop, reserves, alarming, overdue }: Money): readonly string[] {
  const shortSince = reserves?.shortSince ?? null;
  const found = [
    ...(doBooksBalance ? [] : ['THE BOOKS DO NOT BALANCE: books']),
    ...(stop ? [`MONEY IS STOPPED since ${new Date(stop.at).toISOString()}: ${stop.reason}. Once you have looked: lift`] : []),
    ...(shortSince === null
      ? []
      : [`THE NODE COULD NOT PAY WHAT IS OWED since ${new Date(shortSince).toISOString()}: no deposits and no coins meanwhile`]),
    ...(alarming.length === 0 ? [] : [`${alarming.length} PAYMENTS TO LOOK AT, nothing more is paid out until then: alarms`]),
    ...overdue.map(
      ({ hash, purpose, amount, state, since }) =>
        `A ${purpose} of ${amount} msat has no end since ${new Date(since).toISOString()} (${state}): ${hash}`,
    ),
  ];
  return found.length === 0 ? ['Nothing is stopped, the books balance.', ''] : [...found, ''];
}

/** With three decimals, in columns. */
function line(amount: bigint, text: string): string {
  return `${inSat(amount).padStart(20)} sat  ${text}`;
}

export function inSat(amount: bigint): string {
  const digits = String(amount < 0n ? -amount : amount).padStart(4, '0');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`;
}
