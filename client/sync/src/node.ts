// What only Node has: '@reprise/sync/node'.
export { nodeDisk } from './node/disk.ts';
