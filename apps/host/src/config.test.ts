import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { defaultSettings } from '@reprise/drive';
import { ConfigRefused, parseBytes, parseConfig, parseDuration } from './config.ts';

test('without any variable the host starts on port 8080 with its data beside it', () => {
  const config = parseConfig({});
  assert.equal(config.port, 8080);
  assert.equal(config.dataFolder, resolve('data'));
  assert.deepEqual([config.host, config.databaseUrl, config.publicUrl, config.metricsToken], [undefined, undefined, undefined, undefined]);
  assert.equal(config.sellsUnderNotice, true);
  assert.equal(config.drive.anonymousOpen, true);
  assert.equal(config.drive.anonymousBytesMax, 100_000_000_000);
  assert.deepEqual(config.drive.rates, defaultSettings.rates);
});

test('an empty variable counts as none', () => {
  assert.deepEqual(parseConfig({ PORT: '', DATABASE_URL: ' ', REPRISE_LINK_LIFE_MAX: '' }), parseConfig({}));
});

test('every variable arrives where it belongs', () => {
  const config = parseConfig({
    PORT: '9000',
    HOST: '127.0.0.1',
    REPRISE_DATA: '/srv/reprise',
    DATABASE_URL: 'postgres://u:p@db.example/reprise',
    REPRISE_PUBLIC_URL: 'https://drop.example/',
    REPRISE_ANONYMOUS: 'off',
    REPRISE_ANONYMOUS_BYTES_MAX: '2GiB',
    REPRISE_ACCOUNT_BYTES_MAX: '3GiB',
    REPRISE_LINK_LIFE_MAX: '30d',
    REPRISE_LINK_LIFE_DEFAULT: '1w',
    REPRISE_KEEP_DELETED: '1h',
    REPRISE_RATE_REQUESTS: '600',
    REPRISE_RATE_SPACES: 'off',
    REPRISE_TRUST_PROXY: 'on',
    REPRISE_DISK_RESERVE: '1GB',
    REPRISE_LOG: 'warn',
    REPRISE_CASE_ANSWER: '7d',
    REPRISE_CASE_STAND: '1h',
    REPRISE_UNDER_NOTICE: 'stop',
  });
  assert.deepEqual(
    [config.port, config.host, config.dataFolder, config.publicUrl, config.logLevel],
    [9000, '127.0.0.1', '/srv/reprise', 'https://drop.example', 'warn'],
  );
  assert.equal(config.sellsUnderNotice, false);
  assert.equal(config.databaseUrl, 'postgres://u:p@db.example/reprise');
  assert.deepEqual(config.drive, {
    anonymousOpen: false,
    anonymousBytesMax: 2 ** 31,
    accountBytesMax: 3 * 2 ** 30,
    lifeMsMax: 30 * 86_400_000,
    lifeMsDefault: 7 * 86_400_000,
    condemnedMs: 3_600_000,
    diskReserveBytes: 1e9,
    trustProxy: true,
    cases: { answerMs: 7 * 86_400_000, standMs: 3_600_000 },
    rates: { ...defaultSettings.rates, requests: { perMinute: 600, burst: 300 }, spaces: null },
  });
});

test('relays of buyers’ wallets are read as origins, and nothing else gets into a policy', () => {
  assert.deepEqual(parseConfig({}).walletRelays, []);
  const text = 'wss://relay.example/v1?x=1 wss://relay.example, wss://[2001:db8::1]:7000 ws://127.0.0.1:7777';
  assert.deepEqual(parseConfig({ REPRISE_WALLET_RELAYS: text }).walletRelays, [
    'wss://relay.example',
    'wss://[2001:db8::1]:7000',
    'ws://127.0.0.1:7777',
  ]);
  for (const wrong of [
    'relay.example',
    'https://relay.example',
    'ws://relay.example',
    'wss://*',
    'wss://*.example',
    'wss://a;b',
    "wss://'self'",
    'wss://u:p@relay.example',
  ])
    assert.throws(() => parseConfig({ REPRISE_WALLET_RELAYS: wrong }), ConfigRefused, wrong);
});

test('the switch of payments is read with what its node needs', () => {
  assert.deepEqual(parseConfig({}).bitcache, { kind: 'sandbox', production: false, demo: false });
  assert.deepEqual(parseConfig({ REPRISE_BITCACHE: 'off' }).bitcache, { kind: 'off' });
  const accepted = { REPRISE_BITCACHE_CUSTODY: 'accepted', REPRISE_BITCACHE_SECRET: 'ab12' };
  assert.deepEqual(parseConfig({ REPRISE_BITCACHE: 'lnd+https://node.example:8080/', ...accepted }).bitcache, {
    kind: 'lnd',
    url: 'https://node.example:8080',
    secret: 'ab12',
    certificate: undefined,
  });
  const url = `nostr+walletconnect://${'ab'.repeat(32)}?relay=wss://relay.example&secret=${'cd'.repeat(32)}`;
  assert.deepEqual(parseConfig({ REPRISE_BITCACHE: url, REPRISE_BITCACHE_CUSTODY: 'accepted' }).bitcache, { kind: 'nwc', url });
  const folder = mkdtempSync(join(tmpdir(), 'reprise-config-'));
  const macaroon = join(folder, 'admin.macaroon');
  writeFileSync(macaroon, Uint8Array.of(2, 1, 0xff, 0));
  const file = { REPRISE_BITCACHE_SECRET_FILE: macaroon, REPRISE_BITCACHE_CUSTODY: 'accepted' };
  const read = parseConfig({ REPRISE_BITCACHE: 'cln+https://node.example:3010', ...file }).bitcache;
  rmSync(folder, { recursive: true });
  assert.equal(read.kind === 'cln' && read.secret, '0201ff00');
  assert.deepEqual(parseConfig({ REPRISE_BITCACHE_RATES: 'EUR=58000, USD=63500.5' }).bitcoinRates, {
    kind: 'static',
    prices: { EUR: 5_800_000_000_000n, USD: 6_350_050_000_000n },
  });
  // What is written there may hold a secret, and is not printed.
  const refused = (environment: Record<string, string>, reason: RegExp) =>
    assert.throws(
      () => parseConfig(environment),
      (error) => error instanceof ConfigRefused && reason.test(error.message) && !/hush|ab12/.test(error.message),
    );
  for (const wrong of ['on', 'lnd', 'lnd+ftp://x', 'lnd+https://user:hush@node', 'cln+https://node/path', 'https://hush', 'nostr:hush'])
    refused({ REPRISE_BITCACHE: wrong, ...accepted }, /^REPRISE_BITCACHE: sandbox, off, lnd/);
  refused({ REPRISE_BITCACHE: 'lnd+https://node', REPRISE_BITCACHE_SECRET: 'ab12' }, /CUSTODY=accepted/);
  refused({ REPRISE_BITCACHE: 'lnd+https://node', REPRISE_BITCACHE_CUSTODY: 'accepted' }, /needs REPRISE_BITCACHE_SECRET/);
  refused({ REPRISE_BITCACHE_CUSTODY: 'yes' }, /accepted, or nothing/);
  for (const wrong of ['EUR', 'EUR=0', 'GBP=1', 'EUR=1,5', 'EUR=-1']) refused({ REPRISE_BITCACHE_RATES: wrong }, /prices of one bitcoin/);
});

test('a wrong value is refused with the name of its variable', () => {
  const wrong: Readonly<Record<string, readonly string[]>> = {
    PORT: ['80a', '-1', '65536', '8080.5', '0x50'],
    HOST: ['drop.example', '300.1.1.1'],
    DATABASE_URL: ['mysql://x', 'reprise.sqlite'],
    REPRISE_PUBLIC_URL: [
      'drop.example',
      'ftp://drop.example',
      'https://drop.example/path',
      'https://u@drop.example',
      'https://drop.example/?x',
    ],
    REPRISE_ANONYMOUS: ['yes', 'true', '1', 'ON'],
    REPRISE_ANONYMOUS_BYTES_MAX: ['lots', '-1', '5 XB', '1e9', '99999999999TB'],
    REPRISE_LINK_LIFE_MAX: ['30', '0d', '-1d', '1.5d', 'forever'],
    REPRISE_KEEP_DELETED: ['none'],
    REPRISE_RATE_REQUESTS: ['0', 'fast'],
    REPRISE_TRUST_PROXY: ['yes'],
    REPRISE_LOG: ['loud'],
    REPRISE_METRICS_TOKEN: ['short'],
    REPRISE_OPERATOR_TOKEN: ['short'],
    REPRISE_SWEEP_EVERY: ['none', '10'],
  };
  // What may hold a password is not printed.
  const secrets = new Set(['DATABASE_URL', 'REPRISE_METRICS_TOKEN', 'REPRISE_OPERATOR_TOKEN']);
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(
        () => parseConfig({ [name]: value }),
        (error) => error instanceof ConfigRefused && error.message.startsWith(secrets.has(name) ? `${name}: ` : `${name}=${value}: `),
        `${name}=${value}`,
      );
    }
  }
});

test('sizes and times read as people write them', () => {
  assert.deepEqual(['1000', '5MB', '5 mib', '1.5GiB', '0'].map(parseBytes), [1_000, 5e6, 5 * 2 ** 20, 1.5 * 2 ** 30, 0]);
  assert.deepEqual(['90s', '5m', '12h', '30d', '2w', '1y', 'none'].map(parseDuration), [
    90_000,
    300_000,
    43_200_000,
    2_592_000_000,
    1_209_600_000,
    31_536_000_000,
    null,
  ]);
});
