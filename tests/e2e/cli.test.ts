// The command line program against a real host: what goes in comes out, byte for byte, and what cannot is said.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Cli, openCli } from '../support/cli.ts';
import { digestOf, writeFolder, writeRandom } from '../support/inputs.ts';
import { type Host, startHost } from '../support/server.ts';
import { startWire, type Wire } from '../support/wire.ts';

let host: Host;
let cli: Cli;
before(async () => {
  host = await startHost();
  cli = openCli(host.url);
});
after(async () => {
  cli?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
});

function killWhen(child: ChildProcess, signal: 'SIGINT' | 'SIGKILL', isTime: () => boolean): void {
  const timer = setInterval(() => isTime() && child.kill(signal) && clearInterval(timer), 10);
  child.on('exit', () => clearInterval(timer));
}

/** Once it has, the rest takes longer than any machine needs to hear a signal. */
function hasSent(wire: Wire, bytes: number): boolean {
  if (wire.sentBytes() < bytes) return false;
  wire.limitUpload(200_000);
  return true;
}

const place = (...parts: string[]) => join(cli.folder, ...parts);

describe('files of every size around the format’s edges', () => {
  const sizes = [0, 1, 1023, 1024, 4096, 262_143, 262_144, 262_145, 4_194_303, 4_194_304, 4_194_305, 10_000_000, 25_165_825];
  test('come back byte for byte, each alone', async () => {
    for (const size of sizes) {
      const file = writeRandom(place('sizes', `f${size}`), size);
      const { link, bytes, files } = await cli.json(['put', file]);
      assert.deepEqual({ bytes, files }, { bytes: size, files: 1 });
      assert.equal((await cli.run(['get', link, '-o', place(`back${size}`)])).code, 0);
      assert.equal(await digestOf(place(`back${size}`)), await digestOf(file), `${size} bytes`);
    }
  });

  test('come back byte for byte, as one folder', async () => {
    const { link, files } = await cli.json(['put', place('sizes')]);
    assert.equal(files, sizes.length);
    mkdirSync(place('all'));
    assert.equal((await cli.run(['get', link, '-o', place('all')])).code, 0);
    for (const size of sizes) assert.equal(await digestOf(place('all', 'sizes', `f${size}`)), await digestOf(place('sizes', `f${size}`)));
  });
});

describe('folders', () => {
  test('keep structure, empty folders, times, the executable bit and symbolic links', async () => {
    const folder = writeFolder(place('tree'));
    writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\n');
    chmodSync(join(folder, 'run.sh'), 0o755);
    symlinkSync('notes.txt', join(folder, 'shortcut'));
    utimesSync(join(folder, 'run.sh'), 1_600_000_000.5, 1_600_000_000.5);
    const { link } = await cli.json(['put', folder]);
    assert.equal((await cli.run(['get', link, '-o', place('tree-back')])).code, 0);
    assert.deepEqual(readdirSync(place('tree-back'), { recursive: true }).sort(), readdirSync(folder, { recursive: true }).sort());
    assert.equal(readlinkSync(place('tree-back', 'shortcut')), 'notes.txt');
    assert.equal(statSync(place('tree-back', 'run.sh')).mode & 0o111, 0o111 & ~process.umask());
    assert.equal(statSync(place('tree-back', 'notes.txt')).mode & 0o111, 0);
    assert.equal(statSync(place('tree-back', 'run.sh')).mtimeMs, 1_600_000_000_500);
    assert.ok(lstatSync(place('tree-back', 'dossier vide')).isDirectory());
    for (const file of ['notes.txt', 'vide.txt', 'été à Sète/plage n° 1.jpg', '音楽/曲 – 最終.flac']) {
      assert.equal(await digestOf(place('tree-back', file)), await digestOf(join(folder, file)));
    }
  });

  test('with the most awkward names come back under the same names', async () => {
    const folder = place('names');
    mkdirSync(folder);
    const names = [
      'line\nbreak',
      'tab\there',
      'quote"\'`$(touch x)',
      '-rf',
      '--help',
      ' leading',
      'trailing ',
      'trailing.',
      'CON',
      'aux.txt',
      'a:b',
      'back\\slash',
      'é'.normalize('NFC'),
      '🎈🇫🇷👩‍👩‍👧',
      '\u202Egpj.exe',
      'שלום',
      'x'.repeat(255),
      `${'é'.repeat(127)}x`,
      'Case',
      'case',
      '...',
      '%2e%2e',
      '\uFEFFbom',
      'a\u200Bb',
      'NUL',
      '~',
    ];
    for (const name of names) writeFileSync(join(folder, name), name);
    const { link, files } = await cli.json(['put', folder]);
    assert.equal(files, names.length);
    assert.equal((await cli.run(['get', link, '-o', place('names-back')])).code, 0);
    assert.deepEqual(readdirSync(place('names-back')).sort(), [...names].sort());
    for (const name of names) assert.equal(readFileSync(place('names-back', name), 'utf8'), name);
    const listed = await cli.run(['ls', link]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may reach a terminal
    assert.doesNotMatch(listed.stdout, /[\u0000-\u0009\u000b-\u001f\u202e]/, 'control characters of names do not act on the terminal');
  });

  test('with two names that are one in NFC keep both files and say which was renamed', async () => {
    const folder = place('twins');
    mkdirSync(folder);
    writeFileSync(join(folder, 'é.txt'.normalize('NFC')), 'composed');
    writeFileSync(join(folder, 'é.txt'.normalize('NFD')), 'decomposed');
    const sent = await cli.json(['put', folder]);
    assert.equal((sent as unknown as { renamed: unknown[] }).renamed.length, 1);
    assert.equal((await cli.run(['get', sent.link, '-o', place('twins-back')])).code, 0);
    const contents = readdirSync(place('twins-back')).map((name) => readFileSync(place('twins-back', name), 'utf8'));
    assert.deepEqual(contents.sort(), ['composed', 'decomposed']);
  });

  test('several things of one name from different folders stand side by side', async () => {
    writeRandom(place('one', 'same.txt'), 10);
    writeRandom(place('two', 'same.txt'), 20);
    const { link } = await cli.json(['put', place('one', 'same.txt'), place('two', 'same.txt')]);
    assert.equal((await cli.run(['get', link, '-o', place('both')])).code, 0);
    assert.deepEqual(readdirSync(place('both')).sort(), ['same (2).txt', 'same.txt']);
  });
});

describe('what the program says', () => {
  test('the link is the last line of standard output and alone there', async () => {
    const ran = await cli.run(['put', writeRandom(place('said.bin'), 100)]);
    assert.equal(ran.stdout.trim().split('\n').length, 1);
    assert.match(ran.lastLine, /^http:\/\/127\.0\.0\.1:\d+\/s#1\.[\w-]{66}$/);
    assert.match(ran.stderr, /\/m#1\.[\w-]{86}/);
  });

  test('it speaks French where the environment does', async () => {
    const ran = await cli.run(['put', place('nothing-here')], { env: { LC_ALL: 'fr_FR.UTF-8' } });
    assert.equal(ran.code, 8);
    assert.match(ran.stderr, /a disparu ou ne peut pas être lu/);
  });

  test('a wrong command line is refused with exit code 2 and a hint', async () => {
    for (const args of [
      ['put'],
      ['get'],
      ['put', '--nope', 'x'],
      ['frobnicate'],
      ['put', 'x', '--expires', 'soon'],
      ['put', 'x', '--downloads', '0'],
      ['get', 'a', 'b'],
      [],
    ]) {
      const ran = await cli.run(args);
      assert.equal(ran.code, 2, args.join(' '));
      assert.match(ran.stderr, /reprise/);
    }
  });

  test('help teaches every command in both languages', async () => {
    for (const lang of ['C.UTF-8', 'fr_FR.UTF-8']) {
      for (const command of ['put', 'get', 'ls', 'rm', 'links', 'completion']) {
        const ran = await cli.run([command, '--help'], { env: { LC_ALL: lang } });
        assert.equal(ran.code, 0);
        assert.ok(ran.stdout.includes(`reprise ${command}`));
      }
    }
  });

  test('completion scripts name every command', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const ran = await cli.run(['completion', shell]);
      assert.equal(ran.code, 0);
      for (const command of ['put', 'get', 'ls', 'rm', 'links']) assert.ok(ran.stdout.includes(command), `${shell} ${command}`);
    }
  });
});

describe('links', () => {
  test('with a password open with it alone', async () => {
    const { link } = await cli.json(['put', writeRandom(place('secret.bin'), 5000), '--password', 'pässwörd']);
    assert.equal((await cli.run(['get', link, '-o', place('no')])).code, 5);
    assert.equal((await cli.run(['get', link, '-o', place('no'), '--password', 'wrong'])).code, 5);
    assert.equal(existsSync(place('no')), false);
    assert.equal((await cli.run(['get', link, '-o', place('yes'), '--password', 'pässwörd'])).code, 0);
    assert.equal((await cli.run(['get', link, '-o', place('yes2')], { env: { REPRISE_PASSWORD: 'pässwörd' } })).code, 0);
    assert.equal(await digestOf(place('yes')), await digestOf(place('secret.bin')));
  });

  test('with any character of the fragment changed open nothing', async () => {
    const { link } = await cli.json(['put', writeRandom(place('typo.bin'), 100)]);
    const start = link.indexOf('#') + 1;
    const fragment = link.slice(start);
    // Version, flags, secret (three places), fingerprint, last character.
    for (const at of [0, 2, 3, 10, 30, 44, 46, 60, fragment.length - 1]) {
      const changed = fragment[at] === 'A' ? 'B' : 'A';
      const ran = await cli.run([
        'get',
        link.slice(0, start) + fragment.slice(0, at) + changed + fragment.slice(at + 1),
        '-o',
        place('typo-out'),
      ]);
      assert.ok([2, 4, 6].includes(ran.code ?? 0), `position ${at}: ${ran.code} ${ran.stderr}`);
      assert.equal(existsSync(place('typo-out')), false, `position ${at}`);
    }
    for (const text of [link.slice(0, -1), `${link}x`, link.replace('#', ''), 'https://example.org/', fragment.slice(0, 20)]) {
      assert.equal((await cli.run(['get', text, '-o', place('typo-out'), '--server', host.url])).code, 2, text);
    }
  });

  test('that are unknown, revoked or over answer alike, with exit code 4', async () => {
    const { link, ownerKey } = await cli.json(['put', writeRandom(place('gone.bin'), 100)]);
    assert.equal((await cli.run(['rm', ownerKey])).code, 0);
    const ran = await cli.run(['get', link, '-o', place('gone-out')]);
    assert.equal(ran.code, 4, ran.stderr);
    assert.equal((await cli.run(['rm', ownerKey])).code, 4, 'what is gone cannot be removed again');
  });

  test('end after the downloads they were made for', async () => {
    const { link } = await cli.json(['put', writeRandom(place('once.bin'), 100), '--downloads', '1']);
    assert.equal((await cli.run(['get', link, '-o', place('once1')])).code, 0);
    assert.equal((await cli.run(['get', link, '-o', place('once2')])).code, 4);
  });

  test('are deleted by the link itself on the machine that made them, and on no other', async () => {
    const { link } = await cli.json(['put', writeRandom(place('mine.bin'), 100)]);
    using other = openCli(host.url);
    assert.equal((await other.run(['rm', link])).code, 4);
    assert.equal((await cli.run(['rm', link])).code, 0);
    assert.equal((await cli.run(['ls', link])).code, 4);
  });

  test('are listed with their counts for who has the owner key', async () => {
    const { link, ownerKey } = await cli.json(['put', writeRandom(place('counted.bin'), 100), '--label', 'for Zoé']);
    await cli.run(['get', link, '-o', place('counted1')]);
    const { links } = (await cli.json(['links', ownerKey])) as unknown as {
      links: { label: string; downloads: { finished: number }; url: string }[];
    };
    assert.deepEqual(
      links.map(({ label, downloads, url }) => ({ label, finished: downloads.finished, url })),
      [{ label: 'for Zoé', finished: 1, url: link }],
    );
  });
});

describe('saving', () => {
  test('refuses what is there already, and overwrites it when told to', async () => {
    const file = writeRandom(place('there.bin'), 3000);
    const { link } = await cli.json(['put', file]);
    writeFileSync(place('precious'), 'mine');
    const ran = await cli.run(['get', link, '-o', place('precious')]);
    assert.notEqual(ran.code, 0);
    assert.equal(readFileSync(place('precious'), 'utf8'), 'mine');
    assert.equal((await cli.run(['get', link, '-o', place('precious'), '--force'])).code, 0);
    assert.equal(await digestOf(place('precious')), await digestOf(file));
  });

  test('goes to standard output for one file', async () => {
    writeFileSync(place('text.txt'), 'hello, world\n');
    const { link } = await cli.json(['put', place('text.txt')]);
    const ran = await cli.run(['get', link, '-o', '-']);
    assert.equal(ran.stdout, 'hello, world\n');
  });

  test('goes on from an incomplete file, of which only what is right is kept', async () => {
    const file = writeRandom(place('resume.bin'), 20_000_000);
    const { link } = await cli.json(['put', file]);
    const bytes = readFileSync(file);
    const damaged = Buffer.from(bytes.subarray(0, 13_000_000));
    damaged[9_000_000] = (damaged[9_000_000] ?? 0) ^ 1;
    mkdirSync(place('resumed'));
    writeFileSync(place('resumed', 'resume.bin.reprise-part'), damaged);
    const ran = await cli.run(['get', link, '-o', place('resumed')]);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stderr, /first 8\.39 MB are here/);
    assert.equal(await digestOf(place('resumed', 'resume.bin')), await digestOf(file));
    assert.deepEqual(readdirSync(place('resumed')), ['resume.bin']);
  });
});

describe('sending', () => {
  test('leaves out what is ignored, and what cannot be read is named', async () => {
    const folder = place('partly');
    writeRandom(join(folder, 'keep.txt'), 10);
    writeRandom(join(folder, 'drop.tmp'), 10);
    writeRandom(join(folder, 'node_modules', 'x.js'), 10);
    const { link } = await cli.json(['put', folder, '--ignore', '*.tmp', '--ignore', 'node_modules']);
    const { files } = (await cli.json(['ls', link])) as unknown as { files: { path: string }[] };
    assert.deepEqual(
      files.map(({ path }) => path),
      ['partly', 'partly/keep.txt'],
    );
  });

  test('follows symbolic links when told to', async () => {
    const folder = place('linked');
    writeRandom(join(folder, 'real.txt'), 10);
    symlinkSync('real.txt', join(folder, 'to.txt'));
    const { files } = await cli.json(['put', folder, '--follow']);
    assert.equal(files, 2);
  });

  test('of a file that keeps changing is refused, and of the others goes on with exit code 3', async () => {
    const folder = place('changing');
    const restless = writeRandom(join(folder, 'a-restless.bin'), 40_000_000);
    writeRandom(join(folder, 'b-quiet.bin'), 1000);
    let n = 0;
    const timer = setInterval(() => utimesSync(restless, 1_700_000_000 + n, 1_700_000_000 + ++n), 5);
    const ran = await cli.run(['put', folder, '--json']).finally(() => clearInterval(timer));
    assert.equal(ran.code, 3, ran.stderr);
    const sent = JSON.parse(ran.lastLine) as { link: string; leftOut: unknown };
    assert.deepEqual(sent.leftOut, [{ path: 'changing/a-restless.bin', code: 'source-changed' }]);
    const { files } = (await cli.json(['ls', sent.link])) as unknown as { files: { path: string }[] };
    assert.deepEqual(
      files.map(({ path }) => path),
      ['changing', 'changing/b-quiet.bin'],
    );
  });

  test('to nobody says so, with exit code 7', async () => {
    const ran = await cli.run(['put', writeRandom(place('lost.bin'), 10), '--server', 'http://127.0.0.1:9']);
    assert.equal(ran.code, 7);
    assert.match(ran.stderr, /cannot be reached/);
  });
});

describe('interruptions', () => {
  test('Ctrl+C stops a run with exit code 130, says how to go on, and the next run does', async () => {
    const wire = await startWire(host.port);
    try {
      wire.limitUpload(15_000_000);
      const file = writeRandom(place('interrupted.bin'), 40_000_000);
      const args = ['put', file, '--server', wire.url];
      const stopped = await cli.run(args, {
        onStart: (_, child) => killWhen(child, 'SIGINT', () => hasSent(wire, 18_000_000)),
      });
      assert.equal(stopped.code, 130, stopped.stderr);
      assert.match(stopped.stderr, /To go on:\n {2}reprise put /);
      assert.equal(stopped.stdout, '');
      wire.limitUpload(null);
      const { link } = await cli.json(args);
      assert.equal((await cli.run(['get', link, '-o', place('interrupted-back')])).code, 0);
      assert.equal(await digestOf(place('interrupted-back')), await digestOf(file));
    } finally {
      await wire[Symbol.asyncDispose]();
    }
  });

  test('what was deleted after an interruption is sent anew, behind another link', async () => {
    await using wire = await startWire(host.port);
    wire.limitUpload(15_000_000);
    const args = ['put', writeRandom(place('deleted.bin'), 30_000_000), '--server', wire.url];
    const stopped = await cli.run([...args, '--json'], {
      onStart: (_, child) => killWhen(child, 'SIGINT', () => hasSent(wire, 12_000_000)),
    });
    assert.equal(stopped.code, 130, stopped.stderr);
    const { ownerKey, link } = JSON.parse(stopped.lastLine) as { ownerKey: string; link: string };
    wire.limitUpload(null);
    assert.equal((await cli.run(['rm', ownerKey])).code, 0);
    const again = await cli.json(args);
    assert.notEqual(again.link, link);
    assert.equal((await cli.run(['get', again.link, '-o', place('deleted-back')])).code, 0);
    assert.equal(await digestOf(place('deleted-back')), await digestOf(place('deleted.bin')));
  });

  test('a download that is killed goes on, and never leaves a short file under the final name', async () => {
    const wire = await startWire(host.port);
    try {
      const file = writeRandom(place('killed.bin'), 40_000_000);
      const { link } = await cli.json(['put', file]);
      wire.limitDownload(10_000_000);
      const args = ['get', link, '-o', place('killed-back'), '--server', wire.url];
      await cli.run(args, {
        onStart: (_, child) =>
          killWhen(
            child,
            'SIGKILL',
            () => (statSync(place('killed-back.reprise-part'), { throwIfNoEntry: false })?.size ?? 0) >= 9_000_000,
          ),
      });
      assert.equal(existsSync(place('killed-back')), false);
      wire.limitDownload(null);
      const ran = await cli.run(args);
      assert.equal(ran.code, 0, ran.stderr);
      assert.match(ran.stderr, /Going on with killed\.bin/);
      assert.equal(await digestOf(place('killed-back')), await digestOf(file));
    } finally {
      await wire[Symbol.asyncDispose]();
    }
  });

  test('a full disk is said, the incomplete file is gone, and what is complete stays', {
    skip: process.platform === 'win32' && 'needs a limit on file sizes',
  }, async () => {
    const folder = place('too-big');
    writeRandom(join(folder, 'a-small.bin'), 10_000);
    writeRandom(join(folder, 'b-large.bin'), 20_000_000);
    const { link } = await cli.json(['put', folder]);
    // A limit on the size of a file makes a write fail where a full disk would.
    const script = `trap '' XFSZ; ulimit -f 12000; exec "$0" "$@"`;
    const { spawnSync } = await import('node:child_process');
    const { cliPath } = await import('../support/server.ts');
    const ran = spawnSync('bash', ['-c', script, process.execPath, cliPath, 'get', link, '-o', place('full')], {
      env: { ...process.env, LC_ALL: 'C', XDG_STATE_HOME: place('state') },
      encoding: 'utf8',
    });
    assert.equal(ran.status, 8, ran.stderr);
    assert.match(ran.stderr, /The disk is full/);
    assert.deepEqual(readdirSync(place('full')), ['a-small.bin']);
    assert.equal((await cli.run(['get', link, '-o', place('full')])).code, 0, 'with room, the same command completes it');
    assert.equal(await digestOf(place('full', 'b-large.bin')), await digestOf(join(folder, 'b-large.bin')));
  });
});
