// The file app-credential: texts that let tools into a drive, and texts that do not.
import { encodeDcbor, importSigningKey, signCertificate, userIdOf, type DcborValue } from '@reprise/protocol/formats';
import { fixed, hex, type VectorCase, type VectorFile } from './reference.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type Fields = Record<
  'version' | 'origin' | 'homeSpace' | 'seq' | 'head' | 'epoch' | 'epochKey' | 'identityKey' | 'createdMs' | 'caps' | 'signature' | 'deviceSeed',
  DcborValue
>;

const bytesOf = (name: string, length = 32): Bytes => fixed(name, length) as Bytes;

export async function makeAppCredential(): Promise<VectorFile> {
  const read = await draw('read', 0);
  const write = await draw('write', 1);
  const { identityKey, signature } = await draw('other', 0);
  const refuse = (name: string, step: string, text: string): VectorCase => ({ name, verdict: 'refused', code: 'bad-credential', step, text });
  const changed = (name: string, step: string, change: Partial<Fields>): VectorCase => refuse(name, step, textOf({ ...read, ...change }));
  const whole = textOf(read);
  return {
    about: 'App credentials as texts, with fixed secrets, and texts that are refused.',
    spec: 'accounts.md',
    cases: [
      await accept('a credential that reads', read, 'read'),
      await accept('a credential that writes', write, 'write'),
      await accept('a credential of a server by another port, in a later epoch', { ...write, origin: 'http://localhost:8080', epoch: 4_294_967_295, seq: 9_007_199_254_740_991 }, 'write'),
      refuse('a text that is no credential', 'prefix', 'https://drive.example/s#1.x'),
      refuse('a prefix in capitals', 'prefix', whole.replace('rp1_app_', 'RP1_APP_')),
      refuse('a text cut short', 'form', whole.slice(0, -4)),
      refuse('a text with a letter too many', 'form', `${whole}A`),
      refuse('a text with another alphabet', 'form', `${whole.slice(0, -1)}+`),
      refuse('a text that is too long', 'form', textOf({ ...read, origin: `https://${'a'.repeat(1_000)}` })),
      changed('another version', 'form', { version: 2 }),
      changed('a server with a slash', 'form', { origin: 'https://drive.example/' }),
      changed('a server of another scheme', 'form', { origin: 'ftp://drive.example' }),
      changed('a server that is no address', 'form', { origin: 'drive.example' }),
      changed('epoch 0', 'form', { epoch: 0 }),
      changed('a short key', 'form', { epochKey: bytesOf('short', 31) }),
      changed('rights beyond writing', 'form', { caps: 3 }),
      changed('rights of an owner', 'form', { caps: 15 }),
      changed('more rights than were signed', 'certificate', { caps: 1 }),
      changed('another time than was signed', 'certificate', { createdMs: 1 }),
      changed('a key that was not certified', 'certificate', { deviceSeed: bytesOf('another seed') }),
      changed('another identity', 'certificate', { identityKey }),
      changed('a certificate of another identity', 'certificate', { signature }),
      changed('an identity key of small order', 'certificate', { identityKey: new Uint8Array(32) }),
    ],
  };
}

async function draw(name: string, caps: number): Promise<Fields> {
  const identity = await importSigningKey(bytesOf(`${name} identity`));
  const device = await importSigningKey(bytesOf(`${name} device`));
  const createdMs = 1_790_000_000_000;
  const [, signature] = await signCertificate(identity, { devicePublic: device.publicKey, createdMs, caps });
  return {
    version: 1,
    origin: 'https://drive.example',
    homeSpace: bytesOf(`${name} home`),
    seq: 41,
    head: bytesOf(`${name} head`),
    epoch: 1,
    epochKey: bytesOf(`${name} epoch key`),
    identityKey: identity.publicKey,
    createdMs,
    caps,
    signature,
    deviceSeed: bytesOf(`${name} device`),
  };
}

function textOf(fields: Fields): string {
  const { version, origin, homeSpace, seq, head, epoch, epochKey, identityKey, createdMs, caps, signature, deviceSeed } = fields;
  const content = encodeDcbor([version, origin, homeSpace, seq, head, epoch, epochKey, identityKey, createdMs, caps, signature, deviceSeed]);
  return `rp1_app_${Buffer.from(content).toString('base64url')}`;
}

async function accept(name: string, fields: Fields, access: string): Promise<VectorCase> {
  const { version, caps, ...shown } = fields;
  const userId = await userIdOf(fields.identityKey as Bytes);
  const { publicKey } = await importSigningKey(fields.deviceSeed as Bytes);
  const x = encodeDcbor([version, userId, publicKey, fields.createdMs, caps]);
  const json = Object.entries(shown).map(([key, value]) => [key, value instanceof Uint8Array ? hex(value) : value]);
  return {
    name,
    verdict: 'accepted',
    text: textOf(fields),
    access,
    ...Object.fromEntries(json),
    userId: hex(userId),
    devicePublic: hex(publicKey),
    certificate: [hex(x), hex(fields.signature as Bytes)],
  };
}
