/** What the tests and the benchmark need from the distribution: found on the PATH, or installed by apt-get when we are root. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program or file of the distribution, the Debian package that brings it, and how to see that it is there. */
export type Need = { readonly name: string; readonly debianPackage: string; readonly isPresent: () => boolean };

export const testNeeds: readonly Need[] = [
  { name: 'chromium', debianPackage: 'chromium', isPresent: () => ['chromium', 'chromium-browser', 'google-chrome'].some(runs) },
  // Lighter where nobody looks; without it the tests use the browser itself.
  { name: 'chromium-headless-shell', debianPackage: 'chromium-headless-shell', isPresent: () => onPath('chromium-headless-shell') },
  { name: 'firefox', debianPackage: 'firefox-esr', isPresent: () => ['firefox-esr', 'firefox'].some(runs) },
  { name: 'postgresql', debianPackage: 'postgresql', isPresent: hasPostgres },
  { name: 'fonts', debianPackage: 'fonts-dejavu-core', isPresent: () => existsSync('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf') },
  { name: 'electrum', debianPackage: 'electrum', isPresent: () => onPath('electrum') },
  {
    name: 'python-cryptography',
    debianPackage: 'python3-cryptography',
    isPresent: () =>
      ['python3', '/usr/bin/python3'].some((python) => spawnSync(python, ['-c', 'import cryptography'], { stdio: 'ignore' }).status === 0),
  },
];

export const benchNeeds: readonly Need[] = [
  ...testNeeds.filter((need) => need.name === 'chromium' || need.name === 'firefox'),
  { name: 'nginx', debianPackage: 'nginx-light', isPresent: () => onPath('nginx') },
  { name: 'rclone', debianPackage: 'rclone', isPresent: () => onPath('rclone') },
  { name: 'restic', debianPackage: 'restic', isPresent: () => onPath('restic') },
  { name: 'age', debianPackage: 'age', isPresent: () => onPath('age') },
  { name: 'curl', debianPackage: 'curl', isPresent: () => onPath('curl') },
  ...['rsync', 'syncthing', 'unison'].map((name) => ({ name, debianPackage: name, isPresent: () => onPath(name) })),
  { name: 'ab', debianPackage: 'apache2-utils', isPresent: () => onPath('ab') },
];

const aptWaitSeconds = 300;

/** Installs what is missing if we may, and returns what is missing afterwards. Says what it does on standard error. */
export function provide(needs: readonly Need[]): readonly Need[] {
  const missing = needs.filter((need) => !need.isPresent());
  if (missing.length === 0) return [];
  const packages = missing.map((need) => need.debianPackage);
  const command = `apt-get install ${packages.join(' ')}`;
  if (process.platform !== 'linux' || !onPath('apt-get')) {
    say(`Not on this machine: ${missing.map((need) => need.name).join(', ')}. What needs them is skipped.`);
    return missing;
  }
  if (process.getuid?.() !== 0 || process.env['REPRISE_NO_APT'] === '1') {
    say(`Not on this machine: ${packages.join(', ')}. What needs them is skipped. To run it too: sudo ${command}`);
    return missing;
  }
  say(`Installing from the distribution: ${packages.join(' ')} …`);
  const updated = apt(['update', '-q']);
  // One package that does not exist here must not keep the others away.
  if (apt(['install', '-q', '-y', '--no-install-recommends', ...packages]) !== 0) {
    for (const name of packages) apt(['install', '-q', '-y', '--no-install-recommends', name]);
  }
  const still = needs.filter((need) => !need.isPresent());
  if (still.length > 0)
    say(
      `Could not be installed: ${still.map((need) => need.debianPackage).join(', ')}${updated === 0 ? '' : ' (apt-get update failed)'}. What needs them is skipped.`,
    );
  return still;
}

function apt(args: readonly string[]): number {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l' };
  const result = spawnSync('apt-get', ['-o', `DPkg::Lock::Timeout=${aptWaitSeconds}`, '-o', 'Dpkg::Use-Pty=0', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (result.status !== 0) say(`apt-get ${args.join(' ')} failed:\n${(result.stderr ?? '').trim().split('\n').slice(-6).join('\n')}`);
  return result.status ?? 1;
}

function onPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** Ubuntu's browser packages are wrappers that ask for snap, which containers lack: being on the PATH says too little. */
function runs(program: string): boolean {
  return onPath(program) && spawnSync(program, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

/** Debian keeps the server's own programs off the PATH, one folder a version. */
function hasPostgres(): boolean {
  if (onPath('postgres') && onPath('initdb')) return true;
  const home = '/usr/lib/postgresql';
  return existsSync(home) && readdirSync(home).some((version) => existsSync(join(home, version, 'bin', 'initdb')));
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
