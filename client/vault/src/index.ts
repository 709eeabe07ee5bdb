// What needs a key: sealing, ropes, directories, links, the anonymous owner. The engine of Node is '@reprise/vault/node'.
export * from './anonymous.ts';
export * from './cae.ts';
export * from './chunk.ts';
export * from './directory.ts';
export { type Engine, kdf } from './engine.ts';
export * from './entry.ts';
export * from './labels.ts';
export * from './link.ts';
export * from './link-record.ts';
export * from './local.ts';
export * from './manifest.ts';
export * from './names.ts';
export * from './password.ts';
export * from './request.ts';
export * from './rope.ts';
export * from './tree-node.ts';
export { webEngine } from './web-engine.ts';
