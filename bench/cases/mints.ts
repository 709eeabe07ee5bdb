// The same load at our mint and at others, over HTTP: a wallet that swaps two coins for four, again and again.
import { mapLanes } from '@reprise/kit';
import { swiftBlindings, swiftUnblind } from '../../bitcache/mint/src/testing/swift-coins.ts';
import type { WireProof } from '../../bitcache/mint/src/testing/wallet.ts';
import { percentile } from '../harness/median.ts';
import { makeScratch } from '../harness/scratch.ts';
import { mintPeers, type RunningMint, whenReady } from '../peers/mints.ts';
import type { Absence, Series } from '../results.ts';
import type { BenchCase } from './case.ts';

const caseName = 'mints side by side';
const [warmUp, coinsPerIssue] = [16, 256];
const measures = ['swaps of 2 → 4, one at a time', 'swap of 2 → 4, p99 of one'] as const;

const about =
  'Each mint is a process of its own, as it comes, on SQLite; ours is the whole host with its sandbox. The wallet is another process, its arithmetic is done before; it swaps one after another, since nutshell on SQLite refuses swaps that come together. Nutshell’s database is flushed as SQLite does it by default, ours in WAL mode, on the disk before each answer.';

export const mints: BenchCase = {
  name: 'mints',
  about: 'swaps a second over HTTP of our mint beside nutshell, both on SQLite',
  long: false,
  async run({ options, say }) {
    const count = options.quick ? 64 : 240;
    const absences: Absence[] = [];
    const series: Series[] = [];
    for (const peer of mintPeers) {
      const absence = peer.absence();
      if (absence !== false) {
        absences.push({ caseName, subject: peer.name, reason: absence });
        continue;
      }
      using scratch = makeScratch(options.folder, 'mints');
      await using mint = await peer.start(scratch.folder);
      const speeds: number[] = [];
      const slowest: number[] = [];
      for (let run = 0; run < options.runs; run++) {
        const requests = await prepareSwaps(mint, warmUp + count);
        await swapAll(mint, requests.slice(0, warmUp));
        const startedAt = performance.now();
        const took = await swapAll(mint, requests.slice(warmUp));
        speeds.push((1_000 * count) / (performance.now() - startedAt));
        slowest.push(percentile(took, 0.99));
        say(`${caseName} run ${run + 1}, ${peer.name}: ${speeds.at(-1)?.toFixed(0)} swaps/s, p99 ${slowest.at(-1)?.toFixed(0)} ms`);
      }
      const own = { caseName, subject: peer.name } as const;
      series.push({ ...own, measure: measures[0], unit: '/s', better: 'more', values: speeds });
      series.push({ ...own, measure: measures[1], unit: 'ms', better: 'less', values: slowest });
    }
    return { series, absences, remarks: [about] };
  },
};

type Swap = { readonly inputs: readonly WireProof[]; readonly outputs: readonly object[] };
type Fields = Readonly<Record<string, unknown>>;

/** @returns the ms of each */
function swapAll({ url }: RunningMint, requests: readonly Swap[]): Promise<readonly number[]> {
  const texts = requests.map(asText);
  return mapLanes(texts, 1, async (text) => {
    const startedAt = performance.now();
    const { signatures } = (await answerOf(await fetch(`${url}/v1/swap`, posting(text)))) as { signatures: readonly unknown[] };
    if (signatures.length !== 4) throw new Error(`${url} signed ${signatures.length} outputs`);
    return performance.now() - startedAt;
  });
}

async function prepareSwaps(mint: RunningMint, count: number): Promise<readonly Swap[]> {
  const { keysets } = (await get(mint, '/v1/keys')) as { keysets: readonly { id: string; unit: string; keys: Record<string, string> }[] };
  const keyset = keysets.find(({ unit }) => unit === 'sat');
  if (!keyset) throw new Error(`${mint.url} has no keys for satoshis`);
  const coins: WireProof[] = [];
  while (coins.length < 2 * count) coins.push(...(await issue(mint, keyset)));
  const swaps: Swap[] = [];
  for (let at = 0; at < count; at++) {
    const outputs = (await swiftBlindings(keyset.id, [4n, 4n, 4n, 4n])).map(({ output }) => output);
    swaps.push({ inputs: coins.slice(2 * at, 2 * at + 2), outputs });
  }
  return swaps;
}

async function issue(
  mint: RunningMint,
  { id, keys }: { readonly id: string; readonly keys: Record<string, string> },
): Promise<WireProof[]> {
  const parts = Array.from({ length: coinsPerIssue }, () => 8n);
  const ask = () => post(mint, '/v1/mint/quote/bolt11', { amount: 8 * coinsPerIssue, unit: 'sat' });
  const { quote, request } = (await whenReady(ask)) as { readonly quote: string; readonly request: string };
  await mint.pay(request);
  await whenReady(async () => {
    const { state } = (await get(mint, `/v1/mint/quote/bolt11/${quote}`)) as { readonly state: string };
    if (state !== 'PAID') throw new Error(`the invoice is ${state}`);
  });
  const blindings = await swiftBlindings(id, parts);
  const asked = { quote, outputs: blindings.map(({ output }) => output) };
  const { signatures } = (await post(mint, '/v1/mint/bolt11', asked)) as { readonly signatures: readonly { readonly C_: string }[] };
  return swiftUnblind(keys, blindings, signatures);
}

const get = async ({ url }: RunningMint, path: string) => answerOf(await fetch(`${url}${path}`));
const post = async ({ url }: RunningMint, path: string, body: object) => answerOf(await fetch(`${url}${path}`, posting(asText(body))));

function posting(body: string): RequestInit {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body };
}

function asText(body: object): string {
  return JSON.stringify(body, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
}

async function answerOf(response: Response): Promise<Fields> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Fields;
}
