// Links that are sold, in English.
import type { FailureFacts } from '@reprise/kit';
import type { FailureCode } from '@reprise/protocol/formats';
import type { Currency } from '@reprise/sdk/paid';
import { formatPrice } from '../price-text.ts';
import type { PayWords } from './pay-words.ts';

export const enPay: PayWords = {
  soldFor: (price) => `Sold for ${price}. Whoever has the link sees its title and its price; a purchase opens it.`,
  orMore: (price) => `${price} or more`,
  limitedTo: (price, sales) => `${price}, ${sales === 1 ? 'once' : `${sales} times at most`}`,
  soldNoMore: 'Sold no more. Who has bought it goes on opening it.',
  wasFree:
    'It was free until now: whoever opened it before may have its files, and a program that kept its key still opens them without paying. For a price that everybody pays, end this link and make a new one: reprise link PATH --price PRICE.',
  isFree: 'No longer sold: it opens for whoever has the link.',
  free: 'free',
  withdrawn: 'not for sale',
  takesTips: 'It opens for whoever has the link, who can thank you with any amount: reprise tip LINK 21sat.',
  freeWithTips: 'free, tips welcome',
  tipsFor: (title) => `${title} (tips)`,
  tipped: (sats) => `${sats} given, with thanks.`,
  tippedBefore: (sats) => `An earlier run had given ${sats} already: nothing more was paid. Run it again to give more.`,
  payInvoice: (sats, price) => `Pay ${price === sats ? sats : `${sats} (${price})`} from any Lightning wallet:`,
  invoiceUntil: (until) =>
    `It can be paid until ${until.toISOString().slice(11, 16)} UTC. Stopped now, the same command goes on; what is paid meanwhile is not lost.`,
  paymentCame: 'Paid.',
  refunded: (sats, to) =>
    to === 'wallet' ? `${sats} came back, as coins of the wallet.` : `${sats} came back, as balance of the account.`,
  nothingOwed: 'Nothing is owed back for this link.',
  tokenInWallet: (sats, price) =>
    `The token is in the wallet now: ${sats}. Should this stop, go on with --pay wallet --max-price ${price}sat.`,
  changeKept: (sats) => `${sats} of the token are left, in the wallet: reprise wallet`,
  planNow: (plan, used, max, until) => `${plan}: ${used} of ${max}${until === null ? '' : `, until ${until}`}`,
  planOver: (over, ended) =>
    `${ended === null ? '' : `A plan ended on ${ended}. `}${over} above what may be kept: nothing more can be sent. Everything stays, opens, and can be shared and deleted.`,
  planOnSale: (plan, bytes, days, price, historyDays) =>
    `  ${plan}  ${bytes}${historyDays > 0 ? `, history of ${historyDays} days` : ''}  ${price} for ${days} days  reprise plan buy ${plan}`,
  planBought: (plan, sats) => `Paid ${sats} for ${plan}.`,
  noCases: 'Nobody has filed a notice about a link of this account.',
  caseState: (state, remedy) =>
    ({
      open: 'open',
      countered: 'answered',
      contested: 'both sides were heard; the operator decides',
      upheld: remedy === 'refund' ? 'upheld: the link is down, its buyers have their money back' : 'upheld: the link is down',
      dismissed: 'dismissed',
      withdrawn: 'withdrawn',
    })[state],
  caseHeld: (sats) => `${sats} held`,
  caseHolder: (holder) => `filed by ${holder}`,
  caseDue: (mine, until) =>
    mine
      ? `answer until ${until.toISOString().slice(0, 10)}: reprise cases answer CASE TEXT`
      : `closed on ${until.toISOString().slice(0, 10)} unless they stand by it`,
  caseActor: { holder: 'rights holder', maker: 'you', operator: 'operator', time: 'time is over' },
  caseAnswered: (until) =>
    until === null
      ? 'Answered.'
      : `Answered. Unless they stand by the notice until ${until.toISOString().slice(0, 10)}, all of it is yours again.`,
  claimed: (sats, isWorthless) =>
    `${sats} of this case are balance of the account.${isWorthless ? ' These coins are worthless: a sandbox.' : ''}`,
  earningsHead: ['day', 'sales', 'yours', 'waiting', 'title'],
  earningsHeldHead: 'of that held',
  earningsHeld: (id, sats, titles, since) =>
    `Since ${since}, the notice ${id} holds ${sats} of ${titles}: somebody says that it is theirs. Read and answer it: reprise cases.`,
  earningsFrozen: (id, since, ground) =>
    `The operator has frozen your money since ${since}, under ${id}: ${ground}
Nothing leaves your balance, and what you sell is held. None of it is lost: once the freeze is lifted it is yours again. Write to the operator and name ${id}.`,
  earningsSum: (net, waiting, isWorthless) =>
    `Yours in all: ${net}, of which ${waiting} wait for their time.${isWorthless ? ' These coins are worthless: a sandbox.' : ''}`,
};

export const enPayUsage: Readonly<Record<string, (value: string) => string>> = {
  cases: () => 'Write reprise cases, reprise cases answer CASE TEXT, or reprise cases claim CODE.',
  price: (value) => `${value} is no price: write 21sat, 2.50eur or 3usd; with a + behind it, buyers may pay more.`,
  'plan-act': (value) => `${value} is nothing that reprise plan does: reprise plan, or reprise plan buy NAME.`,
  'plan-name': () => 'Name the plan: reprise plan shows them.',
  'plan-pay': (value) => `${value} is no way to pay for a plan: balance, wallet, lightning or sandbox.`,
  'tip-amount': (value) => `${value === '' ? 'Say how much' : `${value} is no tip`}: reprise tip LINK 21sat.`,
  'sales-price': () => '--sales goes with a price: --price 21sat --sales 10.',
  'amount-currency': (value) => `This link is priced in ${value}: give --amount in that.`,
  'price-password': () => 'A link that is sold has no password.',
  'max-price': () => 'Say what it may cost: --max-price 30sat.',
  'max-price-currency': (value) => `This link is priced in ${value}: give --max-price in that, or in sat.`,
  'refund-to': (value) => `A refund goes to --pay wallet or --pay balance, not to ${value}.`,
  pay: (value) => `${value} is no way to pay: lightning, sandbox, wallet, balance, or - for a token of coins on standard input (cashuB…).`,
};

/** @returns undefined for what is not about money */
export function enPayFailure(code: FailureCode, facts: FailureFacts): string | undefined {
  const sats = `${String(facts['sats'] ?? '')} sat`;
  switch (code) {
    case 'payment-required':
      if (facts['price'] === undefined) return 'This link is sold. reprise get shows its price and buys it.';
      return `This link is sold: "${String(facts['title'])}" costs ${asked(facts)}. Buy it with --pay lightning, --pay wallet --max-price ${String(facts['sats'])}sat, or --pay TOKEN.`;
    case 'link-unavailable':
    case 'link-removed':
      if (facts['bought'] === undefined) return undefined;
      return `You had bought this link for ${String(facts['bought'])} sat, and it is gone since: the server gives its files no more. What you saved of it stays yours.${code === 'link-unavailable' ? unsaved : ''}`;
    case 'price-differs':
      if (facts['sats'] === undefined)
        return 'The price has just changed. Nothing was paid; run the same command again to see the new one.';
      return `It costs ${sats} now, which is not what was agreed to. Nothing was paid.`;
    case 'payment-waits':
      return 'The invoice was not paid in time. Run the same command again for a new one; a payment that comes late still counts.';
    case 'payment-owed':
      return `What was paid bought nothing, because the link is no longer for sale: ${sats} are owed back. They stay owed until you take them: reprise get LINK --refund.`;
    case 'payment-refused':
      return refusals[String(facts['reason'])]?.(facts) ?? `The payment was refused (${String(facts['reason'])}). Nothing was paid.`;
    case 'offer-closed':
      return 'This link is no longer for sale. Nothing was paid.';
    case 'payments-off':
      return 'This server takes no payments at present. What is free works.';
    case 'offer-refused':
      return facts['reason'] === 'price-too-high' ? 'This price is higher than the server allows.' : 'The server does not take this offer.';
    case 'edit-refused':
      return refusedEdits[String(facts['reason'])];
    case 'plan-dearer':
      return `This plan costs ${sats} now, more than was agreed to. Nothing was paid.`;
    case 'amount-refused': {
      const [min, max] = [facts['min'], facts['max']];
      const isBounded = min !== undefined && max !== undefined;
      return `The server does not take this amount${isBounded ? `: ${String(min)} to ${String(max)} sat are possible` : ', or the account may receive no more'}. Nothing was paid.`;
    }
    case 'account-frozen':
      return `The operator has frozen the money of this account (${String(facts['freeze'] ?? '')}). Nothing was taken from its balance. Write to the operator and name that reference.`;
    case 'balance-too-low':
      return `The balance lacks ${String(facts['missing'] ?? '')} sat. Nothing was paid.`;
    default:
      return undefined;
  }
}

const refusedEdits: Readonly<Record<string, string>> = {
  'password-and-price': 'A link that is sold has no password.',
  'password-and-tips': 'A link that takes tips has no password.',
  'price-and-tips': 'A link that is sold takes no tips: with 21sat+ as its price, buyers may pay more.',
};

function asked(facts: FailureFacts): string {
  const [currency, sats] = [facts['currency'] as Currency, `${String(facts['sats'])} sat`];
  const price = currency === 'SAT' ? sats : `${formatPrice({ amount: Number(facts['price']), currency }, 'en')}, ${sats} now`;
  const left = typeof facts['salesLeft'] === 'number' ? ` (${facts['salesLeft']} left)` : '';
  return `${price}${facts['isFloor'] ? ' or more' : ''}${left}`;
}

function least(facts: FailureFacts): string {
  return formatPrice({ amount: Number(facts['price']), currency: facts['currency'] as Currency }, 'en');
}

const refusals: Readonly<Record<string, (facts: FailureFacts) => string>> = {
  'bad-amount': (facts) => `It costs ${least(facts)}${facts['isFloor'] ? ' at least' : ', no more and no less'}. Nothing was paid.`,
  'no-jar': () => 'Whoever made this link takes no tips. Nothing was paid.',
  ended: () => 'This link is no longer for sale. Nothing was paid.',
  'sold-out': () => 'This link is sold out. Nothing was paid.',
  'under-notice': (facts) =>
    `The sale is suspended after a notice${facts['case'] === undefined ? '' : ` (case ${String(facts['case'])})`}. Nothing was paid.`,
  'order-left': () =>
    'The invoice is paid, but the plan is no longer sold, or costs more. The money is in the balance of the account: --pay balance spends it.',
  'no-offer': () => 'Nobody sells this link here any more. Nothing was paid.',
  'no-rate': () => 'There is no fresh exchange rate at present. Nothing was paid; try again later.',
  busy: () => 'The server cannot take a payment at this moment. Nothing was paid; try again in a minute.',
  'too-little': (facts) => `The coins are worth ${String(facts['missing'])} sat too little. Nothing was paid: the token is good still.`,
  'other-mint': () => 'These coins are not of the mint that this server takes. Nothing was paid: the token is good still.',
  'too-many-coins': () => 'The token holds too many coins. Nothing was paid: take it into a wallet first (reprise wallet receive).',
  '11001': () => 'These coins were spent before.',
  'no-sandbox': () => 'There is no sandbox here: these coins would be real. Pay with --pay lightning.',
  'other-buyer-key': () => 'These coins have bought this link for somebody else.',
};

/** Where somebody turns whose link ended before they had what they paid for. */
const unsaved =
  '\nIf you had not saved it yet, report the link on the server’s page /en/report: the operator can then hold what it earned, and give you the price back.';
