// The same medians as bars: one panel a measure, a picture that reads on white and on black, written without any library.
import { median } from '../harness/median.ts';
import { us, type Series } from '../results.ts';
import { format } from '../targets.ts';
import { caseNames } from './markdown.ts';

const width = 880;
const labelWidth = 210;
const valueWidth = 110;
const barHeight = 18;
const barGap = 6;
const maxBarWidth = width - labelWidth - valueWidth;

type Placed = { readonly svg: string; readonly height: number };

export function drawPlot(series: readonly Series[]): string {
  let y = 28;
  const parts: string[] = [];
  for (const caseName of caseNames(series)) {
    parts.push(text(0, y, caseName, 'case'));
    y += 14;
    const ofCase = series.filter((one) => one.caseName === caseName);
    for (const measure of new Set(ofCase.map((one) => one.measure))) {
      const panel = drawPanel(
        ofCase.filter((one) => one.measure === measure),
        y,
      );
      parts.push(panel.svg);
      y += panel.height;
    }
    y += 30;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img" aria-label="Medians of the benchmark, as in the table beside this picture">
<style>${style}</style>
${parts.join('\n')}
</svg>
`;
}

function drawPanel(series: readonly Series[], top: number): Placed {
  const [first] = series;
  if (first === undefined) return { svg: '', height: 0 };
  const most = Math.max(...series.map(({ values }) => median(values)), Number.MIN_VALUE);
  const better = first.better === 'less' ? 'less is better' : 'more is better';
  const parts = [text(0, top + 16, `${first.measure} (${first.unit}, ${better})`, 'measure')];
  series.forEach((one, n) => {
    const y = top + 26 + n * (barHeight + barGap);
    const length = Math.max(1, (median(one.values) / most) * maxBarWidth);
    const kind = one.subject === us ? 'ours' : /plain|sendfile/.test(one.subject) ? 'limit' : 'peer';
    parts.push(text(0, y + 13, one.subject, 'who'));
    parts.push(`<rect class="${kind}" x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2"/>`);
    parts.push(text(labelWidth + length + 6, y + 13, format(one), 'value'));
  });
  return { svg: parts.join('\n'), height: 26 + series.length * (barHeight + barGap) + 10 };
}

function text(x: number, y: number, content: string, kind: string): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y}">${safe}</text>`;
}

// Colours of their own for each ground; the bars keep 3:1 against both.
const style = `
text { font: 13px system-ui, sans-serif; fill: #1d2733; }
.case { font-weight: 700; font-size: 16px; }
.measure { fill: #51606f; }
.value { font-variant-numeric: tabular-nums; }
.ours { fill: #0b6e4f; }
.peer { fill: #7b8794; }
.limit { fill: none; stroke: #7b8794; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #e7ecf1; }
  .measure { fill: #a9b6c3; }
  .ours { fill: #35c48f; }
  .peer { fill: #8793a0; }
  .limit { stroke: #8793a0; }
}`;
