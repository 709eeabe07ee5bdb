// What only Node has: its transport, worker threads, disks, a journal in a file.
export { collectFiles, type Collected, type CollectOptions, openFile } from './node/files.ts';
export { deviceFolder } from './node/device-folder.ts';
export { headFiles, recordFiles } from './node/head-files.ts';
export { journalFile } from './node/journal-file.ts';
export { nodeFiles } from './node/node-files.ts';
export { purchaseFolder } from './node/purchase-folder.ts';
export { nodePool } from './node/pool.ts';
export { restingPool } from './node/resting-pool.ts';
export { isFull, targetFailure } from './node/target-failure.ts';
export { startThread } from './node/thread.ts';
export { nodeTransport, type NodeTransport, type NodeTransportOptions } from './node/transport.ts';
export { DirectFile } from './node/direct.ts';
