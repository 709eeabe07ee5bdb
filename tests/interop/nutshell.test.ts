// nutshell, the wallet in Python that the protocol began with, unmodified, against a host with its sandbox: an invoice, a token to another
// wallet, and a payment. Used where it is found; no other test needs it. spec/mint.md "Which NUTs".
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { findNutshell } from '../support/nutshell.ts';
import { sandboxInvoice, sandboxInvoiceState, sandboxPays } from '../support/sandbox-host.ts';
import { type Host, plainEnvironment, startHost } from '../support/server.ts';

const { program, absence: skip } = findNutshell('cashu');

const run = promisify(execFile);
const commandMsMax = 120_000;

describe('nutshell', { skip, concurrency: false }, () => {
  let host: Host;
  const folder = mkdtempSync(join(tmpdir(), 'reprise-nutshell-'));
  before(async () => {
    host = await startHost();
  });
  after(async () => {
    await host[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  async function cashu(wallet: string, ...words: string[]): Promise<string> {
    const env = { ...plainEnvironment(), HOME: folder, CASHU_DIR: join(folder, wallet), MINT_URL: `${host.url}/mint`, TOR: 'false' };
    const { stdout } = await run(program, ['--yes', '--host', `${host.url}/mint`, ...words], { cwd: folder, env, timeout: commandMsMax });
    return stdout;
  }
  const balance = async (wallet: string) => Number(/Balance: ([\d,]+) sat/.exec(await cashu(wallet, 'balance'))?.[1]?.replaceAll(',', ''));
  const found = (pattern: RegExp, text: string) => pattern.exec(text)?.[0] ?? assert.fail(text);

  it('mints by an invoice, sends a token that another wallet of it takes, and pays an invoice', async () => {
    const asked = await cashu('alice', 'invoice', '--no-check', '300');
    assert.equal((await sandboxPays(host.url, found(/lnbcrt\w+/, asked))).state, 'succeeded');
    await cashu('alice', 'invoice', '300', '--id', found(/[0-9a-f]{8}-[0-9a-f-]{27}/, asked));
    assert.equal(await balance('alice'), 300);

    const token = found(/cashu[AB][\w=+/-]+/, await cashu('alice', 'send', '77'));
    await cashu('bob', 'receive', token);
    assert.equal(await balance('bob'), 77);

    const { invoice, hash } = await sandboxInvoice(host.url, '100');
    await cashu('alice', 'pay', '--yes', invoice);
    assert.equal(await sandboxInvoiceState(host.url, hash), 'settled');
    // What was set aside for the way and not needed came back (NUT-08).
    assert.equal(await balance('alice'), 123);
  });
});
