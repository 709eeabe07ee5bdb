// Subtitles that lie beside a film under its name: `film.vtt`, `film.fr.srt`. They are read when the film is shown, and given to the player as
// WebVTT. A stranger's file: it may say words and when, and nothing about how the page looks. W3C WebVTT 1.
import type { SubtitlesFile } from '../../engine/calls.ts';
import { contentsOf, type Opened } from './contents.ts';
import { decodeText } from './decode-text.ts';

const filesMax = 12;
const fileBytesMax = 2 * 2 ** 20;

/** What cannot be read is left out: the film plays without it. */
export async function subtitlesOf(handle: string, film: string): Promise<readonly SubtitlesFile[]> {
  const opened = contentsOf(handle);
  const { name } = await opened.entry(film);
  const beside = (await opened.siblings(film)).flatMap((sibling) => {
    const label = labelBeside(name, sibling.name);
    return label === null ? [] : [{ id: sibling.id, label }];
  });
  const read = await Promise.all(beside.slice(0, filesMax).map(async ({ id, label }) => ({ label, text: await readText(opened, id) })));
  return read.flatMap(({ label, text }) =>
    text === null ? [] : [{ label, language: languageOf(label), blob: new Blob([webVtt(text)], { type: 'text/vtt' }) }],
  );
}

/** @returns what stands between the film's name and the ending, '' for nothing; null for a file that is not of this film */
export function labelBeside(film: string, name: string): string | null {
  const stem = film.slice(0, film.lastIndexOf('.')).normalize('NFC').toLowerCase();
  const found = /^(.*?)\.(?:vtt|srt)$/i.exec(name.normalize('NFC'))?.[1];
  if (found === undefined || !found.toLowerCase().startsWith(stem)) return null;
  const rest = found.slice(stem.length);
  return rest === '' ? '' : /^[._ -]/.test(rest) ? rest.slice(1) : null;
}

/** The language that a label such as `fr` or `pt-BR.forced` begins with. */
export function languageOf(label: string): string | null {
  try {
    return Intl.getCanonicalLocales(/^[a-z]{2,3}(?:[-_][a-z]{2,4})?(?=\.|$)/i.exec(label)?.[0].replace('_', '-') ?? [])[0] ?? null;
  } catch {
    return null;
  }
}

/** SubRip becomes WebVTT; a sheet of styles is left out. */
export function webVtt(text: string): string {
  const blocks = text
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .split(/\n{2,}/);
  const shown = blocks.filter((block) => !/^\s*STYLE\s*(?:\n|$)/.test(block)).map(commasToDots);
  return /^WEBVTT(?:[ \t\n]|$)/.test(shown[0] ?? '') ? shown.join('\n\n') : `WEBVTT\n\n${shown.join('\n\n')}`;
}

function commasToDots(block: string): string {
  return block
    .split('\n')
    .map((line) => (line.includes('-->') ? line.replace(/(\d\d:\d\d),(\d{3})/g, '$1.$2') : line.replace(/\{\\[^}]*\}/g, '')))
    .join('\n');
}

async function readText(opened: Opened, id: string): Promise<string | null> {
  try {
    const entry = await opened.entry(id);
    if (entry.size > fileBytesMax) return null;
    const parts: Blob[] = [];
    // A blob copies: the bytes of a piece are only ours until the next one.
    for await (const { bytes } of opened.content.readFile(entry)) parts.push(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    return decodeText(new Uint8Array(await new Blob(parts).arrayBuffer()), true).text;
  } catch {
    return null;
  }
}
