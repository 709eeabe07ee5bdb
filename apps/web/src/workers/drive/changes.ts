// What an account changes about itself, in a script of its own: most visits change nothing.
export { AccountChanges, renewCheckpoint } from '@reprise/sdk/account';
