/** What a source file imports, and which of the machine's doors it touches. */
import { tokens, type Token } from './tokens.ts';

/** `specifier` is undefined where the code computes what it imports. `names` is undefined where all of the module comes in; types do not count. */
export type Import = { readonly specifier: string | undefined; readonly names?: readonly string[]; readonly line: number };
export type Touch = { readonly what: string; readonly line: number };

/** Static, dynamic, re-exported, type-only and required modules, in the order of the file. */
export function findImports(source: string): Import[] {
  const all = tokens(source);
  const found: Import[] = [];
  for (const [index, token] of all.entries()) {
    const [next, afterNext, third] = [all[index + 1], all[index + 2], all[index + 3]];
    if (token.kind !== 'word' || isMember(all[index - 1])) continue;
    if (token.text === 'from' && next?.kind === 'string') found.push({ specifier: next.text, ...namesBefore(all, index), line: next.line });
    else if (token.text === 'import' && next?.kind === 'string') found.push({ specifier: next.text, line: next.line });
    else if ((token.text === 'import' || token.text === 'require') && next?.text === '(')
      found.push(argument(afterNext, third, token.line));
  }
  return found;
}

/** The values named in the braces before the `from` at `index`; none for `import type`. */
function namesBefore(all: readonly Token[], index: number): { readonly names?: readonly string[] } {
  let start = index;
  while (start >= 0 && all[start]?.text !== 'import' && all[start]?.text !== 'export') start--;
  const clause = all.slice(start + 1, index);
  if (clause[0]?.text === 'type' && clause[1]?.text !== ',') return { names: [] };
  if (clause[0]?.text !== '{') return {};
  const parts = clause
    .map((token) => token.text)
    .join(' ')
    .replaceAll(/[{}]/g, '')
    .split(',');
  return {
    names: parts
      .map((part) => part.trim())
      .filter((part) => part !== '' && !part.startsWith('type '))
      .map((part) => part.split(' ')[0] ?? ''),
  };
}

function isMember(before: Token | undefined): boolean {
  return before?.text === '.';
}

function argument(first: Token | undefined, second: Token | undefined, line: number): Import {
  const isLiteral =
    first !== undefined && (first.kind === 'string' || first.kind === 'template') && (second?.text === ')' || second?.text === ',');
  return { specifier: isLiteral ? first.text : undefined, line };
}

/** Uses of the environment, the arguments and the signals of the process. Sockets are fenced by the modules that open them. */
export function findTouches(source: string): Touch[] {
  const all = tokens(source);
  const found: Touch[] = [];
  for (const [index, token] of all.entries()) {
    const [next, afterNext] = [all[index + 1], all[index + 2]];
    if (token.text === 'process' && token.kind === 'word' && next?.text === '.' && !isMember(all[index - 1])) {
      const name = afterNext?.text ?? '';
      if (['env', 'on', 'once', 'exit', 'exitCode', 'argv', 'kill', 'chdir'].includes(name))
        found.push({ what: `process.${name}`, line: token.line });
    }
  }
  return found;
}
