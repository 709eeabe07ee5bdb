// The wallet as the screens see it: every act is one call to the drive's worker, which hands it to the wallet's. spec/wallet.md, spec/web.md.
import type { Bytes } from '@reprise/kit';
import type { Purse } from '../app/wallet/port.ts';
import type { BitcoinRate } from './paid-port.ts';
import type { Call } from './rpc.ts';

/** An act of a purse with what it takes; a signal travels beside it. */
export type PurseAct = Exclude<keyof Purse, symbol>;
export type PurseCalls = {
  readonly purse: { readonly takes: { readonly act: PurseAct; readonly given: readonly unknown[] }; readonly gives: unknown };
};

/** To the wallet worker, beside the calls: it ends itself. Whoever lent it something may not be the page that started it. */
export const endPurse = { kind: 'end' } as const;

/** What the wallet worker is lent by the worker that holds the account, or the coins of a visitor. */
export type PurseLoan = {
  readonly mint: string;
  readonly isSandbox: boolean;
  readonly relays: readonly string[];
  readonly device: string;
  /** Nothing can be out under the seed that the store does not know. */
  readonly isSeedNew: boolean;
};
export type PurseLoanCalls = {
  readonly purseLoan: { readonly takes: null; readonly gives: PurseLoan };
  readonly purseRate: { readonly takes: null; readonly gives: BitcoinRate | null };
  readonly purseBranch: { readonly takes: { readonly branch: number }; readonly gives: { readonly id: string; readonly seed: Bytes } };
  readonly purseLoad: { readonly takes: null; readonly gives: Bytes | null };
  readonly purseSave: { readonly takes: { readonly bytes: Bytes; readonly expected: Bytes | null }; readonly gives: boolean };
};

export function purseOf(call: Call<PurseCalls>): Purse {
  const ask =
    (act: PurseAct) =>
    (...given: readonly unknown[]) => {
      const signal = given.find((one) => one instanceof AbortSignal);
      return call('purse', { act, given: given.filter((one) => one !== signal) }, signal ? { signal } : {});
    };
  const acts = [
    'look',
    'receive',
    'send',
    'handOut',
    'prepare',
    'invoice',
    'wait',
    'offer',
    'pay',
    'takeBack',
    'drawRefund',
    'rehearse',
    'csv',
    'readRequest',
    'tokenFor',
  ] as const;
  return Object.fromEntries(acts.map((act) => [act, ask(act)])) as unknown as Purse satisfies Purse;
}
