// What an account does with money: what it sells, what that earns, what it has, and how it comes and goes (spec/paid-links.md "Accounts").
// Amounts are decimal strings, in satoshis (`sat`) or thousandths of one (`msat`); coins are as the NUTs write them.
import * as z from 'zod/mini';
import { emptyAnswer, endpoint, noBody } from '../endpoint.ts';
import { count, secretOf, time, version } from '../fields.ts';

const hex = (bytes: number, what: string) =>
  z.string().check(z.regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`)), z.describe(`${what}: ${bytes} bytes in lower-case hex`));
const sat = z.string().check(z.regex(/^(0|[1-9]\d{0,15})$/), z.describe('satoshis'));
const msat = z.string().check(z.regex(/^(0|[1-9]\d{0,18})$/), z.describe('thousandths of a satoshi'));
const offerId = hex(16, 'offer id');
const paymentHash = hex(32, 'payment hash');
/** Drawn by the client for one command: asked again with it, nothing happens again, and the answer is the same. */
const request = secretOf(16, 'drawn for this command');
const network = z.enum(['mainnet', 'testnet', 'signet', 'regtest']);
const currency = z.enum(['SAT', 'EUR', 'USD']);
/** In whole satoshis, or in cents. */
const price = z.int().check(z.minimum(1), z.maximum(Number.MAX_SAFE_INTEGER));
const offerState = z.enum(['open', 'withdrawn', 'ended', 'sold-out', 'under-notice']);

const coinsMax = 1_000;
const output = z.object({
  amount: z.int().check(z.minimum(1)),
  id: z.string().check(z.maxLength(66)),
  B_: z.string().check(z.maxLength(66)),
});
const outputs = z.array(output).check(z.minLength(1), z.maxLength(coinsMax));
const signature = z.object({
  amount: count,
  id: z.string(),
  C_: z.string(),
  dleq: z.object({ e: z.string(), s: z.string() }),
});

const readFailures = [
  'signature-refused',
  'clock-skew',
  'device-revoked',
  'rate-limited',
  'unavailable',
  'payments-off',
  'role-refused',
] as const;
const changeFailures = [...readFailures, 'bad-request', 'disk-full'] as const;
const coinsBytesMax = 1_048_576;

const listing = {
  /** H of the offer that the seller signed, opaque here. */
  hash: hex(32, 'H(offer)'),
  price,
  currency,
  /** Whether `price` is the least that is paid, and more is welcome. */
  isFloor: z.boolean(),
  /** Whether it is a tip jar: its price is a floor of one satoshi, and it never becomes anything else. */
  isJar: z.boolean(),
  /** TH(`rp1/hash/paid-secret`, offer id ‖ half). */
  commitment: hex(32, 'commitment to the half'),
  notAfter: z.nullable(time),
};

export const payPutOffer = endpoint({
  id: 'pay.putOffer',
  method: 'PUT',
  path: '/api/pay/offers/:offer',
  summary: 'List an offer, or change what it asks; the same again changes nothing',
  auth: 'device',
  params: { offer: offerId },
  body: {
    kind: 'json',
    bytesMax: 4_096,
    schema: z.object({
      ...listing,
      half: secretOf(32, 'the seller’s half'),
      /** How many sales there may be in all, those before this listing counted; null: no bound. */
      sales: z.nullable(z.int().check(z.minimum(1))),
      /** The version that this takes the place of; 0: there was none. */
      replaces: count,
    }),
  },
  answer: { kind: 'json', status: 200, schema: z.object({ version, network }) },
  failures: [...changeFailures, 'offer-refused', 'version-conflict', 'already-exists', 'not-found'],
});

export const payDeleteOffer = endpoint({
  id: 'pay.deleteOffer',
  method: 'DELETE',
  path: '/api/pay/offers/:offer',
  summary: 'Withdraw an offer, whatever its version; what was sold stays sold',
  auth: 'device',
  params: { offer: offerId },
  body: noBody,
  answer: emptyAnswer,
  failures: [...changeFailures, 'already-exists', 'not-found'],
});

export const payOffers = endpoint({
  id: 'pay.offers',
  method: 'GET',
  path: '/api/pay/offers',
  summary: 'What this account offers, the latest first',
  auth: 'device',
  params: {},
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      network,
      offers: z.array(
        z.object({
          offer: offerId,
          ...listing,
          version,
          state: offerState,
          salesLeft: z.nullable(count),
          sold: count,
          createdAt: time,
        }),
      ),
    }),
  },
  failures: readFailures,
});

export const payEarnings = endpoint({
  id: 'pay.earnings',
  method: 'GET',
  path: '/api/pay/earnings',
  summary: 'What sales earned, for each offer and day (UTC)',
  auth: 'device',
  params: {},
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      network,
      lines: z.array(
        z.object({
          offer: offerId,
          /** What it earned by: a price, or a tip jar. */
          kind: z.enum(['sale', 'tip']),
          /** Of the form 2030-01-31. */
          day: z.string(),
          sales: count,
          gross: msat,
          commission: msat,
          /** The seller’s part. */
          net: msat,
          /** What of it still waits. */
          waiting: msat,
          /** What of that a case holds. */
          held: msat,
        }),
      ),
    }),
  },
  failures: readFailures,
});

export const payEarningsCsv = endpoint({
  id: 'pay.earningsCsv',
  method: 'GET',
  path: '/api/pay/earnings.csv',
  summary: 'The same as CSV; the network stands in each line',
  auth: 'device',
  params: {},
  body: noBody,
  answer: { kind: 'bytes', status: 200, holds: 'earnings', ranges: false, type: 'text/csv' },
  failures: readFailures,
});

const caseId = z.string().check(z.maxLength(64), z.describe('reference of a case'));

export const payBalance = endpoint({
  id: 'pay.balance',
  method: 'GET',
  path: '/api/pay/balance',
  summary: 'What this account has: deposits, and earnings that were released',
  auth: 'device',
  params: {},
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      network,
      /** Whether these coins are worthless. */
      sandbox: z.boolean(),
      /** What can be spent: `balance` without parts of a satoshi. */
      available: sat,
      balance: msat,
      /** The seller’s part of sales that wait for their time. */
      waiting: msat,
      /** The seller’s part of sales that cases hold. */
      held: msat,
      /** When the next of those that wait is released; null: none waits. */
      nextAt: z.nullable(time),
      /** Where the operator has frozen this account’s money: under which reference, since when, and what is said about it; else null. */
      frozen: z.nullable(z.object({ freeze: caseId, since: time, ground: z.string().check(z.maxLength(10_000)) })),
    }),
  },
  failures: readFailures,
});

export const payBuy = endpoint({
  id: 'pay.buy',
  method: 'POST',
  path: '/api/pay/offers/:offer/buy',
  summary: 'Buy from the balance; the operator learns that this account bought this',
  auth: 'device',
  params: { offer: offerId },
  body: {
    kind: 'json',
    bytesMax: 4_096,
    schema: z.object({
      request,
      buyerKey: secretOf(1_216, 'X-Wing key of the buyer'),
      /** As `GET /pay/{offer}/price` gave it; null: the price of now. */
      quote: z.nullable(z.string().check(z.maxLength(512))),
    }),
  },
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({ release: secretOf(1_168, 'release'), receipt: z.string().check(z.describe('receipt, in base64url')), network }),
  },
  failures: [
    ...changeFailures,
    'not-found',
    'offer-closed',
    'offer-refused',
    'quote-refused',
    'balance-too-low',
    'account-frozen',
    'key-reused',
    'no-rate',
  ],
});

const deposit = z.object({
  network,
  paymentHash,
  invoice: z.string(),
  amount: sat,
  state: z.enum(['open', 'expired', 'settled']),
  expiresAt: time,
  /** What came, in whole satoshis; null: nothing yet. */
  received: z.nullable(sat),
});

export const payDeposit = endpoint({
  id: 'pay.deposit',
  method: 'POST',
  path: '/api/pay/deposits',
  summary: 'An invoice that fills the balance',
  auth: 'device',
  params: {},
  body: { kind: 'json', bytesMax: 1_024, schema: z.object({ request, amount: sat }) },
  answer: { kind: 'json', status: 201, schema: deposit },
  failures: [...changeFailures, 'amount-refused', 'key-reused'],
});

export const payReadDeposit = endpoint({
  id: 'pay.readDeposit',
  method: 'GET',
  path: '/api/pay/deposits/:hash',
  summary: 'Whether a deposit has come',
  auth: 'device',
  params: { hash: paymentHash },
  body: noBody,
  answer: { kind: 'json', status: 200, schema: deposit },
  failures: [...changeFailures, 'not-found'],
});

export const payCoinsIn = endpoint({
  id: 'pay.coinsIn',
  method: 'POST',
  path: '/api/pay/ecash/in',
  summary: 'Coins of this mint become balance; the same coins again are the same',
  auth: 'device',
  params: {},
  body: {
    kind: 'json',
    bytesMax: coinsBytesMax,
    schema: z.object({ token: z.string().check(z.maxLength(coinsBytesMax), z.describe('cashuB…, of this mint, unit sat')) }),
  },
  answer: { kind: 'json', status: 200, schema: z.object({ network, amount: sat }) },
  failures: [...changeFailures, 'coins-refused', 'amount-refused', 'key-reused'],
});

export const payCoinsOut = endpoint({
  id: 'pay.coinsOut',
  method: 'POST',
  path: '/api/pay/ecash/out',
  summary: 'Balance becomes coins: blinded outputs are signed for their sum',
  auth: 'device',
  params: {},
  body: { kind: 'json', bytesMax: coinsBytesMax, schema: z.object({ request, outputs }) },
  answer: { kind: 'json', status: 200, schema: z.object({ network, amount: sat, signatures: z.array(signature) }) },
  failures: [...changeFailures, 'coins-refused', 'balance-too-low', 'account-frozen', 'key-reused', 'amount-refused'],
});

export const payRefund = endpoint({
  id: 'pay.refund',
  method: 'POST',
  path: '/api/pay/offers/:offer/refund',
  summary: 'What is owed back for a payment over Lightning becomes balance of this account',
  auth: 'device',
  params: { offer: offerId },
  body: {
    kind: 'json',
    bytesMax: 4_096,
    schema: z.object({
      token: z.string().check(z.maxLength(16_384), z.describe('of L402, as the challenge gave it; or the coins that paid, `cashuB…`')),
    }),
  },
  answer: { kind: 'json', status: 200, schema: z.object({ network, amount: sat }) },
  failures: [...changeFailures, 'not-found', 'payment-unknown'],
});

export const payCases = endpoint({
  id: 'pay.cases',
  method: 'GET',
  path: '/api/pay/cases',
  summary: 'What cases hold of this account’s earnings, the latest case first',
  auth: 'device',
  params: {},
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      network,
      cases: z.array(
        z.object({
          case: caseId,
          offer: offerId,
          outcome: z.enum(['open', 'dismissed', 'claim', 'refund']),
          /** The seller’s part of what it holds now. */
          held: msat,
          sales: count,
          openedAt: time,
          decidedAt: z.nullable(time),
        }),
      ),
    }),
  },
  failures: readFailures,
});

export const payClaim = endpoint({
  id: 'pay.claim',
  method: 'POST',
  path: '/api/pay/claims',
  summary: 'What a case gave to whoever filed it becomes balance of this account; the same account again is the same',
  auth: 'device',
  params: {},
  body: {
    kind: 'json',
    bytesMax: 1_024,
    schema: z.object({ code: z.string().check(z.minLength(1), z.maxLength(64), z.describe('code of a case')) }),
  },
  answer: { kind: 'json', status: 200, schema: z.object({ network, case: caseId, taken: msat }) },
  failures: [...changeFailures, 'not-found', 'already-exists'],
});

const payoutId = hex(16, 'payout id');
const payout = z.object({
  payout: payoutId,
  /** An invoice or a Lightning address, in lower case. */
  to: z.string(),
  amount: msat,
  /** What left the balance: the amount, and the most that its fee may be. */
  held: msat,
  /** `waiting`: an operator looks first; `paying`: under way. */
  state: z.enum(['waiting', 'paying', 'paid', 'failed', 'cancelled']),
  fee: z.nullable(msat),
  preimage: z.nullable(z.string()),
  reason: z.nullable(z.string()),
  createdAt: time,
  network,
});

export const payOrderPayout = endpoint({
  id: 'pay.orderPayout',
  method: 'POST',
  path: '/api/pay/payouts',
  summary: 'Pay out to a Lightning invoice or address; as coins: ecash/out',
  auth: 'device',
  params: {},
  body: {
    kind: 'json',
    bytesMax: 16_384,
    schema: z.object({
      request,
      to: z.string().check(z.minLength(1), z.maxLength(7_089)),
      /** null: the invoice’s; to an address, all that there is. */
      amount: z.nullable(sat),
      /** The most that it may cost besides; null: one in a hundred, and ten satoshis at least. */
      feeMax: z.nullable(sat),
    }),
  },
  answer: { kind: 'json', status: 201, schema: payout },
  failures: [...changeFailures, 'payout-refused', 'amount-refused', 'balance-too-low', 'account-frozen', 'key-reused'],
});

export const payPayouts = endpoint({
  id: 'pay.payouts',
  method: 'GET',
  path: '/api/pay/payouts',
  summary: 'The payouts of this account, the latest first',
  auth: 'device',
  params: {},
  body: noBody,
  answer: { kind: 'json', status: 200, schema: z.object({ network, payouts: z.array(payout) }) },
  failures: readFailures,
});

export const payReadPayout = endpoint({
  id: 'pay.readPayout',
  method: 'GET',
  path: '/api/pay/payouts/:payout',
  summary: 'How a payout stands',
  auth: 'device',
  params: { payout: payoutId },
  body: noBody,
  answer: { kind: 'json', status: 200, schema: payout },
  failures: [...changeFailures, 'not-found'],
});

export const payCancelPayout = endpoint({
  id: 'pay.cancelPayout',
  method: 'DELETE',
  path: '/api/pay/payouts/:payout',
  summary: 'Call a payout back before it is handed to the node',
  auth: 'device',
  params: { payout: payoutId },
  body: noBody,
  answer: emptyAnswer,
  failures: [...changeFailures, 'not-found', 'too-late'],
});

const signedMsat = z.string().check(z.regex(/^(0|-?[1-9]\d{0,18})$/), z.describe('thousandths of a satoshi, below zero what went out'));

export const payLiabilities = endpoint({
  id: 'pay.liabilities',
  method: 'GET',
  path: '/api/pay/liabilities',
  summary: 'What the latest proof of liabilities counts of this account, and where',
  auth: 'device',
  params: {},
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      network,
      /** 0 before the first. */
      epoch: count,
      /** Now. */
      balance: msat,
      lines: z.array(
        z.object({
          name: z.string(),
          amount: msat,
          salt: secretOf(32, 'salt of the line'),
          index: count,
          /** From below: the hash beside the way, and its sum. */
          path: z.array(z.object({ hash: hex(32, 'hash'), sum: msat })),
        }),
      ),
      /** Of the balance, from a minute before the epoch, the oldest first. */
      moves: z.array(z.object({ at: time, kind: z.string(), amount: signedMsat })),
      /** What lines must count at least. */
      owed: z.array(z.object({ name: z.string(), amount: msat })),
    }),
  },
  failures: readFailures,
});

const planName = z.string().check(z.regex(/^[a-z0-9-]{1,32}$/), z.describe('name of a plan'));
const planOrder = z.object({
  request,
  /** What it may cost: the price that was shown. */
  most: sat,
});

export const payPlans = endpoint({
  id: 'pay.plans',
  method: 'GET',
  path: '/api/pay/plans',
  summary: 'The plans that can be bought, what they cost now, and what this account has bought',
  auth: 'device',
  params: {},
  body: noBody,
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      network,
      plans: z.array(
        z.object({
          plan: planName,
          days: count,
          price,
          currency,
          /** null: there is no fresh rate, and it cannot be bought now. */
          sats: z.nullable(sat),
          bytesMax: count,
          /** How long at least what a sweep ends stays. */
          historyDays: count,
        }),
      ),
      bought: z.array(z.object({ plan: planName, price: sat, from: time, until: time, at: time })),
    }),
  },
  failures: readFailures,
});

export const payBuyPlan = endpoint({
  id: 'pay.buyPlan',
  method: 'POST',
  path: '/api/pay/plans/:plan/buy',
  summary: 'Buy a plan from the balance, or extend it',
  auth: 'device',
  params: { plan: planName },
  body: { kind: 'json', bytesMax: 1_024, schema: planOrder },
  answer: { kind: 'json', status: 200, schema: z.object({ network, plan: planName, price: sat, from: time, until: time }) },
  failures: [...changeFailures, 'not-found', 'plan-dearer', 'balance-too-low', 'account-frozen', 'key-reused', 'no-rate', 'offer-refused'],
});

export const payOrderPlan = endpoint({
  id: 'pay.orderPlan',
  method: 'POST',
  path: '/api/pay/plans/:plan/order',
  summary: 'An invoice for a plan, which is bought once it is paid; read it as a deposit',
  auth: 'device',
  params: { plan: planName },
  body: { kind: 'json', bytesMax: 1_024, schema: planOrder },
  answer: { kind: 'json', status: 201, schema: deposit },
  failures: [...changeFailures, 'not-found', 'plan-dearer', 'amount-refused', 'key-reused', 'no-rate', 'offer-refused'],
});
