// A device of the world: a disk, what it keeps beside it, and the real engine on them, which can be killed at any call and started again.
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@reprise/protocol';
import { connect, type HttpResponse, inlinePool } from '@reprise/sdk';
import { type AccountSession, type HeadStore, memoryHeadStore, openDrive, Replica } from '@reprise/sdk/drive';
import { Journal, type RootReport, RootSync } from '@reprise/sync/node';
import { conflictMoment } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { contentOfBytes } from '../../client/sync/src/contents.ts';
import type { LocalRow } from '../../client/sync/src/node/journal/trees.ts';
import { DiskRefusal } from '../../client/sync/src/ports.ts';
import { endRoot, startRoot } from '../../client/sync/src/start.ts';
import type { Dice } from '../../client/sync/src/testing/dice.ts';
import type { Inode, Volume } from '../../client/sync/src/testing/volume/volume.ts';
import { type NodeId, rootId } from '../../client/sync/src/tree.ts';
import { type DiskCall, VolumeDisk } from '../../client/sync/src/testing/volume/volume-disk.ts';
import { busy } from './quiet.ts';
import type { Scheduler } from './scheduler.ts';
import type { Service } from './service.ts';

export type DeviceParts = {
  readonly name: string;
  readonly volume: Volume;
  readonly session: AccountSession;
  readonly service: Service;
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  /** Of its own, for its journal. */
  readonly folder: string;
  /** What its root is called in marker and journal. */
  readonly root: string;
  /** Asked before each call; what it throws is what the call comes to. */
  readonly onCall: (device: Device, call: Call) => void;
  /** What the network makes of an answer. */
  readonly onAnswer: (device: Device, url: string, response: HttpResponse) => HttpResponse;
  /** After each commit that the server took. */
  readonly onCommit: (device: Device) => void;
};

export type Call =
  | { readonly port: 'disk'; readonly call: DiskCall }
  | { readonly port: 'net'; readonly url: string; readonly half: 'request' | 'answer' };

/** A look every minute, should every word of news be lost. */
const pollMs = 60_000;
const againMs = 5_000;
const passing: ReadonlySet<string> = new Set(['network', 'stalled', 'source-changed', 'source-vanished', 'target-refused']);
const lies: ReadonlySet<string> = new Set(['bad-answer', 'bad-object', 'reject', 'object-missing']);

export class Device {
  readonly parts: DeviceParts;
  readonly heads: HeadStore = memoryHeadStore();
  state: 'working' | 'idle' | 'off' = 'off';
  /** What went wrong in a way that no device may go wrong. */
  broken: unknown;
  /** Of the runs since it was last asked. */
  reports: RootReport[] = [];
  /** What it could not do for now: network, root, disk. */
  readonly refusals: string[] = [];
  /** Of so few new things, a look leaves some folders for the next one; from its next start on. */
  newAtOnce: number | undefined = 3;
  /** How far its clock is off. */
  clockOffMs = 0;
  sync: RootSync | undefined;
  journal: Journal | undefined;
  #life = 0;
  /** It was given an answer that no honest server gives. */
  #isLiedTo = false;
  #disk: VolumeDisk | undefined;
  #wake: () => void = () => {};
  #isRung = false;
  /** What it knew of the drive when it was last at work. */
  #known: (path: string, inode: Inode) => boolean = () => false;

  constructor(parts: DeviceParts) {
    this.parts = parts;
  }

  get name(): string {
    return this.parts.name;
  }

  start(): void {
    const life = ++this.#life;
    this.state = 'working';
    this.#live(life).catch((error) => {
      if (life !== this.#life) return;
      this.kill();
      if (this.#isExpected(error)) {
        // As whoever looks after a program starts it again.
        this.refusals.push(String(error));
        this.parts.scheduler.scheduleOf(this.name).after(againMs, () => this.start());
        this.state = 'working';
      } else this.broken = error;
    });
  }

  /** No call of it comes back any more; nothing it would clean up is cleaned up. */
  kill(): void {
    this.#known = this.whatTheDriveHas();
    this.#life++;
    this.parts.scheduler.stop(this.name);
    this.#disk?.end();
    this.journal?.[Symbol.dispose]();
    this.journal = undefined;
    this.sync = undefined;
    this.state = 'off';
  }

  /**
   * Of files on its disk now: whether they were settled with the drive, bytes and place, and nobody touched or marked them since the look, which an
   * engine takes for an edit. Asked while it runs, it is good afterwards; while it does not, it is what was known when it ended.
   */
  whatTheDriveHas(): (path: string, inode: Inode) => boolean {
    const { journal } = this;
    if (!journal) return this.#known;
    const settled = new Map<string, LocalRow>();
    const pending: NodeId[] = [rootId];
    for (let next = pending.pop(); next !== undefined; next = pending.pop())
      for (const row of journal.local.children(next)) {
        if (row.kind === 'folder') pending.push(row.id);
        const isSettled = journal.synced.get(row.id)?.content === row.content && journal.remote.get(row.id)?.content === row.content;
        const path = isSettled && row.kind === 'file' && journal.pathIn(journal.local, row.id);
        if (path) settled.set(path.join('/'), row);
      }
    return (path, { content, mtimeNs, ctimeNs }) => {
      const row = settled.get(path);
      if (!row || row.mtimeNs !== mtimeNs || row.ctimeNs !== ctimeNs) return false;
      const hash = sha256();
      hash.update(content.read(0, content.sizeBytes));
      return [row.content, row.digest].includes(contentOfBytes(hash.digest(), content.sizeBytes));
    };
  }

  /** It ends by itself, as a person's program does. */
  end(): void {
    const { journal, sync } = this;
    if (journal && sync) endRoot({ journal, nowMs: () => this.parts.scheduler.nowMs });
    this.kill();
  }

  /** Its journal is lost. */
  forget(): void {
    this.#known = () => false;
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(this.parts.folder, `journal${suffix}`), { force: true });
  }

  /** News: of the drive, or of the disk. */
  ring(folder?: string | null): void {
    if (folder !== undefined) this.sync?.hint(folder);
    this.#isRung = true;
    this.#wake();
  }

  async #live(life: number): Promise<void> {
    const { session, scheduler, volume, name } = this.parts;
    const clock = { now: () => scheduler.nowMs + this.clockOffMs };
    const connection = connect({
      server: this.parts.service.origin,
      transport: (request) => this.#send(life, request),
      clock,
      random: (length) => this.#random(length),
      attemptsMax: 3,
    });
    const drive = await openDrive({ ...session, connection }, { engine: nodeEngine, pool: inlinePool(nodeEngine), heads: this.heads });
    const replica = await Replica.at(drive, '/');
    this.#disk = new VolumeDisk(volume, (call) => this.#gate(life, { port: 'disk', call }));
    const disk = this.#disk;
    if (life !== this.#life) return;
    const journal = Journal.open(join(this.parts.folder, 'journal'), {
      root: this.parts.root,
      space: drive.spaceId,
      folder: '0'.repeat(32),
    });
    this.journal = journal;
    const label = () => ({ moment: conflictMoment(clock.now()), device: name });
    await startRoot({ disk, journal, hash: sha256, nowMs: () => clock.now(), boot: `boot ${volume.cuts}`, label });
    const sync = new RootSync({
      ports: { disk, clock, random: (length) => this.#random(length), schedule: scheduler.scheduleOf(name) },
      probe: await disk.probe(),
      journal,
      replica,
      hash: sha256,
      device: name,
      ...(this.newAtOnce !== undefined && { newAtOnce: this.newAtOnce }),
    });
    this.sync = sync;
    await disk.watch((folder) => {
      if (life === this.#life && folder?.split('/')[0] !== '.reprise') this.ring(folder);
    });
    while (life === this.#life) {
      this.state = 'working';
      this.#isRung = false;
      await this.#run(sync);
      if (life !== this.#life) return;
      this.state = 'idle';
      await this.#rest();
    }
  }

  async #run(sync: RootSync): Promise<void> {
    try {
      this.reports.push(await sync.run());
      await sync.purge();
    } catch (error) {
      if (!this.#isExpected(error)) throw error;
      this.refusals.push(String(error));
      await this.parts.scheduler.scheduleOf(this.name).sleep(againMs);
      this.#isRung = true;
    }
  }

  async #rest(): Promise<void> {
    if (this.#isRung) return;
    const ringing = new Promise<void>((resolve) => (this.#wake = resolve));
    let stop = (): void => {};
    const polling = new Promise<void>((resolve) => {
      stop = this.parts.scheduler.scheduleOf(this.name).after(pollMs, resolve);
    });
    await Promise.race([ringing, polling]);
    stop();
  }

  async #gate(life: number, call: Call): Promise<void> {
    const what = call.port === 'disk' ? `${call.call.verb} ${call.call.path}` : `${call.half} ${kindOfUrl(call.url)}`;
    if (life !== this.#life) return new Promise(() => {});
    await this.parts.scheduler.turn(this.name, what);
    if (life !== this.#life) return new Promise(() => {});
    this.parts.onCall(this, call);
    if (life !== this.#life) return new Promise(() => {});
  }

  async #send(life: number, request: Parameters<Service['transport']>[0]) {
    const { service } = this.parts;
    await this.#gate(life, { port: 'net', url: request.url, half: 'request' });
    const answer = await busy(service.transport(request));
    const response = this.parts.onAnswer(this, request.url, answer);
    if (response !== answer) this.#isLiedTo = true;
    if (response.status < 300 && request.method === 'POST' && new URL(request.url).pathname.endsWith('/log')) this.parts.onCommit(this);
    await this.#gate(life, { port: 'net', url: request.url, half: 'answer' });
    return response;
  }

  /** What the world does to a device, and it goes on when that is over: as who follows a root does, after a while. */
  #isExpected(error: unknown): boolean {
    if (error instanceof DiskRefusal) return true;
    return error instanceof Failure && (passing.has(error.code) || (this.#isLiedTo && lies.has(error.code)));
  }

  #random(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.parts.dice.below(256));
  }
}

/** Without ids and tickets, which differ from one playing to the next. */
function kindOfUrl(url: string): string {
  const [, , , what, , ...rest] = new URL(url).pathname.split('/');
  return [what, ...rest].join('/');
}

function sha256() {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
}
