// The table people read: verdicts first, then every figure with its ratio to ours, then who was absent and why.
import { peers } from '../peers/index.ts';
import { us, type Series } from '../results.ts';
import { advantage, format, judge } from '../targets.ts';
import type { CaseRecord } from './record.ts';

export function formatReport(records: readonly CaseRecord[], plotFile: string): string {
  const series = records.flatMap((record) => record.series);
  const absences = records.flatMap((record) => record.absences);
  const verdicts = judge(series);
  const parts = [
    '# Benchmark',
    'What a person would pick instead, side by side with us in one run: client and server on the same machine, medians, rounds interleaved so that drift hits all alike.',
    `![medians side by side](${plotFile})`,
    '## What it has to reach',
    table(
      ['what', 'measured', ''],
      verdicts.map(({ text, measured, outcome }) => [text, measured, outcome]),
    ),
    ...records.flatMap(formatRecord),
    '## Who and how',
    table(
      ['program', 'how it is run'],
      peers.map(({ name, about }) => [name, about]),
    ),
    ...(absences.length > 0
      ? [
          '## Not measured',
          table(
            ['case', 'who', 'why'],
            absences.map(({ caseName, subject, reason }) => [caseName, subject, reason.replaceAll('\n', ' ')]),
          ),
        ]
      : []),
    '“until on disk”: the program’s time plus a flush of its file system, so that programs that call fsync and programs that do not are held to the same. “×” is how many times better Reprise is than that program: above 1 it is ahead.',
  ];
  return `${parts.join('\n\n')}\n`;
}

function formatRecord(record: CaseRecord): readonly string[] {
  const { machine } = record;
  const where = `${machine.cores} × ${machine.processor}, ${machine.memoryGiB} GiB, ${machine.system}, ${machine.fileSystem}, Node ${machine.node}`;
  const busy =
    record.loadBefore > machine.cores / 2 ? ` **The machine was busy with other work (load ${record.loadBefore.toFixed(1)}).**` : '';
  return [
    ...caseNames(record.series).flatMap((caseName) => [
      `## ${caseName}`,
      caseTable(record.series.filter((one) => one.caseName === caseName)),
    ]),
    ...(record.remarks.length > 0 ? [record.remarks.join(' ')] : []),
    `${record.runs} run${record.runs === 1 ? '' : 's'}${record.tookSeconds === undefined ? '' : ` in ${record.tookSeconds} s`}, ${record.takenAt}, commit ${machine.commit}, ${where}.${busy}${record.quick ? ' **Quick inputs: not the figures of a release.**' : ''}`,
  ];
}

export function caseNames(series: readonly Series[]): readonly string[] {
  return [...new Set(series.map(({ caseName }) => caseName))];
}

function caseTable(series: readonly Series[]): string {
  const measures = [...new Set(series.map(({ measure }) => measure))];
  const sorted = measures.flatMap((measure) => series.filter((one) => one.measure === measure));
  const rows = sorted.map((one) => {
    const ours = series.find(({ measure, subject }) => measure === one.measure && subject === us);
    const ratio = ours === undefined || one.subject === us ? '' : `${advantage(ours, one).toFixed(2)} ×`;
    const spread = one.values.length > 1 ? `${Math.min(...one.values).toFixed(2)} – ${Math.max(...one.values).toFixed(2)}` : 'one run';
    return [one.measure, one.subject, format(one), spread, ratio, one.note ?? ''];
  });
  const hasNotes = rows.some((row) => row[5] !== '');
  return table(
    ['measure', 'who', 'median', 'least – most', 'Reprise is', ...(hasNotes ? ['note'] : [])],
    hasNotes ? rows : rows.map((row) => row.slice(0, 5)),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
