// Judges what needs no cipher: vector files padme, sizes, sig, dcbor, names, request, batch.
import { parseHex } from '@reprise/kit';
import {
  BatchReader,
  badObject,
  checkEd25519,
  checkSignature,
  decodeDcbor,
  encodeBatch,
  encodeDcbor,
  Failure,
  importVerifyKey,
  isAdmissibleKey,
  isSealedLength,
  padme,
  parseAuthorization,
  plainLength,
  requestScheme,
  sealedLength,
  sha256,
  type SignatureLabel,
  verifyEd25519,
  verifyRequest,
  verifySignature,
} from '@reprise/protocol/formats';
import type { Engine } from '../engine.ts';
import { checkName } from '../names.ts';
import { bytesField, type Case, expectField, hexField, listField, Mismatch, numberField, textField } from './case.ts';

export function judgePadme(_: Engine, one: Case): void {
  expectField(one, 'padded', padme(numberField(one, 'length')));
}

export function judgeSizes(_: Engine, one: Case): void {
  if (one['allowed'] !== undefined) return judgeAllowed(one);
  const sealed = numberField(one, 'sealedLength');
  const plain = plainLength(sealed);
  if (plain === undefined) throw badObject('no plaintext has this sealed length');
  expectField(one, 'plainLength', plain);
  if (sealedLength(plain) !== sealed) throw new Mismatch(`${one.name}: S(P) is not S`);
  if (!isSealedLength(sealed)) throw badObject('a server takes no object of this length');
}

/** The whole list, by trying every length there is. */
function judgeAllowed(one: Case): void {
  const top = sealedLength(4_194_304);
  const found = Array.from({ length: top + 2 }, (_, length) => length).filter(isSealedLength);
  expectField(one, 'allowed', found);
}

export async function judgeSignature(_: Engine, one: Case): Promise<void> {
  const [key, message, signature] = [hexField(one, 'publicKey'), hexField(one, 'message'), hexField(one, 'signature')];
  if (one['admissible'] !== undefined) expectField(one, 'admissible', isAdmissibleKey(key));
  const valid =
    one['label'] === undefined
      ? verifyEd25519(key, message, signature)
      : verifySignature(textField(one, 'label') as SignatureLabel, key, message, signature);
  const sooner =
    one['label'] === undefined
      ? await checkEd25519(await importVerifyKey(key), message, signature)
      : await checkSignature(textField(one, 'label') as SignatureLabel, await importVerifyKey(key), message, signature);
  if (sooner !== valid) throw new Mismatch(`${one.name}: the fast path gives another verdict`);
  if (!valid) throw new Failure('signature-refused');
}

export function judgeDcbor(_: Engine, one: Case): void {
  const bytes = hexField(one, 'bytes');
  expectField(one, 'bytes', encodeDcbor(decodeDcbor(bytes)));
}

export function judgeNames(_: Engine, one: Case): void {
  try {
    checkName(textField(one, 'text'));
  } catch (error) {
    if (error instanceof Failure) expectField(one, 'step', error.facts['reason']);
    throw error;
  }
}

export async function judgeRequest(_: Engine, one: Case): Promise<void> {
  const header = textField(one, 'header');
  const proof = parseAuthorization(header);
  const request = {
    origin: textField(one, 'origin'),
    method: textField(one, 'method'),
    path: textField(one, 'path'),
    bodyHash: await sha256(bytesField(one, 'body')),
  };
  expectField(one, 'deviceId', proof.deviceId);
  expectField(one, 'timeMs', proof.timeMs);
  if (!header.startsWith(`${requestScheme} `)) throw new Mismatch('another scheme');
  if (!verifyRequest(proof, request, hexField(one, 'devicePublic'))) throw new Failure('signature-refused');
}

/** Whole, byte by byte, and in pieces of 7 bytes: the frames are the same. */
export function judgeBatch(_: Engine, one: Case): void {
  const repeat = (one['repeat'] as number | undefined) ?? 1;
  const body = bytesField(one, 'body');
  for (const pieceBytes of repeat > 1 ? [body.length] : [body.length, 1, 7]) {
    const reader = new BatchReader();
    const frames = [];
    for (let round = 0; round < repeat; round++) {
      for (let at = 0; at < body.length; at += pieceBytes) frames.push(...reader.push(body.subarray(at, at + pieceBytes)));
    }
    reader.end();
    expectField(
      one,
      'frames',
      frames.map(({ id, bytes }) => ({ id, bytes })),
    );
    expectField(one, 'written', encodeBatch(listField<{ id: string; bytes: string }>(one, 'frames').map(parseFrame)));
  }
}

function parseFrame(frame: { readonly id: string; readonly bytes: string }): Parameters<typeof encodeBatch>[0][number] {
  const [id, bytes] = [parseHex(frame.id), parseHex(frame.bytes)];
  if (!id || !bytes) throw new Mismatch('a frame is not hex');
  return { id, bytes };
}
