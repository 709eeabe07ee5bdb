// Where the sandbox may run: nowhere that its worthless coins could be taken for money. spec/lightning.md "The sandbox".
import { isIP } from 'node:net';
import { LightningFailure } from '../failures.ts';

export type SandboxPlace = {
  /** The configuration says that this is no trial. */
  readonly production: boolean;
  /** Under which the service is reached: `https://drive.example`. */
  readonly publicUrl: string;
  /** The operator wants worthless coins on a public address, and says so on the landing page. Counts for nothing in production. */
  readonly demo: boolean;
};

/** @throws LightningFailure sandbox-refused; the drive goes on without payments */
export function assertSandboxMayRun({ production, publicUrl, demo }: SandboxPlace): void {
  if (production) throw new LightningFailure('sandbox-refused', { why: 'production' });
  if (!demo && !isLocal(new URL(publicUrl).hostname)) throw new LightningFailure('sandbox-refused', { why: 'public-address' });
}

/** Names and addresses that nobody reaches from the internet. */
function isLocal(hostname: string): boolean {
  const host = hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (mapped) return isLocalIPv4(octetsOf(Number.parseInt(mapped[1] ?? '', 16) * 65_536 + Number.parseInt(mapped[2] ?? '', 16)));
  if (isIP(host) === 4) return isLocalIPv4(host.split('.').map(Number));
  if (isIP(host) === 6) return host === '::1' || /^f[cd]/.test(host) || /^fe[89ab]/.test(host);
  return host === 'localhost' || /\.(localhost|local|test|internal|home\.arpa)$/.test(host);
}

function octetsOf(address: number): readonly number[] {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
}

function isLocalIPv4([a = 0, b = 0]: readonly number[]): boolean {
  return a === 127 || a === 10 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b <= 31) || (a === 169 && b === 254);
}
