// The adapter before real LND, over TLS with the certificate and a macaroon as the guide tells operators to make them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { LndBackend } from '@reprise/lightning';
import { lndCapabilities } from '../../bitcache/lightning/src/adapters/lnd.ts';
import { describeBackend } from '../../bitcache/lightning/src/testing/backend.suite.ts';
import { findLnd, outsideOfLnd, startLndPair } from '../support/lnd.ts';

const programs = findLnd();

if (programs)
  describeBackend('two real LND nodes', { capabilities: lndCapabilities, routesCost: false, remote: false }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lnd-'));
    const pair = await startLndPair(programs, folder);
    const macaroon = await pair.ours.bake(
      ['info', 'read'],
      ['invoices', 'read'],
      ['invoices', 'write'],
      ['offchain', 'read'],
      ['offchain', 'write'],
    );
    return {
      backend: new LndBackend({ name: 'lnd', url: pair.ours.url, macaroon, http: pair.ours.http }),
      outside: outsideOfLnd(pair.other),
      close: async () => {
        await pair[Symbol.asyncDispose]();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  });
else
  describe('two real LND nodes', () => {
    test('LND', { skip: 'no lnd and btcd: `npm run test:long` builds them where there is Go with its module proxy' }, () => undefined);
  });
