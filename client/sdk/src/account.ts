// Accounts: opening one, enrolling a device, what the account changes about itself. Apart from the rest, because links need none of it.
export * from './account/app-credential.ts';
export * from './account/change.ts';
export { renewCheckpoint } from './account/checkpoint.ts';
export * from './account/device-store.ts';
export * from './account/export.ts';
export type { AccountPorts, OpenedAccount } from './account/opened.ts';
export * from './account/pairing.ts';
export type { AccountSession, LogPoint } from './account/session.ts';
export * from './account/secure.ts';
export { recover, type SignInWish, signIn, signInWithPasskey } from './account/sign-in.ts';
export { type SignUpWish, signUp } from './account/sign-up.ts';
export * from './account/unlock.ts';
