// A mint as wallets meet it: swaps of two coins into four at a hundred a second, and small questions while it signs a thousand outputs at a
// time. Requests come at their times whether or not the former were answered.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@reprise/database';
import { Sandbox, wire } from '../../bitcache/mint/src/testing/sandbox.ts';
import { swiftCoins } from '../../bitcache/mint/src/testing/swift-coins.ts';
import { serveMint } from '../../bitcache/mint/src/testing/serve.ts';
import { percentile } from '../harness/median.ts';
import { atPace } from '../harness/pace.ts';
import { makeScratch } from '../harness/scratch.ts';
import { type Series, us } from '../results.ts';
import type { BenchCase } from './case.ts';

const caseName = 'mint over HTTP';
const swapsPerSecond = 100;
const [outputsAtOnce, infoEveryMs, warmUp] = [1_000, 20, 20];

export const mint: BenchCase = {
  name: 'mint',
  about: 'a Cashu mint on SQLite: swaps at 100 a second, and /v1/info while it signs 1,000 outputs',
  long: false,
  async run({ options, say }) {
    const seconds = options.quick ? 2 : 5;
    const found: Record<'swap of 2 → 4 at 100/s, p99' | '/v1/info under 1,000-output requests, p99', number[]> = {
      'swap of 2 → 4 at 100/s, p99': [],
      '/v1/info under 1,000-output requests, p99': [],
    };
    for (let run = 0; run < options.runs; run++) {
      using scratch = makeScratch(options.folder, 'mint');
      await using sandbox = await Sandbox.open(await openDatabase({ path: join(scratch.folder, 'mint.sqlite') }));
      await using served = await serveMint(sandbox.mint, (error) => say(String(error)));
      // All of a wallet's arithmetic comes first: it would keep the server of this process from its connections.
      const [toSwap, toIssue] = [await prepareSwaps(sandbox, warmUp + seconds * swapsPerSecond), await prepareIssues(sandbox)];
      const swaps = percentile(await swapAtPace(toSwap, served.url), 0.99);
      const infos = percentile(await askWhileSigning(toIssue, served.url), 0.99);
      say(`${caseName} run ${run + 1}: swap p99 ${swaps.toFixed(1)} ms, info p99 ${infos.toFixed(1)} ms`);
      found['swap of 2 → 4 at 100/s, p99'].push(swaps);
      found['/v1/info under 1,000-output requests, p99'].push(infos);
    }
    const series = Object.entries(found).map(
      ([measure, values]): Series => ({ caseName, measure, subject: us, unit: 'ms', better: 'less', values }),
    );
    return { series, absences: [], remarks: ['The wallet asks from the process of the mint; its signer has a thread of its own.'] };
  },
};

async function post(url: string, body: object): Promise<void> {
  const text = JSON.stringify(body, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  const answer = await fetch(url, { method: 'POST', body: text });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

async function prepareSwaps(sandbox: Sandbox, count: number): Promise<object[]> {
  const coins: Awaited<ReturnType<typeof swiftCoins>> = [];
  while (coins.length < 2 * count) {
    const parts = Array.from({ length: outputsAtOnce }, () => 8n);
    coins.push(...(await swiftCoins(sandbox, parts)));
  }
  return Array.from({ length: count }, (_, at) => ({
    inputs: coins.slice(2 * at, 2 * at + 2),
    outputs: wire(sandbox.outputs(16n, [4n, 4n, 4n, 4n])),
  }));
}

/** @returns ms of each, without the first */
async function swapAtPace(requests: readonly object[], url: string): Promise<number[]> {
  const swap = (body: object) => timed(() => post(`${url}/v1/swap`, body));
  for (const body of requests.slice(0, warmUp)) await swap(body);
  return atPace(requests.slice(warmUp), 1_000 / swapsPerSecond, swap);
}

async function prepareIssues(sandbox: Sandbox): Promise<object[]> {
  const requests: object[] = [];
  for (let count = 0; count < 3; count++) {
    const { quote, request } = await sandbox.mint.makeMintQuote({ amount: BigInt(outputsAtOnce), unit: 'sat' });
    await sandbox.payIn(request);
    const ones = Array.from({ length: outputsAtOnce }, () => 1n);
    requests.push({ quote, outputs: wire(sandbox.outputs(BigInt(outputsAtOnce), ones)) });
  }
  return requests;
}

/** @returns ms of each question that was asked meanwhile */
async function askWhileSigning(requests: readonly object[], url: string): Promise<number[]> {
  let isSigning = true;
  const signing = Promise.all(requests.map((body) => post(`${url}/v1/mint/bolt11`, body))).finally(() => (isSigning = false));
  const asked: Promise<number>[] = [];
  while (isSigning) {
    asked.push(timed(async () => void (await (await fetch(`${url}/v1/info`)).arrayBuffer())));
    await sleep(infoEveryMs);
  }
  await signing;
  return Promise.all(asked);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
