// Judges the texts that let tools into a drive: vector file app-credential.
import type { Bytes } from '@reprise/kit';
import { type AppAccess, formatAppCredential, parseAppCredential } from '../account/app-credential.ts';
import type { Engine } from '../engine.ts';
import { type Case, expectField, hexField, numberField, textField } from './case.ts';

export async function judgeAppCredential(_: Engine, one: Case): Promise<void> {
  const { userId, device, certificate, ...credential } = await parseAppCredential(textField(one, 'text'));
  const given = {
    origin: textField(one, 'origin'),
    homeSpace: hexField(one, 'homeSpace'),
    checkpoint: { seq: numberField(one, 'seq'), head: hexField(one, 'head') },
    epoch: { number: numberField(one, 'epoch'), key: hexField(one, 'epochKey') },
    identityKey: hexField(one, 'identityKey'),
    createdMs: numberField(one, 'createdMs'),
    access: textField(one, 'access') as AppAccess,
    signature: hexField(one, 'signature'),
    deviceSeed: hexField(one, 'deviceSeed') as Bytes,
  };
  expectField(one, 'text', formatAppCredential(given));
  expectField(one, 'text', formatAppCredential(credential));
  expectField(one, 'userId', userId);
  expectField(one, 'devicePublic', device.publicKey);
  expectField(one, 'certificate', certificate);
}
