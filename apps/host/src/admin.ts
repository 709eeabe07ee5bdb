// The operator's commands, on the same database as the running host: they take effect without a restart. docs/guide tells when to use which.
import { type Database, DatabaseRefused } from '@reprise/database';
import {
  anonymousOpen,
  blockLink,
  countTotals,
  dismissReports,
  drawReference,
  openReports,
  switchAnonymous,
  unblockLink,
} from '@reprise/drive';
import { systemRandom } from '@reprise/kit';
import { Failure, type LinkId } from '@reprise/protocol';
import { openHostDatabase } from './compose.ts';
import { ConfigRefused, parseConfig } from './config.ts';
import { linkIdIn } from './notice.ts';

const help = `Usage: node apps/host/src/admin.ts COMMAND

  status                              what is stored, and whether strangers may upload
  reports                             the open reports, oldest first
  block LINK --ground TEXT [--reference TEXT]
                                      take a link down, with its objects wherever they are held
  unblock LINK                        give a link back
  dismiss LINK                        close the reports of a link without blocking it
  anonymous on|off                    open or close uploads without an account

LINK is a link's id (32 hex digits, as in the reports) or a whole link.
The database is the host's: set REPRISE_DATA or DATABASE_URL as for the host.
`;

type Command = (database: Database, words: readonly string[]) => Promise<string>;

/** What the person typed does not fit a command. */
class Usage extends Error {
  override readonly name = 'Usage';
}

const commands: Readonly<Record<string, Command>> = {
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
    return `Blocked ${link} and ${objects} objects. Reference ${reference}.`;
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
    if (error instanceof Failure && error.code === 'not-found') return { text: 'No such link.\n', exitCode: 1 };
    if (error instanceof ConfigRefused || error instanceof DatabaseRefused) return { text: `${error.message}\n`, exitCode: 1 };
    throw error;
  }
}

function fail(message: string): never {
  throw new Usage(message);
}

function readLink(text: string | undefined): LinkId {
  return (text === undefined ? undefined : linkIdIn(text)) ?? fail('a link’s id of 32 hex digits, or a whole link, is missing');
}

function readOption(words: readonly string[], name: string): string | undefined {
  const at = words.indexOf(name);
  return at < 0 ? undefined : (words[at + 1] ?? fail(`${name} needs a text`));
}

/** Text of strangers on a terminal: control characters could rewrite what is on the screen. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '�').replaceAll('\n', '\n  ');
}

if (import.meta.main) {
  const { text, exitCode } = await runAdmin(process.argv.slice(2));
  (exitCode === 0 ? process.stdout : process.stderr).write(text);
  process.exitCode = exitCode;
}
