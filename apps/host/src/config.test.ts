import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { defaultSettings } from '@reprise/drive';
import { ConfigRefused, parseBytes, parseConfig, parseDuration } from './config.ts';

test('without any variable the host starts on port 8080 with its data beside it', () => {
  const config = parseConfig({});
  assert.equal(config.port, 8080);
  assert.equal(config.dataFolder, resolve('data'));
  assert.deepEqual([config.host, config.databaseUrl, config.publicUrl, config.metricsToken], [undefined, undefined, undefined, undefined]);
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
  });
  assert.deepEqual(
    [config.port, config.host, config.dataFolder, config.publicUrl, config.logLevel],
    [9000, '127.0.0.1', '/srv/reprise', 'https://drop.example', 'warn'],
  );
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
    rates: { ...defaultSettings.rates, requests: { perMinute: 600, burst: 300 }, spaces: null },
  });
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
    REPRISE_SWEEP_EVERY: ['none', '10'],
  };
  // What may hold a password is not printed.
  const secrets = new Set(['DATABASE_URL', 'REPRISE_METRICS_TOKEN']);
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
