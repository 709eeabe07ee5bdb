// States given as data, in the shapes of engine/port.ts: what the stories draw the screens from.
import type {
  Allowance,
  Entry,
  Listing,
  ManagedLink,
  Manager,
  Observable,
  OpenLink,
  Opener,
  Opening,
  Parcel,
  ParcelState,
  Preview,
  Row,
  RowPhase,
  SaveJob,
  SaveState,
  Sender,
  SinkOffer,
  Subtitles,
} from '../src/engine/port.ts';
import type { PricedLink } from '../src/engine/paid-port.ts';

export const GB = 1e9;
export const MB = 1e6;
export const now = Date.UTC(2026, 10, 21, 13, 2);

export function fixed<T>(value: T): Observable<T> {
  return {
    subscribe(run) {
      run(value);
      return () => {};
    },
  };
}
export const fingerprint = Uint8Array.from({ length: 32 }, (_, i) => (i * 73 + 19 * (i % 5) + 7) % 256);

const names: readonly (readonly [string, number])[] = [
  ['Festival 2026/Captation grande scène.mp4', 3.42 * GB],
  ['Festival 2026/Interview Lola.mkv', 1.08 * GB],
  ['Festival 2026/Mix final 24 bits.wav', 684 * MB],
  ['Festival 2026/Photo presse 01.jpg', 14.2 * MB],
  ['Festival 2026/IMG_4471.heic', 3.9 * MB],
  ['Festival 2026/Contrat salle signé.pdf', 0.84 * MB],
  ['Festival 2026/Presse kit.zip', 220 * MB],
  ['Festival 2026/Plan de feux.docx', 1.1 * MB],
  ['Festival 2026/Setlist.txt', 2100],
  ['Festival 2026/Plan du site.png', 5.6 * MB],
];

/** Three files have arrived; some of the others are where all of it is. */
function rowPhaseOf(phase: ParcelState['phase'], index: number): RowPhase {
  if (phase === 'done' || index < 3) return 'done';
  if (phase === 'paused' || phase === 'cancelled') return phase;
  if (phase === 'sending') return index < 6 ? 'sending' : 'waiting';
  return index === 3 && (phase === 'error' || phase === 'again') ? phase : 'waiting';
}

function rowsFor(phase: ParcelState['phase']): readonly Row[] {
  return names.map(([path, bytes], i) => {
    const rowPhase = rowPhaseOf(phase, i);
    return {
      id: String(i),
      path,
      name: path.slice(path.lastIndexOf('/') + 1),
      phase: rowPhase,
      bytesTotal: bytes,
      bytesDone: rowPhase === 'done' ? bytes : i === 3 ? bytes * 0.46 : 0,
      failure: rowPhase === 'error' ? { code: 'file-changed', facts: { name: 'Photo presse 01.jpg' } } : null,
    };
  });
}

export function parcel(phase: ParcelState['phase'], more: Partial<Parcel> = {}): Parcel {
  const total = names.reduce((sum, [, bytes]) => sum + bytes, 0);
  const rows = rowsFor(phase);
  const state: ParcelState = {
    phase,
    link: phase === 'done' ? 'complete' : phase === 'cancelled' ? 'ended' : 'open',
    bytesDone: phase === 'done' ? total : total * 0.62,
    bytesTotal: total,
    filesDone: phase === 'done' ? 10 : 3,
    filesTotal: 10,
    speed: phase === 'sending' ? 41.2 * MB : null,
    secondsLeft: phase === 'sending' ? 172 : null,
    retryAt: phase === 'offline' ? Date.now() + 8000 : null,
    failure: phase === 'error' ? { code: 'over-quota', facts: { missingBytes: 1.2 * GB } } : null,
  };
  return {
    id: `p-${phase}`,
    title: phase === 'again' ? 'Mix final.wav' : 'Festival 2026',
    kind: phase === 'again' ? 'file' : 'folder',
    createdAt: now,
    linkUrl: 'https://reprise.example/s#1.AKx0gq4m3v9sJ7b2nYtR5w8eQ1cHpLzD6fUoViXaKjE0TgMbNrS4yWk2',
    manageUrl: 'https://reprise.example/m#1.rX2mB7vQ9kLd3sWc5yTgHn8pZ1fJ4uEoAiR6tKxMbVqNwYzPe0GjDlSh',
    options: fixed({
      label: 'Régie',
      expiresAt: now + 7 * 86_400_000,
      hasPassword: phase === 'done',
      downloadsMax: phase === 'done' ? 10 : null,
    }),
    state: fixed(state),
    rows: fixed({ length: rows.length, at: (index: number) => rows[index]! }),
    pause() {},
    resume() {},
    retry() {},
    async cancel() {},
    first() {},
    async changeOptions() {},
    async reattach() {
      return { matched: 0, stillMissing: 1, strangers: [], changed: [] };
    },
    async reattachHandles() {
      return false;
    },
    ...more,
  };
}

export function sender(parcels: readonly Parcel[], allowance: Partial<Allowance> = {}): Sender {
  return {
    async allowance() {
      return {
        open: true,
        parcelBytesMax: 20 * GB,
        fileBytesMax: null,
        expirySecondsDefault: 7 * 86_400,
        expirySecondsMax: 30 * 86_400,
        sells: true,
        ...allowance,
      };
    },
    async start() {
      return parcel('sending');
    },
    async restore() {
      return parcels;
    },
    async forget() {},
    wouldLose: () => false,
  };
}

const entry = (name: string, bytes: number | null, mediaType = 'application/octet-stream'): Entry => ({
  id: name,
  kind: mediaType === '' ? 'folder' : 'file',
  name,
  bytes,
  modifiedAt: Date.UTC(2026, 9, 2 + (name.length % 24)),
  mediaType,
});

export const entries: readonly Entry[] = [
  entry('Affiches', 412 * MB, ''),
  entry('Rushs caméra A', 61.8 * GB, ''),
  ...names.map(([path, bytes]) => entry(path.slice(14), bytes, /\.(mp4|mkv)$/.test(path) ? 'video/mp4' : 'application/pdf')),
];

function listing(list: readonly Entry[]): Listing {
  return {
    length: list.length,
    async entries(start, end) {
      return list.slice(start, end);
    },
  };
}
export function long(): Listing {
  return {
    length: 120_000,
    async entries(start, end) {
      return Array.from({ length: end - start }, (_, i) => entry(`Mesure ${String(start + i).padStart(6, '0')}.csv`, 4096 + start + i));
    },
  };
}

function picture(): string {
  const canvas = document.createElement('canvas');
  canvas.width = 1200;
  canvas.height = 760;
  const ink = canvas.getContext('2d')!;
  const sky = ink.createLinearGradient(0, 0, 900, 760);
  sky.addColorStop(0, '#23395b');
  sky.addColorStop(0.7, '#e8a87c');
  sky.addColorStop(1, '#f6d8a8');
  ink.fillStyle = sky;
  ink.fillRect(0, 0, 1200, 760);
  return canvas.toDataURL('image/png');
}
/** A WAV of so many seconds, 8 bit, 800 Hz. */
function silence(seconds: number): string {
  const length = seconds * 800;
  const view = new DataView(new ArrayBuffer(44 + length));
  const text = (at: number, word: string): void => [...word].forEach((char, i) => view.setUint8(at + i, char.charCodeAt(0)));
  text(0, 'RIFF');
  view.setUint32(4, 36 + length, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 8000, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  text(36, 'data');
  view.setUint32(40, length, true);
  for (let i = 0; i < length; i++) view.setUint8(44 + i, 128);
  return URL.createObjectURL(new Blob([view], { type: 'audio/wav' }));
}

/** A short film of the picture, recorded here. */
async function moving(): Promise<string> {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  const ink = canvas.getContext('2d')!;
  const image = Object.assign(new Image(), { src: picture() });
  await image.decode();
  const recorder = new MediaRecorder(canvas.captureStream(10), { mimeType: 'video/webm' });
  const parts: Blob[] = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  recorder.start();
  for (let i = 0; i < 6; i++) {
    ink.drawImage(image, -i, 0, 660, 360);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  await new Promise((resolve) => {
    recorder.onstop = resolve;
    recorder.stop();
  });
  return URL.createObjectURL(new Blob(parts, { type: 'video/webm' }));
}
const sample = Array.from({ length: 400 }, (_, i) =>
  i % 7 === 0
    ? `## Scène ${i / 7 + 1}`
    : `${String(i).padStart(3, '0')}  Ouverture, lumière basse, entrée côté jardin; la ligne ${i} reste lisible.`,
).join('\n');

const captions = async (): Promise<readonly Subtitles[]> =>
  ['fr', 'en.forced'].map((label) => ({
    label,
    language: label.slice(0, 2),
    url: URL.createObjectURL(
      new Blob([`WEBVTT\n\n00:00.000 --> 99:00.000\n${label === 'fr' ? 'Rideau. La lumière baisse.' : 'Curtain.'}\n`], {
        type: 'text/vtt',
      }),
    ),
  }));
const packed = Array.from({ length: 60 }, (_, i) => ({
  path: i % 3 === 0 ? `Captations/Jour ${1 + (i % 4)}/plan ${i}.mov` : i % 3 === 1 ? `Affiches/affiche ${i}.pdf` : `note ${i}.txt`,
  bytes: (i + 1) * 1.7 * MB,
  modifiedAt: now - i * 86_400_000,
  inside: i % 7 === 0 ? null : { at: 0, packed: 1, method: 'stored' as const, crc: 0 },
}));

export const previews = {
  image: (): Preview => ({ kind: 'image', url: picture(), release() {} }),
  text: (): Preview => ({ kind: 'text', text: sample, encoding: 'UTF-8', bytesShown: 2 * MB, bytesTotal: 8.4 * MB }),
  audio: (): Preview => ({ kind: 'audio', url: silence(184), mediaType: 'audio/wav', subtitles: async () => [], release() {} }),
  video: async (): Promise<Preview> => ({ kind: 'video', url: await moving(), mediaType: 'video/webm', subtitles: captions, release() {} }),
  archive: (): Preview => ({ kind: 'archive', entries: packed, more: 0 }),
  none: (): Preview => ({ kind: 'none', why: 'kind', bytesMax: null }),
} as const;

const offers: readonly SinkOffer[] = [
  { sink: 'stream', fits: true, bytesMax: null },
  { sink: 'disk', fits: true, bytesMax: null },
  { sink: 'memory', fits: true, bytesMax: 0.5 * GB },
];

export function link(
  kind: OpenLink['kind'],
  file: Entry | null,
  preview: () => Preview | Promise<Preview>,
  more: Partial<OpenLink> & { readonly save?: SaveState } = {},
): OpenLink {
  const { save, ...rest } = more as { save?: SaveState } & Partial<OpenLink>;
  return {
    title: file ? file.name : 'Festival 2026',
    kind,
    bytesTotal: file?.bytes ?? 67.4 * GB,
    filesCount: file ? 1 : 128,
    expiresAt: now + 7 * 86_400_000,
    downloadsLeft: 9,
    fingerprint,
    takesTips: false,
    root: listing(file ? [file] : entries),
    async listing() {
      return listing(entries.slice(2));
    },
    async preview() {
      return preview();
    },
    async sinks() {
      return offers;
    },
    save(target): SaveJob {
      return { target, name: file?.name ?? 'Festival 2026.zip', state: fixed(save ?? saving('saving')), cancel() {} };
    },
    ...rest,
  };
}

export function saving(phase: SaveState['phase']): SaveState {
  return {
    sink: 'stream',
    phase,
    bytesDone: phase === 'done' ? 3.42 * GB : 1.2 * GB,
    bytesTotal: 3.42 * GB,
    speed: 38 * MB,
    secondsLeft: 58,
    failure: null,
    leftOut: [],
  };
}

/** @param jar what a tip jar is, where the link has one */
export function opener(opening: Opening, jar: PricedLink | null = null): () => Promise<Opener> {
  return async () => ({
    async open() {
      return opening;
    },
    async thank() {
      return jar;
    },
    async report() {
      return { reference: 'N-2041-7f3a' };
    },
  });
}

export const file = {
  film: entry('Captation grande scène.mp4', 3.42 * GB, 'video/mp4'),
  mix: entry('Mix final 24 bits.wav', 684 * MB, 'audio/wav'),
  photo: entry('Photo presse 01.jpg', 14.2 * MB, 'image/jpeg'),
  text: entry('Conduite.md', 8.4 * MB, 'text/markdown'),
  archive: entry('Presse kit.zip', 220 * MB),
  other: entry('Plan de feux.docx', 1.1 * MB),
} as const;

export function manager(links: readonly Partial<ManagedLink>[]): Manager {
  const full = links.map(
    (some, i): ManagedLink => ({
      id: String(i),
      url: 'https://reprise.example/s#1.AKx0gq4m',
      label: null,
      title: 'Captation grande scène.mp4',
      bytes: 3.42 * GB,
      createdAt: now,
      expiresAt: now + 7 * 86_400_000,
      hasPassword: false,
      downloadsMax: null,
      downloads: 0,
      visits: 12,
      phase: 'open',
      ...some,
    }),
  );
  return {
    space: fixed({ bytes: 3.42 * GB, links: full, expirySecondsMax: 30 * 86_400 }),
    async refresh() {},
    async createLink() {
      return full[0]!;
    },
    async changeLink() {},
    async revokeLink() {},
    async deleteEverything() {},
  };
}
