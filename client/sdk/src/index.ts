// The SDK: uploads, links and their management, for any platform with WebCrypto. What only Node has is '@reprise/sdk/node'.
export { BufferPool } from './buffers.ts';
export * from './connect.ts';
export { type ContentParts, ContentReader, type FilePiece, type ReadOptions, type WalkedEntry } from './content.ts';
export * from './download.ts';
export * from './jobs.ts';
export * from './journal.ts';
export * from './manage.ts';
export * from './pool.ts';
export type { Entry, Extent, Link } from '@reprise/vault';
export { parseLink, parseManageUrl, linkFlags } from '@reprise/vault';
export type { LinkFace, LinkTerms } from './publish.ts';
export { limitedTransport, RateLimit } from './rate-limit.ts';
export { type KnownChunk, Row, type RowPhase } from './rows.ts';
export * from './source.ts';
export * from './transport.ts';
export * from './upload.ts';
