// What one bitcoin is worth as text: `58000`, `63500.5`. spec/paid-links.md "Price".

const decimals = 8;

/** @returns times 10⁸, digits beyond that left out; undefined for what is no such text, and for nothing */
export function parseDecimalPrice(text: string): bigint | undefined {
  const [, whole, fraction = ''] = /^(\d{1,9})(?:\.(\d{1,20}))?$/.exec(text.trim()) ?? [];
  if (whole === undefined) return undefined;
  const price = BigInt(whole) * 10n ** BigInt(decimals) + BigInt(fraction.slice(0, decimals).padEnd(decimals, '0'));
  return price > 0n ? price : undefined;
}
