// UUID version 7 (RFC 9562 §5.7) with every free bit random: whoever can guess the id of a quote may take its coins.
import { formatHex, type RandomBytes, u64 } from '@reprise/kit';

export function drawQuoteId(now: number, random: RandomBytes): string {
  const bytes = random(16);
  bytes.set(u64(now).subarray(2), 0);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = formatHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
