// Where the desk meets the till: what was said about a link is carried out in money. The drive knows links and cases, Bitcache offers and
// amounts; only ids pass between them. Whatever dies on the way, the next pass goes on from the rows. spec/cases.md "Carried out".
import type { Database } from '@reprise/database';
import { type CaseRow, findCase, isDecided, markCarried, offerOfLink, removeUpheld, uncarriedCases } from '@reprise/drive';
import type { Clock } from '@reprise/kit';
import { Ledger } from '@reprise/ledger';
import { type CaseParts, decideCase, openCase, settleCases, settleFreezes } from '@reprise/service';

export type CaseDesk = {
  /** One case, at once. */
  carryOut(id: string): Promise<void>;
  /** All that may be held, or is not yet as it was decided; in any process, also in several at once. */
  carryAll(): Promise<void>;
};

/** @param onTrouble is told of a case that could not be carried out now: the next pass comes back to it, and the others go on */
export function openCaseDesk(database: Database, clock: Clock, onTrouble: (id: string, cause: unknown) => void): CaseDesk {
  const money: CaseParts = { database, ledger: new Ledger(database), clock };
  return {
    carryOut: async (id) => {
      const found = await findCase(database, id);
      if (found && found.carried === 0) await carry(money, found);
    },
    carryAll: async () => {
      for await (const row of uncarriedCases(database)) await carry(money, row).catch((cause: unknown) => onTrouble(row.id, cause));
      await settleFreezes(money);
      await settleCases(money);
    },
  };
}

/** The offer is read again each time: a link may be put up for sale, or under another offer, while its case is open. */
async function carry(money: CaseParts, row: CaseRow): Promise<void> {
  const { database } = money;
  const sold = await offerOfLink(database, row.link);
  if (sold !== null) await openCase(money, row.id, sold);
  if (!isDecided(row.state)) return;
  // First what people see, then the money: nobody buys what is about to be gone.
  if (row.state === 'upheld') await removeUpheld(database, row);
  await decideCase(money, row.id, row.remedy ?? 'dismissed');
  await markCarried(database, row.id);
}
