// Results are kept case by case: each case holds its rivals against each other in one run, so a case measured again replaces its own record and
// leaves the others, each with the commit and time it was taken at.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatReport } from './markdown.ts';
import { drawPlot } from './plot.ts';
import type { CaseRecord } from './record.ts';

const folder = join(import.meta.dirname, '../results');

/** Quick inputs are written beside the real ones, never over them. Answers with the path of the table. */
export function writeReport(fresh: readonly CaseRecord[], order: readonly string[], quick: boolean): string {
  mkdirSync(folder, { recursive: true });
  const stem = quick ? 'quick' : 'latest';
  const dataFile = join(folder, `${stem}.json`);
  const kept = (existsSync(dataFile) ? (JSON.parse(readFileSync(dataFile, 'utf8')) as readonly CaseRecord[]) : []).filter(
    (old) => !fresh.some(({ name }) => name === old.name),
  );
  const records = [...kept, ...fresh.map(withoutPlaces)].toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  writeFileSync(dataFile, `${JSON.stringify(records, null, 2)}\n`);
  writeFileSync(join(folder, `${stem}.svg`), drawPlot(records.flatMap(({ series }) => series)));
  writeFileSync(join(folder, `${stem}.md`), formatReport(records, `${stem}.svg`));
  return join(folder, `${stem}.md`);
}

/** What a program said when it failed names folders and the machine: nobody's business who reads the table. */
function withoutPlaces(record: CaseRecord): CaseRecord {
  const places: readonly (readonly [string, string])[] = [
    [join(import.meta.dirname, '../..'), '.'],
    [homedir(), '~'],
    [tmpdir(), '<tmp>'],
    [hostname(), '<host>'],
  ];
  const hide = (text: string) => places.reduce((shown, [place, name]) => (place.length > 1 ? shown.replaceAll(place, name) : shown), text);
  return { ...record, absences: record.absences.map((absence) => ({ ...absence, reason: hide(absence.reason) })) };
}
