// The operator's commands about money: the books, payouts that wait, payments over which somebody must bend. docs/guide/payments.md.
import { systemClock } from '@reprise/kit';
import { Ledger, parseSat, readTrialBalance, satToMsat } from '@reprise/ledger';
import { acknowledge, type PaymentHash, readAlarming } from '@reprise/lightning';
import { Failure } from '@reprise/protocol';
import { findAccount, readPlan } from '@reprise/drive';
import {
  approvePayout,
  closePlan,
  listHeldPayouts,
  pricePlan,
  readHouseEarnings,
  readOwing,
  rejectPayout,
  ServiceFailure,
  sweepEarnings,
} from '@reprise/service';
import { liftStop, readStop } from './bitcache/breaker.ts';
import { nodeNames, readMoney } from './bitcache/money.ts';
import { isMissing, readReserves } from './bitcache/reserves.ts';
import { type Command, fail, NotNow, printable } from './admin-command.ts';
import { formatMoney, inSat } from './money-text.ts';

export const moneyCommands: Readonly<Record<string, Command>> = {
  async books(database) {
    const { lines, difference, wrong } = await readTrialBalance(database);
    if (lines.length === 0) return 'The books are empty.';
    return [
      ...lines.map(({ code, kind, posted }) => `${kind.padEnd(9)}  ${inSat(posted).padStart(20)} sat  ${code}`),
      difference === 0n && wrong.length === 0
        ? 'The books balance.'
        : `THE BOOKS DO NOT BALANCE: difference ${difference} msat; wrong accounts: ${wrong.map(({ code }) => code).join(', ') || 'none'}`,
    ].join('\n');
  },

  async money(database) {
    return formatMoney(await readMoney(database, Date.now()));
  },

  async sweep(database, words) {
    const [name, text] = words;
    if (name === undefined) fail('sweep needs an account of yours, and may have an amount in satoshis');
    const asked = text === undefined ? null : (parseSat(text) ?? fail(`${text} is no amount in satoshis`));
    const account = await findAccount(database, name);
    if (account === undefined) throw new Failure('not-found');
    if (await readStop(database)) throw new NotNow('Money is stopped: look at what differs first (books, lift). Nothing was taken.');
    const reserves = await readReserves(database);
    const { left } = await readHouseEarnings(database.db);
    const owing = await readOwing(database);
    const after = { ...owing, owed: owing.owed + (asked === null ? left : satToMsat(asked)) };
    if (reserves && isMissing(after, reserves)) throw new NotNow('The node could not pay what would be owed then. Nothing was taken.');
    try {
      const taken = await sweepEarnings({ database, ledger: new Ledger(database), clock: systemClock }, { account, amount: asked });
      return `${taken} sat are on the balance of ${name} now. Take them out there, by Lightning or as coins.`;
    } catch (error) {
      if (!(error instanceof ServiceFailure)) throw error;
      if (error.code === 'amount')
        throw new NotNow(`There are ${String(error.facts['max'])} sat to take. Nothing was taken.`, { cause: error });
      throw new NotNow('Another sweep was on its way. Look at money, then try again.', { cause: error });
    }
  },

  async lift(database) {
    const stop = await liftStop(database);
    return stop === undefined
      ? 'Nothing was stopped.'
      : `Money goes on within ten seconds. It stood since ${new Date(stop.at).toISOString()}: ${stop.reason}
This stops it no more; any other difference does.`;
  },

  async payouts(database) {
    const waiting = await listHeldPayouts(database);
    if (waiting.length === 0) return 'No payouts wait.';
    return waiting
      .map(
        ({ id, createdAt, amount, account, to }) =>
          `${id}  ${new Date(createdAt).toISOString()}  ${amount / 1_000n} sat\n  account  ${account}\n  to       ${printable(to)}`,
      )
      .join('\n\n');
  },

  async approve(database, words) {
    const id = readHex(words[0], 32, 'approve needs the id of a payout');
    if (!(await approvePayout(database, id, Date.now()))) throw new Failure('not-found');
    return `Let ${id} go. Of a frozen account it leaves once that is lifted.`;
  },

  async reject(database, words) {
    const id = readHex(words[0], 32, 'reject needs the id of a payout');
    if (!(await rejectPayout({ database, ledger: new Ledger(database), clock: systemClock }, id))) throw new Failure('not-found');
    return `Gave the money of ${id} back.`;
  },

  async 'sell-plan'(database, words) {
    const [plan, text, days] = words;
    if (plan === undefined || text === undefined) fail('sell-plan needs a plan, and a price and a number of days, or off');
    if (text === 'off') {
      if (!(await closePlan(database, plan, Date.now()))) throw new Failure('not-found');
      return `Plan ${plan} is sold no more.`;
    }
    const price = readPlanPrice(text) ?? fail(`${text} is no price, such as 20000sat or 24.00eur`);
    const row = { plan, ...price, days: readDays(days ?? fail('sell-plan needs the number of days that the price is for')) };
    if (!(await readPlan(database, plan))) fail(`describe the plan first: plan ${plan} 500GB`);
    await pricePlan(database, row, Date.now());
    return `Plan ${plan} costs ${formatPlanPrice(row)} for ${row.days} days.`;
  },

  async alarms(database) {
    const all = await Promise.all(nodeNames.map((name) => readAlarming(database.db, name)));
    const lines = all.flat().map(({ hash, backend, purpose, payer, amount, state }) => {
      const paid = state.state === 'succeeded' ? `fee ${state.fee} msat, above what was set aside` : 'paid after it had failed';
      return `${hash}  ${backend}  ${purpose} ${payer}  ${amount} msat  ${paid}`;
    });
    return lines.length === 0 ? 'No alarms.' : lines.join('\n');
  },

  async acknowledge(database, words) {
    const hash = readHex(words[0], 64, 'acknowledge needs the hash of a payment');
    await acknowledge(database, hash as PaymentHash, Date.now());
    return `Noted that ${hash} was looked at.`;
  },
};

type PlanPrice = { readonly price: number; readonly currency: 'SAT' | 'EUR' | 'USD' };

/** @returns undefined for what is no price */
export function readPlanPrice(text: string): PlanPrice | undefined {
  const [, whole = '', cents, unit = ''] = /^(\d{1,10})(?:\.(\d{2}))?(sat|eur|usd)$/i.exec(text) ?? [];
  const currency = unit.toUpperCase() as PlanPrice['currency'];
  if (unit === '' || (currency === 'SAT' && cents !== undefined)) return undefined;
  const price = currency === 'SAT' ? Number(whole) : Number(whole) * 100 + Number(cents ?? 0);
  return price > 0 ? { price, currency } : undefined;
}

export function formatPlanPrice({ price, currency }: PlanPrice): string {
  return currency === 'SAT' ? `${price} sat` : `${(price / 100).toFixed(2)} ${currency}`;
}

export function readDays(text: string): number {
  const days = Number(text.replace(/d$/, ''));
  return Number.isInteger(days) && days >= 1 && days <= 36_500 ? days : fail(`${text} is no number of days from 1 to 36500`);
}

function readHex(text: string | undefined, digits: number, otherwise: string): string {
  return text !== undefined && new RegExp(`^[0-9a-f]{${digits}}$`).test(text) ? text : fail(otherwise);
}
