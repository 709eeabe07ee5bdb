// When a picture was taken, from the EXIF block that cameras write into its first bytes. Everything in it is a stranger's: bounds are checked,
// loops are counted. spec/thumbnails.md "When it was taken".

const exifPointer = 0x8769;
const dateTimeOriginal = 0x9003;
const entriesMax = 512;

/** @param head of the file, where JPEG, WebP, PNG, HEIC and AVIF have it mostly @returns seconds since 1970 by the camera's clock, null if it does not say */
export function takenIn(head: Uint8Array<ArrayBuffer>): number | null {
  for (const start of blocksIn(head)) {
    try {
      const taken = takenInBlock(new DataView(head.buffer, head.byteOffset + start, head.byteLength - start));
      if (taken !== null) return taken;
    } catch (error) {
      // An offset in the block leads beyond its end.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return null;
}

/** Where a TIFF header stands that one of the marks announces: `Exif 00 00` in JPEG and HEIC, `eXIf` in PNG, `EXIF` and a length in WebP. */
function* blocksIn(head: Uint8Array): Generator<number> {
  for (let at = 0; at + 12 < head.length; at++) {
    const isMark = (head[at] === 0x45 || head[at] === 0x65) && /^(Exif|eXIf|EXIF)$/.test(String.fromCharCode(...head.subarray(at, at + 4)));
    if (!isMark) continue;
    for (const start of [at + 4, at + 6, at + 8]) if (isTiff(head, start)) yield start;
  }
}

function isTiff(head: Uint8Array, at: number): boolean {
  const [a, b, c, d] = head.subarray(at, at + 4);
  return (a === 0x49 && b === 0x49 && c === 42 && d === 0) || (a === 0x4d && b === 0x4d && c === 0 && d === 42);
}

function takenInBlock(view: DataView): number | null {
  const little = view.getUint8(0) === 0x49;
  const below = findEntry(view, view.getUint32(4, little), exifPointer, little);
  const entry = below === null ? null : findEntry(view, view.getUint32(below + 8, little), dateTimeOriginal, little);
  if (entry === null || view.getUint16(entry + 2, little) !== 2 || view.getUint32(entry + 4, little) < 19) return null;
  const start = view.getUint32(entry + 8, little);
  let text = '';
  for (let i = 0; i < 19; i++) text += String.fromCharCode(view.getUint8(start + i));
  return secondsOf(text);
}

/** @returns where the entry of a tag stands in a directory of the block */
function findEntry(view: DataView, directory: number, tag: number, little: boolean): number | null {
  const count = Math.min(entriesMax, view.getUint16(directory, little));
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + 12 * i;
    if (view.getUint16(at, little) === tag) return at;
  }
  return null;
}

/** @param text `2024:07:14 23:30:00` @returns null for what is no day of the calendar */
function secondsOf(text: string): number | null {
  const found = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text);
  if (!found) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number);
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const isDay = time.getUTCFullYear() === year && time.getUTCMonth() === month - 1 && time.getUTCDate() === day;
  return isDay && hour < 24 && minute < 60 && year >= 1826 && year < 2200 ? time.getTime() / 1000 : null;
}
