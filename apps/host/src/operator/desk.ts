// The operator's page at /operator: how the money stands, and the acts that are the operator's, for whoever has the token of the settings.
// docs/guide/payments.md "What is yours to do".
import type { IncomingMessage } from 'node:http';
import type { Database } from '@reprise/database';
import {
  clientAddress,
  drawReference,
  findAccount,
  openCases,
  RateLimiter,
  type Reply,
  serverFailureOf,
  type Watch,
  wholeBody,
} from '@reprise/drive';
import { type Clock, decodeUtf8, systemRandom } from '@reprise/kit';
import { Ledger, readTrialBalance } from '@reprise/ledger';
import { acknowledge } from '@reprise/lightning';
import { serverFailures } from '@reprise/protocol';
import { approvePayout, type CaseParts, freezeAccount, liftFreeze, readFrozen, rejectPayout } from '@reprise/service';
import { liftStop } from '../bitcache/breaker.ts';
import { readMoney } from '../bitcache/money.ts';
import { type Language, languageOf } from '../static.ts';
import type { Html } from './html.ts';
import { isSame, leave, type Session, Sessions } from './session.ts';
import { styleHash } from './style.ts';
import { entryPage, moneyPage } from './view.ts';
import { type Told, words } from './words.ts';

export type DeskParts = {
  readonly database: Database;
  readonly clock: Clock;
  readonly watch: Pick<Watch, 'event'>;
  /** As in the settings; undefined: there is no such page. */
  readonly token: string | undefined;
  readonly publicUrl: string | undefined;
  readonly trustProxy: boolean;
  readonly isSandbox: boolean;
};

const bodyBytesMax = 4_096;
const casesShown = 100;
const tries = { perMinute: 10, burst: 10 };

export class OperatorDesk {
  readonly #parts: DeskParts;
  readonly #sessions: Sessions | undefined;
  readonly #limiter: RateLimiter;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#sessions = parts.token === undefined ? undefined : new Sessions(parts.token, parts.clock);
    this.#limiter = new RateLimiter(tries, parts.clock);
  }

  /** @returns undefined where this page is not */
  async answer(incoming: IncomingMessage, path: string): Promise<Reply | undefined> {
    const sessions = this.#sessions;
    if (!sessions || (path !== '/operator' && path !== '/operator/books.csv')) return undefined;
    const language = languageOf(incoming);
    const protection = this.#protection(incoming);
    if (protection === 'none') return page(403, entryPage(language, words[language].insecure));
    const session = sessions.find(incoming.headers.cookie);
    if (incoming.method === 'GET' || incoming.method === 'HEAD') {
      if (!session) return page(path === '/operator' ? 200 : 403, entryPage(language, undefined));
      return path === '/operator' ? this.#show(incoming, language, session) : this.#books();
    }
    if (incoming.method !== 'POST' || path !== '/operator') return undefined;
    try {
      const bounds = { bytesMax: bodyBytesMax, graceMs: 10_000, bytesPerSecondMin: 64 };
      const form = new URLSearchParams(decodeUtf8(await wholeBody(incoming, bounds)));
      if (form.get('act') === 'enter') return this.#enter(incoming, form, language, protection === 'https');
      if (!session) return page(403, entryPage(language, undefined));
      if (!isSame(form.get('mark') ?? '', session.mark)) return seeOther('stale');
      if (form.get('act') === 'leave')
        return { ...seeOther(undefined), headers: { ...seeOther(undefined).headers, 'Set-Cookie': leave(protection === 'https') } };
      return seeOther(await this.#act(form));
    } catch (thrown) {
      const failure = serverFailureOf(thrown);
      if (!failure && !(thrown instanceof TypeError)) throw thrown;
      const { later, told } = words[language];
      return page(
        failure ? serverFailures[failure.code].status : 400,
        entryPage(language, failure?.code === 'rate-limited' ? later : told.stale),
      );
    }
  }

  #enter(incoming: IncomingMessage, form: URLSearchParams, language: Language, isSecure: boolean): Reply {
    const { trustProxy, watch } = this.#parts;
    this.#limiter.take(clientAddress(incoming, trustProxy));
    const cookie = this.#sessions?.enter(form.get('token') ?? '', isSecure);
    watch.event(cookie ? 'operator-entered' : 'operator-refused', {});
    if (!cookie) return page(403, entryPage(language, words[language].wrong));
    return { ...seeOther(undefined), headers: { ...seeOther(undefined).headers, 'Set-Cookie': cookie } };
  }

  async #show(incoming: IncomingMessage, language: Language, session: Session): Promise<Reply> {
    const { database, clock, isSandbox } = this.#parts;
    const said = new URL(incoming.url ?? '/', 'http://host').searchParams.get('told') ?? '';
    const told = Object.hasOwn(words[language].told, said) ? (said as Told) : undefined;
    const [money, cases, frozen] = await Promise.all([
      readMoney(database, clock.now()),
      openCases(database, casesShown),
      readFrozen(database),
    ]);
    return page(200, moneyPage({ language, money, cases, frozen, isSandbox, session, told }));
  }

  async #books(): Promise<Reply> {
    const { lines } = await readTrialBalance(this.#parts.database);
    const rows = lines.map(({ code, kind, posted }) => `${code},${kind},${posted}`);
    const headers = {
      ...pageHeaders,
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': 'attachment; filename="books.csv"',
    };
    return { status: 200, headers, body: `${['account,kind,msat', ...rows].join('\r\n')}\r\n` };
  }

  /** Each act again is no act: what it is about does not wait any more. */
  async #act(form: URLSearchParams): Promise<Told> {
    const { database, clock, watch } = this.#parts;
    const [id, hash, now] = [form.get('id') ?? '', form.get('hash') ?? '', clock.now()];
    const done = (act: string, facts: Readonly<Record<string, string>>, told: Told): Told => {
      watch.event('operator-act', { act, ...facts });
      return told;
    };
    switch (form.get('act')) {
      case 'approve':
        return (await approvePayout(database, id, now)) ? done('approve', { id }, 'approved') : 'gone';
      case 'reject':
        return (await rejectPayout({ database, clock, ledger: new Ledger(database) }, id)) ? done('reject', { id }, 'rejected') : 'gone';
      case 'lift': {
        const stop = await liftStop(database, Number(form.get('at')));
        return stop ? done('lift', { reason: stop.reason }, 'lifted') : 'gone';
      }
      case 'acknowledge': {
        const found = (await readMoney(database, now)).alarming.find((attempt) => attempt.hash === hash);
        if (!found) return 'gone';
        await acknowledge(database, found.hash, now);
        return done('acknowledge', { hash }, 'acknowledged');
      }
      case 'freeze':
        return this.#freeze(form, (id) => done('freeze', { freeze: id }, 'frozen'));
      case 'unfreeze':
        return (await liftFreeze(this.#money, id)) ? done('unfreeze', { freeze: id }, 'unfrozen') : 'gone';
      default:
        return 'stale';
    }
  }

  get #money(): CaseParts {
    const { database, clock } = this.#parts;
    return { database, clock, ledger: new Ledger(database) };
  }

  /** @param done told of the reference */
  async #freeze(form: URLSearchParams, done: (id: string) => Told): Promise<Told> {
    const { database } = this.#parts;
    const [name, ground] = [form.get('account')?.trim() ?? '', form.get('ground')?.trim() ?? ''];
    if (ground === '') return 'groundless';
    const account = name === '' ? undefined : await findAccount(database, name);
    if (account === undefined) return 'nobody';
    const { id } = await freezeAccount(this.#money, { id: drawReference(systemRandom, 'F'), account, ground });
    return done(id);
  }

  /** Whether nobody on the way reads the token: over https, or on this machine. */
  #protection({ headers, socket }: IncomingMessage): 'https' | 'local' | 'none' {
    const { publicUrl, trustProxy } = this.#parts;
    if (trustProxy && headers['x-forwarded-proto'] === 'https') return 'https';
    const isForwarded = headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined;
    if (isForwarded && publicUrl?.startsWith('https:')) return 'https';
    return !isForwarded && /^(127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '') ? 'local' : 'none';
  }
}

const pageHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': `default-src 'none'; style-src ${styleHash}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

function page(status: number, { text }: Html): Reply {
  return { status, headers: { ...pageHeaders, 'Content-Type': 'text/html; charset=utf-8', Vary: 'Accept-Language, Cookie' }, body: text };
}

/** So that loading the page again does nothing again. */
function seeOther(told: Told | undefined): Reply {
  return { status: 303, headers: { ...pageHeaders, Location: told === undefined ? '/operator' : `/operator?told=${told}` }, body: null };
}
