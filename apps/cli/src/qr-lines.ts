// A QR code as lines of a terminal: half blocks, dark on a light ground whatever the terminal's own colours are, with the quiet border that readers need.
import encodeQR from 'qr';

const borderCells = 2;
const darkOnLight = '\u001b[30;107m';
const plain = '\u001b[0m';

/** @returns one line for each two rows of cells, coloured */
export function qrLines(text: string): readonly string[] {
  const cells = encodeQR(text, 'raw', { ecc: 'low', border: borderCells });
  const lines: string[] = [];
  for (let y = 0; y < cells.length; y += 2) {
    const [upper, lower] = [cells[y] ?? [], cells[y + 1] ?? []];
    lines.push(`${darkOnLight}${upper.map((dark, x) => halfBlock(dark, lower[x] === true)).join('')}${plain}`);
  }
  return lines;
}

function halfBlock(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}
