// The account of this browser: opened, entered, locked, changed. Keys live here while it is open, and nowhere else.
// spec/accounts.md, spec/web.md "Threads".
import { systemRandom } from '@reprise/kit';
import type { DeviceId } from '@reprise/protocol';
import { capabilities, Failure, isAppDevice } from '@reprise/protocol/formats';
import {
  type AccountChanges,
  type AccountDevice,
  type AccountPorts,
  type AppAccess,
  type OpenedAccount,
  readRecord,
  type SlotInfo,
  unlock,
} from '@reprise/sdk/account';
import { nameDevice as nameDeviceIn, namePasskey, openDrive, type PictureMaker, readAccountNames } from '@reprise/sdk/drive';
import { webEngine } from '@reprise/vault';
import { type DeviceRecord, formatAccountCode } from '@reprise/vault/account';
import type { Device, Kit, KitState, KitTrial, PasswordChoice, Slot, SyncedFolder } from '../../app/port.ts';
import type { AccountNews, FaceFacts, SessionFacts } from '../../engine/account-calls.ts';
import type { DriveNews } from '../../engine/drive-calls.ts';
import { type Call, EngineError } from '../../engine/rpc.ts';
import { server } from '../engine/connection.ts';
import { toEngineFailure } from '../engine/failures.ts';
import { sealPool, stretchPassword } from '../engine/other-workers.ts';
import { deviceName } from './device-name.ts';
import { deviceStore, dropSecrets, hasSecrets, headStore, nodeRows, readSetting, saveSetting, waitingSetting } from './device-rows.ts';
import { closeContents, openContents } from '../engine/contents.ts';
import { contentsOfDrive, driveHandle } from './drive-contents.ts';
import { readLocks, saveLocks } from './locks.ts';
import { OpenDrive } from './open-drive.ts';
import { workerOpaque } from './password-worker.ts';

type News = Call<AccountNews & DriveNews>;
type KitSetting = { readonly madeAt: number; readonly rehearsedAt: number | null };

const kitDueMs = 365 * 24 * 3_600_000;
const kitSetting = 'kit';
export const nameSetting = 'name';
const labelsSetting = 'device-labels';
export const lockedSetting = 'locked';
const tabs = new BroadcastChannel('reprise-account');

let tell: News;
let opened: { readonly account: OpenedAccount; readonly drive: OpenDrive } | undefined;
/** The words of the kit that was made last, for its short rehearsal; never kept beyond this tab. */
let kitWords: readonly string[] = [];
/** The server refuses this device. */
let ended = false;
let sending: typeof import('./transfers.ts') | undefined;
let labels: Readonly<Record<string, string>> = {};
/** Those in force. */
let credentials: readonly Slot[] = [];

export function joinAccount(call: News): void {
  tell = call;
  tabs.onmessage = ({ data }) => {
    if (data === 'kept') return void tellAccount();
    // What is open here reads no further under the former keys.
    if (data === 'keys') close();
    void readSession().then((facts) => tell('sessionChanged', facts));
  };
}

/** For who opens the account aside from its screens: what another tab changes is told here alone. */
export function onAccountChanged(listener: () => void): void {
  tabs.onmessage = listener;
}

export const ports: AccountPorts = {
  get connection() {
    return server();
  },
  engine: webEngine,
  store: deviceStore,
  heads: headStore,
  opaque: workerOpaque,
};

/** A script of its own, fetched while the first folder is read: somebody may drop a file at once. */
export async function transfers(): Promise<typeof import('./transfers.ts')> {
  sending ??= await import('./transfers.ts');
  return sending;
}

async function findTransfersOf(drive: OpenDrive): Promise<void> {
  const { findTransfers } = await transfers();
  if (opened?.drive === drive) await findTransfers(drive);
}

export function theDrive(): OpenDrive {
  if (!opened) throw new EngineError({ code: 'locked', facts: {} });
  return opened.drive;
}

export function theAccount() {
  if (!opened) throw new EngineError({ code: 'locked', facts: {} });
  return opened;
}

/** What an open account changes about itself is loaded when it is first asked for. */
export async function theChanges(): Promise<AccountChanges> {
  const { account } = theAccount();
  return new (await import('./changes.ts')).AccountChanges(ports, account);
}

export function deviceLabel(device: string): string | null {
  return labels[device] ?? null;
}

/** What stands in this browser. An account that was not locked opens at once. */
export async function readSession(): Promise<SessionFacts> {
  const record = await readRecord(ports);
  if (!record) {
    close();
    // What opens one is fetched while the person types.
    void import('./entering.ts').catch(() => undefined);
    return { kind: 'none' };
  }
  if (await readSetting<boolean>(lockedSetting)) {
    close();
    const isByPasskey = (await readLocks()).length > 0;
    if (isByPasskey) await dropSecrets();
    return { kind: 'locked', account: await faceOf(record), doors: [isByPasskey ? 'passkey' : 'device'], newestChangeAt: null };
  }
  if (opened) return { kind: 'open', account: await faceOf(record) };
  return enter(() => unlock(ports));
}

/** The list of words is no part of what a drive starts with. */
export const kitWordsPart = () => import('./kit-words.ts');

export const phrase = async (): Promise<string> => (await kitWordsPart()).drawPhrase(systemRandom);

/** A device that was ended makes room when a person opens another account on it. */
export async function makeRoom(): Promise<void> {
  if (!ended) return;
  ended = false;
  await deviceStore.erase();
}

export async function unlockHere(): Promise<SessionFacts> {
  if (!(await hasSecrets())) throw new EngineError({ code: 'no-passkey', facts: {} });
  await saveSetting(lockedSetting, false);
  return enter(() => unlock(ports));
}

export async function lockHere(): Promise<SessionFacts> {
  await saveSetting(lockedSetting, true);
  close();
  tabs.postMessage('changed');
  return readSession();
}

export async function signOutHere(): Promise<SessionFacts> {
  await (await theChanges()).signOut();
  close();
  await (await transfers()).eraseAllTransfers();
  tabs.postMessage('changed');
  return { kind: 'none' };
}

export const tellNews: News = (name, argument, options) => tell(name, argument, options);

/** One's own password is joined with the secret of the code; a phrase needs none. The SDK tells them apart by their form. */
export function passwordOf(choice: PasswordChoice): string {
  return choice.kind === 'phrase' ? choice.phrase : choice.password;
}

/** Drawing is loaded when something is sent. */
const pictureOf: PictureMaker = async (item) => (await import('./pictures.ts')).pictureOfSent(item);

export async function enter(open: () => Promise<OpenedAccount>): Promise<SessionFacts> {
  try {
    const account = await open();
    const drive = await openDrive(account.session, {
      heads: headStore,
      nodes: nodeRows,
      pool: sealPool,
      stretch: stretchPassword,
      asKept: true,
      picture: pictureOf,
    });
    const next = new OpenDrive(drive, tell, endHere);
    try {
      if (await readSetting<boolean>(waitingSetting)) await next.showWaiting();
      labels = (await readSetting<Record<string, string>>(labelsSetting)) ?? {};
    } catch (error) {
      next.close();
      throw error;
    }
    close();
    ended = false;
    opened = { account, drive: next };
    openContents(driveHandle, contentsOfDrive(opened.drive));
    opened.drive.begin();
    void findTransfersOf(opened.drive);
    void tellAccountLater(opened.drive);
    return { kind: 'open', account: await faceOf(account.record) };
  } catch (error) {
    if (error instanceof Failure && error.code === 'not-enrolled') return { kind: 'none' };
    if (error instanceof Failure && error.code === 'device-revoked') return end();
    throw new EngineError(toAccountFailure(error));
  }
}

/** The word of a server: nothing is erased for it before a person signs in anew. */
function end(): SessionFacts {
  close();
  ended = true;
  return { kind: 'ended', why: 'revoked' };
}

function endHere(): void {
  void tell('sessionChanged', end());
}

function close(): void {
  sending?.leaveTransfers();
  opened?.drive.close();
  closeContents(driveHandle);
  opened = undefined;
  kitWords = [];
}

function codeOf({ record, keys }: OpenedAccount): string {
  return formatAccountCode({ locator: record.locator, secret: keys.codeSecret });
}

async function faceOf(record: DeviceRecord): Promise<FaceFacts> {
  const name = (await readSetting<string>(nameSetting)) ?? record.name;
  const fingerprint = new Uint8Array(await crypto.subtle.digest('SHA-256', record.userId.slice(0, 16)));
  return { name, identifier: opened ? codeOf(opened.account) : record.name, fingerprint };
}

// -------------------------------------------------------------------------------------------------------------- the account

/** The folder in sight goes first. */
async function tellAccountLater(drive: OpenDrive): Promise<void> {
  await drive.shown;
  if (opened?.drive !== drive) return;
  const { account } = opened;
  await tellAccount();
  // What fails is tried on another visit.
  await import('./changes.ts').then(({ renewCheckpoint }) => renewCheckpoint(ports, account)).catch(() => undefined);
}

export async function tellAccount(): Promise<void> {
  const devices = tellDevices();
  await Promise.allSettled([devices, tellSlots(devices), tellEnd()]);
}

function kitStateOf(kit: KitSetting | undefined, slots: readonly SlotInfo[]): KitState {
  if (!kit) {
    // Made on another device: this one knows that there is one, not whether it was tried.
    const made = slots.find(({ type }) => type === 'recovery');
    return made ? { state: 'made', madeAt: made.createdMs } : { state: 'missing' };
  }
  if (kit.rehearsedAt === null) return { state: 'made', madeAt: kit.madeAt };
  return { state: 'rehearsed', madeAt: kit.madeAt, rehearsedAt: kit.rehearsedAt, due: Date.now() - kit.rehearsedAt > kitDueMs };
}

/** Asked for here, or by another device of the account. */
async function tellEnd(): Promise<void> {
  const { endsAt } = await (await theChanges()).get();
  void tell('endChanged', endsAt);
}

/** Devices of people, and those of tools: credentials, which stand among the ways in. */
async function tellDevices(): Promise<void> {
  const known = await (await theChanges()).devices();
  await learnNames();
  const synced = await syncedFolders();
  const devices = known.filter(({ caps }) => !isAppDevice(caps));
  credentials = known.filter(({ caps, isRevoked }) => isAppDevice(caps) && !isRevoked).map(credentialOf);
  const here = devices.find(({ isThis, isRevoked }) => isThis && !isRevoked);
  // Among several a name is looked for, so all of them are told it; one that is alone knows itself.
  if (here && labels[here.device] === undefined && devices.length > 1) await nameDevice(here.device, deviceName()).catch(() => undefined);
  const shown: Device[] = devices.map(({ device, isThis, createdMs, seenMs, isRevoked }) => ({
    id: device,
    label: labels[device] ?? (isThis ? deviceName() : null),
    kind: /iPhone|Android/.test(isThis ? deviceName() : (labels[device] ?? '')) ? 'phone' : 'browser',
    isThis,
    keysSince: createdMs,
    seenAt: seenMs,
    revokedAt: isRevoked ? (seenMs ?? createdMs) : null,
    synced: isRevoked ? [] : (synced.get(device) ?? []),
  }));
  void tell('devicesChanged', shown);
}

/** Without a network what was told before stands. */
export async function lookAtDevices(): Promise<void> {
  await asAccount(tellDevices);
}

/** What devices say of the folders that they sync; nothing where that cannot be read. */
async function syncedFolders(): Promise<ReadonlyMap<string, readonly SyncedFolder[]>> {
  const { drive } = theAccount();
  const states = await import('./synced-folders.ts').then(({ readSynced }) => readSynced(drive.drive, Date.now())).catch(() => []);
  return Map.groupBy(states, ({ deviceId }) => deviceId as string);
}

/** @param devices settles once the credentials among them, and what everything is called, are known */
async function tellSlots(devices: Promise<void>): Promise<void> {
  const kit = await readSetting<KitSetting>(kitSetting);
  if (kit) void tell('kitChanged', kitStateOf(kit, []));
  const { slots, demandsPasskey } = await (await theChanges()).ways();
  void tell('demandChanged', demandsPasskey);
  if (!kit) void tell('kitChanged', kitStateOf(kit, slots));
  // With them come the names that passkeys have.
  await devices.catch(() => undefined);
  const shown = slots.map(({ type, slot, createdMs, usedMs }) => slotOf(slot, type, createdMs, usedMs));
  // A passkey that was removed elsewhere, or of which the server does not tell, still opens this device until a person takes it away here.
  for (const { slot, madeAt } of await readLocks())
    if (!slots.some((each) => each.slot === slot)) shown.push(slotOf(slot, 'passkey', madeAt, null));
  void tell('slotsChanged', [...shown, ...credentials]);
}

function credentialOf({ device, caps, createdMs, seenMs }: AccountDevice): Slot {
  const access = (caps & capabilities.commit) === 0 ? 'read' : 'write';
  return { ...slotOf(device, 'app', createdMs, seenMs), scope: { access } };
}

function slotOf(id: string, kind: Slot['kind'], createdAt: number, usedAt: number | null): Slot {
  return { id, kind, label: labels[id] ?? '', createdAt, usedAt, scope: null };
}

/** What the account calls its devices; without a network, what this browser last heard. */
async function learnNames(): Promise<void> {
  const { drive } = theAccount();
  const names = await readAccountNames(drive.drive).catch(() => new Map<string, string>());
  if ([...names].every(([device, name]) => labels[device] === name)) return;
  labels = { ...labels, ...Object.fromEntries(names) };
  await saveSetting(labelsSetting, labels);
}

export async function makeKit(): Promise<Kit> {
  const { account } = theAccount();
  const changes = await theChanges();
  kitWords = await asAccount(() => changes.makeKit());
  const madeAt = Date.now();
  await saveSetting(kitSetting, { madeAt, rehearsedAt: null } satisfies KitSetting);
  void tellAccount();
  return kitOf(account, codeOf(account), kitWords, madeAt);
}

/** What is printed of it. @param code of the account, which new keys change */
export async function kitOf({ record }: OpenedAccount, code: string, words: readonly string[], madeAt: number): Promise<Kit> {
  const { name, fingerprint } = await faceOf(record);
  return { name, identifier: code, origin: record.origin, madeAt, words, fingerprint };
}

/** The real restore, on the words as they were read from the kit. */
export async function tryKit(words: readonly string[]): Promise<KitTrial> {
  const { unknown, checksum } = (await kitWordsPart()).checkKit(words);
  if (unknown[0] !== undefined) return { kind: 'unknown-word', index: unknown[0] };
  if (!checksum) return { kind: 'wrong' };
  try {
    if (!(await (await theChanges()).keepKit(words.join(' ')))) return { kind: 'other-account' };
  } catch (error) {
    const { code } = toEngineFailure(error);
    if (code === 'offline') return { kind: 'offline' };
    if (code === 'login-refused' || code === 'bad-kit') return { kind: 'wrong' };
    throw new EngineError(toAccountFailure(error));
  }
  const at = Date.now();
  const kit = await readSetting<KitSetting>(kitSetting);
  await saveSetting(kitSetting, { madeAt: kit?.madeAt ?? at, rehearsedAt: at } satisfies KitSetting);
  void tellAccount();
  return { kind: 'opens', at };
}

/** The short form: who has two words of it at hand has the kit; the restore itself is then run with all of them. */
export async function tryWords(words: readonly { readonly index: number; readonly word: string }[]): Promise<KitTrial> {
  const isRight = words.length >= 2 && words.every(({ index, word }) => kitWords[index] === word.trim().toLowerCase());
  return isRight ? tryKit(kitWords) : { kind: 'wrong' };
}

export async function changePassword(current: string, next: PasswordChoice, signal: AbortSignal): Promise<void> {
  await asAccount(async () => (await theChanges()).changePassword(current, passwordOf(next), signal));
  void tellAccount();
}

export async function renameAccount(name: string): Promise<SessionFacts> {
  await saveSetting(nameSetting, name);
  return readSession();
}

export async function renameDevice(id: string, label: string): Promise<void> {
  await asAccount(() => nameDevice(id, label));
  void tellAccount();
}

/** For every device of the account to show. */
export async function nameDevice(id: string, label: string): Promise<void> {
  await nameDeviceIn(theAccount().drive.drive, id as DeviceId, label);
  await nameHere(id, label);
}

/** In this browser alone. */
export async function nameHere(id: string, label: string): Promise<void> {
  labels = { ...labels, [id]: label };
  await saveSetting(labelsSetting, labels);
}

/** A credential without its label still works: it is given all the same. */
export async function addAppCredential(label: string, access: AppAccess): Promise<{ readonly text: string }> {
  const { text, device } = await asAccount(async () => (await theChanges()).addAppCredential(access));
  await nameDevice(device, label).catch(() => undefined);
  void tellAccount();
  return { text };
}

export async function revokeDevice(id: string): Promise<void> {
  const { account } = theAccount();
  const changes = await theChanges();
  const devices = await changes.devices();
  const known = devices.find(({ device }) => device === id);
  if (!known || id === account.session.deviceId) throw new EngineError({ code: 'unexpected', facts: { reason: 'no such device' } });
  await asAccount(() => changes.revokeDevice(known.device));
  void tellAccount();
}

export async function removeSlot(id: string): Promise<void> {
  const changes = await theChanges();
  const isCredential = credentials.some((slot) => slot.id === id);
  await asAccount(() => (isCredential ? changes.revokeDevice(id as DeviceId) : changes.removeSlot(id)));
  await saveLocks((await readLocks()).filter(({ slot }) => slot !== id));
  // Its name means nothing any more, and may stay.
  if (!isCredential) await namePasskey(theAccount().drive.drive, id, null).catch(() => undefined);
  void tellAccount();
}

/** The account has new keys: this kit opens it and is to be tried, and other tabs open it again. */
export async function keysChanged(kit: readonly string[]): Promise<void> {
  kitWords = kit;
  await saveSetting(kitSetting, { madeAt: Date.now(), rehearsedAt: null } satisfies KitSetting);
  await saveLocks([]);
  tabs.postMessage('keys');
  void tellAccount();
}

/** What this browser alone knows of the account. */
export async function settingsHere(): Promise<{ readonly name: string; readonly deviceNames: Readonly<Record<string, string>> }> {
  return { name: (await faceOf(theAccount().account.record)).name, deviceNames: labels };
}

/** The account stays, in every tab. */
export async function endTakenBack(): Promise<void> {
  tabs.postMessage('kept');
  await tell('endChanged', null);
}

/** The account is to end, and nothing of it stays here. */
export async function leaveEnded(endsAt: number): Promise<SessionFacts> {
  close();
  await (await transfers()).eraseAllTransfers();
  await deviceStore.erase();
  tabs.postMessage('changed');
  return { kind: 'ended', why: 'deleted', endsAt };
}

export async function asAccount<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new EngineError(toAccountFailure(error));
  }
}

const renamed: Readonly<Record<string, string>> = { 'login-refused': 'wrong-password', 'bad-kit': 'unknown-kit' };

function toAccountFailure(error: unknown) {
  const failure = toEngineFailure(error);
  return { ...failure, code: renamed[failure.code] ?? failure.code };
}
