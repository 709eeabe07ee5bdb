// A shop in a process of its own that carries out one job and may die on the way: `node shop.child.ts PLACE MINT-SEED FILE-KEY AGENT-SEED
// CLOCK-OFFSET DIE-AT`, the job on standard input. For tests only.
import { text } from 'node:stream/consumers';
import { type InTransaction, openDatabase } from '@reprise/database';
import { type Bytes, parseHex, systemRandom } from '@reprise/kit';
import { Ledger, type Operation, type Posted } from '@reprise/ledger';
import type { PayingBackend } from '@reprise/lightning';
import { defaultMintSettings, openMint, openSigner, parseBody } from '@reprise/mint';
import { staticRates } from '../rates.ts';
import { operatorAgent } from '../release.ts';
import { openService } from '../service.ts';
import { defaultServiceSettings } from '../settings.ts';
import { carryOut, type Job, mortalSettings } from './jobs.ts';
import { keptPlans } from './kept-plans.ts';

const [place = '', seed = '', fileKeyText = '', agentSeed = '', offset = '', dieAt = ''] = process.argv.slice(2);

function reached(point: string): void {
  if (point === dieAt) process.kill(process.pid, 'SIGKILL');
}

class MortalLedger extends Ledger {
  override async open(codes: Iterable<string>): Promise<void> {
    await super.open(codes);
    reached('opened');
  }

  override async claim(queries: InTransaction, operation: Operation, now: number): Promise<boolean> {
    const isNew = await super.claim(queries, operation, now);
    reached('claimed');
    return isNew;
  }

  override async claimAll(queries: InTransaction, operations: readonly Operation[], now: number): Promise<void> {
    await super.claimAll(queries, operations, now);
    reached('all-claimed');
  }

  override async postAll(queries: InTransaction, posted: readonly Posted[], now: number): Promise<void> {
    reached('posting');
    await super.postAll(queries, posted, now);
    reached('posted');
    if (posted.length > 1) reached('all-posted');
  }
}

const hex = (value: string) => parseHex(value) as Bytes;
const clock = { now: () => Date.now() + Number(offset) };
const database = await openDatabase({ path: place });
const signer = await openSigner({ seed: hex(seed), points: 'best' });
// Nothing here asks a node.
const backend = { name: 'scripted' } as PayingBackend;
const ports = { database, ledger: new MortalLedger(database), backend, network: 'regtest' as const, clock, random: systemRandom };
const mint = await openMint({ ...ports, signer }, { ...defaultMintSettings, shards: mortalSettings.shards });
const fileKey = hex(fileKeyText);
const agent = operatorAgent({ database, fileKey, seed: hex(agentSeed) });
const service = openService(
  { ...ports, mint, agent, rates: staticRates({}, clock), fileKey, entitlements: keptPlans },
  { ...defaultServiceSettings, ...mortalSettings },
);
await carryOut(service, ports, parseBody(await text(process.stdin)) as Job);
reached('done');
process.stdout.write('carried out\n');
process.exit(0);
