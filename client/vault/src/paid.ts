// What a sold link needs beyond any link: a sub-path, so that pages which sell nothing do not load it. spec/paid-links.md.
export { kemPublicOf as buyerKeyOf } from './hpke.ts';
export * from './paid/lock.ts';
export * from './paid/offer.ts';
export * from './paid/record.ts';
export * from './paid/release.ts';
