// A shop in a process of its own that sells what each line of standard input asks for, and answers with a line: `node buyer.child.ts PLACE
// MINT-SEED FILE-KEY AGENT-SEED CLOCK-OFFSET`, PLACE a file or a URL. For tests only.
import { createInterface } from 'node:readline';
import { openDatabase } from '@reprise/database';
import { type Bytes, parseHex, systemRandom } from '@reprise/kit';
import { Ledger } from '@reprise/ledger';
import type { PayingBackend } from '@reprise/lightning';
import { defaultMintSettings, openMint, openSigner, parseBody } from '@reprise/mint';
import { staticRates } from '../rates.ts';
import { operatorAgent } from '../release.ts';
import { openService } from '../service.ts';
import { defaultServiceSettings } from '../settings.ts';
import { carryOut, type Job, mortalSettings } from './jobs.ts';

const [place = '', seed = '', fileKeyText = '', agentSeed = '', offset = ''] = process.argv.slice(2);
const hex = (value: string) => parseHex(value) as Bytes;
const clock = { now: () => Date.now() + Number(offset) };
const database = await openDatabase(place.startsWith('postgres') ? { url: place } : { path: place });
const signer = await openSigner({ seed: hex(seed), points: 'best' });
// Nothing here asks a node.
const backend = { name: 'scripted' } as PayingBackend;
const ports = { database, ledger: new Ledger(database), backend, network: 'regtest' as const, clock, random: systemRandom };
const mint = await openMint({ ...ports, signer }, { ...defaultMintSettings, shards: mortalSettings.shards });
const fileKey = hex(fileKeyText);
const agent = operatorAgent({ database, fileKey, seed: hex(agentSeed) });
const parts = { ...ports, mint, agent, rates: staticRates({}, clock), fileKey };
const service = openService(parts, { ...defaultServiceSettings, ...mortalSettings });

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const outcome = await carryOut(service, ports, parseBody(line) as Job).then(
    () => 'done',
    (error: { readonly code?: unknown }) => String(error.code),
  );
  process.stdout.write(`${outcome}\n`);
}
await mint.close();
await signer.close();
await database.close();
