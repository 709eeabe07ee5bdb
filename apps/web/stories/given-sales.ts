// States of a purchase given as data, in the shapes of engine/paid-port.ts.
import type { AskedPrice, Bought, Closed, PocketDoor, Pockets, PricedLink, Purchase } from '../src/engine/paid-port.ts';
import type { OutsideDoor, OutsideWallet } from '../src/engine/outside-port.ts';
import type { Plans, PlansOnSale } from '../src/app/plans-port.ts';
import type { Usage } from '../src/app/port.ts';
import type { EarnedOn, LinkSale, Payout, Sales, Statement } from '../src/app/sales-port.ts';
import { links } from './given-drive.ts';
import { fingerprint, fixed, GB, now } from './given.ts';

const rate = { currency: 'EUR', perBitcoin: 89_650, at: now, source: 'Kraken' } as const;
export const asked: AskedPrice = { amount: 2500, currency: 'SAT', sats: 2500, rate, salesLeft: null, holdsUntil: now + 600_000 };
const inEuros: AskedPrice = { amount: 250, currency: 'EUR', sats: 2789, rate, salesLeft: null, holdsUntil: now + 600_000 };
const bolt11 = `lnbcrt25u1p5${'qpzry9x8gf2tvdw0s3jn54khce6mua7l'.repeat(8)}`;
const nothing = (): void => {};

export function priced(purchase: Purchase, more: Partial<PricedLink> = {}): PricedLink {
  return {
    title: 'Captation grande scène.mp4',
    bytes: 3.44 * GB,
    fingerprint,
    price: asked,
    isFloor: false,
    isJar: false,
    salesEndAt: now + 30 * 86_400_000,
    worthless: false,
    purchase: fixed(purchase),
    outside: outside(),
    relays: [],
    purpose: 'a1',
    look: nothing,
    choose: nothing,
    payByLightning: nothing,
    otherWay: nothing,
    payWithToken: nothing,
    door: pockets(),
    payFrom: nothing,
    claimRefund: nothing,
    ...more,
  };
}
/** A wallet of one's own; connected unless something else is given. */
export function outside(given: Partial<OutsideWallet> = { connected: null }): OutsideDoor {
  const budget = { left: 42_000, total: 50_000, renewsAt: now + 12 * 86_400_000 };
  const connected = { relays: ['relay.example'], since: now - 3 * 86_400_000, canLookUp: true, budget };
  const refused = (reason: string) => Promise.reject({ code: 'wallet-refused', facts: { reason, relay: 'relay.elsewhere.example' } });
  return {
    wallet: fixed({ connected, asked: [], busy: false, trouble: null, ...given }),
    connect: () => refused('relay-not-allowed'),
    disconnect: async () => undefined,
    look: async () => undefined,
    pay: () => refused('over-budget'),
  };
}
export const relays = ['wss://relay.example'];
export const askedOf = (purpose: string) =>
  ({ purpose, sats: 2_500, askedAt: now - 60_000, endsAt: now + 540_000, state: 'asked' }) as const;
/** Of a browser, and of an account that is open in it. */
export function pockets(given: Partial<Pockets> = {}): PocketDoor {
  const now = { here: 0, out: [], account: null, busy: false, problem: null, ...given };
  return { pockets: fixed(now), takeOut: nothing, putBack: nothing, moveToAccount: nothing };
}
export const sandbox: Partial<PricedLink> = { worthless: true, payInSandbox: nothing };

const token = `cashuB${'o2FteCJodHRwczovL3JlcHJpc2UuZXhhbXBsZS9taW50YXVjc2F0YXSB'.repeat(4)}`;
const offered = { at: 'offered', asked, was: null, busy: false, problem: null } as const;

export const purchases = {
  looking: { at: 'looking' },
  offered,
  euros: { ...offered, asked: inEuros },
  few: { ...offered, asked: { ...asked, salesLeft: 3 } },
  changed: { ...offered, was: { amount: 2000, currency: 'SAT' } },
  short: { ...offered, problem: { code: 'too-little', facts: { missing: 180 } } },
  waiting: { at: 'waiting', asked, invoice: { bolt11, sats: 2500, expiresAt: Date.now() + 584_000 }, problem: null },
  received: { at: 'received', problem: null },
  owed: { at: 'owed', owed: { sats: 2500, reason: 'sold-out', taken: null }, busy: false, problem: null },
  returned: { at: 'owed', owed: { sats: 2500, reason: 'sold-out', taken: 'here' }, busy: false, problem: null },
} as const satisfies Readonly<Record<string, Purchase>>;

export const closed = (why: Closed): Purchase => ({ at: 'closed', closed: why });

export const bought: Bought = {
  at: now,
  receiptUrl: 'https://reprise.example/s#1.BKx0gq4m3v9s.7f3a91c2QmZr',
  worthless: false,
  door: pockets({ here: 290, account: { sats: 18_240 } }),
};

export const coinsOut = pockets({ here: 2_500, out: [{ id: 'a', sats: 290, token }] });

const dayMs = 86_400_000;
const lines: Statement['lines'] = Array.from({ length: 40 }, (_, i) => {
  const gross = ((i * 7919) % 13) * (i % 3 === 0 ? 2500 : 900);
  const kind: EarnedOn['kind'] = i % 3 === 1 ? 'tip' : 'sale';
  const kept = kind === 'tip' ? 0 : gross / 50;
  return {
    kind,
    offer: i % 3 === 0 ? 'a1' : i % 3 === 1 ? 'b2' : 'c3d4e5f6a7b8',
    day: new Date(Date.now() - Math.floor(i * 0.7) * dayMs).toISOString().slice(0, 10),
    sales: (i * 7919) % 13,
    gross,
    commission: kept,
    net: gross - kept,
    waiting: i < 9 ? gross - kept : 0,
    held: 0,
  };
}).filter(({ sales }) => sales > 0);

/** A notice holds what one link earned. */
export const heldLines: Statement['lines'] = lines.map((line) => (line.offer === 'a1' ? { ...line, held: line.waiting } : line));
/** What an operator says who has frozen the money of an account. */
export const frozen: Statement['frozen'] = {
  reference: 'F-2B7KQ4M9XD',
  since: now - 3 * 86_400_000,
  ground: 'A bank asked about the payments of 12 May; we are looking into it.',
};
/** All of it held, as a freeze does. */
export const frozenLines: Statement['lines'] = lines.map((line) => ({ ...line, held: line.waiting }));
export const rateNow: Statement['rate'] = rate;
const to = 'lola@example.org';
const paidOut = { id: 'p1', to, amount: 12_000, fee: 4, state: 'paid', reason: null, at: now - 86_400_000, isUnheard: false } as const;
const awaited = { ...paidOut, id: 'p2', fee: null, state: 'waiting', at: now - 3_600_000 } as const;
/** One of each state, the latest first. */
export const everyPayout: readonly Payout[] = [
  { ...awaited, id: 'p7', state: 'paying' },
  awaited,
  { ...awaited, id: 'p6', state: 'failed', reason: 'address-unreachable' },
  { ...awaited, id: 'p5', to: bolt11, state: 'failed', reason: 'no-route' },
  { ...awaited, id: 'p4', state: 'cancelled', reason: 'rejected' },
  { ...awaited, id: 'p3', state: 'cancelled' },
  paidOut,
];

type GivenSales = { readonly statement?: Partial<Statement>; readonly worthless?: boolean; readonly payouts?: readonly Payout[] };

export function sales(given: GivenSales = {}): Sales {
  const worthless = given.worthless ?? false;
  return {
    async terms() {
      return { worthless, satsMax: 1_000_000 };
    },
    async sell() {
      return links[0]!;
    },
    async change() {},
    async withdraw() {},
    async tips() {},
    async counts() {
      return { l9: { state: 'open', sold: 41, salesLeft: 9 } };
    },
    async statement() {
      const titles = { a1: 'Captation grande scène.mp4', b2: 'Mix final 24 bits.wav' };
      return {
        worthless,
        lines,
        titles,
        onSale: Object.values(titles),
        available: 18_240,
        nextAt: Date.now() + 5 * 3_600_000,
        isNoticed: false,
        frozen: null,
        rate: null,
        ...given.statement,
      };
    },
    async payouts() {
      return given.payouts ?? [awaited, paidOut];
    },
    payOut: () => Promise.reject({ code: 'balance-too-low', facts: { missing: 12 } }),
    async hear() {},
    async callBack() {},
    async csv() {
      return new Blob([]);
    },
  };
}
const sale: LinkSale = { price: asked, isFloor: true, salesMax: 50, isOpen: true };
/** What a visitor may give, whatever it is. */
export const jar = (purchase: Purchase): PricedLink =>
  priced(purchase, { price: { amount: 1, currency: 'SAT' }, isFloor: true, isJar: true, salesEndAt: null });
export const tip: Purchase = { ...offered, asked: { ...asked, amount: 21, sats: 21 } };
export const soldLinks = [
  { ...links[0]!, takesTips: true },
  { ...links[0]!, id: 'l9', label: 'Boutique', sale },
];

/** A plan that ends soon, and one that has ended while more is stored than is left. */
export const lentUsage: Partial<Usage> = { plan: 'large', quotaBytes: 1_000 * GB, liveBytes: 312 * GB, planUntil: Date.now() + 9 * dayMs };
export const endedUsage: Partial<Usage> = { liveBytes: 312 * GB, planEnded: Date.now() - 20 * dayMs };

export function plans(given: Partial<PlansOnSale> = {}): Plans {
  const large = {
    plan: 'large',
    days: 365,
    price: { amount: 20_000, currency: 'SAT' },
    sats: 20_000,
    bytes: 1_000 * GB,
    historyDays: 365,
  } as const;
  const larger = {
    plan: 'atelier',
    days: 30,
    price: { amount: 400, currency: 'EUR' },
    sats: 4_461,
    bytes: 4_000 * GB,
    historyDays: 0,
  } as const;
  return {
    onSale: async () => ({ worthless: false, rate, available: 42_000, bought: 1, plans: [larger, large], ...given }),
    buy: async ({ sats }) => ({ bolt11, sats, expiresAt: Date.now() + 584_000 }),
  };
}
