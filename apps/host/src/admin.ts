// The operator's commands, on the same database as the running host: they take effect without a restart. docs/guide tells when to use which.
import { DatabaseRefused } from '@reprise/database';
import {
  anonymousOpen,
  assignPlan,
  blockLink,
  countTotals,
  describePlan,
  dismissReports,
  drawReference,
  grantPlan,
  type Holders,
  holdersOf,
  listPlans,
  openCases,
  openReports,
  switchAnonymous,
  unblockLink,
} from '@reprise/drive';
import { systemRandom } from '@reprise/kit';
import { Failure, type LinkId } from '@reprise/protocol';
import { caseCommands, isCaseId } from './admin-cases.ts';
import { freezeCommands } from './admin-freezes.ts';
import { type Command, fail, NotNow, printable, Usage } from './admin-command.ts';
import { listPricedPlans } from '@reprise/service';
import { formatPlanPrice, moneyCommands, readDays } from './admin-money.ts';
import { openHostDatabase } from './compose.ts';
import { ConfigRefused, parseBytes, parseConfig } from './config.ts';
import { linkIdIn } from './notice.ts';

const help = `Usage: node apps/host/src/admin.ts COMMAND

  status                              what is stored, and whether strangers may upload
  reports                             the open reports, oldest first
  block LINK --ground TEXT [--reference TEXT]
                                      take a link down, with its objects wherever they are held
  unblock LINK                        give a link back
  dismiss LINK                        close the reports of a link without blocking it
  cases                               the open cases of rights holders, those that wait longest first
  case CASE                           one case, with all that was said
  uphold CASE --to holder|buyers --ground TEXT [--now]
                                      the notice was right: the link is taken down, and what it earned goes to the rights holder, who
                                      takes it with the code of the case, or back to the buyers
  reject CASE --ground TEXT           the notice was not: what was held goes back to the seller
  hold LINK --ground TEXT             open a case about a link in your own name: what it earned and still waits is held until you decide
  note CASE TEXT                      add a line that both sides read
  record                              every case with every step, one JSON object a line, each step bound to the one before
  anonymous on|off                    open or close uploads without an account
  plans                               what each plan allows
  plan NAME BYTES [--history DAYS]    describe a plan, as in: plan large 500GB --history 365; accounts on it follow at once. What a sweep
                                      ends stays at least so many days
  sell-plan NAME PRICE DAYS           let accounts buy it, as in: sell-plan large 20000sat 365, or 24.00eur
  sell-plan NAME off                  sell it no more; who has it keeps it to its end
  grant ACCOUNT PLAN DAYS             give an account a plan for so many days more, without a payment
  money                               what is owed, what the node could pay, what is stopped, and what waits for you
  books                               what the books of payments hold, by account, and whether they balance
  lift                                let money go on that was stopped because the books were not whole: you have looked at what
                                      differs, and it stops money no more; any other difference does
  payouts                             payouts above the limits, which wait for you, oldest first
  approve PAYOUT                      let one go; the running host pays it within ten seconds
  reject PAYOUT                       give its money back to the account
  sweep ACCOUNT [SATS]                put what the house has earned on the balance of an account of yours
  freeze ACCOUNT --ground TEXT        hold the money of an account: nothing leaves its balance, and what it sells is held as under a
                                      notice. Its owner is told the text, and to write to you
  frozen [--json]                     what is frozen, since when, and how much
  unfreeze FREEZE                     lift one, by its reference, such as F-2B7KQ4M9XD: what was held goes back to the account
  alarms                              payments that went out after their node had said that they failed, or cost more than was set aside:
                                      until you have looked, nothing more is paid out
  acknowledge HASH                    you have looked at the payment with this hash
  assign ACCOUNT PLAN                 put an account on a plan; ACCOUNT is its sign-in name, its locator or its user id

LINK is a link's id (32 hex digits, as in the reports) or a whole link.
The database is the host's: set REPRISE_DATA or DATABASE_URL as for the host.
`;

const commands: Readonly<Record<string, Command>> = {
  ...moneyCommands,
  ...caseCommands,
  ...freezeCommands,

  // Both a case and a payout can be rejected: the reference says which.
  async reject(database, words) {
    const reject = isCaseId(words[0]?.toUpperCase()) ? caseCommands['reject'] : moneyCommands['reject'];
    return reject ? reject(database, words) : '';
  },

  async status(database) {
    const totals = await countTotals(database);
    const open = await anonymousOpen(database, parseConfig(process.env).drive.anonymousOpen);
    return [
      `uploads without account  ${open ? 'on' : 'off'}`,
      `spaces                   ${totals.spaces}`,
      `links                    ${totals.links}`,
      `stored                   ${totals.storedBytes} bytes`,
      `packs                    ${totals.packs} (${totals.packBytes} bytes)`,
      `open reports             ${totals.openReports}`,
      `open cases               ${(await openCases(database, 100_000)).length}`,
    ].join('\n');
  },

  async reports(database) {
    const rows = await openReports(database, 1_000);
    if (rows.length === 0) return 'No open reports.';
    return rows
      .map(
        (row) =>
          `${row.reference}  ${new Date(row.created_at).toISOString()}  ${row.reason}\n  link     ${row.link}\n  contact  ${printable(row.contact) || '–'}\n  ${printable(row.text)}`,
      )
      .join('\n\n');
  },

  async block(database, words) {
    const link = readLink(words[0]);
    const ground = readOption(words, '--ground') ?? fail('block needs --ground TEXT: visitors are told');
    const reference = readOption(words, '--reference') ?? drawReference(systemRandom);
    const objects = await blockLink(database, link, { reference, ground, removedAt: Date.now() });
    const others = await holdersOf(database, link, holdersShown);
    return [`Blocked ${link} and ${objects} objects. Reference ${reference}.`, ...describeHolders(others)].join('\n');
  },

  async unblock(database, words) {
    const link = readLink(words[0]);
    await unblockLink(database, link);
    return `Gave ${link} back.`;
  },

  async dismiss(database, words) {
    return `Closed ${await dismissReports(database, readLink(words[0]))} reports.`;
  },

  async anonymous(database, words) {
    if (words[0] !== 'on' && words[0] !== 'off') fail('anonymous takes on or off');
    await switchAnonymous(database, words[0] === 'on');
    return `Uploads without an account are ${words[0]}.`;
  },

  async plans(database) {
    const plans = await listPlans(database);
    const otherwise = `any other  ${parseConfig(process.env).drive.accountBytesMax} bytes`;
    const prices = new Map((await listPricedPlans(database)).map((row) => [row.plan, row]));
    const lines = plans.map(({ plan, bytes_max: bytesMax, history_days: historyDays }) => {
      const row = prices.get(plan);
      const price = row && `${formatPlanPrice(row)} for ${row.days} days`;
      return [plan, `${bytesMax} bytes`, ...(historyDays > 0 ? [`history ${historyDays} days`] : []), ...(price ? [price] : [])].join('  ');
    });
    return [...lines, otherwise].join('\n');
  },

  async plan(database, words) {
    const [name, text] = words;
    if (name === undefined || !/^[a-z0-9-]{1,32}$/.test(name)) fail('plan needs a name of small letters, digits and hyphens');
    const bytesMax = text === undefined ? fail('plan needs a number of bytes, such as 500GB') : readBytes(text);
    const history = readOption(words, '--history');
    await describePlan(database, name, bytesMax, history === undefined ? undefined : readDays(history));
    return `Plan ${name} allows ${bytesMax} bytes.`;
  },

  async grant(database, words) {
    const [account, plan, text] = words;
    if (account === undefined || plan === undefined || text === undefined) fail('grant needs an account, a plan and a number of days');
    const until = await grantPlan(database, { account, plan, days: readDays(text), now: Date.now() });
    if (until === undefined) throw new Failure('not-found');
    return `${account} has plan ${plan} until ${new Date(until).toISOString()}.`;
  },

  async assign(database, words) {
    const [account, plan] = words;
    if (account === undefined || plan === undefined) fail('assign needs an account and a plan');
    if (!(await assignPlan(database, account, plan))) throw new Failure('not-found');
    return `${account} is on plan ${plan} now.`;
  },
};

const noCase = 'No such case.\n';
const nothingThere: Readonly<Record<string, string>> = {
  case: noCase,
  uphold: noCase,
  note: noCase,
  assign: 'No such account.\n',
  sweep: 'No such account.\n',
  freeze: 'No such account.\n',
  unfreeze: 'No such freeze stands.\n',
  grant: 'No such account, or no such plan.\n',
  'sell-plan': 'No such plan is on sale.\n',
  approve: 'No payout with this id waits.\n',
  reject: 'No payout with this id waits, and no such case.\n',
};

/** Runs one command. @returns what to print, and the exit code: 0 done, 1 not possible, 2 not understood. */
export async function runAdmin(words: readonly string[]): Promise<{ readonly text: string; readonly exitCode: number }> {
  const [name, ...rest] = words;
  if (name === undefined || name === '--help' || name === '-h') return { text: help, exitCode: name === undefined ? 2 : 0 };
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) return { text: `No such command: ${name}\n\n${help}`, exitCode: 2 };
  try {
    await using database = await openHostDatabase(parseConfig(process.env));
    return { text: `${await command(database, rest)}\n`, exitCode: 0 };
  } catch (error) {
    if (error instanceof Usage) return { text: `${error.message}\n\n${help}`, exitCode: 2 };
    if (error instanceof Failure && error.code === 'not-found') return { text: nothingThere[name] ?? 'No such link.\n', exitCode: 1 };
    if (error instanceof ConfigRefused || error instanceof DatabaseRefused || error instanceof NotNow)
      return { text: `${error.message}\n`, exitCode: 1 };
    throw error;
  }
}

function readLink(text: string | undefined): LinkId {
  return (text === undefined ? undefined : linkIdIn(text)) ?? fail('a link’s id of 32 hex digits, or a whole link, is missing');
}

const holdersShown = 100;

/** Blocking reaches what is the same elsewhere; the operator learns whom it touches. */
function describeHolders({ links, spaces }: Holders): string[] {
  const more = (count: number) => (count > holdersShown ? [`  and ${count - holdersShown} more`] : []);
  const list = (title: string, { ids, count }: Holders['links']) =>
    count === 0 ? [] : [`${title}: ${count}`, ...ids.map((id) => `  ${id}`), ...more(count)];
  return [...list('Other links that list some of them', links), ...list('Other spaces that hold some of them', spaces)];
}

function readBytes(text: string): number {
  try {
    return parseBytes(text);
  } catch {
    return fail(`${text} is no number of bytes, such as 500GB`);
  }
}

function readOption(words: readonly string[], name: string): string | undefined {
  const at = words.indexOf(name);
  return at < 0 ? undefined : (words[at + 1] ?? fail(`${name} needs a text`));
}

if (import.meta.main) {
  const { text, exitCode } = await runAdmin(process.argv.slice(2));
  (exitCode === 0 ? process.stdout : process.stderr).write(text);
  process.exitCode = exitCode;
}
