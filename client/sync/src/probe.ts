// What a disk does with names, times, links and marks, found by trying, because the name of a system does not tell it. spec/sync.md "Disks".
import { encodeUtf8 } from '@reprise/kit';
import { type Disk, type DiskPath, type DiskProbe, DiskRefusal, type DiskStamp } from './ports.ts';

const above = '.reprise';
const folder = `${above}/probe`;

/** @returns what was found; nothing that was tried is left behind */
export async function probeDisk(disk: Disk, freeBytes: number): Promise<DiskProbe> {
  const hasAbove = await makeUnlessThere(disk, above);
  try {
    await clear(disk);
    await makeUnlessThere(disk, folder);
    const root = await disk.look('');
    if (!root) throw new DiskRefusal('absent', '');
    const names = await probeNames(disk);
    return {
      device: root.device,
      foldsCase: await folds(disk),
      refusesName: (name) => isRefused(name, names),
      mtimeStepNs: await probeStep(disk),
      hasHardLinks: await works(() => disk.link(`${folder}/x`, `${folder}/hard`)),
      hasLinks: await works(() => disk.makeLink(`${folder}/soft`, 'x')),
      hasExecutableBit: await hasMarks(disk),
      freeBytes,
    };
  } finally {
    await clear(disk);
    if (!hasAbove) await disk.remove(above);
  }
}

/** @returns whether it was there */
async function makeUnlessThere(disk: Disk, path: DiskPath): Promise<boolean> {
  if (await disk.look(path)) return true;
  await disk.makeFolder(path);
  return false;
}

async function clear(disk: Disk): Promise<void> {
  if (!(await disk.look(folder))) return;
  for (const { name } of await disk.list(folder)) if (name !== null) await disk.remove(`${folder}/${name}`);
  await disk.remove(folder);
}

async function works(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof DiskRefusal && (error.reason === 'unsupported' || error.reason === 'denied')) return false;
    throw error;
  }
}

async function make(disk: Disk, name: string, isExecutable = false, mtimeNs = 1_600_000_000_000_000_000n): Promise<DiskStamp> {
  const file = await disk.create(`${folder}/${name}`, 0);
  return file.finish({ mtimeNs, isExecutable });
}

// ------------------------------------------------------------------------------------------------------------------ names

type NameRules = {
  readonly refused: ReadonlySet<string>;
  readonly unit: 'utf-8' | 'utf-16';
  readonly decomposes: boolean;
};

/** Each stands for what systems refuse together. */
const tried = { punctuation: ['<', '>', ':', '"', '\\', '|', '?', '*'], control: '\u0001', dot: 'a.', space: 'a ', reserved: 'con' };
const reservedByWindows = /^(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\.|$)/i;
const unitsMax = 255;

async function probeNames(disk: Disk): Promise<NameRules> {
  const refused = new Set<string>();
  for (const name of [...tried.punctuation, tried.control, tried.dot, tried.space, tried.reserved])
    if (!(await holds(disk, name))) refused.add(name);
  const unit = (await holds(disk, '一'.repeat(unitsMax))) ? 'utf-16' : 'utf-8';
  await make(disk, 'é');
  const listed = await disk.list(folder);
  const decomposes = listed.some(({ name }) => name === 'é'.normalize('NFD'));
  return { refused, unit, decomposes };
}

/** Under exactly this name: some systems drop what they do not like. */
async function holds(disk: Disk, name: string): Promise<boolean> {
  try {
    await make(disk, name);
    const listed = await disk.list(folder);
    const isHeld = listed.some((one) => one.name === name);
    await disk.remove(`${folder}/${name}`);
    return isHeld;
  } catch (error) {
    if (error instanceof DiskRefusal && ['name-refused', 'name-bytes', 'absent', 'taken', 'denied'].includes(error.reason)) return false;
    throw error;
  }
}

function isRefused(name: string, { refused, unit, decomposes }: NameRules): boolean {
  const spelled = decomposes ? name.normalize('NFD') : name;
  const units = unit === 'utf-16' ? spelled.length : encodeUtf8(spelled).length;
  if (units > unitsMax || tried.punctuation.some((mark) => refused.has(mark) && name.includes(mark))) return true;
  if (refused.has(tried.control) && [...name].some((letter) => letter < ' ')) return true;
  if (refused.has(tried.dot) && name.endsWith('.')) return true;
  if (refused.has(tried.space) && name.endsWith(' ')) return true;
  return refused.has(tried.reserved) && reservedByWindows.test(name);
}

async function folds(disk: Disk): Promise<boolean> {
  await make(disk, 'x');
  return (await disk.look(`${folder}/X`)) !== null;
}

// ------------------------------------------------------------------------------------------------------------ times, marks

const steps = [2_000_000_000n, 1_000_000_000n, 10_000_000n, 1_000_000n, 1_000n, 100n, 1n];

/** The coarsest step that all times the disk gave back are multiples of: those it was told, and one of its own clock. */
async function probeStep(disk: Disk): Promise<bigint> {
  const stored = [(await disk.look(folder))?.mtimeNs ?? 0n];
  for (const [index, mtimeNs] of [1_600_000_001_000_000_000n, 1_600_000_001_234_567_891n].entries())
    stored.push((await make(disk, `t${index}`, false, mtimeNs)).mtimeNs);
  return steps.find((step) => stored.every((time) => time % step === 0n)) ?? 1n;
}

async function hasMarks(disk: Disk): Promise<boolean> {
  const [marked, plain] = [await make(disk, 'm1', true), await make(disk, 'm2', false)];
  return marked.isExecutable && !plain.isExecutable;
}
