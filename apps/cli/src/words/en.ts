// The program in English.
import type { FailureFacts } from '@reprise/kit';
import type { Failure } from '@reprise/protocol/formats';
import { formatBytes, formatDate } from '../amounts.ts';
import type { Words } from '../words.ts';
import { enDrive, enDriveFailure, enDriveUsage } from './en-drive.ts';
import { enAudit } from './en-audit.ts';
import { enPay, enPayFailure, enPayUsage } from './en-pay.ts';
import { enWallet, enWalletFailure, enWalletUsage } from './en-wallet.ts';

export const en: Words = {
  ...enDrive,
  ...enPay,
  ...enAudit,
  ...enWallet,
  error: 'reprise:',
  sending: 'sending',
  receiving: 'receiving',
  checking: 'checking what is here already',
  filesWord: 'files',
  linkEarly: (url) => `The link works already, while the files go up:\n  ${url}`,
  resuming: (bytes, files) => `Resuming: ${bytes} in ${files} files were sent before. They are checked again, and not sent again.`,
  beganAnew: 'The link of the earlier run is gone; everything is sent anew.',
  waitingNetwork: 'no network, trying again',
  protectedByEnvironment: 'The link takes its password from REPRISE_PASSWORD.',
  askNewPassword: 'Password for the link: ',
  askPassword: 'Password: ',
  leftOutTitle: (count) => (count === 1 ? 'Left out:' : `Left out, ${count} of them:`),
  renamedTitle: 'Renamed:',
  sent: (size, files, time) => `Sent ${size} in ${files} ${files === 1 ? 'file' : 'files'}, ${time}.`,
  received: (size, files, where) => `Saved ${size} in ${files} ${files === 1 ? 'file' : 'files'}: ${where}`,
  ownerKey: (url) => `To manage or delete it later (keep this to yourself):\n  ${url}`,
  expires: (date) => `The link ends on ${date}.`,
  stopped: 'Stopped.',
  stoppedPut: (command) => `Stopped. What was sent is kept for 7 days. To go on:\n  ${command}`,
  stoppedGet: (command) => `Stopped. What was saved is kept. To go on:\n  ${command}`,
  removedAll: (title) => `Deleted: "${title}". Its links have ended and its bytes are freed.`,
  removedLink: (others) =>
    `This link has ended. ${others} other ${others === 1 ? 'link leads' : 'links lead'} to the same files and ${others === 1 ? 'stays' : 'stay'}; the owner key deletes everything.`,
  notMine: 'This machine did not make that link, so it cannot delete it. Give the owner key, which `reprise put` printed.',
  kept: 'kept',
  alreadyThere: (count) =>
    count === 1 ? '1 file was here already and is the same.' : `${count} files were here already and are the same.`,
  partResumed: (name, size) => `Going on with ${name}: its first ${size} are here and were checked.`,
  linksHead: ['label', 'downloads', 'ends', 'size', 'link'],
  never: 'never',
  unlimited: 'no limit',
  growing: 'upload not finished',
  removedByNotice: 'removed after a notice',
  folderIsNew: 'new folder',
  seeHelp: (command) => `See: reprise ${command} --help`.replace('  ', ' '),
  failure,
};

const usage: Readonly<Record<string, (value: string) => string>> = {
  ...enDriveUsage,
  ...enPayUsage,
  ...enWalletUsage,
  option: (value) => (value ? `There is no option ${value}, or it lacks its value.` : 'An option is not written as it should be.'),
  count: (value) => `${value}: a whole number from 1 up is needed.`,
  server: (value) => `${value} is not the address of a server, such as https://files.example.`,
  expires: (value) => `${value} is no time to end: write 7d, 12h, 2026-12-31 or never.`,
  'expires-past': (value) => `${value} is in the past.`,
  'no-paths': () => 'Say which files or folders to send.',
  'no-link': () => 'Give a link.',
  'no-origin': () => 'A bare fragment does not say which server: add --server.',
  'one-link': () => 'Give one link.',
  command: (value) => `There is no command ${value}.`,
  'stdout-one': () => 'Only a link to one single file can go to standard output.',
  rate: (value) => `${value} is no rate: write 500k, 2M or a number of bytes a second, 1000 at least.`,
  shell: (value) => `${value || 'Nothing'} is not a shell we know: bash, zsh or fish.`,
};

const badLinks: Readonly<Record<string, string>> = {
  'too-short': 'it is too short; its end is missing',
  'too-long': 'it is too long; something stands behind it',
  'bad-character': 'a character in it cannot be right',
  flags: 'a character at its start cannot be right',
  version: 'it was made by a newer version',
  'not-a-link': 'it is not a link of Reprise',
};

function failure(given: Failure, facts: FailureFacts): string {
  const path = String(facts['path'] ?? '');
  const reason = String(facts['reason'] ?? '');
  const ofDrive = enPayFailure(given.code, facts) ?? enDriveFailure(given.code, facts);
  if (ofDrive !== undefined) return ofDrive;
  switch (given.code) {
    case 'usage':
      return usage[reason]?.(String(facts['value'] ?? '')) ?? 'The command line does not fit.';
    case 'bad-link':
      return `This link is not whole: ${badLinks[reason] ?? reason}. Copy it again from where you got it.`;
    case 'link-unavailable':
      if (reason === 'expired') return 'This link has expired. Ask its sender for a new one.';
      if (reason === 'revoked') return 'The sender has ended this link.';
      if (reason === 'used-up') return 'This link has had all the downloads it was made for.';
      return 'There is no such link. It may have expired or been ended, or a character of it is wrong.';
    case 'link-removed':
      return `This link was removed after a notice (reference ${String(facts['reference'])}).`;
    case 'link-growing':
      return 'The sender is still sending this. Try again a little later.';
    case 'link-forged':
    case 'reject':
    case 'bad-object':
      return 'What the server gave is not what the sender sealed. It was refused; nothing of it was saved.';
    case 'link-version':
      return 'This link was made by a newer version of Reprise. Update the program.';
    case 'password-required':
      return 'This link has a password. Add --password, or set REPRISE_PASSWORD.';
    case 'password-wrong':
      return `The password is wrong.${typeof facts['triesLeft'] === 'number' ? ` Tries left before a wait: ${facts['triesLeft']}.` : ''}`;
    case 'too-many-tries':
      return `Too many wrong passwords. Wait ${Math.ceil(Number(facts['retryAfterMs'] ?? 60_000) / 1000)} s, then try again.`;
    case 'not-found':
      return 'The server knows nothing of this. It may have been deleted.';
    case 'anonymous-closed':
      return 'This server takes no uploads without an account at present.';
    case 'over-quota':
      return `The server does not take that much: ${formatBytes(Number(facts['missingBytes'] ?? 0), 'en')} too many. What was sent is kept; send less, or in several parts.`;
    case 'disk-full':
      return 'The server’s disk is full. What was sent before is kept; run the same command again later.';
    case 'chunk-corrupt':
      return 'The server’s copy of this file is damaged. Nothing wrong was saved; ask the sender to send it again.';
    case 'object-missing':
      return 'The server no longer has all of this file. Ask the sender to send it again.';
    case 'network':
    case 'stalled':
      return `The server cannot be reached${reason ? ` (${reason})` : ''}. What is done is kept; check the address and the network, then run the same command again.`;
    case 'unavailable':
    case 'server-error':
    case 'request-timeout':
      return `The server has a problem${facts['reference'] ? ` (reference ${String(facts['reference'])})` : ''}. What is done is kept; run the same command again later.`;
    case 'rate-limited':
      return 'The server asks to go slower. What is done is kept; run the same command again in a minute.';
    case 'bad-answer':
      return 'What answers there is not a Reprise server, or something between changes its answers. Check the address.';
    case 'source-vanished':
      return `${path} is gone or cannot be read${reason && reason !== 'unreadable' ? ` (${reason})` : ''}.`;
    case 'source-changed':
      return `${path} changed while it was read.`;
    case 'bad-name':
      return `${path}: a name that cannot be sent (${reason}).`;
    case 'limit-exceeded':
      return `${path ? `${path}: ` : ''}more than the format allows (${String(facts['limit'] ?? '')}).`;
    case 'nothing-to-send':
      return 'There is nothing to send.';
    case 'target-exists':
      return `${path} exists already. Nothing was changed; choose another place with -o, or overwrite with --force.`;
    case 'target-refused':
      if (reason === 'root-missing')
        return 'The folder is not the one that was synced: its mark is missing, as when a disk is not mounted. Nothing was taken for deleted. If it is meant to begin anew: reprise sync remove, then sync it again.';
      return `${path} cannot be written (${reason}).`;
    case 'target-full':
      // Only what was being brought in whole is taken away again.
      if (reason === 'incomplete')
        return `The disk is full. ${path} was removed, because it was not complete; complete files stay. Make room and run the same command again.`;
      return `The disk of ${path} is full. What was there stays, and nothing was taken for deleted. Make room and run the same command again.`;
    case 'file-not-found':
      return `The link holds no ${path || 'such file'}.`;
    case 'bad-journal':
      if (reason === 'newer') return `${path} was written by a newer version of this program. Use that one.`;
      return `The record of the earlier run cannot be read. Run again with --no-resume to begin anew.`;
    case 'clock-skew':
      return `This machine’s clock is wrong: the server says it is ${formatDate(Number(facts['serverTime'] ?? 0))}. Set the clock and try again.`;
    case 'wallet-refused':
      return enWalletFailure(facts);
    case 'cancelled':
      return 'Stopped.';
    default:
      return `It did not work (${given.code}${reason ? `, ${reason}` : ''}).`;
  }
}
