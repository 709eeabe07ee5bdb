// Finding entries by name: every word of the question stands somewhere in the name, whatever its case and accents.
// The words never leave the device.

/** A text as it is compared: compatible forms made one, accents and case taken away. */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase()
    .normalize('NFC');
}

/** @returns whether a name answers the question; a question of no words is answered by every name */
export function matcher(question: string): (name: string) => boolean {
  const words = folded(question).split(/\s+/u).filter(Boolean);
  return (name) => {
    const given = folded(name);
    return words.every((word) => given.includes(word));
  };
}
