// What somebody pastes into the wallet says what is to be done with it. spec/web.md.

export type WalletSheet =
  | { readonly kind: 'receive'; readonly token: string }
  | { readonly kind: 'send' }
  | { readonly kind: 'pay'; readonly invoice: string };

/** @returns null for a text that is no money */
export function sheetFor(text: string): WalletSheet | null {
  const bare = text.trim().replace(/^(web\+)?(cashu|lightning):(\/\/)?/i, '');
  if (/^cashu[AB][\w=+/-]{8,}$/.test(bare)) return { kind: 'receive', token: bare };
  if (/^ln(bc|tb|sb)[a-z0-9]{20,}$/i.test(bare)) return { kind: 'pay', invoice: bare };
  return null;
}
