// Judges keys of epochs, HPKE, roots and deltas: vector files epoch, hpke, delta.
import { type Bytes, equalBytes, parseHex } from '@reprise/kit';
import { importSigningKey, kemRecordHash, verifyKemRecord } from '@reprise/protocol/formats';
import { decodeDelta, encodeDelta, openDelta, sealDelta } from '../delta.ts';
import type { Engine } from '../engine.ts';
import { checkEpochKey, type EpochPlace, makeKemRecord, openEpochKey, openHistory, sealHistory, wrapEpochKey } from '../epoch.ts';
import { homeEpochKey } from '../home.ts';
import { type HpkeUse, kemPublicOf, openWith, sealTo, xWingKem } from '../hpke.ts';
import type { HpkeLabel } from '../labels.ts';
import { openRoot, type SpaceRoot, sealRoot } from '../space-root.ts';
import { type Case, expectField, fixedRandom, hexField, listField, Mismatch, numberField, textField } from './case.ts';

export async function judgeHpke(_: Engine, one: Case): Promise<void> {
  if (one['sharedSecret'] !== undefined) return judgeKnownAnswer(one);
  const use: HpkeUse = {
    label: textField(one, 'label') as HpkeLabel,
    context: hexField(one, 'context'),
    associated: hexField(one, 'associated'),
  };
  const sealed = { enc: hexField(one, 'enc'), ciphertext: hexField(one, 'ciphertext') };
  expectField(one, 'message', await openWith(hexField(one, 'seed'), use, sealed));
  const again = await sealTo(hexField(one, 'kemPublic'), use, hexField(one, 'message'), fixedRandom(one, 'random'));
  expectField(one, 'enc', again.enc);
  expectField(one, 'ciphertext', again.ciphertext);
}

/** The KEM alone. */
async function judgeKnownAnswer(one: Case): Promise<void> {
  expectField(one, 'kemPublic', kemPublicOf(hexField(one, 'seed')));
  const kem = xWingKem(fixedRandom(one, 'random'));
  const { enc, shared_secret } = await kem.Encap(await kem.DeserializePublicKey(hexField(one, 'kemPublic')));
  expectField(one, 'enc', enc);
  expectField(one, 'sharedSecret', shared_secret);
  const key = await kem.DeserializePrivateKey(hexField(one, 'seed'), false);
  expectField(one, 'sharedSecret', await kem.Decap(hexField(one, 'enc'), key, undefined));
}

export async function judgeEpoch(engine: Engine, one: Case): Promise<void> {
  switch (one['what']) {
    case 'commitment':
      return judgeCommitment(one);
    case 'wraps':
      return judgeWraps(one);
    case 'history':
      return judgeHistory(engine, one);
    case 'root':
      return judgeRoot(engine, one);
    case 'home':
      return expectField(one, 'key', await homeEpochKey(engine, hexField(one, 'masterKey'), numberField(one, 'epoch')));
    case 'record':
      return judgeRecord(one);
    default:
      throw new Mismatch(`${one.name}: what it is about is unknown`);
  }
}

function judgeCommitment(one: Case): Promise<void> {
  const epochCommitment = hexField(one, 'commitment');
  const state = { space: hexField(one, 'space'), nonce: hexField(one, 'nonce'), epoch: numberField(one, 'epoch'), epochCommitment };
  return checkEpochKey(state, hexField(one, 'key'));
}

type Named = { readonly userId: string; readonly seed: string; readonly kemPublic: string };

async function judgeWraps(one: Case): Promise<void> {
  const place: EpochPlace = {
    space: hexField(one, 'space'),
    epoch: numberField(one, 'epoch'),
    prev: hexField(one, 'prev'),
    commitment: hexField(one, 'commitment'),
  };
  const wraps = hexField(one, 'wraps');
  if (one.verdict === 'refused') {
    await openEpochKey(wraps, { userId: hexField(one, 'userId'), kemSeed: hexField(one, 'seed') }, place);
    return;
  }
  const people = listField<Named>(one, 'recipients').map(({ userId, seed, kemPublic }) => ({
    userId: parseHex(userId) as Bytes,
    kemSeed: parseHex(seed) as Bytes,
    kemPublic: parseHex(kemPublic) as Bytes,
  }));
  expectField(one, 'wraps', await wrapEpochKey(people.toReversed(), place, hexField(one, 'key'), fixedRandom(one, 'random')));
  for (const self of people) expectField(one, 'key', await openEpochKey(wraps, self, place));
}

async function judgeHistory(engine: Engine, one: Case): Promise<void> {
  const place = { space: hexField(one, 'space'), epoch: numberField(one, 'epoch') };
  const held = { commitment: hexField(one, 'commitment'), before: hexField(one, 'before') };
  const newKey = hexField(one, 'newKey');
  expectField(one, 'oldKey', await openHistory(engine, newKey, place, hexField(one, 'sealed'), held));
  expectField(one, 'sealed', await sealHistory(engine, newKey, place, hexField(one, 'oldKey'), fixedRandom(one, 'random')));
}

async function judgeRoot(engine: Engine, one: Case): Promise<void> {
  const { space, ...place } = placeOf(one);
  const key = hexField(one, 'key');
  const root: SpaceRoot = await openRoot(engine, key, space, { ...place, sealed: hexField(one, 'sealed') });
  expectField(one, 'root', root);
  expectField(one, 'sealed', await sealRoot(engine, key, { ...place, space }, root, fixedRandom(one, 'random')));
}

function placeOf(one: Case) {
  return { space: hexField(one, 'space'), seq: numberField(one, 'seq'), prev: hexField(one, 'prev'), epoch: numberField(one, 'epoch') };
}

async function judgeRecord(one: Case): Promise<void> {
  const record = hexField(one, 'record');
  const { kemPublic } = await verifyKemRecord(record, hexField(one, 'identityKey'));
  if (!equalBytes(kemPublic, kemPublicOf(hexField(one, 'seed')))) throw new Mismatch(`${one.name}: another public key`);
  const identity = await importSigningKey(hexField(one, 'identitySeed'));
  expectField(one, 'record', await makeKemRecord(identity, hexField(one, 'seed'), numberField(one, 'number')));
  expectField(one, 'recordHash', await kemRecordHash(record));
}

export async function judgeDelta(engine: Engine, one: Case): Promise<void> {
  if (one['sealed'] === undefined) return void decodeDelta(hexField(one, 'bytes'));
  const delta = await openDelta(engine, hexField(one, 'key'), placeOf(one), hexField(one, 'sealed'));
  expectField(one, 'bytes', encodeDelta(delta));
  expectField(one, 'sealed', await sealDelta(engine, hexField(one, 'key'), placeOf(one), delta, fixedRandom(one, 'random')));
}
