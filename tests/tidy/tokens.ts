/**
 * Cuts TypeScript, JavaScript and the scripts of Svelte files into words, strings and signs, so that the checks of this folder read what
 * the code does and not what its comments say. It knows just enough of the grammar for that: comments, strings, templates, regular expressions.
 */
export type Token = { readonly kind: 'word' | 'string' | 'template' | 'pattern' | 'sign'; readonly text: string; readonly line: number };

const word = /[\p{ID_Start}$_#@][\p{ID_Continue}$]*/uy;
const number = /\d[\w.]*/y;
/** After one of these a slash begins a regular expression; after anything else it divides. */
const beforePattern = new Set([
  '(',
  ',',
  '=',
  ':',
  '[',
  '!',
  '&',
  '|',
  '?',
  '{',
  '}',
  ';',
  '+',
  '-',
  '*',
  '%',
  '<',
  '>',
  '~',
  '^',
  'return',
  'typeof',
  'case',
  'of',
  'in',
  'do',
  'else',
  'await',
  'yield',
  'void',
]);

export function tokens(source: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  let line = 1;
  /** Brace depths at which a `}` continues the template literal that was left for a `${`. */
  const templates: number[] = [];
  let depth = 0;
  const push = (kind: Token['kind'], text: string): void => void found.push({ kind, text, line });
  const advanceTo = (end: number): string => {
    const text = source.slice(at, end);
    for (const sign of text) if (sign === '\n') line++;
    at = end;
    return text;
  };
  const readTemplate = (): void => {
    let end = at + 1;
    while (end < source.length && source[end] !== '`' && !(source[end] === '$' && source[end + 1] === '{'))
      end += source[end] === '\\' ? 2 : 1;
    const goesOn = source[end] === '$';
    push('template', source.slice(at + 1, end));
    advanceTo(Math.min(source.length, end + (goesOn ? 2 : 1)));
    if (goesOn) templates.push(depth);
  };
  while (at < source.length) {
    const sign = source[at]!;
    if (/\s/.test(sign)) advanceTo(at + 1);
    else if (source.startsWith('//', at)) advanceTo(orEnd(source, source.indexOf('\n', at)));
    else if (source.startsWith('/*', at)) advanceTo(orEnd(source, source.indexOf('*/', at), 2));
    else if (sign === "'" || sign === '"') {
      const end = endOfString(source, at);
      push('string', source.slice(at + 1, source[end - 1] === sign ? end - 1 : end));
      advanceTo(end);
    } else if (sign === '`') readTemplate();
    else if (sign === '}' && templates.at(-1) === depth) {
      templates.pop();
      readTemplate();
    } else if (sign === '/' && startsPattern(found.at(-1))) {
      const end = endOfPattern(source, at);
      push('pattern', source.slice(at, end));
      advanceTo(end);
    } else {
      const text = match(word, source, at) ?? match(number, source, at) ?? sign;
      push(match(word, source, at) === undefined ? 'sign' : 'word', text);
      if (sign === '{') depth++;
      if (sign === '}') depth--;
      advanceTo(at + text.length);
    }
  }
  return found;
}

/** The script parts of a Svelte file, on the lines where they stand; any other text as it is. */
export function scriptOf(file: string, text: string): string {
  if (!file.endsWith('.svelte')) return text;
  let script = '';
  let at = 0;
  for (const found of text.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)) {
    const body = found[1] ?? '';
    const start = found.index + found[0].indexOf('>') + 1;
    script += text.slice(at, start).replaceAll(/[^\n]/g, ' ') + body;
    at = start + body.length;
  }
  return script;
}

function startsPattern(before: Token | undefined): boolean {
  return before === undefined || ((before.kind === 'sign' || before.kind === 'word') && beforePattern.has(before.text));
}

function endOfString(source: string, start: number): number {
  let end = start + 1;
  while (end < source.length && source[end] !== source[start] && source[end] !== '\n') end += source[end] === '\\' ? 2 : 1;
  return Math.min(source.length, end + 1);
}

function endOfPattern(source: string, start: number): number {
  let inClass = false;
  let end = start + 1;
  for (; end < source.length && source[end] !== '\n'; end++) {
    if (source[end] === '\\') end++;
    else if (source[end] === '[') inClass = true;
    else if (source[end] === ']') inClass = false;
    else if (source[end] === '/' && !inClass) break;
  }
  return Math.min(source.length, end + 1);
}

function match(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

function orEnd(source: string, found: number, length = 0): number {
  return found === -1 ? source.length : found + length;
}
