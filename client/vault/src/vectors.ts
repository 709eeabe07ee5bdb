// Judges the implementation by the known answers of spec/vectors, with any engine, in any program that can hold the files.
import { type Bytes, decodeUtf8 } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import type { Engine } from './engine.ts';
import { judgeAccount } from './vectors/account.ts';
import { judgeAccountNames } from './vectors/account-names.ts';
import { judgeAnonymous, judgeLink } from './vectors/address.ts';
import { judgeAppCredential } from './vectors/app-credentials.ts';
import { type Case, type Judge, Mismatch } from './vectors/case.ts';
import { judgeApply, judgeMerge, judgeProlly } from './vectors/changes.ts';
import { judgeDelta, judgeEpoch, judgeHpke } from './vectors/epochs.ts';
import { judgeLiabilities } from './vectors/liabilities.ts';
import { judgeLog, judgeSweep } from './vectors/log.ts';
import { judgeParcels } from './vectors/parcels.ts';
import { judgePaid } from './vectors/paid.ts';
import { judgeBatch, judgeDcbor, judgeNames, judgePadme, judgeRequest, judgeSignature, judgeSizes } from './vectors/plain.ts';
import { judgeCaeA, judgeCaeB, judgeCaeRange, judgeKdf, judgeSalamander } from './vectors/sealing.ts';
import { judgeSyncStates } from './vectors/sync-states.ts';
import { judgeThumbnail } from './vectors/thumbnails.ts';
import { judgeDirectory, judgeEntry, judgeManifest, judgeRope } from './vectors/trees.ts';

const judges: Readonly<Record<string, Judge>> = {
  account: judgeAccount,
  'account-names': judgeAccountNames,
  anon: judgeAnonymous,
  'app-credential': judgeAppCredential,
  apply: judgeApply,
  batch: judgeBatch,
  'cae-a': judgeCaeA,
  'cae-b': judgeCaeB,
  'cae-range': judgeCaeRange,
  dcbor: judgeDcbor,
  delta: judgeDelta,
  directory: judgeDirectory,
  entry: judgeEntry,
  epoch: judgeEpoch,
  hpke: judgeHpke,
  kdf: judgeKdf,
  liabilities: judgeLiabilities,
  link: judgeLink,
  log: judgeLog,
  manifest: judgeManifest,
  merge: judgeMerge,
  names: judgeNames,
  padme: judgePadme,
  paid: judgePaid,
  parcels: judgeParcels,
  prolly: judgeProlly,
  request: judgeRequest,
  rope: judgeRope,
  salamander: judgeSalamander,
  sig: judgeSignature,
  sizes: judgeSizes,
  sweep: judgeSweep,
  'sync-states': judgeSyncStates,
  thumbnail: judgeThumbnail,
};

/** The files of spec/vectors that this runner knows, without their `.json`. */
export const vectorFiles: readonly string[] = Object.keys(judges);

export type Verdict = {
  readonly file: string;
  readonly name: string;
  readonly expected: 'accepted' | 'refused';
  /** `wrong`: it ran, with another result than the vector says. */
  readonly got: 'accepted' | 'refused' | 'wrong';
  readonly detail: string;
};

/** @param files each file of spec/vectors by its name without `.json`, its bytes or its parsed value */
export async function runVectors(engine: Engine, files: Readonly<Record<string, unknown>>): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const file of vectorFiles) verdicts.push(...(await runVectorFile(engine, file, files[file])));
  return verdicts;
}

export async function runVectorFile(engine: Engine, file: string, content: unknown): Promise<Verdict[]> {
  const judge = judges[file];
  if (!judge) throw new Mismatch(`no judge for ${file}`);
  const cases = parseCases(content);
  const byName = new Map(cases.map((one) => [one.name, one]));
  if (byName.size !== cases.length) throw new Mismatch(`${file} holds a name twice`);
  const verdicts: Verdict[] = [];
  for (const one of cases) verdicts.push({ file, name: one.name, expected: one.verdict, ...(await judgeCase(engine, judge, one, byName)) });
  return verdicts;
}

async function judgeCase(
  engine: Engine,
  judge: Judge,
  one: Case,
  byName: ReadonlyMap<string, Case>,
): Promise<Pick<Verdict, 'got' | 'detail'>> {
  try {
    await judge(engine, one, byName);
    return { got: 'accepted', detail: '' };
  } catch (error) {
    if (error instanceof Failure && (one['code'] === undefined || one['code'] === error.code))
      return { got: 'refused', detail: error.code };
    return { got: 'wrong', detail: String(error instanceof Error ? (error.stack ?? error.message) : error) };
  }
}

function parseCases(file: unknown): readonly Case[] {
  const value = (file instanceof Uint8Array ? JSON.parse(decodeUtf8(file as Bytes)) : file) as
    | { readonly cases?: readonly Case[] }
    | undefined;
  if (!value?.cases?.length) throw new Mismatch('a file of vectors is missing or empty');
  return value.cases;
}
