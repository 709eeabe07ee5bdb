// States of the drive given as data, in the shapes of app/port.ts: what the stories draw its screens from. Acts change nothing.
import type { Entry, PickedItem } from '../src/engine/port.ts';
import type {
  Change,
  Clash,
  Device,
  Door,
  Drive,
  DriveEngine,
  DriveLink,
  DriveState,
  WaitingFacts,
  EntryDetails,
  EntryTable,
  FolderView,
  History,
  Joining,
  JoiningState,
  KeptParcel,
  KitState,
  Moment,
  NameBatch,
  OpenAccount,
  PhotoTable,
  Session,
  Slot,
  SyncedFolder,
  Transfer,
  TrashItem,
  Usage,
  Version,
  UnreadCounts,
} from '../src/app/port.ts';
import type { Plans } from '../src/app/plans-port.ts';
import type { Sales } from '../src/app/sales-port.ts';
import type { OutsideDoor } from '../src/engine/outside-port.ts';
import type { Purse, PurseEntry, PurseFacts } from '../src/app/wallet/port.ts';
import { markBits } from '../src/app/port.ts';
import { idOf, longTable, tableOf, type TableRow } from '../src/app/testing/tables.ts';
import { fingerprint, fixed, GB, MB, now, parcel, previews, saving } from './given.ts';

const day = 86_400_000;
export const rehearsedAt = now - 6 * day;
export const endsAt = now + 5 * day;
const rows: readonly TableRow[] = [
  { id: idOf(1), name: 'Rushs caméra A', folder: true, bytes: 61.8 * GB, modifiedAt: now - 28 * day },
  { id: idOf(2), name: 'Affiches', folder: true, bytes: 412 * MB, modifiedAt: now - 29 * day, marks: 2 << markBits.colourShift },
  {
    id: idOf(3),
    name: 'Captation grande scène.mp4',
    bytes: 3.42 * GB,
    modifiedAt: now - 19 * 3_600_000,
    marks: markBits.link | markBits.starred | markBits.thumbnail,
  },
  { id: idOf(4), name: 'Interview Lola.mkv', bytes: 1.08 * GB, modifiedAt: now - 26 * 3_600_000, marks: markBits.link },
  { id: idOf(5), name: 'Mix final 24 bits.wav', bytes: 684 * MB, modifiedAt: now - 31 * day, marks: markBits.link | markBits.password },
  { id: idOf(6), name: 'Photo presse 01.jpg', bytes: 14.2 * MB, modifiedAt: now - 32 * day, marks: markBits.thumbnail },
  { id: idOf(7), name: 'IMG_4471.heic', bytes: 3.9 * MB, modifiedAt: now - 32 * day },
  { id: idOf(8), name: 'Contrat salle signé.pdf', bytes: 0.84 * MB, modifiedAt: now - 38 * day, marks: 5 << markBits.colourShift },
  { id: idOf(9), name: 'Presse kit.zip', bytes: 220 * MB, modifiedAt: now - 40 * day, marks: markBits.link },
  { id: idOf(10), name: 'Plan de feux.docx', bytes: 1.1 * MB, modifiedAt: now - 43 * day, marks: markBits.waiting },
  { id: idOf(11), name: 'Setlist.txt', bytes: 2100, modifiedAt: now - 44 * day },
  { id: idOf(12), name: 'Plan du site.png', bytes: 5.6 * MB, modifiedAt: now - 50 * day, marks: markBits.thumbnail },
];
export const festival = tableOf(rows);
export const none = tableOf([]);
export const festivalId = idOf(500);
const path = [
  { id: 'root', name: '' },
  { id: festivalId, name: 'Festival 2026' },
];
export const ready = (table: EntryTable, inside = true): FolderView => ({
  state: 'ready',
  path: inside ? path : path.slice(0, 1),
  table,
  stale: false,
});

const change = async (): Promise<Change> => ({ count: 1, async undo() {} });
const clashes: readonly Clash[] = [
  {
    name: 'Mix final 24 bits.wav',
    existing: { id: idOf(5), kind: 'file', bytes: 684 * MB, modifiedAt: now - 31 * day },
    incoming: { kind: 'file', bytes: 691 * MB, modifiedAt: now - day },
  },
  {
    name: 'Setlist.txt',
    existing: { id: idOf(11), kind: 'file', bytes: 2100, modifiedAt: now - 44 * day },
    incoming: { kind: 'file', bytes: 2350, modifiedAt: now },
  },
];

const link = (some: Partial<DriveLink>): DriveLink => ({
  id: 'l1',
  entryId: idOf(3),
  entryKind: 'file',
  url: 'https://reprise.example/s#1.AKx0gq4mJf8Zt2LqVn5sWc',
  label: 'Presse',
  title: 'Captation grande scène.mp4',
  bytes: 3.42 * GB,
  createdAt: now - 3 * day,
  expiresAt: now + 4 * day,
  hasPassword: false,
  downloadsMax: null,
  downloads: 41,
  visits: 112,
  phase: 'open',
  sale: null,
  takesTips: false,
  ...some,
});
export const links: readonly DriveLink[] = [
  link({}),
  link({
    id: 'l2',
    entryId: idOf(4),
    title: 'Interview Lola.mkv',
    label: null,
    downloads: 3,
    visits: 9,
    expiresAt: null,
    sale: { price: { amount: 2500, currency: 'SAT' }, isFloor: false, salesMax: null, isOpen: true },
  }),
  link({
    id: 'l3',
    entryId: idOf(5),
    title: 'Mix final 24 bits.wav',
    label: 'Régie',
    hasPassword: true,
    downloads: 10,
    downloadsMax: 10,
    phase: 'used-up',
  }),
  link({
    id: 'l4',
    entryId: idOf(9),
    title: 'Presse kit.zip',
    label: null,
    downloads: 0,
    visits: null,
    expiresAt: now - day,
    phase: 'expired',
  }),
];

const trash: readonly TrashItem[] = [
  {
    id: 't1',
    name: 'Anciennes affiches',
    kind: 'folder',
    entriesCount: 1,
    bytes: 88 * MB,
    deletedAt: now - 3 * 3_600_000,
    purgedAt: now + 30 * day,
    from: 'Festival 2026',
    fromExists: true,
  },
  {
    id: 't2',
    name: 'Brouillon.docx',
    kind: 'file',
    entriesCount: 14,
    bytes: 3.4 * MB,
    deletedAt: now - day,
    purgedAt: now + 29 * day,
    from: 'Courriers / 2025',
    fromExists: false,
  },
  {
    id: 't3',
    name: 'IMG_4102.jpg',
    kind: 'file',
    entriesCount: 1,
    bytes: 4.1 * MB,
    deletedAt: now - 12 * day,
    purgedAt: now + 18 * day,
    from: '',
    fromExists: true,
  },
];
const moments: readonly Moment[] = [
  { id: 'm1', at: now - 3_600_000, deviceLabel: 'Portable', added: 0, removed: 412, changed: 3 },
  { id: 'm2', at: now - 5 * 3_600_000, deviceLabel: 'Atelier', added: 36, removed: 0, changed: 0 },
  { id: 'm3', at: now - 20 * 3_600_000, deviceLabel: 'Téléphone', added: 1, removed: 0, changed: 0 },
  { id: 'm4', at: now - 29 * 3_600_000, deviceLabel: 'Portable', added: 0, removed: 2, changed: 14 },
];
const versions: readonly Version[] = [
  { id: 'v3', at: now - 19 * 3_600_000, bytes: 3.42 * GB, ownBytes: 3.42 * GB, deviceLabel: 'Atelier', isCurrent: true, keptUntil: null },
  { id: 'v2', at: now - 3 * day, bytes: 3.4 * GB, ownBytes: 96 * MB, deviceLabel: 'Atelier', isCurrent: false, keptUntil: now + 29 * day },
  {
    id: 'v1',
    at: now - 9 * day,
    bytes: 3.1 * GB,
    ownBytes: 820 * MB,
    deviceLabel: 'Portable',
    isCurrent: false,
    keptUntil: now + 23 * day,
  },
];

let picture: string | null = null;
/** One drawn sunset for every thumbnail. */
function sunset(): string {
  if (picture !== null) return picture;
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 400 });
  const ink = canvas.getContext('2d')!;
  const sky = ink.createLinearGradient(0, 0, 300, 400);
  sky.addColorStop(0, '#23395b');
  sky.addColorStop(0.7, '#e8a87c');
  sky.addColorStop(1, '#f6d8a8');
  ink.fillStyle = sky;
  ink.fillRect(0, 0, 640, 400);
  picture = canvas.toDataURL('image/png');
  return picture;
}

export function photoTable(count: number): PhotoTable {
  const names = Array.from({ length: count }, (_, i) => (i % 9 === 4 ? `VID_${4400 + i}.mp4` : `IMG_${4400 + i}.jpg`));
  const table = tableOf(names.map((name, i) => ({ id: idOf(i + 700), name })));
  return {
    length: count,
    ids: table.ids,
    names: table.names,
    nameEnds: table.nameEnds,
    takenAt: Float64Array.from(names, (_, i) => now - Math.floor(i / 7) * day - i * 60_000),
    modifiedAt: Float64Array.from(names, (_, i) => now - Math.floor(i / 7) * day - i * 60_000),
    sizes: Float64Array.from(names, (_, i) => 3e6 + 1000 * i),
  };
}

export function transfer(phase: Parameters<typeof parcel>[0]): Transfer {
  const { linkUrl: _url, manageUrl: _manage, options: _options, changeOptions: _change, ...rest } = parcel(phase);
  return { ...rest, folderId: festivalId, parcel: null };
}

export interface GivenDrive {
  readonly folder?: FolderView;
  readonly state?: Partial<DriveState>;
  readonly usage?: Partial<Usage>;
  readonly transfers?: readonly Transfer[];
  readonly links?: readonly DriveLink[];
  readonly trash?: readonly TrashItem[];
  readonly moments?: readonly Moment[];
  readonly photos?: PhotoTable | null;
  readonly clashing?: boolean;
  readonly index?: { readonly table: EntryTable; readonly share: number };
  readonly preview?: keyof typeof previews;
  readonly strays?: number;
  readonly kept?: readonly KeptParcel[];
  readonly sales?: Sales;
  readonly unread?: UnreadCounts;
  readonly plans?: Plans;
  /** 'none': the server has no mint; 'away': it does not answer. */
  readonly purse?: Partial<PurseFacts> | 'none' | 'away';
  readonly outside?: OutsideDoor;
}

export function drive(given: GivenDrive = {}): Drive {
  const view = given.folder ?? ready(festival);
  const table = view.state === 'ready' ? view.table : festival;
  const details = async (id: string): Promise<EntryDetails> => {
    const row = rows.find((each) => each.id === id) ?? { ...rows[5]!, id };
    return {
      id,
      kind: row.folder ? 'folder' : 'file',
      name: row.name,
      bytes: row.bytes ?? null,
      modifiedAt: row.modifiedAt ?? null,
      mediaType: /mp4|mkv/.test(row.name) ? 'video/mp4' : 'image/jpeg',
      parentId: festivalId,
      path,
      createdAt: now - 60 * day,
      starred: false,
      colour: 0,
      versionsCount: 3,
      digest: null,
      filesCount: row.folder ? 128 : null,
    };
  };
  return {
    fingerprint,
    state: fixed<DriveState>({ online: true, refused: null, history: { kind: 'agrees' }, waiting: [], unreadWaiting: [], ...given.state }),
    usage: fixed<Usage>({
      liveBytes: 11.8 * GB,
      keptBytes: 0.6 * GB,
      pendingBytes: 3.1 * GB,
      quotaBytes: 100 * GB,
      plan: null,
      planUntil: null,
      planEnded: null,
      ...given.usage,
    }),
    transfers: fixed(given.transfers ?? []),
    links: fixed(given.links ?? links),
    ...(given.sales && { sales: given.sales }),
    ...(given.plans && { plans: given.plans }),
    trash: fixed(given.trash ?? trash),
    folder: () => fixed(view),
    details,
    async subfolders(id) {
      return id === 'root'
        ? [
            { id: festivalId, name: 'Festival 2026' },
            { id: idOf(501), name: 'Courriers' },
            { id: idOf(502), name: 'Comptes' },
          ]
        : [
            { id: idOf(1), name: 'Rushs caméra A' },
            { id: idOf(2), name: 'Affiches' },
          ];
    },
    async makeFolder() {
      return { id: idOf(2), ...(await change()) };
    },
    rename: change,
    async clashes() {
      return given.clashing ? clashes : [];
    },
    move: change,
    copy: change,
    remove: change,
    star: change,
    paint: change,
    async dropWaiting() {},
    previewInside: async () => ({ kind: 'none', why: 'kind', bytesMax: null }),
    async uploadClashes(_folder: string, _items: readonly PickedItem[]) {
      return given.clashing ? clashes : [];
    },
    async upload() {
      return transfer('sending');
    },
    async forgetTransfer() {},
    wouldLose: () => false,
    async preview(_entry: Entry) {
      return previews[given.preview ?? 'image']();
    },
    async thumbnail() {
      return { url: sunset(), release() {} };
    },
    photos: () => fixed(given.photos === undefined ? photoTable(60) : given.photos),
    async versions() {
      return versions;
    },
    restoreVersion: change,
    copyVersion: change,
    restore: change,
    async purge() {},
    async moments() {
      return given.moments ?? moments;
    },
    async momentCounts() {
      return {};
    },
    async plan(id) {
      const moment = moments.find((each) => each.id === id) ?? moments[0]!;
      return {
        moment,
        returning: 412,
        leaving: 3,
        older: 17,
        moved: 0,
        samples: [
          { what: 'returning', path: 'Festival 2026/Affiches/Affiche A2.pdf' },
          { what: 'returning', path: 'Festival 2026/Affiches/Affiche A3.pdf' },
          { what: 'older', path: 'Festival 2026/Setlist.txt' },
          { what: 'leaving', path: 'LISEZ-MOI.locked' },
        ],
        apply: change,
      };
    },
    async createLink(id) {
      return link({ entryId: id });
    },
    async changeLink() {},
    async revokeLinks() {},
    async unreadEntries() {
      return given.unread ?? { links: 0, offers: 0, names: 0, parcels: 0 };
    },
    async dropUnread() {
      return given.unread ?? { links: 0, offers: 0, names: 0, parcels: 0 };
    },
    async keptParcels() {
      return given.kept ?? [];
    },
    async strayParcels() {
      return given.strays ?? 0;
    },
    async keepParcels() {
      return given.strays ?? 0;
    },
    async copyParcel() {
      return transfer('sending');
    },
    async forgetParcels() {},
    purse: purse(given.purse ?? {}),
    ...(given.outside && { outside: given.outside }),
    names(run) {
      const feed = given.index ?? { table, share: 1 };
      const parents = new Uint8Array(feed.table.length * 16);
      run({ begins: true, removed: [], table: feed.table, parents, share: feed.share } satisfies NameBatch);
      return () => {};
    },
    async sinks() {
      return [{ sink: 'stream', fits: true, bytesMax: null }];
    },
    save: () => ({ name: 'Captation grande scène.mp4', state: fixed(saving('saving')), cancel() {} }),
    async exportProof() {
      return new Blob(['{}']);
    },
    async acceptHistory() {},
  };
}

const words =
  'abandon ability able about above absent absorb abstract absurd abuse access accident account accuse achieve acid acoustic acquire across act action actor actress actual'.split(
    ' ',
  );
function synced(
  root: string,
  folder: string,
  drivePath: string,
  state: SyncedFolder['state'],
  agoMs: number,
  holds: Partial<SyncedFolder['holds']> = {},
): SyncedFolder {
  const said = now - agoMs;
  const counts = { countsFrom: said - 300_000, countsUntil: said + 6.5 * 3_600_000 };
  return {
    root,
    folder,
    drivePath,
    state,
    saidAt: said,
    ...counts,
    holds: { removals: 0, conflicts: 0, fullDisk: 0, others: 0, ...holds },
  };
}
export const devices: readonly Device[] = [
  { id: 'd1', label: 'Firefox, portable', kind: 'browser', isThis: true, keysSince: now - 60 * day, seenAt: now, revokedAt: null },
  { id: 'd2', label: 'Téléphone', kind: 'phone', isThis: false, keysSince: now - 40 * day, seenAt: now - 5 * 3_600_000, revokedAt: null },
  {
    id: 'd3',
    label: 'Atelier, ligne de commande',
    kind: 'command-line',
    isThis: false,
    keysSince: now - 12 * day,
    seenAt: now - 2 * 3_600_000,
    revokedAt: null,
    synced: [
      synced('r1', '/srv/Photos', '/photos', 'in-step', 2 * 3_600_000),
      synced('r2', '/srv/Documents', '/documents', 'attention', 2 * 3_600_000, { removals: 640, conflicts: 2 }),
      synced('r3', '/mnt/archive/Comptabilité de l’atelier, 2019 à 2026', '/archive/comptabilité', 'stopped', 3 * 3_600_000, {
        fullDisk: 1,
      }),
      synced('r4', '/srv/Musique', '/musique', 'in-step', 3 * day),
    ],
  },
  { id: '5f0c3a91', label: null, kind: 'browser', isThis: false, keysSince: now - 3 * day, seenAt: now - day, revokedAt: null },
  {
    id: 'd4',
    label: 'Ancienne tablette',
    kind: 'browser',
    isThis: false,
    keysSince: now - 200 * day,
    seenAt: null,
    revokedAt: now - 90 * day,
  },
];
const slots: readonly Slot[] = [
  { id: 's1', kind: 'password', label: '', createdAt: now - 60 * day, usedAt: now, scope: null },
  { id: 's2', kind: 'passkey', label: 'Portable, empreinte', createdAt: now - 20 * day, usedAt: now - day, scope: null },
  {
    id: 's3',
    kind: 'app',
    label: 'Sauvegarde de nuit',
    createdAt: now - 9 * day,
    usedAt: now - day,
    scope: { access: 'write' },
  },
];
const face = { name: 'Karim', identifier: 'karim.b', fingerprint };

export interface GivenAccount {
  readonly kit?: KitState;
  readonly devices?: readonly Device[];
  readonly endsAt?: number;
}
export function account(given: GivenAccount = {}): OpenAccount {
  return {
    ...face,
    kit: fixed<KitState>(given.kit ?? { state: 'rehearsed', madeAt: now - 60 * day, rehearsedAt: now - 30 * day, due: false }),
    devices: fixed(given.devices ?? devices),
    slots: fixed(slots),
    async lock() {},
    async signOut() {},
    async rename() {},
    async changePassword() {},
    async planSecuring() {
      return { name: 'Karim', identifier: 'karim.b', origin: 'https://reprise.example', madeAt: now, words, fingerprint };
    },
    async secure() {},
    async makeKit() {
      return { name: 'Karim', identifier: 'karim.b', origin: 'https://reprise.example', madeAt: now, words, fingerprint };
    },
    async tryKit() {
      return { kind: 'opens', at: now };
    },
    async tryWords() {
      return { kind: 'wrong' };
    },
    async addPasskey() {
      return { id: '01', label: 'Firefox · Linux' };
    },
    async renamePasskey() {},
    demandsPasskey: fixed(false),
    async demandPasskey() {},
    async removeSlot() {},
    async addAppCredential() {
      return { text: 'rp1-app-K7QM2RTX-…' };
    },
    async invite() {
      return { words: ['lake', 'orbit', 'velvet', 'chalk'], label: 'Safari, téléphone', async approve() {}, async refuse() {} };
    },
    async lookAtDevices() {},
    async renameDevice() {},
    async revokeDevice() {},
    async exportAccount() {
      return new Blob(['{}']);
    },
    async deleteAccount() {},
    endsAt: fixed(given.endsAt ?? null),
    async keepAccount() {},
  };
}

export const kept: readonly KeptParcel[] = [
  {
    id: 'p1',
    title: 'Captation grande scène.mp4',
    manageUrl: 'https://reprise.example/m#1.x',
    keptAt: now,
    state: 'open',
    links: [link({ title: 'Captation grande scène.mp4', expiresAt: now + 5 * day })],
  },
  { id: 'p2', title: 'Photos de la régie', manageUrl: 'https://reprise.example/m#1.y', keptAt: now, state: 'ended', links: [] },
];
export const waiting = (held: WaitingFacts['held']): readonly WaitingFacts[] => [
  {
    id: '1',
    kind: 'rename',
    name: 'Plan de salle.pdf',
    othersCount: 0,
    to: 'Plan de salle, version du régisseur.pdf',
    held,
    ids: [idOf(2)],
  },
  { id: '2', kind: 'remove', name: 'Brouillons', othersCount: 3, to: '', held: null, ids: [] },
  { id: '3', kind: 'move', name: 'Affiche.png', othersCount: 0, to: 'Presse', held: held && 'gone', ids: [idOf(4)] },
];
export const disagreeing: History = {
  kind: 'disagrees',
  why: 'rollback',
  mine: { at: now - 3_600_000, entry: 1841 },
  theirs: { at: now - 26 * 3_600_000, entry: 1790 },
};

export function engine(session: Session, joining: JoiningState = { kind: 'waiting', expiresAt: now + 600_000 }): DriveEngine {
  const refuse = async (): Promise<never> => {
    throw Object.assign(new Error('refused'), { code: 'wrong-password', facts: {} });
  };
  return {
    session: fixed(session),
    async phrase() {
      return 'verger lampe orage cinq tuile renard minute';
    },
    signUp: () => new Promise(() => {}),
    signIn: refuse,
    canPasskey: fixed(true),
    signInWithPasskey: refuse,
    async joinByDevice(): Promise<Joining> {
      return {
        qrText: 'reprise-join:1:5s9fKq3b0m1vVx8Zc2nR7tYw',
        code: 'K7QM 2RTX 9HDA',
        state: fixed<JoiningState>(joining),
        confirm() {},
      };
    },
    unlock: refuse,
    recover: () => new Promise(() => {}),
    async checkWords(given) {
      return { unknown: given.flatMap((word, i) => (words.includes(word) ? [] : [i])), checksum: true };
    },
    async suggestWords(start) {
      return words.filter((word) => word.startsWith(start)).slice(0, 8);
    },
    device: fixed({ uploadBytesPerSecondMax: null, lockAfterMinutes: 15, thumbnails: true, storedBytes: 96 * MB, storedBytesMax: 12 * GB }),
    async changeDevice() {},
    newVersion: fixed(false),
    takeNewVersion: () => undefined,
    loadAnew: () => undefined,
  };
}

export const open = (given: GivenDrive = {}, more: GivenAccount = {}): Session => ({
  kind: 'open',
  account: account(more),
  drive: drive(given),
});
export const locked = (doors: readonly Door[]): Session => ({ kind: 'locked', account: face, doors, newestChangeAt: now - 20 * 3_600_000 });
export const thousands = (): EntryTable => longTable(100_000);

const entry = (some: Partial<PurseEntry> & Pick<PurseEntry, 'id' | 'kind'>): PurseEntry => ({
  state: 'arrived',
  amount: 2_100n,
  fee: 0n,
  at: now - day,
  memo: '',
  reason: null,
  request: null,
  token: null,
  ...some,
});
const entries: readonly PurseEntry[] = [
  entry({
    id: 'w1',
    kind: 'send',
    state: 'waiting',
    amount: 500n,
    memo: 'Café après la régie',
    token: `cashuB${'o2F0gaJhaUgA'.repeat(24)}`,
    at: now - 600_000,
  }),
  entry({ id: 'w2', kind: 'invoice', state: 'waiting', amount: 12_000n, request: `lnbcrt120u1${'q'.repeat(220)}`, at: now - 1_200_000 }),
  entry({ id: 'w3', kind: 'receive', state: 'to-recover', amount: 64n }),
  entry({ id: 'w4', kind: 'pay', amount: 3_240n, fee: 3n }),
  entry({ id: 'w5', kind: 'pay', state: 'failed', amount: 90_000n, reason: 'payment-failed', at: now - 3 * day }),
  entry({ id: 'w6', kind: 'send', state: 'failed', amount: 21n, reason: 'taken-back', at: now - 4 * day }),
  entry({ id: 'w7', kind: 'invoice', amount: 25_000n, at: now - 9 * day }),
];
const facts: PurseFacts = {
  free: 18_240n,
  held: 64n,
  out: 500n,
  mint: 'https://reprise.example/mint',
  isSandbox: false,
  relays: [],
  rate: { currency: 'EUR', perBitcoin: 89_650, at: now, source: 'Kraken' },
  rehearsed: { at: rehearsedAt, found: 18_100n, missing: 0n },
  entries,
  trouble: null,
};

function purse(given: Partial<PurseFacts> | 'none' | 'away'): Purse {
  const [done] = [entry({ id: 'w9', kind: 'receive' })];
  return {
    look: () =>
      given === 'away' ? Promise.reject({ code: 'offline', facts: {} }) : Promise.resolve(given === 'none' ? null : { ...facts, ...given }),
    receive: () => Promise.reject({ code: 'wallet-refused', facts: { reason: 'coin-spent' } }),
    send: async () => ({ id: 'w1', token: entries[0]?.token ?? '' }),
    handOut: async () => ({ id: 'w1', token: entries[0]?.token ?? '' }),
    prepare: async () => undefined,
    invoice: async () => ({ id: 'w2', request: entries[1]?.request ?? '', expiryMs: now + 3_600_000 }),
    wait: () => new Promise(() => {}),
    offer: async (request) => ({ quote: 'q', request, amount: 3_240n, feeMax: 33n, expiryMs: now + 600_000 }),
    pay: async () => done,
    takeBack: async () => done,
    drawRefund: async () => facts.entries[0]!,
    rehearse: async () => ({ found: 18_240n, missing: 0n }),
    csv: async () => '',
    readRequest: async () => ({ id: null, amount: 3_240n, description: '', target: null }),
    tokenFor: async () => ({ id: 'w1', token: entries[0]?.token ?? '' }),
  };
}
