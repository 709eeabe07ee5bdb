// Judges what a sold link is made of: vector file paid. The shop's own code is judged by the same file in bitcache/service.
import { parseHex, type Bytes } from '@reprise/kit';
import { linkAuthor, openOwner } from '../anonymous.ts';
import type { Engine } from '../engine.ts';
import { kemPublicOf, sealTo } from '../hpke.ts';
import { hpkeLabels } from '../labels.ts';
import { commitmentOf, listHash, lockRoot, unlockRoot } from '../paid/lock.ts';
import { type Offer, openOffer, sealOffer } from '../paid/offer.ts';
import { decodePaidRecord, encodePaidRecord } from '../paid/record.ts';
import { checkReceipt, openRelease } from '../paid/release.ts';
import { forged } from '../sharer.ts';
import { type Case, expectField, fixedRandom, hexField, listField, Mismatch, numberField } from './case.ts';

export async function judgePaid(engine: Engine, one: Case): Promise<void> {
  switch (one['what']) {
    case 'record':
      return judgeRecord(one);
    case 'offer':
      return judgeOffer(engine, one);
    case 'locked':
      return judgeLocked(engine, one);
    case 'list':
      return expectField(one, 'hash', await listHash(listField<string>(one, 'ids').map((id) => parseHex(id) as Bytes)));
    case 'commitment':
      return judgeCommitment(one);
    case 'key':
      return judgeKey(one);
    case 'release':
      return judgeRelease(one);
    case 'receipt':
      return expectField(one, 'at', await checkReceipt(offerOf(one), hexField(one, 'buyerKey'), hexField(one, 'receipt')));
    default:
      throw new Mismatch(`${one.name}: what it is about is unknown`);
  }
}

function judgeRecord(one: Case): void {
  const record = decodePaidRecord(hexField(one, 'bytes'));
  expectField(one, 'record', record);
  expectField(one, 'bytes', encodePaidRecord(record));
}

async function judgeOffer(engine: Engine, one: Case): Promise<void> {
  const link = { secret: hexField(one, 'secret'), fingerprint: hexField(one, 'fingerprint') };
  const opened = await openOffer(engine, link, hexField(one, 'offerId'), hexField(one, 'sealed'));
  expectField(one, 'offer', opened);
  const author = await linkAuthor(await openOwner(engine, hexField(one, 'owner')), numberField(one, 'certified'));
  const { hash, ...offer }: Offer & { readonly hash: Bytes } = opened;
  const again = await sealOffer(engine, link.secret, offer, author, fixedRandom(one, 'random'));
  expectField(one, 'sealed', again.sealed);
  expectField(one, 'hash', again.hash);
  expectField(one, 'hash', hash);
}

async function judgeLocked(engine: Engine, one: Case): Promise<void> {
  const halves = { secret: hexField(one, 'secret'), half: hexField(one, 'half') };
  const offer = { ...offerOf(one), root: hexField(one, 'root') };
  const ref = await unlockRoot(engine, halves, offer, hexField(one, 'locked'));
  expectField(one, 'ref', ref);
  expectField(one, 'locked', await lockRoot(engine, halves, offer, ref, fixedRandom(one, 'random')));
}

/** A half that does not fit is found by who opens a release: the same verdict is given here. */
async function judgeCommitment(one: Case): Promise<void> {
  const [made, wanted] = [await commitmentOf(hexField(one, 'offerId'), hexField(one, 'half')), hexField(one, 'commitment')];
  if (made.join() !== wanted.join()) throw forged('commitment');
}

async function judgeKey(one: Case): Promise<void> {
  const use = { label: hpkeLabels.release as 'rp1/hpke/release', context: new Uint8Array(32), associated: new Uint8Array(0) };
  await sealTo(hexField(one, 'buyerKey'), use, new Uint8Array(32));
}

async function judgeRelease(one: Case): Promise<void> {
  const [seed, half] = [hexField(one, 'seed'), await openRelease(hexField(one, 'seed'), offerOf(one), hexField(one, 'release'))];
  expectField(one, 'half', half);
  expectField(one, 'buyerKey', kemPublicOf(seed));
}

function offerOf(one: Case) {
  const field = (name: string): Bytes => (one[name] === undefined ? new Uint8Array(0) : hexField(one, name));
  return { id: hexField(one, 'offerId'), hash: hexField(one, 'hash'), commitment: field('commitment'), agentKey: field('agentKey') };
}
