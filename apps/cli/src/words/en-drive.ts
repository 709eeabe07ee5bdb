// The drive in English.
import type { FailureFacts } from '@reprise/kit';
import type { FailureCode } from '@reprise/protocol/formats';
import type { DriveWords } from './drive-words.ts';

const files = (count: number) => `${count} ${count === 1 ? 'file' : 'files'}`;

export const enDrive: DriveWords = {
  askNewAccountPassword: 'Password for the account (Enter: seven words are made for you): ',
  askAccountPassword: 'Password of the account: ',
  signedUp: (name) => `Account ${name} is open. This machine is its first device.`,
  phraseIs: 'These seven words are the password. Keep them: nobody can reset them.',
  kitIs:
    'The recovery kit. Print it or write it down: it opens the account when every device is lost, and nobody can make another without one.',
  kitWritten: (file) => `The recovery kit is in ${file}. Move it to a safe place: it opens the account when every device is lost.`,
  kitFailed: (why, server) =>
    `The account is open, but its recovery kit is not done: ${why} To make one later, sign in at ${server} in a browser.`,
  signedIn: (name, server) => `Signed in as ${name} at ${server}. This machine is a device of the account now.`,
  signedOut: 'Signed out. The keys are gone from this machine.',
  revoked: 'revoked',
  thisDevice: 'this device',
  treeSum: (count, folders, size) => `${files(count)} in ${folders} ${folders === 1 ? 'folder' : 'folders'}, ${size}.`,
  usage: (stored, max, history, pending) =>
    `The account holds ${stored} of ${max}: ${history} of it in history, ${pending} not in the drive yet.`,
  putInto: (size, count, folder, time) => `Sent ${size} in ${files(count)} to ${folder}, ${time}.`,
  newVersions: (count) => (count === 1 ? '1 file is a new version.' : `${count} files are new versions.`),
  skipped: (count) =>
    count === 1 ? '1 file was there already and was left as it is.' : `${count} files were there already and were left as they are.`,
  trashed: (count) => `${count === 1 ? 'It is' : 'They are'} in the trash for 30 days: reprise trash`,
  trashEmptied: (count) => (count === 1 ? '1 item of the trash is gone for good.' : `${count} items of the trash are gone for good.`),
  restored: (path) => `${path} is back.`,
  current: 'now',
  rewindMarks: { returning: '+', leaving: '-', older: '<', moved: '>' },
  rewindSum: (date, { returning, leaving, older, moved }) =>
    `Back to ${date}: ${returning} return, ${leaving} go, ${older} get older contents, ${moved} move.`,
  rewindAsk: (moment) => `Nothing was changed. To do it: reprise rewind ${moment} --apply`,
  rewound: 'Done. This too can be rewound.',
  adopted: 'This machine follows the server’s history from now on. What only this machine knew is no more in the drive.',
  linkEnded: (title) => `The link to “${title}” has ended.`,
  linkNotLive: 'not live',
};

/** Of the command line. */
export const enDriveUsage: Readonly<Record<string, (value: string) => string>> = {
  'drive-path': (value) => `${value || 'That'} is no path of the drive: write one, beginning with a slash, such as /docs/a.txt.`,
  'no-drive-path': () => 'Say which path of the drive, beginning with a slash, such as /docs/a.txt.',
  'no-more': (value) => `${value} is more than this command takes.`,
  'no-words': () => 'Say what to look for.',
  'no-user': () => 'Say who you are: --user with a sign-in name or account code, or --kit with the recovery kit.',
  'no-password': () => 'Set REPRISE_PASSWORD, type the password on a terminal, or use --kit.',
  moment: (value) => `${value} is no moment: write 2h, 3d, 2026-11-21T14:00, or a number that reprise rewind shows.`,
  device: (value) => `${value} names no device, or several: write more of the id that reprise devices shows.`,
  'on-taken': (value) => `${value}: --on-taken takes version, both or skip.`,
  'link-option': (value) => `${value} is for links; into the drive nothing of it applies. To send behind a link, add --link.`,
};

/** @returns undefined for codes that have nothing to do with an account or its drive */
export function enDriveFailure(code: FailureCode, facts: FailureFacts): string | undefined {
  const path = String(facts['path'] ?? '');
  switch (code) {
    case 'path-not-found':
      if (typeof facts['moment'] === 'string')
        return `At ${facts['moment']} this drive held nothing yet. reprise rewind lists its moments.`;
      return `There is no ${path || 'such path'} in the drive.`;
    case 'path-taken':
      return `${path} is there already. Nothing was changed; choose another name, or add --both.`;
    case 'not-a-folder':
      return `${path} is not a folder.`;
    case 'not-a-file':
      return `${path} is not a file.`;
    case 'into-itself':
      return `${path} cannot go into itself.`;
    case 'drive-frozen':
      return `The server shows another history than the one this machine has seen (${facts['reason'] === 'fork' ? 'it goes on differently' : 'it is older'}). Nothing is written until it is settled; what is here stays. Ask the operator whether a backup was restored: if so, reprise rewind --adopt goes on from it.`;
    case 'not-enrolled':
      return 'This machine belongs to no account. Use reprise login, or reprise signup.';
    case 'already-exists':
      if (facts['reason'] !== 'this device has an account') return undefined;
      return 'This machine belongs to an account already. Use reprise logout first.';
    case 'login-refused':
      return 'The name or the password is wrong.';
    case 'bad-code':
      return 'This password needs the account code: give it with --user, or the recovery kit with --kit.';
    case 'bad-kit':
      return 'These are not the 24 words of a recovery kit.';
    case 'name-taken':
      return 'That name is taken. Choose another.';
    case 'device-revoked':
      return 'This device was revoked. Use reprise logout, then reprise login.';
    case 'role-refused':
      return 'This device may not do that.';
    default:
      return undefined;
  }
}
