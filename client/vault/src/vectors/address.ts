// Judges links and the anonymous space: vector files link and anon.
import { formatHex, parseHex, type Bytes } from '@reprise/kit';
import { Failure, parseGenesis, sha256 } from '@reprise/protocol/formats';
import {
  createSpace,
  formatManageUrl,
  linkAuthor,
  linkSecret,
  openLinkNote,
  openOwner,
  parseManageUrl,
  sealLinkNote,
  type LinkNote,
} from '../anonymous.ts';
import type { Engine } from '../engine.ts';
import { formatLink, type Link, linkAddress, linkKeys, parseLink } from '../link.ts';
import { type LinkRecord, openLinkRecord, sealLinkRecord } from '../link-record.ts';
import { stretchLinkPassword } from '../password.ts';
import { type Ref } from '../tree-node.ts';
import { type Case, expectField, fixedRandom, hexField, numberField, textField } from './case.ts';

export async function judgeLink(engine: Engine, one: Case): Promise<void> {
  if (one['text'] !== undefined) return judgeText(one, () => parseLink(textField(one, 'text')));
  const link: Link = { flags: numberField(one, 'flags'), secret: hexField(one, 'secret'), fingerprint: hexField(one, 'fingerprint') };
  const stretched = one['password'] === undefined ? new Uint8Array() : await stretch(engine, link, one);
  const { key, gate } = await linkKeys(engine, link, stretched);
  if (one.verdict === 'accepted') await judgeDerivations(engine, one, link, { key, gate });
  const place = { linkId: hexField(one, 'linkId'), version: numberField(one, 'version') };
  const record = await openLinkRecord(engine, link, key, place, hexField(one, 'sealed'));
  expectField(one, 'record', record);
  if (one['owner'] === undefined) return;
  const author = await linkAuthor(await openOwner(engine, hexField(one, 'owner')), numberField(one, 'certified'));
  expectField(one, 'sealed', await sealLinkRecord(engine, key, place, record as LinkRecord, author, fixedRandom(one, 'random')));
}

function judgeText(one: Case, parse: () => unknown): void {
  try {
    expectField(one, 'parsed', parse());
  } catch (error) {
    if (error instanceof Failure) expectField(one, 'step', error.facts['reason']);
    throw error;
  }
}

async function stretch(engine: Engine, link: Link, one: Case): Promise<Bytes> {
  const { passwordSalt } = await linkAddress(engine, link);
  const stretched = await stretchLinkPassword(textField(one, 'password'), passwordSalt);
  if (one['stretched'] !== undefined) expectField(one, 'stretched', stretched);
  return stretched;
}

async function judgeDerivations(engine: Engine, one: Case, link: Link, keys: { key: Bytes; gate: Bytes }): Promise<void> {
  const address = await linkAddress(engine, link);
  expectField(one, 'url', formatLink('https://drive.example', link));
  expectField(one, 'parsedUrl', parseLink(textField(one, 'url')));
  expectField(one, 'linkId', address.id);
  expectField(one, 'token', address.token);
  expectField(one, 'tokenHash', await sha256(address.token));
  expectField(one, 'passwordSalt', address.passwordSalt);
  expectField(one, 'key', keys.key);
  expectField(one, 'gate', keys.gate);
}

export async function judgeAnonymous(engine: Engine, one: Case): Promise<void> {
  if (one['text'] !== undefined) return judgeText(one, () => parseManageUrl(textField(one, 'text')));
  if (one['envelope'] !== undefined && one['owner'] === undefined) {
    await parseGenesis(hexField(one, 'envelope'));
    return;
  }
  const owner = await openOwner(engine, hexField(one, 'owner'));
  if (one['note'] !== undefined) return judgeNote(engine, one);
  if (one['n'] !== undefined) return expectField(one, 'linkSecret', await linkSecret(engine, owner, numberField(one, 'n')));
  expectField(one, 'identityKey', owner.identity.publicKey);
  expectField(one, 'devicePublic', owner.device.publicKey);
  expectField(one, 'deviceId', owner.device.deviceId);
  expectField(one, 'userId', owner.userId);
  expectField(one, 'epochKey', owner.epochKey);
  const { space, envelope } = await createSpace(owner, numberField(one, 'timeMs'), fixedRandom(one, 'random'));
  expectField(one, 'space', space);
  expectField(one, 'envelope', envelope);
  expectField(one, 'genesis', await parseGenesis(envelope));
  expectField(one, 'manageUrl', formatManageUrl('https://drive.example', { secret: owner.secret, space }));
}

type NoteFields = Omit<LinkNote, 'ref' | 'stretched'> & {
  readonly ref: { readonly id: string; readonly key: string; readonly length: number } | null;
  readonly stretched: string;
};

async function judgeNote(engine: Engine, one: Case): Promise<void> {
  const owner = await openOwner(engine, hexField(one, 'owner'));
  const linkId = hexField(one, 'linkId');
  const opened = await openLinkNote(engine, owner, linkId, hexField(one, 'sealed'));
  expectField(one, 'note', opened);
  const fields = one['note'] as NoteFields;
  const ref: Ref | null = fields.ref && {
    id: parseHex(fields.ref.id) as Bytes,
    key: parseHex(fields.ref.key) as Bytes,
    length: fields.ref.length,
  };
  const note = { ...fields, ref, stretched: parseHex(fields.stretched) as Bytes };
  expectField(one, 'sealed', formatHex(await sealLinkNote(engine, owner, linkId, note, fixedRandom(one, 'random'))));
}
