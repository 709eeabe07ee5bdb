import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LightningFailure } from '../failures.ts';
import { assertSandboxMayRun, type SandboxPlace } from './permission.ts';

const place = (publicUrl: string, other: Partial<SandboxPlace> = {}): SandboxPlace => ({
  production: false,
  demo: false,
  publicUrl,
  ...other,
});
const refused = (where: SandboxPlace) =>
  assert.throws(
    () => assertSandboxMayRun(where),
    (error: unknown) => error instanceof LightningFailure && error.code === 'sandbox-refused',
  );

describe('the sandbox', () => {
  const local = [
    'localhost',
    'box.local',
    'a.localhost',
    'nas.home.arpa',
    '127.0.0.1',
    '127.9.9.9',
    '10.0.0.8',
    '192.168.1.2',
    '172.16.0.1',
    '172.31.255.1',
    '169.254.3.4',
    '[::1]',
    '[fd00::2]',
    '[fe80::1]',
    '[::ffff:127.0.0.1]',
  ];
  for (const host of local) it(`runs at ${host}`, () => assertSandboxMayRun(place(`http://${host}:8080`)));
  const outside = [
    'drive.example',
    'localhost.example',
    'local',
    '8.8.8.8',
    '172.32.0.1',
    '192.169.0.1',
    '11.0.0.1',
    '[2001:db8::1]',
    '[::ffff:8.8.8.8]',
    '0x08080808',
    '0.0.0.0',
  ];
  for (const host of outside) {
    it(`does not run at ${host}, unless its operator wants to show it`, () => {
      refused(place(`https://${host}`));
      assertSandboxMayRun(place(`https://${host}`, { demo: true }));
    });
  }
  it('never runs in production, wherever it is and whatever its operator wants', () => {
    for (const host of ['localhost', 'drive.example'])
      for (const demo of [false, true]) refused(place(`https://${host}`, { production: true, demo }));
  });
});
