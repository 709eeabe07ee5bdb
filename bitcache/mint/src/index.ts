// A Cashu mint over the books and a Lightning backend. spec/mint.md.
export { MintFailure, type MintCode } from './failures.ts';
export { type Mint, openMint } from './mint.ts';
export type { BlindSignature } from './outputs.ts';
export { type InsidePayment, type MintPoint, mintPoints, type MintPorts, type OwnInvoice } from './ports.ts';
export { parseBody } from './read-request.ts';
export { mintRoutes } from './routes.ts';
export { openSeed, sealSeed, seedBytes } from './seed.ts';
export { defaultMintSettings, type MintSettings } from './settings.ts';
export { MintSockets } from './sockets.ts';
export type { Signer } from './signer/signer.ts';
export { openSigner } from './signer/thread.ts';
export { type Giving, type Offered, storeTaken, type TakenRows, type Taking } from './till.ts';
