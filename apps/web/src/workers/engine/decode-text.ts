// Bytes of a text file as letters: nothing says how they were written.

/** A byte order mark decides, then UTF-8 if it fits; anything else is read as Windows-1252, in which every byte is a character. */
export function decodeText(bytes: Uint8Array, whole: boolean): { readonly text: string; readonly encoding: string } {
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
  if (marked) return { text: new TextDecoder(marked).decode(bytes), encoding: marked };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !whole }), encoding: 'utf-8' };
  } catch {
    return { text: new TextDecoder('windows-1252').decode(bytes), encoding: 'windows-1252' };
  }
}
