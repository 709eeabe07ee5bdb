// One named case: devices that are switched on and off, files that are written by hand, and moments at which something happens.
import assert from 'node:assert/strict';
import { decodeUtf8, encodeUtf8 } from '@reprise/kit';
import { rootId } from '../../client/sync/src/tree.ts';
import type { ProfileName } from '../../client/sync/src/testing/volume/profile.ts';
import type { Volume } from '../../client/sync/src/testing/volume/volume.ts';
import type { DiskCall } from '../../client/sync/src/testing/volume/volume-disk.ts';
import type { Call, Device } from './device.ts';
import { checkLaws } from './laws.ts';
import { openStage, type Stage } from './play.ts';
import { World } from './world.ts';

let stage: Promise<Stage> | undefined;
let scenes = 0;

export async function closeStage(): Promise<void> {
  await (await stage)?.[Symbol.asyncDispose]();
}

/** @param act is done with all devices on and empty; afterwards the laws of sync hold, unless `lawless` */
export async function inScene(disks: readonly ProfileName[], act: (scene: Scene) => Promise<void>, lawless = false): Promise<void> {
  stage ??= openStage();
  const { service, clock } = await stage;
  Object.defineProperty(clock, 'nowMs', { value: Date.UTC(2026, 10, 21, 14, 5), writable: true, configurable: true });
  const world = await World.open({ seed: ++scenes, disks, events: [] }, service, clock);
  using _time = world.ownTime();
  try {
    const scene = new Scene(world);
    for (const device of world.devices) device.start();
    await scene.sync();
    await act(scene);
    if (!lawless) await checkLaws(world);
  } finally {
    world.close();
  }
}

export class Scene {
  readonly world: World;
  readonly devices: readonly Device[];

  constructor(world: World) {
    this.world = world;
    this.devices = world.devices;
  }

  volume(device: number): Volume {
    return (this.devices[device] as Device).parts.volume;
  }

  /** Until nobody finds anything to do. */
  sync(): Promise<void> {
    return this.world.settle();
  }

  off(device: number): void {
    this.devices[device]?.kill();
  }

  on(device: number): void {
    this.devices[device]?.start();
  }

  /** What happens on a device while it is off. */
  apart(device: number, act: (volume: Volume) => void): void {
    this.off(device);
    act(this.volume(device));
    this.world.scheduler.nowMs += 10_000;
    this.on(device);
  }

  write(device: number, path: string, text: string): void {
    this.volume(device).writeFile(path, encodeUtf8(text));
  }

  read(device: number, path: string): string | null {
    return this.volume(device).look(path) ? decodeUtf8(this.volume(device).readFile(path)) : null;
  }

  /** Path → text, with `/` behind folders; links and special files are left out. */
  tree(device: number): Record<string, string> {
    const found: [string, string][] = [];
    for (const { path, inode } of this.volume(device).walk()) {
      if (path === '.reprise' || path.startsWith('.reprise/')) continue;
      if (inode.kind === 'folder') found.push([`${path}/`, '']);
      if (inode.kind === 'file') found.push([path, decodeUtf8(inode.content.read(0, inode.content.sizeBytes))]);
    }
    return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The same everywhere, with the words of conflict copies left out. */
  assertTrees(expected: Record<string, string>): void {
    for (const [device] of this.devices.entries()) {
      const shown = Object.fromEntries(
        Object.entries(this.tree(device)).map(([path, text]) => [path.replace(/\(conflict [^)]*\)/, '(conflict)'), text]),
      );
      assert.deepEqual(shown, expected, `on device ${device}`);
    }
  }

  /** Path → reason. */
  troubles(device: number): Record<string, string> {
    return Object.fromEntries((this.devices[device]?.journal?.troubles() ?? []).map(({ path, reason }) => [path, reason]));
  }

  /** Of what stands in the drive's root, as a device knows it. */
  fid(device: number, name: string): string | undefined {
    return this.devices[device]?.journal?.remote.named(rootId, name).find((node) => node.name === name)?.id;
  }

  /** Once, just before the first call that fits. */
  before(device: number, isIt: (call: DiskCall) => boolean, act: () => void): void {
    this.world.atCall = (by: Device, call: Call) => {
      if (by !== this.devices[device] || call.port !== 'disk' || !isIt(call.call)) return;
      this.world.atCall = undefined;
      act();
    };
  }

  get hasHappened(): boolean {
    return this.world.atCall === undefined;
  }
}

type Killing = Readonly<Record<'prepare' | 'change' | 'end', (scene: Scene) => void>> & {
  /** What people do before it begins again. */
  readonly meanwhile?: (scene: Scene) => void;
  /** Calls are counted from its next commit on. */
  readonly isFromCommit?: boolean;
  /** Calls from one kill to the next, and until the last. */
  readonly step?: number;
  readonly most?: number;
};

/**
 * Kills a device at its first call of a run, then in another scene at its second, and so on, until a run has no more calls.
 * @param killing `prepare`: all is equal afterwards; `change`: what the run is about; `end`: what is to be found in the end
 * @returns how many calls a run has
 */
export async function killEverywhere(disks: readonly ProfileName[], device: number, killing: Killing): Promise<number> {
  const { prepare, change, meanwhile, end, isFromCommit = false, step = 1, most = Number.POSITIVE_INFINITY } = killing;
  for (let at = 0; ; at += step) {
    let isKilled = false;
    await inScene(disks, async (scene) => {
      prepare(scene);
      await scene.sync();
      change(scene);
      let calls = 0;
      let isCounted = !isFromCommit;
      scene.world.atCommit = (by) => {
        if (by === scene.devices[device]) isCounted = true;
      };
      scene.world.atCall = (by) => {
        if (by !== scene.devices[device] || !isCounted || calls++ !== at) return;
        isKilled = true;
        by.kill();
        meanwhile?.(scene);
        by.start();
      };
      await scene.sync();
      // Past the last call nobody was there to go on.
      if (isKilled || !meanwhile) end(scene);
    });
    if (!isKilled || at >= most) return at;
  }
}
