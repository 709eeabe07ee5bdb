// The smallest PDF that prints a kit: one A4 page, the two standard faces every reader has, rectangles. ISO 32000-1, 7.5 and 9.

export interface PdfText {
  readonly x: number;
  /** From the top, pt. */
  readonly y: number;
  readonly size: number;
  readonly face: 'text' | 'bold' | 'mono';
  readonly text: string;
}
export interface PdfBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** 0 black, 1 white; or the yellow of the signal. */
  readonly fill: number | 'signal';
}
export const pageWidth = 595;
export const pageHeight = 842;

const faces = { text: 'F1', bold: 'F2', mono: 'F3' } as const;
const signal = '0.976 0.839 0.047 rg';

/** `remark`: a line of ASCII at the end of the file, for programs. */
export function makePdf(texts: readonly PdfText[], boxes: readonly PdfBox[], remark: string): Uint8Array<ArrayBuffer> {
  const content = [...boxes.map(drawBox), '0 g', ...texts.map(drawText)].join('\n');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${pageWidth} ${pageHeight}] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R /F3 7 0 R >> >> >>`,
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    ...['Helvetica', 'Helvetica-Bold', 'Courier-Bold'].map(
      (name) => `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`,
    ),
  ];
  let file = '%PDF-1.4\n';
  const starts: number[] = [];
  objects.forEach((object, i) => {
    starts.push(file.length);
    file += `${i + 1} 0 obj\n${object}\nendobj\n`;
  });
  const table = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${starts.map((start) => `${String(start).padStart(10, '0')} 00000 n \n`).join('')}`;
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n%${remark}\n`;
  // Every character is one byte by now.
  return Uint8Array.from(file, (char) => char.charCodeAt(0));
}

function drawBox({ x, y, width, height, fill }: PdfBox): string {
  return `${fill === 'signal' ? signal : `${fill} g`} ${round(x)} ${round(pageHeight - y - height)} ${round(width)} ${round(height)} re f`;
}

function drawText({ x, y, size, face, text }: PdfText): string {
  const escaped = toWinAnsi(text).replaceAll(/[\\()]/g, (char) => `\\${char}`);
  return `BT /${faces[face]} ${size} Tf ${round(x)} ${round(pageHeight - y)} Td (${escaped}) Tj ET`;
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Characters of WinAnsi beyond Latin-1 that our words use. */
const beyond: Readonly<Record<string, string>> = {
  '\u2019': '\x92',
  '\u2018': '\x91',
  '\u201c': '\x93',
  '\u201d': '\x94',
  '\u2013': '\x96',
  '\u2014': '\x97',
  '\u2026': '\x85',
  '\u0153': '\x9c',
  '\u0152': '\x8c',
  '\u20ac': '\x80',
  '\u202f': '\xa0',
  '\u2022': '\x95',
};

/** What the standard faces cannot show becomes a question mark. */
export function toWinAnsi(text: string): string {
  return [...text.normalize('NFC')].map((char) => beyond[char] ?? (isLatin(char) ? char : '?')).join('');
}

function isLatin(char: string): boolean {
  const code = char.codePointAt(0)!;
  return (code >= 32 && code < 127) || (code >= 160 && code < 256);
}
