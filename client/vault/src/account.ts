// Accounts: codes, words, passwords, slots, what a device keeps. Apart from the rest, because pages that open a link need none of it.
export * from './account/account-code.ts';
export * from './account/app-credential.ts';
export * from './account/device-record.ts';
export * from './account/keyring.ts';
export * from './account/opaque.ts';
export * from './account/pairing.ts';
export * from './account/passphrase.ts';
export * from './account/slots.ts';
export * from './account/words.ts';
