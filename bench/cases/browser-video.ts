// Watching without saving: the first frame and seeks in a video of 20 Mb/s, decrypted on the way.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../harness/command.ts';
import { percentile } from '../harness/median.ts';
import { inRounds } from '../harness/rounds.ts';
import { makeScratch } from '../harness/scratch.ts';
import { absentPrograms } from '../peers/peer.ts';
import { timesOf, us, type Absence } from '../results.ts';
import { findChromium, findFirefox, launchChromium, launchFirefox, openPage } from '../../tests/support/browser.ts';
import type { BenchCase } from './case.ts';
import { startLinkHost } from './link-host.ts';

const seeksEach = 20;
const waitMs = 60_000;

type Watched = { readonly firstFrameMs: number; readonly seeksMs: readonly number[] };

export const browserVideo: BenchCase = {
  name: 'browser-video',
  about: 'first frame and seeks in a video of 2 GiB at 20 Mb/s (quick: 256 MiB)',
  long: false,
  async run({ options, say }) {
    const caseName = `video of ${options.quick ? '256 MiB' : '2 GiB'}`;
    const absent = absentPrograms('ffmpeg');
    if (absent !== null) return { series: [], absences: [{ caseName, subject: us, reason: absent }], remarks: [] };
    using scratch = makeScratch(options.folder, 'video');
    const film = await makeFilm(scratch.folder, options.quick ? 2 ** 28 : 2 ** 31);
    await using server = await startLinkHost(scratch.folder);
    const link = await server.put(film);
    const absences: Absence[] = [];
    const watchers = [
      { name: 'Chromium', absent: findChromium() === null, watch: watchInChromium },
      { name: 'Firefox', absent: findFirefox() === null, watch: (url: string) => watchInFirefox(url, scratch.folder) },
    ].filter((watcher) => {
      if (watcher.absent) absences.push({ caseName, subject: us, reason: `no ${watcher.name} on this machine` });
      return !watcher.absent;
    });
    const found = new Map<string, Watched[]>(watchers.map(({ name }) => [name, []]));
    await inRounds(watchers, options.runs, async ({ name, watch }, run) => {
      try {
        const watched = await watch(link);
        found.get(name)?.push(watched);
        say(
          `${caseName} run ${run + 1} ${name}: first frame ${watched.firstFrameMs.toFixed(0)} ms, seek p95 ${percentile(watched.seeksMs, 0.95).toFixed(0)} ms`,
        );
      } catch (error) {
        absences.push({ caseName, subject: name, reason: `run ${run + 1}: ${(error as Error).message.slice(0, 400)}` });
        say(`${caseName} run ${run + 1} ${name} FAILED: ${(error as Error).message}`);
      }
    });
    const one = timesOf(caseName);
    const series = [...found].flatMap(([name, all]) =>
      all.length === 0
        ? []
        : [
            one(
              `first frame, ${name}`,
              all.map(({ firstFrameMs }) => firstFrameMs),
            ),
            one(
              `seek p50, ${name}`,
              all.map(({ seeksMs }) => percentile(seeksMs, 0.5)),
            ),
            one(
              `seek p95, ${name}`,
              all.map(({ seeksMs }) => percentile(seeksMs, 0.95)),
            ),
          ],
    );
    const remark = `First frame: from the moment the player gets its address until a frame can be shown. ${seeksEach} seeks to places all over the film, each timed until the frame there can be shown; every run in a fresh profile.`;
    return { series, absences, remarks: [remark] };
  },
};

/** H.264 at 20 Mb/s, index at the front: a short encode, then copied end to end until it is long enough. */
async function makeFilm(folder: string, bytes: number): Promise<string> {
  const short = join(folder, 'short.mp4');
  const source = 'testsrc2=size=1920x1080:rate=25,noise=alls=40:allf=t';
  const rate = ['-b:v', '20M', '-minrate', '20M', '-maxrate', '20M', '-bufsize', '20M', '-x264-params', 'nal-hrd=cbr'];
  await runCommand('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    source,
    '-t',
    '12',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '50',
    '-pix_fmt',
    'yuv420p',
    ...rate,
    short,
  ]);
  const film = join(folder, 'film.mp4');
  const copies = Math.ceil(bytes / statSync(short).size) - 1;
  await runCommand('ffmpeg', ['-v', 'error', '-stream_loop', String(copies), '-i', short, '-c', 'copy', '-movflags', '+faststart', film]);
  if (!readdirSync(folder).includes('film.mp4') || statSync(film).size < bytes * 0.95)
    throw new Error('ffmpeg made a film that is too short');
  return film;
}

/** Runs in the page before anything else: notes when the player began and when it had a frame. */
const noteFrames = `
  globalThis.mediaTimes = {};
  for (const name of ['loadstart', 'loadeddata']) document.addEventListener(name, (event) => { mediaTimes[name] ??= event.timeStamp; }, true);
`;

const hasFrame = () => (globalThis as unknown as { mediaTimes: Record<string, number> }).mediaTimes['loadeddata'] !== undefined;

async function watchInChromium(link: string): Promise<Watched> {
  const browser = await launchChromium([], findChromium());
  try {
    await using visit = await openPage(browser, { origin: new URL(link).origin });
    await visit.context.addInitScript(noteFrames);
    await visit.page.goto(link);
    await visit.page.waitForFunction(hasFrame, undefined, { timeout: waitMs });
    return {
      firstFrameMs: await visit.page.evaluate<number>('mediaTimes.loadeddata - mediaTimes.loadstart'),
      seeksMs: await visit.page.evaluate(seekAround, seeksEach),
    };
  } finally {
    await browser.close();
  }
}

async function watchInFirefox(link: string, folder: string): Promise<Watched> {
  const firefox = await launchFirefox(join(folder, 'downloads'));
  try {
    const page = await firefox.newPage();
    await page.evaluateOnNewDocument(noteFrames);
    await page.goto(link);
    await page.waitForFunction(hasFrame, { timeout: waitMs });
    return {
      firstFrameMs: (await page.evaluate('mediaTimes.loadeddata - mediaTimes.loadstart')) as number,
      seeksMs: await page.evaluate(seekAround, seeksEach),
    };
  } finally {
    await firefox.close();
  }
}

/** Runs in the page. The same places for everybody: steps of the golden ratio through the film, near and far. */
async function seekAround(times: number): Promise<number[]> {
  const video = document.querySelector('video');
  if (video === null) throw new Error('there is no player on this page');
  video.muted = true;
  const found: number[] = [];
  for (let n = 1; n <= times; n++) {
    const place = ((n * 0.618034) % 1) * (video.duration - 1);
    const startedAt = performance.now();
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`a seek to ${place.toFixed(0)} s did not end within 30 s`)), 30_000);
      video.addEventListener('seeked', () => (clearTimeout(late), resolve()), { once: true });
      video.currentTime = place;
    });
    found.push(performance.now() - startedAt);
  }
  return found;
}
