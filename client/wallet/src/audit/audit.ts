// An audit from end to end: what was published, whether it is one story, and whether it counts what is ours. spec/liabilities.md "Audit".
import { type Clock, formatHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { chainProblem, openEpoch, outstanding, type ReadEpoch, type Sha256 } from '@reprise/protocol/liabilities';
import type { Fetch } from '../mint-requests.ts';
import type { AuditCoin } from './coins.ts';
import type { Finding, Unchecked } from './findings.ts';
import { checkLists } from './lists.ts';
import type { AuditMemory } from './memory.ts';
import { checkAccount, type OwnAccount } from './own-account.ts';
import { checkCoins } from './own-coins.ts';
import { type PublishedEpochs, PublishedLists } from './published.ts';

export type AuditPorts = {
  /** Where the liabilities are: `https://host/pay/liabilities`. */
  readonly url: string;
  readonly fetch: Fetch;
  readonly sha256: Sha256;
  readonly clock: Clock;
  readonly coins: readonly AuditCoin[];
  /** null: nobody's. Read before the audit, so that no epoch is older than it. */
  readonly account: OwnAccount | null;
  /** Of the last time at this mint. */
  readonly memory: AuditMemory | null;
  readonly signal?: AbortSignal | undefined;
};

export type AuditReport = {
  readonly findings: readonly Finding[];
  readonly unchecked: readonly Unchecked[];
  /** null before the first. */
  readonly latest: {
    readonly number: number;
    readonly at: number;
    readonly network: string;
    /** Coins in somebody's hands, and all else that is owed; satoshis, and thousandths of one. */
    readonly coins: bigint;
    readonly lines: bigint;
    readonly reserves: ReadEpoch['reserves'];
  } | null;
  readonly coinsCounted: number;
  readonly linesCounted: number;
  /** To be kept for the next time, whatever was found; null where there is nothing to keep. */
  readonly memory: AuditMemory | null;
};

const staleMs = 2 * 86_400_000;

/** @throws Failure network, unavailable, bad-answer, cancelled: then nothing was found, and nothing is to be kept */
export async function audit(ports: AuditPorts): Promise<AuditReport> {
  const { sha256, coins, account, memory } = ports;
  const published = new PublishedLists(ports.url, ports.fetch, ports.signal);
  const told = await published.epochs();
  const findings: Finding[] = [];
  const epochs = readChain(sha256, told, findings);
  checkMemory(told, epochs, memory, findings);
  const latest = epochs.at(-1);
  const isStale = latest && ports.clock.now() - latest.at > staleMs;
  if (isStale) findings.push({ code: 'stale', facts: { epoch: latest.number, at: latest.at } });
  const listed = await checkLists({ sha256, published }, epochs, findings);
  const ours = checkCoins(coins, memory?.waiting ?? [], { listed, latest: latest?.number ?? 0 });
  const own = account && (account.epoch > 0 || !latest) ? checkAccountOf(sha256, account, epochs) : null;
  findings.push(...ours.findings, ...(own?.findings ?? []));
  const unchecked: readonly (Unchecked | false)[] = [
    !latest && 'no-epoch',
    'others',
    'spent-sums',
    'reserves',
    coins.length === 0 && 'no-coins',
    ours.unproven > 0 && 'coins-unproven',
    ours.waiting.length > 0 && 'coins-young',
    !own && 'no-account',
    own?.areMovesMany === true && 'moves-many',
  ];
  return {
    findings,
    unchecked: unchecked.filter((one) => one !== false),
    latest: latest ? summary(latest) : null,
    coinsCounted: ours.counted,
    linesCounted: own?.counted ?? 0,
    memory: remembered({ told, latest, memory, waiting: ours.waiting }, findings),
  };
}

function checkAccountOf(sha256: Sha256, account: OwnAccount, epochs: readonly ReadEpoch[]) {
  return epochs.length === 0 ? null : checkAccount(sha256, account, epochs);
}

/** Every epoch that follows from the first; after one that does not, none is believed. */
function readChain(sha256: Sha256, { key, network, epochs }: PublishedEpochs, findings: Finding[]): readonly ReadEpoch[] {
  const read: ReadEpoch[] = [];
  for (const [index, sealed] of epochs.entries()) {
    const epoch = index + 1;
    const next = openOrWhy(sha256, key, sealed);
    const problem = typeof next === 'string' ? next : chainProblem(read.at(-1) ?? null, next);
    if (typeof next === 'string') findings.push({ code: next, facts: { epoch } });
    else if (problem !== undefined) findings.push({ code: 'chain', facts: { epoch, problem } });
    else if (next.network !== network) findings.push({ code: 'other-network', facts: { epoch, network: next.network } });
    else {
      read.push(next);
      continue;
    }
    return read;
  }
  return read;
}

function openOrWhy(sha256: Sha256, key: Uint8Array, sealed: Uint8Array): ReadEpoch | 'signature' | 'epoch-malformed' {
  try {
    return openEpoch(sha256, key, sealed);
  } catch (error) {
    if (error instanceof Failure && error.code === 'bad-object') return 'epoch-malformed';
    throw error;
  }
}

/** What it said to us before, it says still. */
function checkMemory({ key }: PublishedEpochs, epochs: readonly ReadEpoch[], memory: AuditMemory | null, findings: Finding[]): void {
  if (!memory) return;
  if (formatHex(key) !== memory.key) findings.push({ code: 'other-key', facts: { before: memory.key, now: formatHex(key) } });
  const seen = epochs[memory.number - 1];
  if (!seen) findings.push({ code: 'rolled-back', facts: { epoch: memory.number, latest: epochs.length } });
  else if (formatHex(seen.hash) !== memory.hash) findings.push({ code: 'rewritten', facts: { epoch: memory.number } });
}

function summary(epoch: ReadEpoch): NonNullable<AuditReport['latest']> {
  const { number, at, network, lines, reserves } = epoch;
  return { number, at, network, coins: outstanding(epoch), lines: lines.sum, reserves };
}

type Seen = {
  readonly told: PublishedEpochs;
  readonly latest: ReadEpoch | undefined;
  readonly memory: AuditMemory | null;
  readonly waiting: AuditMemory['waiting'];
};

/** What contradicts what was seen before does not take its place: it is found again the next time. */
function remembered({ told: { key }, latest, memory, waiting }: Seen, findings: readonly Finding[]): AuditMemory | null {
  const isContradicted = findings.some(({ code }) => code === 'other-key' || code === 'rewritten' || code === 'rolled-back');
  if (latest && !(memory && isContradicted)) return { key: formatHex(key), number: latest.number, hash: formatHex(latest.hash), waiting };
  return memory && { ...memory, waiting };
}
