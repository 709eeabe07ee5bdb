// A page without screens: it hands the engine's three factories to the test, and counts what the browser's policies refused.
import { createManager } from '../../../apps/web/src/engine/managing.ts';
import { createOpener } from '../../../apps/web/src/engine/opener.ts';
import type {
  Entry,
  Observable,
  OpenLink,
  Parcel,
  PickedItem,
  SaveState,
  SendOptions,
  SinkKind,
} from '../../../apps/web/src/engine/port.ts';
import { createSender } from '../../../apps/web/src/engine/sender.ts';
import { controllingWorker } from '../../../apps/web/src/engine/service-worker.ts';
import { madeUpBytes, madeUpStep } from './made-up.ts';

const violations: string[] = [];
addEventListener('securitypolicyviolation', (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`),
);

const sending = createSender();
const opening = createOpener();
const plain: SendOptions = { expirySeconds: null, password: null, downloadsMax: null, label: null };
const parcels: Parcel[] = [];
const links: OpenLink[] = [];

function now<T>(observable: Observable<T>): T {
  let value: T | undefined;
  observable.subscribe((it) => {
    value = it;
  })();
  return value as T;
}

async function until<T>(observable: Observable<T>, reached: (value: T) => boolean): Promise<T> {
  const found = Promise.withResolvers<T>();
  const stop = observable.subscribe((value) => {
    if (reached(value)) found.resolve(value);
  });
  const value = await found.promise;
  stop();
  return value;
}

function madeUp(bytes: number, seed: number): Blob {
  const parts: Blob[] = [];
  for (let at = 0; at < bytes; at += madeUpStep) parts.push(new Blob([madeUpBytes(at, Math.min(madeUpStep, bytes - at), seed)]));
  return new Blob(parts);
}

function describe(parcel: Parcel) {
  const rows = now(parcel.rows);
  return {
    id: parcel.id,
    title: parcel.title,
    kind: parcel.kind,
    linkUrl: parcel.linkUrl,
    manageUrl: parcel.manageUrl,
    state: now(parcel.state),
    options: now(parcel.options),
    rows: Array.from({ length: rows.length }, (_, i) => rows.at(i)),
  };
}

function parcelOf(id: string): Parcel {
  const parcel = parcels.findLast((it) => it.id === id);
  if (!parcel) throw new TypeError('no such parcel');
  return parcel;
}

async function startSending(items: readonly PickedItem[], options: Partial<SendOptions> = {}) {
  const parcel = await (await sending).start(items, { ...plain, ...options });
  parcels.push(parcel);
  return describe(parcel);
}

type FileWish = { readonly path: string; readonly bytes: number; readonly seed: number; readonly modifiedAt?: number };
const harness = {
  violations,
  controlled: async () => (await controllingWorker()) !== null,
  sendMadeUp: (wishes: readonly FileWish[], options: Partial<SendOptions> = {}) =>
    startSending(
      wishes.map(({ path, bytes, seed, modifiedAt = 1_700_000_000_000 }) => {
        const file = new File([madeUp(bytes, seed)], path.slice(path.lastIndexOf('/') + 1), { lastModified: modifiedAt });
        return { kind: 'file', path, file, handle: null };
      }),
      options,
    ),
  sendChosen: (options: Partial<SendOptions> = {}) => startSending(chosen(), options),
  async parcelEnds(id: string, phases: readonly string[] = ['done', 'error', 'again', 'cancelled']) {
    const parcel = parcelOf(id);
    await until(parcel.state, ({ phase }) => phases.includes(phase));
    return describe(parcel);
  },
  parcelReaches: async (id: string, bytes: number) => void (await until(parcelOf(id).state, ({ bytesDone }) => bytesDone >= bytes)),
  parcel: (id: string) => describe(parcelOf(id)),
  async restore() {
    const restored = await (await sending).restore();
    parcels.push(...restored);
    return restored.map(describe);
  },
  reattachChosen: (id: string) => parcelOf(id).reattach(chosen()),
  act: (id: string, verb: 'pause' | 'resume' | 'retry', row?: string) => parcelOf(id)[verb](row),
  cancel: (id: string, row?: string) => parcelOf(id).cancel(row),
  changeOptions: (id: string, options: Partial<SendOptions>) => parcelOf(id).changeOptions(options),
  allowance: async () => (await sending).allowance(),
  wouldLose: async () => (await sending).wouldLose(),

  async open(url: string, password?: string) {
    const answer = await (await opening).open(new URL(url).hash.slice(1), password);
    const link = answer.kind === 'ready' || answer.kind === 'growing' ? answer.link : null;
    const failure = answer.kind === 'failed' ? answer.failure : null;
    if (!link) return { kind: answer.kind, failure };
    links.push(link);
    const { title, kind, bytesTotal, filesCount, root } = link;
    return { kind: answer.kind, failure, title, of: kind, bytesTotal, filesCount, entries: await root.entries(0, root.length) };
  },
  async list(folder: Entry) {
    const listing = await lastLink().listing(folder);
    return listing.entries(0, listing.length);
  },
  sinks: (bytes: number) => lastLink().sinks(bytes),
  async save(
    path: string | null,
    sink: SinkKind,
  ): Promise<{ readonly state: SaveState; readonly ms: number; readonly name: string; readonly phases: readonly string[] }> {
    const link = lastLink();
    const entry = path === null ? null : (await link.root.entries(0, link.root.length)).find(({ name }) => name === path);
    const startedAt = performance.now();
    const job = link.save(entry?.kind === 'file' ? { kind: 'file', entry } : { kind: 'zip', folder: entry ?? null }, sink);
    const phases: string[] = [];
    job.state.subscribe(({ phase }) => void (phases.at(-1) === phase || phases.push(phase)));
    const state = await until(job.state, ({ phase }) => phase === 'done' || phase === 'broken' || phase === 'cancelled');
    return { state, ms: performance.now() - startedAt, name: job.name, phases };
  },
  async preview(name: string) {
    const link = lastLink();
    const entry = (await link.root.entries(0, link.root.length)).find((it) => it.name === name);
    if (!entry) throw new TypeError('no such entry');
    return link.preview(entry);
  },
  async manage(url: string) {
    const opened = await createManager(new URL(url).hash.slice(1));
    if (opened.kind === 'failed') return opened;
    Object.assign(globalThis, { manager: opened.manager });
    return { kind: opened.kind, space: now(opened.manager.space) };
  },
  report: async (text: string) => (await opening).report('other', text, ''),
};

function lastLink(): OpenLink {
  const link = links.at(-1);
  if (!link) throw new TypeError('no link is open');
  return link;
}

function chosen(): PickedItem[] {
  const input = document.querySelector<HTMLInputElement>('#choose');
  return [...(input?.files ?? [])].map((file) => ({ kind: 'file', path: file.webkitRelativePath || file.name, file, handle: null }));
}

export type Harness = typeof harness;
Object.assign(globalThis, { harness });
