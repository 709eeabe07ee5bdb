// The operator's commands that hold the money of an account and let it go again. docs/guide/cases.md "Freezing an account".
import type { Database } from '@reprise/database';
import { drawReference, findAccount } from '@reprise/drive';
import { systemClock, systemRandom } from '@reprise/kit';
import { Ledger } from '@reprise/ledger';
import { Failure } from '@reprise/protocol';
import { type CaseParts, freezeAccount, liftFreeze, readFrozen } from '@reprise/service';
import { type Command, fail, printable } from './admin-command.ts';
import { inSat } from './money-text.ts';

export const freezeCommands: Readonly<Record<string, Command>> = {
  async freeze(database, words) {
    const [name, option, ground, ...more] = words;
    if (name === undefined || name.startsWith('--')) fail('freeze needs an account');
    if (option !== '--ground' || ground === undefined || ground.trim() === '' || more.length > 0)
      fail('freeze needs --ground TEXT: the account is told');
    const account = await findAccount(database, name);
    if (account === undefined) throw new Failure('not-found');
    const drawn = drawReference(systemRandom, 'F');
    const { id } = await freezeAccount(moneyOf(database), { id: drawn, account, ground });
    if (id !== drawn) return `${name} is frozen already, as ${id}. Nothing was changed.`;
    return `Froze the money of ${name} as ${id}: nothing leaves its balance, and what it sells is held. To lift it: unfreeze ${id}`;
  },

  async frozen(database, words) {
    const frozen = await readFrozen(database);
    if (words.includes('--json'))
      return JSON.stringify({
        frozen: frozen.map(({ id: freeze, frozenAt, balance, held, leaving, ...one }) => ({
          ...{ freeze, ...one, since: new Date(frozenAt).toISOString() },
          ...{ balance: String(balance), held: String(held), leaving: String(leaving) },
        })),
      });
    if (frozen.length === 0) return 'Nothing is frozen.';
    return frozen
      .map(
        ({ id, account, ground, frozenAt, balance, held, leaving }) =>
          `${id}  ${new Date(frozenAt).toISOString()}  balance ${inSat(balance)} sat, sales held ${inSat(held)} sat, payouts that wait ${inSat(leaving)} sat\n  account  ${account}\n  ground   ${printable(ground)}`,
      )
      .join('\n\n');
  },

  async unfreeze(database, words) {
    const id = words[0]?.toUpperCase();
    if (id === undefined || !/^F-[2-9A-HJKMNP-Z]{10}$/.test(id)) fail('the reference of a freeze is missing, such as F-2B7KQ4M9XD');
    const lifted = await liftFreeze(moneyOf(database), id);
    if (!lifted) throw new Failure('not-found');
    return `Lifted ${id}: what was held goes back to account ${lifted.account}, and payouts that waited leave within ten seconds.`;
  },
};

function moneyOf(database: Database): CaseParts {
  return { database, ledger: new Ledger(database), clock: systemClock };
}
