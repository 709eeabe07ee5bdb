// Finds the command, runs it, turns what went wrong into words and an exit code. docs/guide/cli.md.
import { Failure } from '@reprise/protocol/formats';
import { type Command, type CommandContext, tellFailure } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { openTerminal } from './terminal.ts';
import { loadWords } from './words.ts';

/** Each is read only when it is asked for, so that the program starts quickly. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  put: async () => (await import('./put.ts')).put,
  get: async () => (await import('./get.ts')).get,
  rm: async () => (await import('./rm.ts')).rm,
  ls: async () => (await import('./ls.ts')).ls,
  links: async () => (await import('./links.ts')).links,
  signup: async () => (await import('./signup.ts')).signup,
  login: async () => (await import('./login.ts')).login,
  logout: async () => (await import('./whoami.ts')).logout,
  whoami: async () => (await import('./whoami.ts')).whoami,
  devices: async () => (await import('./devices.ts')).devices,
  secure: async () => (await import('./secure.ts')).secure,
  account: async () => (await import('./account-data.ts')).account,
  tree: async () => (await import('./drive-list.ts')).tree,
  find: async () => (await import('./drive-list.ts')).find,
  du: async () => (await import('./drive-list.ts')).du,
  mkdir: async () => (await import('./drive-change.ts')).mkdir,
  mv: async () => (await import('./drive-change.ts')).mv,
  cp: async () => (await import('./drive-change.ts')).cp,
  cat: async () => (await import('./drive-files.ts')).cat,
  link: async () => (await import('./drive-link.ts')).link,
  versions: async () => (await import('./drive-history.ts')).versions,
  restore: async () => (await import('./drive-history.ts')).restore,
  trash: async () => (await import('./drive-history.ts')).trash,
  rewind: async () => (await import('./drive-history.ts')).rewind,
  sync: async () => (await import('./sync.ts')).sync,
  price: async () => (await import('./sell.ts')).price,
  earnings: async () => (await import('./earnings.ts')).earnings,
  tip: async () => (await import('./tip.ts')).tip,
  audit: async () => (await import('./audit.ts')).audit,
  plan: async () => (await import('./plan.ts')).plan,
  cases: async () => (await import('./cases.ts')).cases,
  wallet: async () => (await import('./wallet.ts')).wallet,
  completion: async () => (await import('./completion.ts')).completion,
};

/** @returns the exit code */
export async function runProgram(args: readonly string[]): Promise<number> {
  const terminal = openTerminal();
  const context: CommandContext = { terminal, words: await loadWords(terminal.language) };
  const [first, ...rest] = args;
  const isJson = args.includes('--json');
  try {
    if (first === '--version' || first === '-V') {
      const { programVersion } = await import('./version.ts');
      terminal.print(programVersion());
      return exitCodes.done;
    }
    const asked = wantsHelp(first, rest);
    if (asked !== undefined) {
      const { helpText } = await import('./help.ts');
      const text = helpText(asked, terminal.language);
      if (text === undefined) throw new Failure('usage', { reason: 'command', value: asked });
      if (first === undefined) {
        terminal.say(`${text}\n`);
        return exitCodes.usage;
      }
      terminal.print(text);
      return exitCodes.done;
    }
    const load = Object.hasOwn(commands, first as string) ? commands[first as string] : undefined;
    if (!load) throw new Failure('usage', { reason: 'command', value: first ?? '' });
    const command = await load();
    return await command(rest, context);
  } catch (error) {
    if (terminal.interrupted.aborted) {
      terminal.say(`${context.words.stopped}\n`);
      return exitCodes.interrupted;
    }
    return tellFailure(error, context, { command: first !== undefined && Object.hasOwn(commands, first) ? first : '', isJson });
  }
}

/** @returns the command whose help is wanted, '' for the program's; undefined if none is */
function wantsHelp(first: string | undefined, rest: readonly string[]): string | undefined {
  if (first === undefined || first === '--help' || first === '-h') return '';
  if (first === 'help') return rest[0] ?? '';
  const end = rest.indexOf('--');
  const before = end < 0 ? rest : rest.slice(0, end);
  return before.includes('--help') || before.includes('-h') ? first : undefined;
}
