// How many pixels a picture says it has, from its first bytes, without decoding it: a small file may unfold to gigabytes. Only kinds that every
// browser draws are known; what is not known is not decoded. spec/web.md "Thumbnails".

export type PictureSize = { readonly width: number; readonly height: number };

/** A picture of this many pixels takes 256 MiB while it is drawn. */
export const pixelsMax = 64 * 2 ** 20;
const sideMax = 32_767;
/** Bytes of a file that are looked at. */
export const headBytes = 262_144;

/** @param head the first bytes of a file, at most `headBytes` @returns null for what is no known picture, or is cut short */
export function pictureSize(head: Uint8Array<ArrayBuffer>): PictureSize | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    for (const read of [png, gif, webp, bmp, jpeg, avif]) {
      const size = read(view);
      if (size) return size;
    }
  } catch (error) {
    // A length inside the file leads beyond its end.
    if (!(error instanceof RangeError)) throw error;
  }
  return null;
}

/** Whether it may be decoded here. */
export function isDrawable({ width, height }: PictureSize): boolean {
  return width >= 1 && height >= 1 && width <= sideMax && height <= sideMax && width * height <= pixelsMax;
}

function png(view: DataView): PictureSize | null {
  if (view.getUint32(0) !== 0x89504e47 || view.getUint32(12) !== 0x49484452) return null;
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function gif(view: DataView): PictureSize | null {
  if (view.getUint32(0) !== 0x47494638) return null;
  return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

function bmp(view: DataView): PictureSize | null {
  if (view.getUint16(0) !== 0x424d) return null;
  return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
}

function webp(view: DataView): PictureSize | null {
  if (view.getUint32(0) !== 0x52494646 || view.getUint32(8) !== 0x57454250) return null;
  const kind = view.getUint32(12);
  const u24 = (at: number) => view.getUint16(at, true) + 65_536 * view.getUint8(at + 2);
  if (kind === 0x56503858) return { width: 1 + u24(24), height: 1 + u24(27) };
  if (kind === 0x5650384c) {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (kind !== 0x56503820) return null;
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

/** The frame header comes after any number of segments. */
function jpeg(view: DataView): PictureSize | null {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    else if (marker === 0xda || marker === 0xd9) return null;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
    else at += 2 + view.getUint16(at + 2);
  }
}

/** The largest of the boxes that give a size: a picture in tiles has one for each tile, and one for the whole. */
function avif(view: DataView): PictureSize | null {
  if (view.getUint32(4) !== 0x66747970) return null;
  let largest: PictureSize | null = null;
  for (let at = 8; at + 16 <= view.byteLength; at++) {
    if (view.getUint32(at) !== 0x69737065) continue;
    const size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    if (!largest || size.width * size.height > largest.width * largest.height) largest = size;
  }
  return largest;
}
