// What passes through the port between the link page and the viewer frame. The page trusts nothing it hears from there.
export type FrameAsk =
  | { readonly kind: 'range'; readonly id: number; readonly start: number; readonly end: number }
  | { readonly kind: 'alive' }
  | { readonly kind: 'failed' };

export type FrameAnswer =
  | { readonly kind: 'open'; readonly bytesTotal: number; readonly locale: 'fr' | 'en'; readonly dark: boolean }
  | { readonly kind: 'range'; readonly id: number; readonly bytes: Uint8Array };
