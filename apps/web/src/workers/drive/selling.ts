// A seller's side of paid links: what may be asked here, links put on sale, and what they earned. Loaded when somebody looks. spec/paid-links.md.
import type { Bytes } from '@reprise/kit';
import type { Failure } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import type { Payout, SaleCounts, SaleTerms, SaleWish, Statement } from '../../app/sales-port.ts';
import type { DriveLink } from '../../app/port.ts';
import { server } from '../engine/connection.ts';
import { paymentFacts } from '../engine/payment-facts.ts';
import { theAccount } from './account.ts';
import { anyOrder, dropOrder, keepOrder, type Order, readOrder, underWay, unlessUnderWay } from './kept-orders.ts';
import type { OpenDrive } from './open-drive.ts';
import { sendOrder } from './send-order.ts';
import { linkIdOf } from './shared.ts';

/** @returns null where nothing can be sold */
export async function saleTerms(): Promise<SaleTerms | null> {
  const facts = await paymentFacts();
  return facts && { worthless: facts.isSandbox, satsMax: facts.satsMax };
}

export async function sellEntry(open: OpenDrive, id: string, { price, isFloor, salesMax, label }: SaleWish): Promise<DriveLink> {
  const path = await open.places.pathOf(id);
  const link = await open.act(
    (drive) => drive.links.create(path, { price, sale: { isFloor, salesMax }, expiresAt: null, ...(label !== null && { label }) }),
    'all',
  );
  return open.linkOf(link);
}

export async function changeSale(open: OpenDrive, link: string, { price, isFloor, salesMax }: SaleWish): Promise<void> {
  await open.act((drive) => drive.links.sell(linkIdOf(link), price, { isFloor, salesMax }), 'all');
}

export async function withdrawSale(open: OpenDrive, link: string): Promise<void> {
  await open.act((drive) => drive.links.withdraw(linkIdOf(link)), 'all');
}

export async function takeTips(open: OpenDrive, link: string, areTaken: boolean): Promise<void> {
  const id = linkIdOf(link);
  await open.act((drive) => (areTaken ? drive.links.openJar(id) : drive.links.closeJar(id)), 'all');
}

/** How each link that is sold stands, by its id. */
export async function saleCounts(open: OpenDrive): Promise<Readonly<Record<string, SaleCounts>>> {
  const links = (await open.drive.links.list()).filter(({ sale }) => sale !== null);
  if (links.length === 0) return {};
  const { offers } = await server().ask(payContract['pay.offers'], asking(open));
  const byOffer = new Map(offers.map(({ offer, state, sold, salesLeft }) => [offer, { state, sold, salesLeft }]));
  return Object.fromEntries(
    links.flatMap(({ id, sale }) => {
      const counts = sale && byOffer.get(sale.offerId);
      return counts ? [[id, counts]] : [];
    }),
  );
}

export async function readStatement(open: OpenDrive): Promise<Statement> {
  // Offers that were withdrawn while payments were off; the statement does not wait for it.
  void open.drive.links.settle().catch(() => undefined);
  const [{ lines }, balance, { cases }, facts, links] = await Promise.all([
    server().ask(payContract['pay.earnings'], asking(open)),
    server().ask(payContract['pay.balance'], asking(open)),
    server().ask(payContract['pay.cases'], asking(open)),
    paymentFacts(),
    open.drive.links.list(),
  ]);
  const sats = (msat: string) => Number(msat) / 1000;
  return {
    worthless: balance.sandbox,
    lines: lines.map(({ offer, kind, day, sales, gross, commission, net, waiting, held }) => ({
      offer,
      kind,
      day,
      sales,
      gross: sats(gross),
      commission: sats(commission),
      net: sats(net),
      waiting: sats(waiting),
      held: sats(held),
    })),
    titles: Object.fromEntries(
      links.flatMap(({ sale, jar, title }) => [sale, jar].flatMap((offer) => (offer ? [[offer.offerId, title]] : []))),
    ),
    onSale: links.flatMap(({ sale, jar, title }) => (sale?.isOpen || jar?.isOpen ? [title] : [])),
    available: Number(balance.available),
    nextAt: balance.nextAt,
    isNoticed: cases.some((one) => one.case !== balance.frozen?.freeze && one.outcome === 'open' && one.held !== '0'),
    frozen: balance.frozen && { reference: balance.frozen.freeze, since: balance.frozen.since, ground: balance.frozen.ground },
    rate: facts?.rate ?? null,
  };
}

export async function payoutsOf(open: OpenDrive): Promise<readonly Payout[]> {
  const payouts = await listed(open);
  if (!(await anyOrder('payout'))) return payouts;
  return Promise.all(payouts.map(async (payout) => ({ ...payout, isUnheard: (await endedBy(payout)) !== undefined })));
}

async function listed(open: OpenDrive): Promise<readonly Payout[]> {
  return (await server().ask(payContract['pay.payouts'], asking(open))).payouts.map(payoutOf);
}

/** Payouts to the same target that there were already: none of them is this one. */
type Before = { readonly before: readonly string[] };

export async function payOut(open: OpenDrive, target: string, sats: number | null): Promise<Payout> {
  // As the list says it again.
  const to = target.toLowerCase();
  const order = orderOf(to, sats);
  return underWay(order, async () => {
    const before = async () => ({ before: (await listed(open)).filter((one) => one.to === to).map(({ id }) => id) });
    const { request } = await keepOrder<Before>(order, before);
    const body = { request, to, amount: sats === null ? null : String(sats), feeMax: null };
    const send = () => server().ask(payContract['pay.orderPayout'], { ...asking(open), body });
    return payoutOf(await sendOrder({ order, request, refusals }, send));
  });
}

/** It was told of, and stands in no form any more: the same once more is another payout. */
export async function hearOf(payout: Payout): Promise<void> {
  const ended = await endedBy(payout);
  if (ended) await unlessUnderWay(ended.order, () => dropOrder(ended.order, ended.request));
}

/** The order that this payout is, where its answer was lost and no tab waits for it. */
async function endedBy({ id, to, amount }: Payout): Promise<{ readonly order: Order; readonly request: string } | undefined> {
  for (const order of [orderOf(to, amount), orderOf(to, null)]) {
    const kept = await unlessUnderWay(order, () => readOrder<Before>(order));
    if (kept && !kept.before.includes(id)) return { order, request: kept.request };
  }
  return undefined;
}

function orderOf(to: string, sats: number | null): Order {
  return { account: accountHere(), kind: 'payout', what: `${sats ?? ''} ${to}` };
}

function accountHere(): Bytes {
  return theAccount().account.record.userId;
}

/** With these nothing was set aside, now or before. */
const refusals: readonly Failure['code'][] = ['payout-refused', 'amount-refused', 'balance-too-low', 'account-frozen', 'key-reused'];

export async function callBack(open: OpenDrive, payout: string): Promise<void> {
  await server().ask(payContract['pay.cancelPayout'], { ...asking(open), params: { payout } });
}

type Answered = Omit<Payout, 'amount' | 'fee' | 'id' | 'at' | 'isUnheard'> & {
  readonly payout: string;
  readonly amount: string;
  readonly fee: string | null;
  readonly createdAt: number;
};

function payoutOf({ payout, to, amount, fee, state, reason, createdAt }: Answered): Payout {
  return {
    id: payout,
    to,
    amount: Number(amount) / 1000,
    fee: fee === null ? null : Number(fee) / 1000,
    state,
    reason,
    at: createdAt,
    isUnheard: false,
  };
}

export async function earningsCsv(open: OpenDrive): Promise<Blob> {
  return new Blob([(await server().ask(payContract['pay.earningsCsv'], asking(open))).slice()], { type: 'text/csv' });
}

/** Who asks is this device, for its account. */
const asking = ({ drive }: OpenDrive) => ({ params: {}, device: drive.parts.space.tools.device });
