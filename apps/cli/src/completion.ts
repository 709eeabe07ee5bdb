// `reprise completion`: what makes a shell complete commands and options.
import { Failure } from '@reprise/protocol/formats';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';

const shared = ['--help', '--json', '--quiet'];
const optionsOf: Readonly<Record<string, readonly string[]>> = {
  put: [
    '--server',
    '--password',
    '--expires',
    '--downloads',
    '--label',
    '--name',
    '--ignore',
    '--follow',
    '--no-resume',
    '--link',
    '--on-taken',
    '--limit-rate',
    '--price',
    '--sales',
    ...shared,
  ],
  get: ['--output', '--password', '--server', '--force', '--limit-rate', '--max-price', '--amount', '--pay', '--refund', ...shared],
  ls: ['--password', '--server', '--recursive', ...shared],
  rm: ['--server', ...shared],
  links: ['--server', ...shared],
  signup: ['--server', '--user', '--kit', ...shared],
  login: ['--server', '--user', '--kit', '--pair', ...shared],
  logout: shared,
  whoami: shared,
  devices: ['--revoke', '--label', '--read', '--write', ...shared],
  secure: ['--kit', ...shared],
  account: shared,
  tree: shared,
  find: shared,
  du: shared,
  mkdir: ['--parents', ...shared],
  mv: ['--both', ...shared],
  cp: ['--both', ...shared],
  cat: shared,
  link: ['--password', '--expires', '--downloads', '--label', '--name', '--end', '--tips', '--drop-unread', ...shared],
  versions: shared,
  restore: ['--version', '--copy', ...shared],
  trash: ['--empty', ...shared],
  rewind: ['--apply', '--adopt', ...shared],
  sync: [
    '--to',
    '--once',
    '--server',
    '--limit-rate',
    '--for',
    '--allow',
    '--restore',
    '--remove',
    '--add',
    '--keep',
    '--repair',
    '--print',
    ...shared,
  ],
  price: ['--until', '--sales', ...shared],
  earnings: ['--csv', ...shared],
  tip: ['--pay', '--server', ...shared],
  plan: ['--pay', '--max-price', ...shared],
  cases: shared,
  wallet: ['--server', '--mint', '--memo', '--words', '--csv', '--yes', '--max', '--no-wait', ...shared],
  audit: ['--server', ...shared],
  completion: [],
  help: [],
};
const commands = Object.keys(optionsOf);
/** Words that may follow a command; others take paths. */
const wordsOf: Readonly<Record<string, readonly string[]>> = {
  devices: ['add', 'app', 'passkeys'],
  sync: [
    'start',
    'stop',
    'status',
    'list',
    'pause',
    'resume',
    'log',
    'why',
    'conflicts',
    'select',
    'check',
    'held',
    'ignore',
    'remove',
    'install',
  ],
  plan: ['buy'],
  wallet: ['balance', 'receive', 'send', 'invoice', 'pay', 'refund', 'history', 'back', 'restore', 'rehearse', 'words'],
  cases: ['answer', 'claim'],
  completion: ['bash', 'zsh', 'fish'],
  help: commands.filter((command) => command !== 'help'),
};
const takesFiles = ['put', 'sync', 'signup', 'login', 'secure'];

export async function completion(args: readonly string[], { terminal }: CommandContext): Promise<number> {
  const scripts: Readonly<Record<string, () => string>> = { bash, zsh, fish };
  const script = scripts[args[0] ?? ''];
  if (!script) throw new Failure('usage', { reason: 'shell', value: args[0] ?? '' });
  terminal.print(script());
  return exitCodes.done;
}

function bash(): string {
  const cases = commands
    .map((command) => `    ${command}) options="${optionsOf[command]?.join(' ')}" words="${wordsOf[command]?.join(' ') ?? ''}" ;;`)
    .join('\n');
  return `# bash completion for reprise: source <(reprise completion bash)
_reprise() {
  local current="\${COMP_WORDS[COMP_CWORD]}" options="" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "${commands.join(' ')} --help --version" -- "$current")
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  if [ -n "$words" ] && [ "$COMP_CWORD" -eq 2 ] && [ "\${current#-}" = "$current" ]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    return
  fi
  case "$current" in
    -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current") ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
  esac
}
complete -o filenames -F _reprise reprise`;
}

function zsh(): string {
  const cases = commands
    .map((command) => `    ${command}) options=(${optionsOf[command]?.join(' ')}) follow=(${wordsOf[command]?.join(' ') ?? ''}) ;;`)
    .join('\n');
  return `#compdef reprise
# zsh completion for reprise: source <(reprise completion zsh)
_reprise() {
  local -a options follow
  if (( CURRENT == 2 )); then
    compadd -- ${commands.join(' ')} --help --version
    return
  fi
  case "\${words[2]}" in
${cases}
  esac
  if [[ "$PREFIX" == -* ]]; then compadd -- $options
  elif (( CURRENT == 3 && $#follow )); then compadd -- $follow
  else _files; fi
}
compdef _reprise reprise`;
}

function fish(): string {
  const lines = commands.flatMap((command) => [
    `complete -c reprise -n __fish_use_subcommand -f -a ${command}`,
    ...(wordsOf[command] ?? []).map((word) => `complete -c reprise -n "__fish_seen_subcommand_from ${command}" -f -a ${word}`),
    ...(optionsOf[command] ?? []).map((option) => {
      const files = takesFiles.includes(command) || option === '--output' ? '' : ' -f';
      return `complete -c reprise -n "__fish_seen_subcommand_from ${command}"${files} -l ${option.slice(2)}`;
    }),
  ]);
  return ['# fish completion for reprise: reprise completion fish | source', ...lines].join('\n');
}
