// The environment, parsed once into what the host needs; a wrong value is told with the name of its variable. docs/guide lists them all.
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { type DriveSettings, type Rate, defaultSettings } from '@reprise/drive';
import { parseRates, type RateConfig } from './bitcache/rate-settings.ts';
import { type BitcacheConfig, parseBitcache } from './bitcache/settings.ts';

export type Config = {
  readonly port: number;
  /** undefined: every interface. */
  readonly host: string | undefined;
  readonly dataFolder: string;
  readonly databaseUrl: string | undefined;
  /** As set; undefined: links begin with the address the server listens on. */
  readonly publicUrl: string | undefined;
  readonly logLevel: LogLevel;
  /** Who presents it may read /metrics from anywhere; without it, only this machine may. */
  readonly metricsToken: string | undefined;
  /** Who presents it sees the operator's page; without it there is none. */
  readonly operatorToken: string | undefined;
  /** Where the viewer frame and stored objects come from when not from the app's own origin. */
  readonly viewerOrigin: string | undefined;
  readonly storageOrigin: string | undefined;
  readonly webFolder: string;
  readonly sweepMs: number;
  readonly bitcache: BitcacheConfig;
  /** What a bitcoin is worth, or where that is read. */
  readonly bitcoinRates: RateConfig;
  /** Origins of relays over which pages may ask a buyer's own wallet to pay; without any, none can be connected. */
  readonly walletRelays: readonly string[];
  /** Requests to mint and shop from one network address; null: no limit. */
  readonly paymentsRate: Rate | null;
  /** Whether a link goes on selling, into escrow, while a notice about it is open. */
  readonly sellsUnderNotice: boolean;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly drive: Pick<
    DriveSettings,
    | 'anonymousOpen'
    | 'anonymousBytesMax'
    | 'accountBytesMax'
    | 'lifeMsMax'
    | 'lifeMsDefault'
    | 'condemnedMs'
    | 'diskReserveBytes'
    | 'trustProxy'
    | 'cases'
    | 'rates'
  >;
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A setting the host cannot start with. */
export class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused';
}

/** Their values are not printed. */
const secrets: ReadonlySet<string> = new Set([
  'DATABASE_URL',
  'REPRISE_METRICS_TOKEN',
  'REPRISE_OPERATOR_TOKEN',
  'REPRISE_BITCACHE',
  'REPRISE_BITCACHE_SECRET',
]);

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigRefused */
export function parseConfig(environment: Environment): Config {
  const read = <Value>(name: string, otherwise: Value, parse: (text: string) => Value): Value => {
    const text = environment[name]?.trim();
    if (text === undefined || text === '') return otherwise;
    try {
      return parse(text);
    } catch (reason) {
      throw new ConfigRefused(
        `${secrets.has(name) ? name : `${name}=${text}`}: ${reason instanceof Error ? reason.message : String(reason)}`,
      );
    }
  };
  const { rates } = defaultSettings;
  return {
    port: read('PORT', 8080, parsePort),
    host: read<string | undefined>('HOST', undefined, parseHost),
    dataFolder: resolve(read('REPRISE_DATA', 'data', (text) => text)),
    databaseUrl: read<string | undefined>('DATABASE_URL', undefined, parseDatabaseUrl),
    publicUrl: read<string | undefined>('REPRISE_PUBLIC_URL', undefined, parseOrigin),
    logLevel: read('REPRISE_LOG', 'info', parseLogLevel),
    metricsToken: read<string | undefined>('REPRISE_METRICS_TOKEN', undefined, parseToken),
    operatorToken: read<string | undefined>('REPRISE_OPERATOR_TOKEN', undefined, parseToken),
    viewerOrigin: read<string | undefined>('REPRISE_VIEWER_ORIGIN', undefined, parseOrigin),
    storageOrigin: read<string | undefined>('REPRISE_STORAGE_ORIGIN', undefined, parseOrigin),
    webFolder: read('REPRISE_WEB', resolve(import.meta.dirname, '../../web/dist'), (text) => resolve(text)),
    sweepMs: read('REPRISE_SWEEP_EVERY', 600_000, parsePositiveDuration),
    bitcache: parseBitcache(read),
    bitcoinRates: parseRates(read),
    walletRelays: read<readonly string[]>('REPRISE_WALLET_RELAYS', [], parseRelays),
    paymentsRate: read<Rate | null>('REPRISE_RATE_PAYMENTS', { perMinute: 1_200, burst: 600 }, parseRate),
    sellsUnderNotice: read('REPRISE_UNDER_NOTICE', true, parseUnderNotice),
    connectionsMax: read('REPRISE_CONNECTIONS_MAX', 8_192, parseCount),
    connectionsPerAddressMax: read('REPRISE_CONNECTIONS_PER_ADDRESS_MAX', 1_024, parseCount),
    drive: {
      anonymousOpen: read('REPRISE_ANONYMOUS', defaultSettings.anonymousOpen, parseSwitch),
      anonymousBytesMax: read('REPRISE_ANONYMOUS_BYTES_MAX', defaultSettings.anonymousBytesMax, parseBytes),
      accountBytesMax: read('REPRISE_ACCOUNT_BYTES_MAX', defaultSettings.accountBytesMax, parseBytes),
      lifeMsMax: read('REPRISE_LINK_LIFE_MAX', defaultSettings.lifeMsMax, parseDuration),
      lifeMsDefault: read('REPRISE_LINK_LIFE_DEFAULT', defaultSettings.lifeMsDefault, parseDuration),
      condemnedMs: read('REPRISE_KEEP_DELETED', defaultSettings.condemnedMs, parsePositiveDuration),
      diskReserveBytes: read('REPRISE_DISK_RESERVE', defaultSettings.diskReserveBytes, parseBytes),
      trustProxy: read('REPRISE_TRUST_PROXY', defaultSettings.trustProxy, parseSwitch),
      cases: {
        answerMs: read('REPRISE_CASE_ANSWER', defaultSettings.cases.answerMs, parsePositiveDuration),
        standMs: read('REPRISE_CASE_STAND', defaultSettings.cases.standMs, parsePositiveDuration),
      },
      rates: {
        requests: read('REPRISE_RATE_REQUESTS', rates.requests, parseRate),
        spaces: read('REPRISE_RATE_SPACES', rates.spaces, parseRate),
        reports: read('REPRISE_RATE_REPORTS', rates.reports, parseRate),
        accounts: read('REPRISE_RATE_ACCOUNTS', rates.accounts, parseRate),
        logins: read('REPRISE_RATE_LOGINS', rates.logins, parseRate),
        pairings: read('REPRISE_RATE_PAIRINGS', rates.pairings, parseRate),
      },
    },
  };
}

function refuse(reason: string): never {
  throw new Error(reason);
}

function parseWhole(text: string): number {
  const value = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(value) ? value : refuse('not a whole number');
}

function parsePort(text: string): number {
  const port = parseWhole(text);
  return port <= 65_535 ? port : refuse('a port is at most 65535');
}

function parseCount(text: string): number {
  const count = parseWhole(text);
  return count > 0 ? count : refuse('at least 1');
}

function parseHost(text: string): string {
  return isIP(text) > 0 || text === 'localhost' ? text : refuse('an IP address or localhost');
}

function parseDatabaseUrl(text: string): string {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text) ? text : refuse('a URL that starts with postgres://');
}

function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash && !url.username;
  return plain ? url.origin : refuse('an address such as https://drop.example, without a path');
}

/** They go into a policy: nothing but a name and a port may, and no star. Paths are left out, since a relay may have several. */
function parseRelays(text: string): readonly string[] {
  const wanted = 'addresses such as wss://relay.example, with spaces between';
  const relays = text.split(/[\s,]+/).map((one) => {
    const url = URL.canParse(one) ? new URL(one) : refuse(wanted);
    const isOwn = url.protocol === 'ws:' && ['localhost', '127.0.0.1'].includes(url.hostname);
    const isNamed = /^([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?$/.test(url.host) && !url.username;
    return (url.protocol === 'wss:' || isOwn) && isNamed ? `${url.protocol}//${url.host}` : refuse(wanted);
  });
  return [...new Set(relays)];
}

function parseUnderNotice(text: string): boolean {
  if (text === 'sell') return true;
  return text === 'stop' ? false : refuse('stop or sell');
}

function parseLogLevel(text: string): LogLevel {
  const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];
  return levels.find((level) => level === text) ?? refuse(`one of ${levels.join(', ')}`);
}

function parseToken(text: string): string {
  return text.length >= 16 ? text : refuse('at least 16 characters');
}

function parseSwitch(text: string): boolean {
  if (text === 'on') return true;
  return text === 'off' ? false : refuse('on or off');
}

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text);
  const unit = byteUnits[(match?.[2] ?? '?').toUpperCase()];
  const bytes = Math.floor(Number(match?.[1]) * (unit ?? Number.NaN));
  return Number.isSafeInteger(bytes) ? bytes : refuse('a size such as 500MB, 100GiB or 1000000');
}

const timeUnits: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 };

/** @returns ms; null for `none` */
export function parseDuration(text: string): number | null {
  if (text === 'none') return null;
  const match = /^(\d+)\s*([smhdwy])$/.exec(text);
  const ms = Number(match?.[1]) * (timeUnits[match?.[2] ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(ms) && ms > 0 ? ms : refuse('a time such as 90s, 12h, 30d, or none');
}

function parsePositiveDuration(text: string): number {
  return parseDuration(text) ?? refuse('a time such as 90s, 12h, 30d');
}

/** @returns a rate whose burst is that of half a minute, at least ten; null for `off` */
function parseRate(text: string): Rate | null {
  if (text === 'off') return null;
  const perMinute = parseCount(text);
  return { perMinute, burst: Math.max(10, Math.ceil(perMinute / 2)) };
}
