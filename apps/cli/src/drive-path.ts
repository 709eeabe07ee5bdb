// Whether words of a command line name something in the drive: `/docs/a.txt`. Apart, so that commands for links load nothing of accounts.
import fs from 'node:fs';
import path from 'node:path';
import type { Terminal } from './terminal.ts';

/** A path of the drive as it is given on a command line. */
export function isDrivePath(text: string | undefined): text is string {
  return text?.startsWith('/') === true;
}

/** Where the account of this machine is kept. */
export function accountFolder(terminal: Terminal): string {
  return path.join(terminal.stateFolder, 'account');
}

/** Sealed nodes of drives that were read here. It may be deleted at any time. */
export function nodesFolder(terminal: Terminal): string {
  return path.join(terminal.stateFolder, 'nodes');
}

/** An app credential, which opens a drive without an account on this machine, or in place of it. */
export function credentialIn(terminal: Terminal): string | undefined {
  return terminal.env['REPRISE_CREDENTIAL'] || undefined;
}

/** Without an account, every command means what it means for links. */
export function hasAccount(terminal: Terminal): boolean {
  return credentialIn(terminal) !== undefined || fs.existsSync(path.join(accountFolder(terminal), 'account'));
}
