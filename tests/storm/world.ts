// A world of one seed: devices with disks in memory and the real engine, the real drive, people who change files, and what can go wrong. All that
// happens is a list of events, so that a failure can be made smaller by leaving some out.
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@reprise/protocol';
import { connect, type HttpResponse } from '@reprise/sdk';
import { retryMs } from '../../client/sync/src/limits.ts';
import { DiskRefusal } from '../../client/sync/src/ports.ts';
import { Dice } from '../../client/sync/src/testing/dice.ts';
import { type ProfileName, profiles } from '../../client/sync/src/testing/volume/profile.ts';
import { Volume } from '../../client/sync/src/testing/volume/volume.ts';
import { DriveAccount } from '../support/drive-account.ts';
import { type Call, Device } from './device.ts';
import { Ledger } from './ledger.ts';
import { ownTime } from './own-time.ts';
import { act, type Habit, habits } from './people.ts';
import { Scheduler } from './scheduler.ts';
import type { Service } from './service.ts';

/** `after`: so many turns after the one before, or as soon as nothing is under way. */
export type WorldEvent = { readonly after: number; readonly device: number; readonly seed: number } & (
  | { readonly kind: 'act'; readonly habit: Habit }
  | { readonly kind: 'kill' }
  | { readonly kind: 'cut-power' }
  /** The next request is not sent, or its answer is lost. */
  | { readonly kind: 'lose'; readonly half: 'request' | 'answer' }
  /** The next call on the disk is refused. */
  | { readonly kind: 'refuse'; readonly reason: 'broken' | 'full' | 'locked' | 'denied' }
);

export type Story = {
  readonly seed: number;
  readonly disks: readonly ProfileName[];
  readonly events: readonly WorldEvent[];
};

export type Danger = 'none' | 'kills' | 'faults' | 'power';

export function tell(seed: number, disks: readonly ProfileName[], count: number, danger: Danger): Story {
  const dice = new Dice(seed * 2 + 1);
  const events = Array.from({ length: count }, (): WorldEvent => {
    const base = { after: dice.one([0, 0, 1, 3, 10, 40, 200]), device: dice.below(disks.length), seed: dice.below(2 ** 31) };
    const isTrouble = danger !== 'none' && dice.below(6) === 0;
    return { ...base, ...(isTrouble ? trouble(danger, dice) : { kind: 'act' as const, habit: dice.one(habits) }) };
  });
  return { seed, disks, events };
}

function trouble(danger: Danger, dice: Dice) {
  const lose = { kind: 'lose' as const, half: dice.one(['request', 'answer'] as const) };
  const refuse = { kind: 'refuse' as const, reason: dice.one(['broken', 'full', 'locked', 'denied'] as const) };
  if (danger === 'kills') return dice.one([{ kind: 'kill' as const }, lose]);
  if (danger === 'power') return dice.one([{ kind: 'cut-power' as const }, { kind: 'kill' as const }]);
  return dice.one([lose, refuse]);
}

/** Reasons that the world here gives only for a moment. */
const passing: ReadonlySet<string> = new Set(['locked', 'unreadable', 'changing', 'disk-full']);
/** Turns that one event may cost until all is quiet again. */
const turnsPerEvent = 4_000;
const turnsBase = 40_000;

export class World {
  readonly story: Story;
  readonly scheduler: Scheduler;
  readonly devices: Device[] = [];
  readonly ledger = new Ledger();
  readonly account: DriveAccount;
  readonly service: Service;
  readonly #trace = createHash('sha256');
  readonly #dice: Dice;
  #acting: { readonly device: Device; readonly steps: Generator<void, void, void> }[] = [];
  #turns = 0;
  #words = 0;
  readonly #loses = new Map<Device, 'request' | 'answer'>();
  readonly #refuses = new Map<Device, 'broken' | 'full' | 'locked' | 'denied'>();

  private constructor(parts: { story: Story; scheduler: Scheduler; account: DriveAccount; service: Service; dice: Dice }) {
    this.story = parts.story;
    this.scheduler = parts.scheduler;
    this.account = parts.account;
    this.service = parts.service;
    this.#dice = parts.dice;
  }

  /** @param clock of the service, which this world winds */
  static async open(story: Story, service: Service, clock: { nowMs: number }): Promise<World> {
    const dice = new Dice(story.seed);
    const scheduler = new Scheduler(dice, clock.nowMs);
    const connection = connect({ server: service.origin, transport: service.transport, clock: { now: () => clock.nowMs } });
    const account = await DriveAccount.open(connection);
    const world = new World({ story, scheduler, account, service, dice });
    Object.defineProperty(clock, 'nowMs', { get: () => scheduler.nowMs, configurable: true, enumerable: true });
    for (const [index, profile] of story.disks.entries()) {
      const session = index === 0 ? account.first : await account.addDevice(connection);
      const folder = join(service.folder, `world-${story.seed}-${Math.floor(performance.now() * 1000)}-${index}`);
      await mkdir(folder);
      world.devices.push(
        new Device({
          name: `device-${index}`,
          volume: new Volume({ profile: profiles[profile], now: () => BigInt(scheduler.nowMs) * 1_000_000n, device: BigInt(index + 1) }),
          session,
          service,
          scheduler,
          dice: new Dice(story.seed * 31 + index),
          folder,
          root: `root-${index}`,
          onCall: (device, call) => world.#meet(device, call),
          onAnswer: (device, url, response) => world.atAnswer?.(device, url, response) ?? response,
          onCommit: (by) => {
            world.atCommit?.(by);
            world.#news(by);
          },
        }),
      );
    }
    return world;
  }

  /** Everything that happens happens; then faults heal, and the devices come to rest. @throws Error if one breaks, or they do not */
  async run(): Promise<void> {
    using _time = this.ownTime();
    for (const device of this.devices) device.start();
    for (const event of this.story.events) {
      for (let turn = 0; turn < event.after; turn++) if (!(await this.turn())) break;
      this.#happen(event);
    }
    this.#loses.clear();
    this.#refuses.clear();
    await this.settle();
    await this.heal();
  }

  /** What stood in the way for a while does no more, without anybody telling of it. @throws Error if a device does not find out */
  async heal(): Promise<void> {
    this.scheduler.nowMs += retryMs.passing + 1_000;
    for (const device of this.devices) device.ring();
    while (await this.turn());
    for (const { name, journal } of this.devices) {
      const left = (journal?.troubles() ?? []).filter(({ reason }) => passing.has(reason));
      if (left.length > 0) throw new Error(`L1: ${name} still stalls`, { cause: new Error(left.map(({ reason }) => reason).join()) });
    }
    await this.settle();
  }

  ownTime(): Disposable {
    return ownTime(this.scheduler, new Dice(this.story.seed + 7));
  }

  /** @returns whether there was anything to do but wait for somebody */
  async turn(): Promise<boolean> {
    if (++this.#turns > turnsBase + turnsPerEvent * this.story.events.length) throw new Error('L7: the devices do not come to rest');
    this.#step();
    const gone = await this.scheduler.step();
    this.#checkDevices();
    if (gone) this.#note(`${gone.who} ${gone.what}`);
    if (gone || this.#acting.length > 0) return true;
    return this.devices.some(({ state }) => state === 'working') ? this.scheduler.pass() : false;
  }

  #checkDevices(): void {
    for (const { broken, name } of this.devices) if (broken) throw new Error(`${name} broke`, { cause: broken });
    if (this.service.faults.length > 0) throw new Error('the server broke', { cause: this.service.faults[0] });
  }

  #step(): void {
    if (this.#acting.length === 0 || this.#dice.below(3) === 0) return;
    const acting = this.#dice.one(this.#acting);
    const { volume } = acting.device.parts;
    const isOver = this.ledger.watch(volume, () => acting.steps.next().done === true);
    if (isOver) this.#acting = this.#acting.filter((one) => one !== acting);
  }

  #happen(event: WorldEvent): void {
    const device = this.devices[event.device] as Device;
    this.#note(`${event.kind} ${device.name} ${'habit' in event ? event.habit : ''}`);
    switch (event.kind) {
      case 'act': {
        const dice = new Dice(event.seed);
        const steps = act(event.habit, { volume: device.parts.volume, dice, newWord: () => this.newWord() });
        this.#acting.push({ device, steps });
        return;
      }
      case 'kill':
        device.kill();
        return device.start();
      case 'cut-power': {
        const isInDrive = device.whatTheDriveHas();
        device.kill();
        // Whoever was at work at that moment is in the dark as well.
        this.#acting = this.#acting.filter((one) => one.device !== device);
        const { volume } = device.parts;
        const others = this.devices.flatMap((other) => (other === device ? [] : [other.parts.volume]));
        this.ledger.cut(volume, others, isInDrive, () => volume.cutPower(new Dice(event.seed)));
        return device.start();
      }
      case 'lose':
        this.#loses.set(device, event.half);
        return;
      case 'refuse':
        this.#refuses.set(device, event.reason);
        return;
    }
  }

  newWord(): string {
    return `w${String(this.#words++).padStart(6, '0')};`;
  }

  /** Before each call, for what has to happen at that moment. */
  atCall: ((device: Device, call: Call) => void) | undefined;

  /** After each commit that the server took, before its device knows. */
  atCommit: ((device: Device) => void) | undefined;

  /** Each answer on its way to a device, for what is made of it there. */
  atAnswer: ((device: Device, url: string, response: HttpResponse) => HttpResponse) | undefined;

  #meet(device: Device, call: Call): void {
    this.atCall?.(device, call);
    if (call.port === 'net' && this.#loses.get(device) === call.half) {
      this.#loses.delete(device);
      throw new Failure('network', { reason: 'lost' });
    }
    const reason = this.#refuses.get(device);
    if (call.port !== 'disk' || reason === undefined) return;
    this.#refuses.delete(device);
    throw new DiskRefusal(reason, call.call.path);
  }

  #news(by: Device): void {
    for (const device of this.devices) {
      if (device === by || this.#dice.below(4) === 0) continue;
      this.scheduler.scheduleOf(device.name).after(this.#dice.below(300), () => device.ring());
    }
  }

  /** Every device looks again until none finds anything to do. @throws Error if that does not come */
  async settle(): Promise<void> {
    for (let round = 0, calm = 0; calm < 2; round++) {
      if (round > 40) throw new Error('L1: the devices do not come to rest');
      const running = this.devices.filter(({ state }) => state !== 'off');
      for (const device of running) device.reports = [];
      await this.scheduler.pass(this.scheduler.nowMs + 3_000);
      this.scheduler.nowMs += 3_000;
      for (const device of running) device.ring(null);
      while (await this.turn());
      const isCalm = running.every(({ reports, state }) => state === 'idle' && reports.length > 0 && reports.every(isIdle));
      calm = isCalm ? calm + 1 : 0;
    }
  }

  #note(what: string): void {
    this.#trace.update(`${what}\n`);
  }

  /** The same for the same story. */
  trace(): string {
    return this.#trace.copy().digest('hex');
  }

  close(): void {
    for (const device of this.devices) device.kill();
  }
}

function isIdle({
  sent,
  received,
  removedHere,
  removedThere,
}: {
  sent: number;
  received: number;
  removedHere: number;
  removedThere: number;
}): boolean {
  return sent + received + removedHere + removedThere === 0;
}
