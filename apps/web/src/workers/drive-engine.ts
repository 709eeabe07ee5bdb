// The worker of /app: the account's keys, the drive, everything that talks to the server about them. The page it serves holds no key.
// spec/web.md "Threads".
import type { AccountCalls, AccountNews } from '../engine/account-calls.ts';
import type { PageCalls } from '../engine/calls.ts';
import type { ContentCalls } from '../engine/contents.ts';
import type { DriveCalls, DriveNews } from '../engine/drive-calls.ts';
import { dropGrant } from '../engine/grants.ts';
import { clearPrivateLeftovers } from '../engine/save/private-sink.ts';
import type { FrameCalls } from '../engine/picture-calls.ts';
import { joinPort, Moved, someOf } from '../engine/rpc.ts';
import * as account from './drive/account.ts';
import { undo } from './drive/undo.ts';
import { uploadLimit } from './engine/connection.ts';
import { joinPage } from './engine/page.ts';
import { sayHere } from '../engine/here.ts';

declare const self: DedicatedWorkerGlobalScope;

// Started for a sold link, it lends the wallet of the account and does nothing else.
self.addEventListener('message', ({ data, ports: [port] }) => {
  if (data.kind === 'join' && port) void import('./drive/behind-link.ts').then(({ lendBehindLink }) => lendBehindLink(port));
});

void clearPrivateLeftovers();
const { theDrive, deviceLabel } = account;
/** Loaded when somebody changes something, looks at a file, saves, lets a device in, has a passkey, looks back, and when there are pictures to show or to send. */
const acts = () => import('./drive/acts.ts');
const parcels = () => import('./drive/kept-parcels.ts');
const shared = () => import('./drive/shared.ts');
const selling = () => import('./drive/selling.ts');
const plans = () => import('./drive/plans.ts');
const entering = () => import('./drive/entering.ts');
const showing = () => import('./engine/previews.ts');
const pairing = () => import('./drive/pairing.ts');
const passkeys = () => import('./drive/passkeys.ts');
const secure = () => import('./drive/secure.ts');
const past = () => import('./drive/past.ts');
const saving = () => import('./engine/saves.ts');
const drawing = async () => {
  const pictures = await import('./drive/pictures.ts');
  pictures.joinPictures(someOf<PageCalls & AccountNews & DriveNews, FrameCalls>(call));
  return pictures;
};

/** For what the page asks as soon as a drive is open: the first rows go before. */
async function afterRows<Part>(load: () => Promise<Part>): Promise<Part> {
  await theDrive().shown;
  return load();
}

const { call } = joinPort<PageCalls & AccountNews & DriveNews & FrameCalls, AccountCalls & DriveCalls & ContentCalls>(self, {
  readSession: () => account.readSession(),
  phrase: () => account.phrase(),
  signUp: async (wish, signal) => (await entering()).signUpHere(wish, signal),
  signIn: async (wish, signal) => (await entering()).signInHere(wish, signal),
  recoverAccount: async ({ words, password }, signal) => (await entering()).recoverHere(words, password, signal),
  join: async (_, signal) => (await pairing()).join(signal),
  confirmJoin: async ({ same }) => (await pairing()).confirmJoin(same),
  leaveJoin: async () => (await pairing()).leaveJoin(),
  enterWithPasskey: async (passkey, signal) => (await passkeys()).enterWithPasskey(passkey, signal),
  unlock: () => account.unlockHere(),
  unlockWithPasskey: async (passkey) => (await passkeys()).unlockWithPasskey(passkey),
  passkeysHere: async () => (await passkeys()).passkeysHere(),
  lock: () => account.lockHere(),
  signOut: () => account.signOutHere(),
  checkWords: async ({ words }) => (await account.kitWordsPart()).checkKit(words),
  suggestWords: async ({ start }) => (await account.kitWordsPart()).suggestWords(start),
  renameAccount: ({ name }) => account.renameAccount(name),
  changePassword: ({ current, next }, signal) => account.changePassword(current, next, signal),
  makeKit: () => account.makeKit(),
  tryKit: ({ words }) => account.tryKit(words),
  tryWords: ({ words }) => account.tryWords(words),
  invite: async ({ text }, signal) => (await pairing()).invite(text, signal),
  admitGuest: async () => (await pairing()).admitGuest(),
  refuseGuest: async () => (await pairing()).refuseGuest(),
  addPasskey: async (passkey) => (await passkeys()).addPasskey(passkey),
  renamePasskey: async ({ id, label }) => (await passkeys()).renamePasskey(id, label),
  demandPasskey: async (passkey) => (await passkeys()).demandPasskey(passkey),
  addAppCredential: ({ label, access }) => account.addAppCredential(label, access),
  removeSlot: ({ id }) => account.removeSlot(id),
  lookAtDevices: () => account.lookAtDevices(),
  renameDevice: ({ id, label }) => account.renameDevice(id, label),
  revokeDevice: ({ id }) => account.revokeDevice(id),
  planSecuring: async (_, signal) => (await secure()).planHere(signal),
  secure: async ({ password }, signal) => (await secure()).secureHere(password, signal),
  exportAccount: async () => (await secure()).exportHere(),
  isKit: async ({ text }) => (await secure()).isKit(text),
  deleteAccount: async ({ text, passkey }) => (await secure()).deleteHere(text, passkey),
  keepAccount: async () => (await secure()).keepHere(),

  follow: ({ id }) => theDrive().follow(id),
  drawn: () => theDrive().drawn(),
  unfollow: ({ id }) => theDrive().unfollow(id),
  details: async ({ id }) => (await shared()).detailsOf(theDrive(), id),
  subfolders: ({ id }) => theDrive().subfolders(id),
  makeFolder: async ({ id, name }) => (await acts()).makeFolder(theDrive(), id, name),
  rename: async ({ id, name }) => (await acts()).rename(theDrive(), id, name),
  clashes: async ({ ids, to }) => (await acts()).clashesOf(theDrive(), ids, to),
  move: async ({ ids, to, answers }) => (await acts()).move(theDrive(), ids, to, answers),
  copy: async ({ ids, to, answers }) => (await acts()).copy(theDrive(), ids, to, answers),
  remove: async ({ ids }) => (await acts()).remove(theDrive(), ids),
  star: async ({ ids, on }) => (await acts()).star(theDrive(), ids, on),
  paint: async ({ ids, colour }) => (await acts()).paint(theDrive(), ids, colour),
  undo: ({ undo: name }) => undo(name),
  lineChanged: () => theDrive().lineChanged(),
  dropWaiting: ({ ids }) => theDrive().dropWaiting(ids),

  uploadClashes: async ({ id, items }) => (await account.transfers()).uploadClashesOf(theDrive(), id, items),
  upload: async ({ id, items, answers }) => (await account.transfers()).startTransfer(theDrive(), id, items, answers),
  actOnTransfer: async ({ id, verb, row }) => (await account.transfers()).actOnTransfer(id, verb, row),
  cancelTransfer: async ({ id, row }) => (await account.transfers()).cancelTransfer(id, row),
  forgetTransfer: async ({ id }) => (await account.transfers()).forgetTransfer(id),
  reattachTransfer: async ({ id, items }) => (await account.transfers()).reattachTransfer(id, items),
  transferHandles: async ({ id }) => (await account.transfers()).transferHandles(id),
  reattachTransferHandles: async ({ id }) => (await account.transfers()).reattachTransferHandles(id),

  versions: async ({ id }) => (await past()).versionsOf(theDrive(), id, deviceLabel),
  restoreVersion: async ({ id, version }) => (await past()).restoreVersion(theDrive(), id, version),
  copyVersion: async ({ id, version }) => (await past()).copyVersion(theDrive(), id, version),
  restore: async ({ trashIds }) => (await acts()).restore(theDrive(), trashIds),
  purge: ({ trashIds }) => theDrive().act((drive) => drive.emptyTrash(trashIds)),
  moments: async ({ before, count }) => (await past()).momentsOf(theDrive(), before, count, deviceLabel),
  momentCounts: async ({ moments }) => (await past()).momentCountsOf(theDrive(), moments),
  plan: async ({ moment }) => (await past()).planOf(theDrive(), moment),
  rewind: async ({ moment }) => (await past()).rewind(theDrive(), moment),

  createLink: async ({ id, options }) => (await shared()).createLink(theDrive(), id, options),
  changeLink: async ({ link, change }) => (await shared()).changeLink(theDrive(), link, change),
  revokeLinks: async ({ links }) => (await shared()).revokeLinks(theDrive(), links),

  saleTerms: async () => (await afterRows(selling)).saleTerms(),
  sellEntry: async ({ id, wish }) => (await selling()).sellEntry(theDrive(), id, wish),
  changeSale: async ({ link, wish }) => (await selling()).changeSale(theDrive(), link, wish),
  withdrawSale: async ({ link }) => (await selling()).withdrawSale(theDrive(), link),
  takeTips: async ({ link, areTaken }) => (await selling()).takeTips(theDrive(), link, areTaken),
  saleCounts: async () => (await selling()).saleCounts(theDrive()),
  readStatement: async () => (await selling()).readStatement(theDrive()),
  payouts: async () => (await selling()).payoutsOf(theDrive()),
  payOut: async ({ to, sats }) => (await selling()).payOut(theDrive(), to, sats),
  hearPayout: async (payout) => (await selling()).hearOf(payout),
  callBack: async ({ payout }) => (await selling()).callBack(theDrive(), payout),
  earningsCsv: async () => (await selling()).earningsCsv(theDrive()),

  plansOnSale: async () => (await plans()).plansOnSale(theDrive()),
  buyPlan: async (wish) => (await plans()).buyPlan(theDrive(), wish),

  unreadEntries: async () => (await parcels()).unreadEntries(theDrive()),
  dropUnread: async () => (await parcels()).dropUnreadEntries(theDrive()),
  keptParcels: async () => (await parcels()).keptParcels(theDrive()),
  strayParcels: async () => (await afterRows(parcels)).countStrays(theDrive()),
  keepParcels: async () => (await parcels()).keepStrays(theDrive()),
  copyParcel: async ({ id }) => (await account.transfers()).copyParcel(theDrive(), id),
  forgetParcels: async ({ ids }) => (await parcels()).forgetParcels(theDrive(), ids),

  preview: async ({ link, entry }) => (await showing()).makePreview(link, entry),
  previewInside: async ({ link, entry, member }) => (await showing()).previewMember(link, entry, member),
  subtitles: async ({ link, entry }) => (await import('./engine/subtitles.ts')).subtitlesOf(link, entry),
  readRange: async ({ link, entry, start, end }) => {
    const bytes = (await (await showing()).readPreviewRange(link, entry, start, end)).slice();
    return new Moved<Uint8Array>(bytes, [bytes.buffer]);
  },
  dropGrant: ({ grant }) => dropGrant(grant),
  save: async (start) => (await saving()).save(start),
  cancelSave: async ({ id }) => (await saving()).cancelSave(id),

  thumbnail: async ({ id }, signal) => (await drawing()).thumbnailOf(theDrive(), id, signal),
  makePictures: async ({ on }) => (await drawing()).makePictures(on),
  limitUploads: ({ bytesPerSecondMax }) => uploadLimit.set(bytesPerSecondMax),
  followPhotos: () => theDrive().photos.follow(),
  unfollowPhotos: () => theDrive().photos.unfollow(),
  async feedNames() {
    const { NameFeed } = await import('./drive/names.ts');
    const open = theDrive();
    open.names ??= new NameFeed(open);
    open.names.begin();
  },
  purse: async ({ act, given }, signal) => (await import('./drive/purse.ts')).actOnPurse(act, given, signal),
  exportProof: async () => (await shared()).exportProof(theDrive()),
  acceptHistory: () => theDrive().act((drive) => drive.adoptServersHistory()),
});
joinPage(someOf<AccountNews & DriveNews & FrameCalls, PageCalls>(call));
account.joinAccount(call);
sayHere();
