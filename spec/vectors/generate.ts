// Makes every file of known answers from fixed secrets: `node spec/vectors/generate.ts` writes them beside itself.
// The same program gives the same bytes, always; a test holds it to that.
import { hkdfSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Engine } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { makeAccount } from './makers/account.ts';
import { makeAnonymous, makeLink, makeRequest } from './makers/address.ts';
import { makeAccountNames } from './makers/account-names.ts';
import { makeAppCredential } from './makers/app-credentials.ts';
import { makeDirectory } from './makers/directories.ts';
import { makeEntry } from './makers/entries.ts';
import { makeDelta, makeEpoch, makeHpke, makeSweep } from './makers/epochs.ts';
import { makeLiabilities } from './makers/liabilities.ts';
import { makeLog } from './makers/log.ts';
import { makeApply, makeMerge, makeProlly } from './makers/changes.ts';
import { makeManifest } from './makers/manifests.ts';
import { makeParcels } from './makers/parcels.ts';
import { makePaid } from './makers/paid.ts';
import { makeBatch, makeDcbor, makeNames, makePadme, makeSizes } from './makers/plain.ts';
import { ascii, type VectorFile } from './makers/reference.ts';
import { makeRope } from './makers/ropes.ts';
import { makeCaeA, makeCaeB, makeCaeRange, makeKdf, makeSalamander } from './makers/sealing.ts';
import { makeSignatures } from './makers/signatures.ts';
import { makeSyncStates } from './makers/sync-states.ts';
import { makeThumbnail } from './makers/thumbnails.ts';

const engine: Engine = nodeEngine;

/** Each file's name without `.json`, and its text. */
export async function generateVectors(): Promise<ReadonlyMap<string, string>> {
  const files: Record<string, VectorFile> = {
    account: await makeAccount(engine),
    'account-names': makeAccountNames(),
    anon: await makeAnonymous(engine),
    'app-credential': await makeAppCredential(),
    apply: await makeApply(engine),
    batch: makeBatch(),
    'cae-a': makeCaeA(),
    'cae-b': makeCaeB(),
    'cae-range': makeCaeRange(),
    dcbor: makeDcbor(),
    delta: makeDelta(),
    directory: await makeDirectory(engine),
    entry: makeEntry(),
    epoch: await makeEpoch(),
    hpke: makeHpke(),
    kdf: makeKdf(kdf),
    liabilities: makeLiabilities(),
    link: await makeLink(engine),
    log: await makeLog(),
    manifest: await makeManifest(engine),
    merge: makeMerge(),
    names: makeNames(),
    padme: makePadme(),
    paid: await makePaid(engine),
    parcels: makeParcels(),
    prolly: await makeProlly(engine),
    request: await makeRequest(engine),
    rope: makeRope(),
    salamander: makeSalamander(),
    sig: makeSignatures(),
    sizes: makeSizes(),
    sweep: makeSweep(),
    'sync-states': makeSyncStates(),
    thumbnail: makeThumbnail(),
  };
  return new Map(Object.entries(files).map(([name, file]) => [name, formatFile(file)]));
}

function kdf(key: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), Buffer.concat([ascii(label), Uint8Array.of(0), context]), length));
}

/** One case a line, so that a change shows as the cases it changes. */
function formatFile({ about, spec, cases }: VectorFile): string {
  const lines = cases.map((one) => `    ${JSON.stringify(one)}`);
  return `{\n  "about": ${JSON.stringify(about)},\n  "spec": ${JSON.stringify(spec)},\n  "cases": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

if (import.meta.main) {
  for (const [name, text] of await generateVectors()) await writeFile(join(import.meta.dirname, `${name}.json`), text);
}
