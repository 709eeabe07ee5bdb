// The drive in English.
import type { FailureFacts } from '@reprise/kit';
import type { FailureCode } from '@reprise/protocol/formats';
import { formatDate } from '../amounts.ts';
import type { DriveWords } from './drive-words.ts';
import { type ListNames, unreadLists } from './unread-lists.ts';

const lists: ListNames = { links: 'links', offers: 'sales', names: 'names of devices', parcels: 'things kept' };

const files = (count: number) => `${count} ${count === 1 ? 'file' : 'files'}`;

function elsewhere(folder: string, lock: string): string {
  return `${folder} is being synced by another machine or container, which cannot be asked from here. If that is gone, remove ${lock}`;
}

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
  secureNow:
    'Every other device is signed out, and the former password, kit and passkeys end. Do you have the new password and the new kit at hand? [y/N] ',
  secured:
    'The account has new keys. The new kit opens it; the former password, kit, passkeys and devices do not. Sign in again elsewhere.',
  askPasswordToEnd: 'Password, or the 24 words of the recovery kit, to delete the account: ',
  accountEnds: (date) =>
    `The links have ended; everything else goes on ${date}. Until then, sign in and run reprise account keep to take it back. The keys are gone from this machine.`,
  accountKept: 'The account stays. Its links have ended all the same.',
  signedIn: (name, server) => `Signed in as ${name} at ${server}. This machine is a device of the account now.`,
  signedOut: 'Signed out. The keys are gone from this machine.',
  pairHow: (code) =>
    `On a machine that is in: reprise devices add ${code}\nOr in the web app, under Devices: type the code, or scan it. It holds for ten minutes.`,
  wantsIn: (label) => `${label} wants to come in.`,
  askSameWords: 'Are these four words on the other device too? [y/N] ',
  admitted: (label) => `${label} is let in. It finishes by itself once the words were confirmed there too.`,
  credentialOf: { read: 'app, reads', write: 'app, reads and writes' },
  credentialMade: (scope, device) =>
    `A credential for a tool (${scope}), for the whole drive. It is shown this once: put it into REPRISE_CREDENTIAL.\nTo end it: reprise devices --revoke ${device}`,
  credentialUnnamed: (why) => `The credential works, but its label was not kept: ${why}`,
  revoked: 'revoked',
  thisDevice: 'this device',
  syncSaid: ({ isFresh, state, holds }, time) => {
    if (!isFresh) return `last heard of ${time}`;
    const states = {
      ended: 'not running since',
      working: 'working,',
      'in-step': 'in step,',
      attention: 'in step but for what needs you,',
      paused: 'paused,',
      stopped: 'stopped by a problem,',
    };
    const held = [
      holds.removals > 0 ? `${holds.removals} ${holds.removals === 1 ? 'removal' : 'removals'} held` : '',
      holds.conflicts > 0 ? `${holds.conflicts} ${holds.conflicts === 1 ? 'conflict copy' : 'conflict copies'}` : '',
      holds.fullDisk > 0 ? 'the disk is full' : '',
      holds.others > 0 ? `${holds.others} not synced` : '',
    ].filter(Boolean);
    return [`${states[state]} ${time}`, ...held].join(' · ');
  },
  neverUsed: 'never used',
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
  unreadEntries: (counts) => {
    const [some, whole] = unreadLists(counts, lists);
    const shown =
      some.length === 0
        ? []
        : [
            `In the lists of this drive there is what nobody can read (${some.join(', ')}): somebody or some program wrote it. All else is shown, and it is kept as it is. If you do not want it, take it out with \`reprise link --drop-unread\`.`,
          ];
    const blocked = whole.map(
      (list) => `The list of ${list} cannot be read at all, so nothing of it is shown, and nothing can be added to it.`,
    );
    return [...shown, ...blocked, 'If you did not expect this, look at `reprise devices`.'].join(' ');
  },
  unreadDropped: (counts) => {
    const [some, whole] = unreadLists(counts, lists);
    const out = some.length === 0 ? 'There was nothing to take out.' : `Taken out: ${some.join(', ')}. Nothing else has changed.`;
    return [out, ...whole.map((list) => `The list of ${list} cannot be read at all and stays as it is.`)].join(' ');
  },
  linkNotLive: 'not live',
  syncing: 'syncing',
  synced: (sent, received, removedHere, removedThere) => {
    const parts = [
      [sent, 'sent'],
      [received, 'received'],
      [removedHere, 'removed here'],
      [removedThere, 'moved to the drive’s trash'],
    ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
    return parts.length === 0 ? 'Nothing to do: both sides are equal.' : `Synced: ${parts.join(', ')}.`;
  },
  syncConflict: (path) => `Changed on both sides; this machine’s version is kept as ${path}`,
  syncConflictOf: (of, mine, isThere) => {
    if (!isThere) return `lost the name ${of}, which nothing has any more`;
    return mine === 'copy' ? `this machine’s version of ${of}` : `another device’s version of ${of}; that one is this machine’s`;
  },
  syncConflictHint: 'To settle one: reprise sync conflicts --keep mine, theirs or both, and its path.',
  syncKept: (paths) => `Kept: ${paths.join(', ')}`,
  syncWent: {
    trash: (path) => `${path} goes to the drive’s trash with the next sync, and stays there for 30 days.`,
    versions: (path) => `What ${path} held before stays among its versions: reprise versions.`,
    safety: (path, at) => `What ${path} held was nowhere else: it waits for 30 days as ${at}`,
  },
  syncState: {
    syncing: 'syncing',
    'in-sync': 'in sync',
    attention: 'in sync, but for what is listed',
    paused: 'paused',
    offline: 'offline: waiting for the network',
    stopped: 'stopped by a problem; tried again soon',
    none: 'not running: reprise sync start',
  },
  syncSelected: { here: 'here    ', out: 'left out' },
  syncLeavesOut: (folder, files, unsent) => {
    const kept = unsent === 0 ? '' : ` ${unsent} of them are not in the drive as they are here: those wait in .reprise/safety.`;
    return `${folder} leaves this machine with the next sync (${files} files) and stays in the drive.${kept}`;
  },
  syncManyLeave: (folder, files) =>
    `${folder} holds ${files} files here, which would all leave this machine. Nothing was changed. If that is what you want, add --allow.`,
  syncTakenBack: (folder, fromSafety) =>
    `${folder} comes back with the next sync.${fromSafety === 0 ? '' : ` ${fromSafety} files that only this machine had come back from .reprise/safety.`}`,
  syncNotSelected: 'Its folder is left out on this machine: reprise sync select.',
  syncChecking: 'reading again',
  syncChecked: (files, bytes, damaged, passedOver) => {
    const skipped = passedOver === 0 ? '' : ` ${passedOver} changed since the last sync, or wait, and were not compared.`;
    return `${files} files read again (${bytes}): ${damaged === 0 ? 'all are as they were.' : `${damaged} damaged.`}${skipped}`;
  },
  syncDamaged: {
    drive: 'this disk changed its bytes without anybody writing to it. The drive has the right ones: --repair fetches them.',
    alone: 'this disk changed its bytes without anybody writing to it, and the drive does not have the right ones. Look in a backup.',
  },
  syncRepairs: 'The program that syncs this folder fetches them now.',
  syncRepaired: (files) => `${files} fetched again. What the disk had made of them waits in .reprise/safety for 30 days.`,
  syncWaits: 'The server cannot be reached. Everything here is kept, and it goes on by itself when the server answers.',
  syncWaitsForRoom: (path) =>
    `The disk of ${path} is full. What was there stays, and nothing was taken for deleted. Make room, and it goes on by itself.`,
  syncStopped: 'Stopped.',
  syncElsewhere: elsewhere,
  syncResumed: 'Goes on.',
  syncRemoved: (folder) => `${folder} is not synced any more. No file was touched, here or in the drive.`,
  syncRemovedIn: { folder: 'removed here', drive: 'removed in the drive' },
  syncSide: { here: 'here', drive: 'in the drive', base: 'when both were equal' },
  syncUnseen: 'It is left alone by a pattern, or no sync has seen it yet.',
  syncInstalled: (file, next) => `Written: ${file}\nNow: ${next}`,
  syncReason: {
    unreadable: 'cannot be read or written: check its permissions',
    changing: 'is being written to: it is synced once that ends',
    locked: 'another program holds it: close it there',
    'name-twin': 'another name here differs only in how its accents are stored: rename one',
    'name-clash': 'another name differs only in upper and lower case, which this disk does not tell apart: rename one',
    'name-refused': 'this disk does not take that name: rename it in the drive',
    'name-bytes': 'its name is not UTF-8: rename it',
    'link-outside': 'a symbolic link that leads out of the folder: it is not made here',
    'special-file': 'is no file, folder or link that can be synced',
    'disk-damaged': 'this disk changed its bytes without anybody writing to it; nothing was sent: reprise sync check --repair',
    'disk-full': 'the disk is full: make room',
    'quota-full': 'the drive is full: make room there',
    damaged: 'what the drive holds does not open: nothing here was changed for it',
    held: 'many things would be removed at once: look with reprise sync held, then allow or restore them',
  },
};

/** Of the command line. */
export const enDriveUsage: Readonly<Record<string, (value: string) => string>> = {
  'drive-path': (value) => `${value || 'That'} is no path of the drive: write one, beginning with a slash, such as /docs/a.txt.`,
  'no-drive-path': () => 'Say which path of the drive, beginning with a slash, such as /docs/a.txt.',
  'no-more': (value) => `${value} is more than this command takes.`,
  'account-act': () => 'Say export, delete or keep.',
  'no-words': () => 'Say what to look for.',
  'no-user': () => 'Say who you are: --user with a sign-in name or account code, or --kit with the recovery kit.',
  'no-password': () => 'Set REPRISE_PASSWORD, type the password on a terminal, or use --kit.',
  'no-code': () => 'Give the code that the new device shows.',
  'pair-alone': () => '--pair takes neither --user nor --kit: the machine that lets this one in brings the account.',
  moment: (value) => `${value} is no moment: write 2h, 3d, 2026-11-21T14:00, or a number that reprise rewind shows.`,
  device: (value) => `${value} names no device, or several: write more of the id that reprise devices shows.`,
  'on-taken': (value) => `${value}: --on-taken takes version, both or skip.`,
  'credential-label': () => 'Say what the credential is for: --label backup.',
  'credential-scope': () => 'Say what the credential may do: --read or --write.',
  'credential-folder': (value) =>
    `${value}: a credential is for the whole drive; one for a folder cannot be made, since whoever opens the drive opens all of it. To show one folder: reprise link ${value}`,
  'credential-only-drive': () =>
    'REPRISE_CREDENTIAL is set, and an app credential opens the drive and nothing else of the account. Unset it for this command.',
  'other-server': (value) =>
    `The drive is at ${value.split(' ')[1]}, not at ${value.split(' ')[0]}. To send behind a link there, add --link.`,
  'sync-folder': (value) => (value === '' ? 'Name a folder of this machine to sync.' : `One folder at a time: ${value} is one too many.`),
  'sync-none': () => 'No folder is synced yet: reprise sync FOLDER.',
  'sync-unknown': (value) => `${value} is in no folder that is synced. reprise sync list shows them.`,
  'sync-held': () => 'Either --allow or --restore.',
  'sync-select': () => 'Either --add or --remove.',
  'sync-select-path': () => 'Name the folder: reprise sync select shows them.',
  'sync-select-none': (value) =>
    `The drive has no folder ${value} yet, as far as the last sync saw. reprise sync select shows those it has.`,
  'sync-select-above': (value) => `It is in ${value}, which is left out as a whole. Add that one.`,
  'sync-keep': (value) => `--keep mine, theirs or both${value === '' ? '' : `, not ${value}`}.`,
  'sync-keep-path': () => 'Name the file to settle: reprise sync conflicts shows them.',
  'sync-conflict-none': (value) => `${value} is no conflict that is left. reprise sync conflicts shows them.`,
  'sync-conflict-many': (value) => `${value} lost more than one version. Name the one: reprise sync conflicts shows them.`,
  'sync-conflict-alone': (value) => `There is no file ${value} to choose between. With --keep both the other one gets an ordinary name.`,
  'sync-conflict-changed': (value) => `${value} is not there any more. Nothing was changed.`,
  'sync-install': (value) => `There is no unit for ${value}. Let its scheduler run: reprise sync start.`,
  'sync-nested': (value) => `${value} is synced already, and one is inside the other. Sync folders that lie side by side.`,
  'sync-shared': (value) =>
    `${value.split('\n')[0]} of the drive is synced with ${value.split('\n')[1]} already. Choose a part of the drive that no other folder has.`,
  'sync-elsewhere': (value) => {
    const [folder = '', lock = ''] = value.split('\n');
    return elsewhere(folder, lock);
  },
  'sync-running': (value) => `${value} is being synced by another run of this program.`,
  'sync-other': (value) =>
    `This folder is synced with ${value} of the drive. To sync it with another, remove it first: reprise sync remove.`,
  'sync-other-drive': (value) =>
    `${value} is synced with the drive of another account. Sign in to that one, or remove it: reprise sync remove.`,
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
    case 'proof-too-new':
      return `That is right, but it was made or changed less than seven days ago. So that whoever finds a device cannot end the account, it counts for this from ${formatDate(Number(facts['countsAt']))}; an older kit or password counts now.`;
    case 'passkey-needed':
      if (facts['instead'] === 'kit')
        return 'This account asks for a passkey besides the password, which a command line cannot read. Give the 24 words of the recovery kit instead.';
      return 'This account asks for a passkey besides the password, which a command line cannot read. Let a device that is in bring this machine in (reprise login --pair), or give the recovery kit with --kit and no password.';
    case 'bad-code':
      return 'This password needs the account code: give it with --user, or the recovery kit with --kit.';
    case 'bad-credential':
      if (facts['reason'] === 'epoch')
        return 'This credential is from before the account was secured. Make a new one: reprise devices app add.';
      return 'REPRISE_CREDENTIAL holds no whole app credential. Copy all of it, from rp1_app_ on.';
    case 'bad-kit':
      return 'These are not the 24 words of a recovery kit.';
    case 'name-taken':
      return 'That name is taken. Choose another.';
    case 'device-revoked':
      return 'This device was revoked. Use reprise logout, then reprise login.';
    case 'pairing-refused':
      return pairingFailures[String(facts['reason'])] ?? 'The two devices did not meet as they should. Nobody came in; show a new code.';
    case 'role-refused':
      return 'This device, or this app credential, may not do that.';
    default:
      return undefined;
  }
}

const pairingFailures: Readonly<Record<string, string>> = {
  'no code': 'That is no code of a device: it has eight letters and digits, such as ABCD-2345.',
  'no invitation': 'That is no code of a device: it has eight letters and digits, such as ABCD-2345.',
  'no such code': 'No device shows this code at this server, or its ten minutes are over. Show a new one, and type it as it stands.',
  'nobody came': 'Nobody used the code in its ten minutes. Nothing was changed; run the command again for a new one.',
  'not let in': 'The other device did not let this one in. Nothing was changed.',
  'other words': 'The words differ, so somebody may stand between the two devices. Nobody came in; show a new code and try again.',
  'somebody was quicker': 'Another device has answered this code. Nobody came in; show a new one.',
};
