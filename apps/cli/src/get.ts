// `reprise get`: what a link holds, onto this disk.
import fs from 'node:fs';
import path from 'node:path';
import { Failure } from '@reprise/protocol/formats';
import { type ContentReader, type Entry, inlinePool, type LeftOut, type WalkedEntry } from '@reprise/sdk';
import { nodePool, nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { isDrivePath } from './drive-path.ts';
import { formatBytes } from './amounts.ts';
import { parseArguments, takePassword } from './arguments.ts';
import { type CommandContext, leftOutJson } from './command.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { openFor } from './open-link.ts';
import { PartFile } from './part-file.ts';
import { openProgress, type ProgressLine } from './progress.ts';
import { withRate } from './rate.ts';
import { repeatable } from './repeat.ts';
import { State } from './state.ts';
import { nameOnDisk } from './target-names.ts';
import { type Target, TargetFolder } from './target-folder.ts';
import { visible } from './visible.ts';
import { failureText } from './words.ts';

const options = {
  output: { type: 'string', short: 'o' },
  server: { type: 'string', short: 's' },
  force: { type: 'boolean', short: 'f' },
  'limit-rate': { type: 'string' },
  'max-price': { type: 'string' },
  /** What to pay where the price is the least. */
  amount: { type: 'string' },
  pay: { type: 'string' },
  refund: { type: 'boolean' },
} as const;

/** Chunks of a large file fetched, opened and written at the same time: with four, both cores wait a third of the time (docs/decisions/client-memory.md). */
const lanes = 6;

export async function get(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal } = context;
  const taken = takePassword(args);
  const { values, positionals } = parseArguments(taken.rest, options);
  const [text, ...more] = positionals;
  if (isDrivePath(text)) return (await import('./drive-files.ts')).getDrive(args, context);
  if (text === undefined || more.length > 0) throw new Failure('usage', { reason: text === undefined ? 'no-link' : 'one-link' });
  using transport = nodeTransport();
  const request = { link: text, server: values.server, transport: withRate(transport, values['limit-rate']), pool: inlinePool(nodeEngine) };
  if (values.refund) return (await import('./buy.ts')).takeRefunds({ ...request, ...buying(values, terminal) }, context);
  const opened = await openFor({ ...request, password: taken.password }, context).catch(async (error: unknown) => {
    if (!(error instanceof Failure && aboutMoney.has(error.code))) throw error;
    const [{ buyLink, tellGone }, wishes] = [await import('./buy.ts'), { ...request, ...buying(values, terminal) }];
    return error.code === 'payment-required' ? buyLink(wishes, context) : tellGone(error, wishes, context);
  });
  if (!opened.root || opened.facts.growing) throw new Failure('link-growing');
  const tops: Entry[] = [];
  for await (const entry of opened.list(null, terminal.interrupted)) tops.push(entry);
  const bytes = tops.reduce((sum, entry) => sum + entry.size, 0);
  await using pool = bytes > inlineBytesMax ? nodePool() : inlinePool(nodeEngine);
  opened.usePool(pool);
  const source: SaveSource = {
    tops,
    reader: opened,
    walk: () => opened.walk(null, terminal.interrupted),
    begin: () => opened.beginDownload(terminal.interrupted),
    finish: () => opened.finishDownload(terminal.interrupted),
  };
  return await saveAll(source, { asked: text, args, values }, context);
}

/** The link is sold, or is gone, which may have been bought. */
const aboutMoney = new Set(['payment-required', 'link-unavailable', 'link-removed']);

type BuyValues = {
  readonly pay?: string | undefined;
  readonly 'max-price'?: string | undefined;
  readonly amount?: string | undefined;
  readonly json?: boolean | undefined;
};

function buying({ pay, amount, json, ...values }: BuyValues, terminal: CommandContext['terminal']) {
  return { state: State.open(terminal.stateFolder), wishes: { pay, amount, maxPrice: values['max-price'], isJson: json === true } };
}

/** What is to be saved: of a link, or of a drive. */
export type SaveSource = {
  readonly tops: readonly Entry[];
  readonly reader: ContentReader;
  /** Everything, parents before children; paths begin with a top's name. */
  readonly walk: () => AsyncIterable<WalkedEntry>;
  readonly begin: () => Promise<void>;
  readonly finish: () => Promise<void>;
};

export type SaveRequest = {
  /** What names the source on the command line: the same again goes on with what is here. */
  readonly asked: string;
  readonly args: readonly string[];
  readonly values: {
    readonly output?: string | undefined;
    readonly force?: boolean | undefined;
    readonly json?: boolean | undefined;
    readonly quiet?: boolean | undefined;
  };
};

/** @returns the exit code */
export async function saveAll(source: SaveSource, { asked, args, values }: SaveRequest, context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { tops } = source;
  if (values.output === '-') return toStandardOutput(source, context);

  const force = values.force === true;
  const state = State.open(terminal.stateFolder);
  const mark = state.downloadMark(await state.name('get', asked, path.resolve(values.output ?? '.')));
  const begun = readMark(mark);
  const place = begun ?? choosePlace(tops, values.output);
  if (!begun && !force && place.newFolder && fs.existsSync(place.newFolder)) throw new Failure('target-exists', { path: place.newFolder });
  fs.writeFileSync(mark, JSON.stringify(place), { mode: 0o600 });
  try {
    fs.mkdirSync(place.base, { recursive: true });
  } catch (error) {
    throw new Failure('target-refused', { path: place.base, reason: (error as NodeJS.ErrnoException).code ?? 'unknown' });
  }
  using progress = openProgress(terminal, { verb: words.receiving, files: words.filesWord, isQuiet: values.quiet === true });
  const download = new Download(source, new TargetFolder(place.base, { force }), { force, progress, context });
  try {
    await source.begin();
    await download.run(place.name);
    await source.finish();
  } catch (error) {
    progress[Symbol.dispose]();
    if (!terminal.interrupted.aborted) throw error;
    terminal.say(`${words.stoppedGet(repeatable('get', args))}\n`);
    if (values.json) terminal.print(JSON.stringify({ error: { code: 'cancelled' } }));
    return exitCodes.interrupted;
  }
  if (download.leftOut.length === 0) fs.rmSync(mark, { force: true });
  progress[Symbol.dispose]();
  const where = place.newFolder ?? (place.name === undefined ? place.base : path.join(place.base, place.name));
  if (values.quiet !== true) tellOutcome(download, where, context);
  if (values.json) {
    const { bytesDone, filesDone, leftOut, renamed } = download;
    terminal.print(
      JSON.stringify({ path: path.resolve(where), bytes: bytesDone, files: filesDone, leftOut: leftOutJson(leftOut), renamed }),
    );
  }
  const [first] = download.leftOut;
  if (!first) return exitCodes.done;
  return download.filesDone > 0 ? exitCodes.partly : exitCodeOf(first.failure.code);
}

/** Below this, starting threads takes longer than the work. */
const inlineBytesMax = 1_000_000;

type Place = {
  /** The folder that everything is written into. */
  readonly base: string;
  /** The name of the one thing the link holds; undefined if it holds several. */
  readonly name: string | undefined;
  /** The folder that should not exist before. */
  readonly newFolder: string | undefined;
};

/** Where an earlier run of the same command began: its folder exists now, and would be taken for one to save into. */
function readMark(mark: string): Place | undefined {
  try {
    const { base, name, newFolder } = JSON.parse(fs.readFileSync(mark, 'utf8')) as Partial<Place>;
    return typeof base === 'string' ? { base, name, newFolder } : undefined;
  } catch {
    return undefined;
  }
}

/** As `cp` does: into an existing folder, else under the name given. */
function choosePlace(tops: readonly Entry[], output: string | undefined): Place {
  const only = tops.length === 1 ? tops[0] : undefined;
  const isFolder =
    output !== undefined && (/[\\/]$/.test(output) || fs.statSync(output, { throwIfNoEntry: false })?.isDirectory() === true);
  if (!only) return { base: output ?? '.', name: undefined, newFolder: isFolder || output === undefined ? undefined : output };
  const [base, name] =
    output === undefined ? ['.', only.name] : isFolder ? [output, only.name] : [path.dirname(output), path.basename(output)];
  const real = path.join(base, nameOnDisk(name, process.platform));
  return { base, name, newFolder: only.content.kind === 'directory' ? real : undefined };
}

async function toStandardOutput(source: SaveSource, { terminal }: CommandContext): Promise<number> {
  const only = source.tops.length === 1 ? source.tops[0] : undefined;
  if (!only || !isFile(only)) throw new Failure('usage', { reason: 'stdout-one' });
  await source.begin();
  await writeToStandardOutput(source.reader, only, terminal.interrupted);
  await source.finish();
  return exitCodes.done;
}

export async function writeToStandardOutput(reader: ContentReader, file: Entry, signal: AbortSignal): Promise<void> {
  for await (const { bytes } of reader.readFile(file, { lanes, signal })) {
    // The bytes are valid until the next piece, so the pipe has to have them before.
    await new Promise<void>((resolve, reject) => process.stdout.write(bytes, (error) => (error ? reject(error) : resolve())));
  }
}

function isFile(entry: Entry): boolean {
  return entry.content.kind === 'file' || entry.content.kind === 'manifest';
}

type DownloadOptions = { readonly force: boolean; readonly progress: ProgressLine; readonly context: CommandContext };

/** Small files are fetched together: at most so many bytes and files in one request. */
const smallFileBytesMax = 1_048_576;
const groupBytesMax = 8_388_608;
const groupFilesMax = 2_000;

class Download {
  readonly leftOut: LeftOut[] = [];
  bytesDone = 0;
  filesDone = 0;
  filesSame = 0;
  #bytesTotal = 0;
  #filesTotal = 0;
  readonly #source: SaveSource;
  readonly #folder: TargetFolder;
  readonly #options: DownloadOptions;
  #group: Target[] = [];
  #groupBytes = 0;
  #groupUnderWay: Promise<void> = Promise.resolve();

  constructor(source: SaveSource, folder: TargetFolder, options: DownloadOptions) {
    this.#source = source;
    this.#folder = folder;
    this.#options = options;
  }

  get renamed() {
    return this.#folder.renamed;
  }

  get #signal(): AbortSignal {
    return this.#options.context.terminal.interrupted;
  }

  /** @param name of the one thing at the top, if it is to have another than in the link */
  async run(name: string | undefined): Promise<void> {
    for await (const { path: linkPath, entry } of this.#source.walk()) {
      const isTop = !linkPath.includes('/');
      if (isTop) this.#bytesTotal += entry.size;
      try {
        await this.#take(linkPath, entry, isTop && name !== entry.name ? name : undefined);
      } catch (error) {
        if (!isOfOneFile(error)) await this.#flush().catch(() => undefined); // What was collected before is saved all the same.
        this.#leaveOut(linkPath, error);
      }
    }
    await this.#flush();
    this.#folder.finish((linkPath, failure) => this.leftOut.push({ path: linkPath, failure }));
    this.#show();
  }

  async #take(linkPath: string, entry: Entry, as: string | undefined): Promise<void> {
    const target = this.#folder.place(linkPath, entry, as);
    switch (entry.content.kind) {
      case 'directory':
        return this.#folder.makeFolder(target);
      case 'symlink':
        return this.#folder.addSymlink(target, entry.content.target);
      case 'file':
      case 'manifest':
        this.#filesTotal++;
        return this.#takeFile(target);
      default:
        throw new Failure('link-version', { path: linkPath });
    }
  }

  async #takeFile(target: Target): Promise<void> {
    const { entry } = target;
    const there = this.#folder.existing(target);
    if (there && (await this.#isSame(target, there))) {
      this.filesSame++;
      this.#count(entry.size);
      return;
    }
    if (there && !this.#options.force) throw new Failure('target-exists', { path: target.real });
    if (entry.size > smallFileBytesMax || entry.content.kind !== 'file') return this.#saveLarge(target);
    this.#group.push(target);
    this.#groupBytes += entry.size;
    if (this.#groupBytes >= groupBytesMax || this.#group.length >= groupFilesMax) await this.#saveCollected();
  }

  /** Saves all that was collected. */
  async #flush(): Promise<void> {
    await this.#saveCollected();
    await this.#groupUnderWay;
  }

  /** One group is fetched and opened while the next is collected. */
  async #saveCollected(): Promise<void> {
    const group = this.#group;
    this.#group = [];
    this.#groupBytes = 0;
    await this.#groupUnderWay;
    this.#groupUnderWay = this.#saveGroup(group);
    this.#groupUnderWay.catch(() => undefined); // It is thrown where it is awaited.
  }

  async #saveGroup(group: readonly Target[]): Promise<void> {
    if (group.length === 0) return;
    const contents = await this.#readGroup(group);
    for (const [i, target] of group.entries()) {
      const bytes = contents[i];
      if (!bytes) continue;
      try {
        this.#folder.writeFile(target, bytes);
        this.#count(bytes.length);
      } catch (error) {
        this.#leaveOut(target.path, error);
      }
    }
  }

  /** If one of the group is damaged or gone, each is fetched alone, so that the others are saved. */
  async #readGroup(group: readonly Target[]): Promise<(Uint8Array | undefined)[]> {
    try {
      return await this.#source.reader.readSmallFiles(
        group.map(({ entry }) => entry),
        this.#signal,
      );
    } catch (error) {
      if (group.length === 1) this.#leaveOut((group[0] as Target).path, error);
      if (group.length === 1 || !isOfOneFile(error)) {
        if (group.length > 1) throw error;
        return [undefined];
      }
      const contents: (Uint8Array | undefined)[] = [];
      for (const target of group) contents.push(...(await this.#readGroup([target])));
      return contents;
    }
  }

  async #saveLarge(target: Target): Promise<void> {
    const { entry } = target;
    const fd = this.#folder.openPart(target);
    let isOpen = true;
    try {
      const from = await this.#checkedLength(target, fd);
      fs.ftruncateSync(fd, from);
      this.#count(from, 0);
      if (from > 0)
        this.#options.progress.say(
          this.#options.context.words.partResumed(visible(target.path), formatBytes(from, this.#options.context.terminal.language)),
        );
      using file = new PartFile(fd);
      for await (const { offset, bytes } of this.#source.reader.readFile(entry, { from, lanes, signal: this.#signal })) {
        await file.write(bytes, offset);
        this.#count(bytes.length, 0);
      }
      isOpen = false;
      this.#folder.complete(target, fd);
      this.#count(0);
    } catch (error) {
      if (isOpen) fs.closeSync(fd);
      throw this.#folder.writeFailure(target, error);
    }
  }

  /** How much of an incomplete file is proved to be the link's: whole chunks from its start. */
  async #checkedLength(target: Target, fd: number): Promise<number> {
    const held = fs.fstatSync(fd).size;
    if (held === 0) return 0;
    let at = 0;
    for (const extent of await this.#source.reader.extents(target.entry, this.#signal)) {
      if (extent.length === 0) continue;
      if (at + extent.length > held) break;
      const bytes = new Uint8Array(extent.length);
      if (fs.readSync(fd, bytes, 0, bytes.length, at) < bytes.length || !(await this.#source.reader.isSame(extent, bytes))) break;
      at += extent.length;
      this.#signal.throwIfAborted();
    }
    return at;
  }

  async #isSame(target: Target, there: fs.Stats): Promise<boolean> {
    if (!there.isFile() || there.size !== target.entry.size) return false;
    const fd = fs.openSync(target.real, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0));
    try {
      return (await this.#checkedLength(target, fd)) === target.entry.size;
    } finally {
      fs.closeSync(fd);
    }
  }

  #count(bytes: number, files = 1): void {
    this.bytesDone += bytes;
    this.filesDone += files;
    this.#show();
  }

  #show(): void {
    this.#options.progress.update(() => ({
      bytesDone: this.bytesDone,
      bytesTotal: Math.max(this.#bytesTotal, this.bytesDone),
      filesDone: this.filesDone,
      filesTotal: this.#filesTotal,
    }));
  }

  /** What concerns one file alone leaves the others be; everything else ends the download. */
  #leaveOut(linkPath: string, error: unknown): void {
    if (!isOfOneFile(error)) throw error;
    this.leftOut.push({ path: linkPath, failure: error });
  }
}

const ofOneFile = new Set([
  'reject',
  'object-missing',
  'chunk-corrupt',
  'target-exists',
  'target-refused',
  'link-version',
  'bad-object',
  'bad-name',
  'limit-exceeded',
]);

function isOfOneFile(error: unknown): error is Failure {
  return error instanceof Failure && ofOneFile.has(error.code);
}

function tellOutcome(download: Download, where: string, { terminal, words }: CommandContext): void {
  const { language } = terminal;
  if (download.filesSame > 0) terminal.say(`${words.alreadyThere(download.filesSame)}\n`);
  terminal.say(`${words.received(formatBytes(download.bytesDone, language), download.filesDone, visible(where))}\n`);
  if (download.renamed.length > 0) terminal.say(`${words.renamedTitle}\n`);
  for (const { from, to } of download.renamed) terminal.say(`  ${visible(from)} → ${visible(to)}\n`);
  if (download.leftOut.length > 0) terminal.say(`${words.leftOutTitle(download.leftOut.length)}\n`);
  for (const { path: at, failure } of download.leftOut) terminal.say(`  ${visible(at)}: ${visible(failureText(words, failure))}\n`);
}
