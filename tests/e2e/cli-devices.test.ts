// Machines that come into an account by a code on the command line, and those that do not.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Cli, type CliRun, openCli } from '../support/cli.ts';
import { type Host, startHost } from '../support/server.ts';

let host: Host;
let first: Cli;
before(async () => {
  host = await startHost();
  first = openCli(host.url);
  await first.json(['signup', '--user', 'marta']);
});
after(async () => {
  first?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
});

type Json = Readonly<Record<string, unknown>>;
const linesOf = (ran: CliRun): Json[] =>
  ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);

/** Starts to come in on a new machine. @returns the code it shows, and its run */
async function showCode(cli: Cli, answer: string): Promise<{ readonly code: string; readonly ended: Promise<CliRun> }> {
  const shown = Promise.withResolvers<string>();
  const onOutput = (text: string): void => {
    if (text.includes('\n')) shown.resolve((JSON.parse(text.split('\n')[0] as string) as { code: string }).code);
  };
  const ended = cli.run(['login', '--pair', '--json'], { input: `${answer}\n`, onOutput });
  const failed = ended.then((ran) => Promise.reject(new Error(`it ended before it showed a code\n${ran.stderr}`)));
  failed.catch(() => undefined);
  return { code: await Promise.race([shown.promise, failed]), ended };
}

describe('a machine that shows a code', { concurrency: false }, () => {
  test('is let in by one that types it, once both were told the same words', async () => {
    using second = openCli(host.url);
    const { code, ended } = await showCode(second, 'y');
    assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    const host_ = await first.run(['devices', 'add', code.toLowerCase().replace('-', ' '), '--json'], { input: 'yes\n' });
    assert.equal(host_.code, 0, host_.stderr);
    const guest = await ended;
    assert.equal(guest.code, 0, guest.stderr);
    const [, shown, entered] = linesOf(guest);
    const [compared, admitted] = linesOf(host_);
    assert.equal((compared?.['words'] as string[] | undefined)?.length, 4);
    assert.deepEqual(shown?.['words'], compared?.['words']);
    assert.equal(entered?.['user'], 'marta');
    assert.equal(entered?.['device'], admitted?.['device']);
    assert.match(String(admitted?.['label']), /reprise/);
    assert.equal((await second.run(['mkdir', '/by the second'])).code, 0);
    assert.match((await first.run(['ls'])).stdout, /by the second/);
    const { devices } = (await first.json(['devices'])) as unknown as { devices: Json[] };
    assert.deepEqual(
      devices.map(({ isRevoked }) => isRevoked),
      [false, false],
    );
    const joined = devices.find(({ device }) => device === admitted?.['device']);
    assert.deepEqual([joined?.['isThis'], joined?.['name']], [false, admitted?.['label']]);
    // The code serves nobody after that.
    const again = await first.run(['devices', 'add', code], { input: 'y\n' });
    assert.equal(again.code, 5);
    assert.match(again.stderr, /another device has answered|no device shows/i);
  });

  test('stays out if the words differ for either person, and each side says what happened', async () => {
    using second = openCli(host.url);
    const refused = await showCode(second, 'y');
    const refuser = await first.run(['devices', 'add', refused.code], { input: 'n\n' });
    assert.equal(refuser.code, 5);
    assert.match(refuser.stderr, /words differ/);
    const outside = await refused.ended;
    assert.equal(outside.code, 5);
    assert.match(outside.stderr, /did not let this one in/);
    assert.equal((JSON.parse(outside.lastLine) as { error: Json }).error['code'], 'pairing-refused');

    const doubtful = await showCode(second, 'n');
    const french = await first.run(['devices', 'add', doubtful.code], { input: 'oui\n', env: { LC_ALL: 'fr_FR.UTF-8' } });
    assert.equal(french.code, 0, french.stderr);
    assert.match(french.stderr, /peut entrer/);
    const doubting = await doubtful.ended;
    assert.equal(doubting.code, 5);
    assert.match(doubting.stderr, /words differ/);
    assert.equal((await second.run(['whoami'])).code, 5);
    const { devices } = (await first.json(['devices'])) as unknown as { devices: Json[] };
    assert.equal(devices.length, 2);
  });

  test('is refused where nobody answers, and a code that nobody shows is said to be none', async () => {
    using second = openCli(host.url);
    const { code, ended } = await showCode(second, '');
    const silent = await first.run(['devices', 'add', code]);
    assert.equal(silent.code, 5, 'without an answer nobody is let in');
    assert.equal((await ended).code, 5);
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['devices', 'add', 'ABCD-2345'], 5, /ten minutes are over/],
      [['devices', 'add', 'ABC'], 5, /eight letters/],
      [['devices', 'add'], 2, /code that the new device shows/],
      [['devices', 'add', 'ABCD-2345', 'x'], 2, /more than/],
      [['devices', 'remove'], 2, /more than/],
      [['login', '--pair', '--user', 'marta'], 2, /neither --user nor --kit/],
      [['login', '--pair'], 1, /belongs to an account already/],
    ];
    for (const [args, exit, said] of cases) {
      const ran = await first.run(args, { input: 'y\n' });
      assert.equal(ran.code, exit, `${args.join(' ')}: ${ran.stderr}`);
      assert.match(ran.stderr, said);
    }
  });

  test('stops when it is told to, and leaves the machine as it was', async () => {
    using second = openCli(host.url);
    let pid = 0;
    const ran = second.run(['login', '--pair'], { onStart: (id) => (pid = id), onOutput: () => process.kill(pid, 'SIGINT') });
    assert.equal((await ran).code, 130);
    assert.equal((await second.run(['whoami'])).code, 5);
  });
});
