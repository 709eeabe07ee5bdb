// The link that a purchase gives to who bought: it opens on any machine what was bought. spec/paid-links.md "Receipt link".
import { type Bytes, formatBase64url, parseBase64url } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { formatLink, type Link } from '@reprise/vault';
import { halfBytes } from '@reprise/vault/paid';

/** @param half that was bought, 32 bytes */
export function formatReceiptLink(origin: string, link: Link, half: Bytes): string {
  return `${formatLink(origin, link)}.${formatBase64url(half)}`;
}

/**
 * @param fragment of a link or of a receipt link, without '#'
 * @returns that of the link, and the half; null for a link
 * @throws Failure bad-link with facts.reason
 */
export function splitReceipt(fragment: string): { readonly fragment: string; readonly half: Bytes | null } {
  const [, link, text] = /^(\d+\.[^.]*)\.([^.]*)$/.exec(fragment) ?? [];
  if (link === undefined || text === undefined) return { fragment, half: null };
  const half = parseBase64url(text);
  if (half?.length !== halfBytes)
    throw new Failure('bad-link', { reason: text.length < 43 ? 'too-short' : text.length > 43 ? 'too-long' : 'bad-character' });
  return { fragment: link, half };
}
