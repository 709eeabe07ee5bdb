// The drive, as the screens of /app see it: what the drive worker tells, held as observables, and calls that reach it. No key comes here.
// spec/web.md "Threads".
import type {
  Change,
  CreateDriveEngine,
  Device,
  DeviceSettings,
  Drive,
  DriveEngine,
  DriveLink,
  DriveState,
  FolderView,
  KitState,
  NameBatch,
  OpenAccount,
  PhotoTable,
  Session,
  SigningStep,
  Slot,
  TrashItem,
  Usage,
} from '../app/port.ts';
import type { AccountCalls, AccountNews, SessionFacts } from './account-calls.ts';
import type { PageCalls } from './calls.ts';
import { contentAnswers, preview, previewInside, startSave, type ContentCalls } from './contents.ts';
import { doorsInto, doorsOf, joiningChanged } from './doors.ts';
import type { Answers, Done, DriveCalls, DriveNews } from './drive-calls.ts';
import { source } from './observable.ts';
import { askPasskey } from './passkey.ts';
import type { Observable } from './port.ts';
import { outsideWallet } from './outside-wallet.ts';
import { type PurseCalls, purseOf } from './purse.ts';
import { type Call, EngineError, joinPort, Moved, someOf } from './rpc.ts';
import type { FrameCalls } from './picture-calls.ts';
import { salesOf } from './sales.ts';
import { offerSinks } from './save/capabilities.ts';
import type { WorkerName } from './script-url.ts';
import { keepDrive, loadAnew, takeNewVersion, watchVersion } from './service-worker.ts';
import { startWorker, type SturdyWorker } from './sturdy-worker.ts';
import { clearThumbnails, showThumbnail } from './thumbnails.ts';
import { clearTransfers, forgetTransfer, holdTransfer, isBusy, takeTransfer, type TransferCalls, transfers } from './transfers.ts';

type WorkerCalls = AccountCalls & DriveCalls & ContentCalls;

const handle = 'drive';
const settingsKey = 'reprise-device';
const settingsDefault: DeviceSettings = {
  lockAfterMinutes: null,
  thumbnails: true,
  uploadBytesPerSecondMax: null,
  storedBytes: null,
  storedBytesMax: null,
};

const session = source<Session>({ kind: 'starting' });
const kit = source<KitState>({ state: 'missing' });
const devices = source<readonly Device[]>([]);
const slots = source<readonly Slot[]>([]);
const demandsPasskey = source(false);
const endsAt = source<number | null>(null);
const firstState: DriveState = { online: true, refused: null, history: { kind: 'agrees' }, waiting: [], unreadWaiting: [] };
const state = source(firstState);
const usage = source<Usage>({ liveBytes: 0, keptBytes: 0, pendingBytes: 0, quotaBytes: 0, plan: null, planUntil: null, planEnded: null });
const links = source<readonly DriveLink[]>([]);
const trash = source<readonly TrashItem[]>([]);
/** They open at once when somebody comes back to them; each is read again after every change. */
const foldersFollowedMax = 8;
const folders = new Map<string, ReturnType<typeof source<FolderView>>>();
const photos = source<PhotoTable | null>(null);
let photoFollowers = 0;
/** Who draws: one at a time. */
let drawer: SturdyWorker | undefined;
const feeds = new Set<(batch: NameBatch) => void>();
/** By then the first folder stands there. */
const keepAfterMs = 2_000;
let onStep: ((step: SigningStep) => void) | undefined;

export const createDriveEngine: CreateDriveEngine = async () => {
  const newVersion = source(false);
  void watchVersion((waits) => newVersion.set(waits));
  const call = start();
  const device = source<DeviceSettings>(await readSettings());
  // A worker that did not start says so to whoever opens the account.
  call('makePictures', { on: device.value.thumbnails }).catch(() => undefined);
  call('limitUploads', { bytesPerSecondMax: device.value.uploadBytesPerSecondMax }).catch(() => undefined);
  /** Opening, locking and leaving answer with what then stands here. */
  const enter = async (answer: Promise<SessionFacts>): Promise<void> => show(call, await answer);
  const withSteps = async (step: (step: SigningStep) => void, answer: Promise<SessionFacts>): Promise<void> => {
    onStep = step;
    await enter(answer);
  };
  const read = (): void => {
    session.set({ kind: 'starting' });
    void enter(call('readSession', null)).catch((error: unknown) =>
      session.set({ kind: 'failed', failure: error instanceof EngineError ? error : { code: 'unexpected', facts: {} }, retry: read }),
    );
  };
  read();
  // Only pages are told of it. Without an open drive nobody asks.
  for (const change of ['online', 'offline']) addEventListener(change, () => void call('lineChanged', null).catch(() => undefined));
  lockWhenIdle(device, () => {
    if (session.value.kind === 'open') void enter(call('lock', null));
  });
  const engine: DriveEngine = {
    session,
    device,
    newVersion,
    takeNewVersion: () => void takeNewVersion(),
    loadAnew: () => void loadAnew(),
    phrase: () => call('phrase', null),
    signUp: (wish, step, signal) => withSteps(step, call('signUp', wish, { signal })),
    async signIn({ identifier, password, withPasskey }, step, signal) {
      const passkey = withPasskey ? await askPasskey() : null;
      await withSteps(step, call('signIn', { identifier, password, passkey }, { signal }));
    },
    recover: (words, password, step, signal) => withSteps(step, call('recoverAccount', { words, password }, { signal })),
    ...doorsInto(someOf<WorkerCalls, AccountCalls>(call), enter),
    checkWords: (words) => call('checkWords', { words }),
    suggestWords: (begin) => call('suggestWords', { start: begin }),
    async changeDevice(change) {
      device.set({ ...device.value, ...change });
      const { storedBytes: _, storedBytesMax: __, ...kept } = device.value;
      localStorage.setItem(settingsKey, JSON.stringify(kept));
      if (change.uploadBytesPerSecondMax !== undefined) await call('limitUploads', { bytesPerSecondMax: change.uploadBytesPerSecondMax });
      if (change.thumbnails !== undefined) await call('makePictures', { on: change.thumbnails });
    },
  };
  return engine;
};

function start(): Call<WorkerCalls> {
  const joined: ReturnType<typeof joinPort<WorkerCalls, PageCalls & AccountNews & DriveNews & FrameCalls>> = joinPort<
    WorkerCalls,
    PageCalls & AccountNews & DriveNews & FrameCalls
  >(
    startWorker('drive-engine', (failure) => joined.close(failure)),
    {
      startWorker({ name }) {
        const channel = new MessageChannel();
        startAnew(name).postMessage({ kind: 'join' }, [channel.port1]);
        return new Moved(channel.port2, [channel.port2]);
      },
      parcelChanged: () => undefined,
      purchaseChanged: () => undefined,
      pocketsChanged: () => undefined,
      ...contentAnswers,
      stepChanged: ({ step }) => onStep?.(step),
      sessionChanged: (facts): void => show(joined.call, facts),
      joiningChanged,
      kitChanged: (now) => kit.set(now),
      devicesChanged: (now) => devices.set(now),
      slotsChanged: (now) => slots.set(now),
      demandChanged: (now) => demandsPasskey.set(now),
      endChanged: (now) => endsAt.set(now),
      folderChanged: ({ id, view }) => folders.get(id)?.set(view),
      stateChanged: (now) => state.set(now),
      usageChanged: (now) => usage.set(now),
      linksChanged: (now) => links.set(now),
      trashChanged: (now) => trash.set(now),
      transferFound: (facts) => void holdTransfer(someOf<WorkerCalls, TransferCalls>(joined.call), facts),
      transferChanged: (change) => takeTransfer(change),
      photosChanged: (now) => photos.set(now),
      async frameOf({ from }) {
        const frame = await (await import('./frames.ts')).frameOf(from);
        return frame ? new Moved<ImageBitmap | null>(frame, [frame]) : null;
      },
      namesChanged: (batch) => {
        for (const run of feeds) run(batch);
      },
    },
  );
  return joined.call;
}

/** Who asks for another has given the one before up. */
function startAnew(name: WorkerName): SturdyWorker {
  const worker = startWorker(name);
  if (name !== 'thumbs') return worker;
  drawer?.terminate();
  drawer = worker;
  return worker;
}

function show(call: Call<WorkerCalls>, facts: SessionFacts): void {
  onStep = undefined;
  if (facts.kind !== 'open') {
    folders.clear();
    state.set(firstState);
    clearTransfers();
    photos.set(null);
    endsAt.set(null);
    clearThumbnails();
    return session.set(facts);
  }
  const drive = driveOf(call, facts.account.fingerprint);
  setTimeout(() => void keepDrive(), keepAfterMs);
  session.set({ kind: 'open', account: accountOf(call, facts), drive });
}

function accountOf(call: Call<WorkerCalls>, { account }: Extract<SessionFacts, { kind: 'open' }>): OpenAccount {
  const enter = async (answer: Promise<SessionFacts>): Promise<void> => show(call, await answer);
  return {
    ...account,
    kit,
    devices,
    slots,
    demandsPasskey,
    endsAt,
    ...doorsOf(someOf<WorkerCalls, AccountCalls>(call), account.name),
    lock: () => enter(call('lock', null)),
    signOut: () => enter(call('signOut', null)),
    rename: (name) => enter(call('renameAccount', { name })),
    changePassword: async (current, next, step) => {
      onStep = step;
      await call('changePassword', { current, next });
    },
    planSecuring: () => call('planSecuring', null),
    secure: (password, step) => {
      onStep = step;
      return enter(call('secure', { password }));
    },
    makeKit: () => call('makeKit', null),
    tryKit: (words) => call('tryKit', { words }),
    tryWords: (words) => call('tryWords', { words }),
    addAppCredential: (label, { access }) => call('addAppCredential', { label, access }),
    renamePasskey: (id, label) => call('renamePasskey', { id, label }),
    removeSlot: (id) => call('removeSlot', { id }),
    lookAtDevices: () => call('lookAtDevices', undefined),
    renameDevice: (id, label) => call('renameDevice', { id, label }),
    revokeDevice: (id) => call('revokeDevice', { id }),
    exportAccount: () => call('exportAccount', null),
    async deleteAccount(text) {
      const isPassword = text !== null && !(await call('isKit', { text }));
      const passkey = text === null || (isPassword && demandsPasskey.value) ? await askPasskey() : null;
      return enter(call('deleteAccount', { text, passkey }));
    },
    keepAccount: () => call('keepAccount', null),
  };
}

function driveOf(call: Call<WorkerCalls>, fingerprint: Uint8Array): Drive {
  const contents = someOf<WorkerCalls, ContentCalls>(call);
  const sending = someOf<WorkerCalls, TransferCalls>(call);
  const pictures = someOf<WorkerCalls, Pick<DriveCalls, 'thumbnail'>>(call);
  const change = (answer: Promise<Done>): Promise<Change> => answer.then((done) => changeOf(call, done));
  return {
    state,
    usage,
    links,
    trash,
    transfers,
    fingerprint,
    folder(id) {
      const known = folders.get(id);
      if (known) {
        // Those looked at last stand last.
        folders.delete(id);
        folders.set(id, known);
        return known;
      }
      const view = source<FolderView>({ state: 'loading' });
      folders.set(id, view);
      for (const [old] of folders) {
        if (folders.size <= foldersFollowedMax) break;
        folders.delete(old);
        void call('unfollow', { id: old }).catch(() => undefined);
      }
      void call('follow', { id }).then(
        (first) => {
          view.set(first);
          afterDrawing(() => void call('drawn', null).catch(() => undefined));
        },
        (error: unknown) =>
          view.set({ state: 'failed', failure: error instanceof EngineError ? error : { code: 'unexpected', facts: {} } }),
      );
      return view;
    },
    details: (id) => call('details', { id }),
    subfolders: (id) => call('subfolders', { id }),
    async makeFolder(parent, name) {
      const made = await call('makeFolder', { id: parent, name });
      return { ...changeOf(call, made), id: made.id };
    },
    rename: (id, name) => change(call('rename', { id, name })),
    clashes: (ids, to) => call('clashes', { ids, to }),
    move: (ids, to, answers) => change(call('move', { ids, to, answers: recordOf(answers) })),
    copy: (ids, to, answers) => change(call('copy', { ids, to, answers: recordOf(answers) })),
    remove: (ids) => change(call('remove', { ids })),
    star: (ids, on) => change(call('star', { ids, on })),
    paint: (ids, colour) => change(call('paint', { ids, colour })),
    dropWaiting: (ids) => call('dropWaiting', { ids }),
    uploadClashes: (id, items) => call('uploadClashes', { id, items }),
    upload: async (id, items, answers) => holdTransfer(sending, await call('upload', { id, items, answers: recordOf(answers) })),
    forgetTransfer: (id) => forgetTransfer(sending, id),
    wouldLose: isBusy,
    previewInside: (archive, member) => previewInside(contents, handle, archive.id, member),
    preview: (entry, version) => preview(contents, handle, version === undefined ? entry.id : `${entry.id}#${version}`),
    thumbnail: (id, version, signal) => showThumbnail(pictures, id, version, signal),
    photos: () => followedPhotos(call),
    sinks: offerSinks,
    save: (target, sink) => startSave(contents, handle, 'Reprise', target, sink),
    versions: (id) => call('versions', { id }),
    restoreVersion: (id, version) => change(call('restoreVersion', { id, version })),
    copyVersion: (id, version) => change(call('copyVersion', { id, version })),
    restore: (trashIds) => change(call('restore', { trashIds })),
    purge: (trashIds) => call('purge', { trashIds }),
    moments: (before, count) => call('moments', { before, count }),
    momentCounts: (asked) => call('momentCounts', { moments: asked }),
    async plan(moment) {
      const plan = await call('plan', { moment });
      return { ...plan, apply: () => change(call('rewind', { moment })) };
    },
    createLink: (id, options) => call('createLink', { id, options }),
    changeLink: (link, wishes) => call('changeLink', { link, change: wishes }),
    revokeLinks: (ids) => call('revokeLinks', { links: ids }),
    sales: salesOf(someOf<WorkerCalls, DriveCalls>(call)),
    plans: { onSale: () => call('plansOnSale', null), buy: (wish) => call('buyPlan', wish) },
    unreadEntries: () => call('unreadEntries', null),
    dropUnread: () => call('dropUnread', null),
    keptParcels: () => call('keptParcels', null),
    strayParcels: () => call('strayParcels', null),
    keepParcels: () => call('keepParcels', null),
    copyParcel: async (id) => holdTransfer(sending, await call('copyParcel', { id })),
    forgetParcels: (ids) => call('forgetParcels', { ids }),
    names(run) {
      feeds.add(run);
      void call('feedNames', null);
      return () => feeds.delete(run);
    },
    purse: purseOf(someOf<WorkerCalls, PurseCalls>(call)),
    get outside() {
      return outsideWallet();
    },
    exportProof: () => call('exportProof', null),
    acceptHistory: () => call('acceptHistory', null),
  };
}

/** Read while somebody looks. */
function followedPhotos(call: Call<WorkerCalls>): Observable<PhotoTable | null> {
  return {
    subscribe(run) {
      const stop = photos.subscribe(run);
      if (photoFollowers++ === 0) void call('followPhotos', null).catch(() => undefined);
      return () => {
        stop();
        if (--photoFollowers === 0) void call('unfollowPhotos', null).catch(() => undefined);
      };
    },
  };
}

/** The second frame begins once the first was painted. */
function afterDrawing(then: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(then));
}

function changeOf(call: Call<WorkerCalls>, { count, undo, refused }: Done): Change {
  return { count, refused, undo: async () => void (undo !== null && (await call('undo', { undo }))) };
}

function recordOf(answers: ReadonlyMap<string, Answers[string]>): Answers {
  return Object.fromEntries(answers);
}

/** A minute late at most: time is looked at, not counted, so that a computer that slept locks when it wakes. */
function lockWhenIdle(device: { readonly value: DeviceSettings }, lock: () => void): void {
  let touchedAt = Date.now();
  const touch = () => {
    touchedAt = Date.now();
  };
  for (const sign of ['pointerdown', 'keydown', 'wheel', 'touchstart']) addEventListener(sign, touch, { passive: true, capture: true });
  setInterval(() => {
    const { lockAfterMinutes } = device.value;
    if (lockAfterMinutes !== null && !isBusy() && Date.now() - touchedAt > 60_000 * lockAfterMinutes) lock();
  }, 30_000);
}

async function readSettings(): Promise<DeviceSettings> {
  const kept = JSON.parse(localStorage.getItem(settingsKey) ?? '{}') as Partial<DeviceSettings>;
  const { usage: storedBytes = null, quota: storedBytesMax = null } = await navigator.storage.estimate();
  return { ...settingsDefault, ...kept, storedBytes, storedBytesMax };
}
