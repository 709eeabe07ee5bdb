// A seller's side of paid links: what may be asked here, links put on sale, and what they earned. Loaded when somebody looks. spec/paid-links.md.
import type { Bytes } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import type { Payout, SaleCounts, SaleTerms, SaleWish, Statement } from '../../app/sales-port.ts';
import type { DriveLink } from '../../app/port.ts';
import { server } from '../engine/connection.ts';
import { paymentFacts } from '../engine/payment-facts.ts';
import { theAccount } from './account.ts';
import type { OpenDrive } from './open-drive.ts';
import { dropOrder, dropShown, keepOrder } from './payout-orders.ts';
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
  const [{ lines }, balance, links] = await Promise.all([
    server().ask(payContract['pay.earnings'], asking(open)),
    server().ask(payContract['pay.balance'], asking(open)),
    open.drive.links.list(),
  ]);
  const sats = (msat: string) => Number(msat) / 1000;
  return {
    worthless: balance.sandbox,
    lines: lines.map(({ offer, day, sales, gross, commission, net, waiting }) => ({
      offer,
      day,
      sales,
      gross: sats(gross),
      commission: sats(commission),
      net: sats(net),
      waiting: sats(waiting),
    })),
    titles: Object.fromEntries(links.flatMap(({ sale, title }) => (sale ? [[sale.offerId, title]] : []))),
    available: Number(balance.available),
    nextAt: balance.nextAt,
  };
}

export async function payoutsOf(open: OpenDrive): Promise<readonly Payout[]> {
  const payouts = await listed(open);
  await dropShown(accountHere(), payouts);
  return payouts;
}

async function listed(open: OpenDrive): Promise<readonly Payout[]> {
  return (await server().ask(payContract['pay.payouts'], asking(open))).payouts.map(payoutOf);
}

export async function payOut(open: OpenDrive, to: string, sats: number | null): Promise<Payout> {
  const order = { account: accountHere(), to, sats };
  const request = await keepOrder(order, () => listed(open));
  const body = { request, to, amount: sats === null ? null : String(sats), feeMax: null };
  try {
    const payout = payoutOf(await server().ask(payContract['pay.orderPayout'], { ...asking(open), body }));
    await dropOrder(order);
    return payout;
  } catch (error) {
    if (error instanceof Failure && refusals.includes(error.code)) await dropOrder(order);
    throw error;
  }
}

function accountHere(): Bytes {
  return theAccount().account.record.userId;
}

/** With these nothing was set aside, now or before; any other end of a request leaves it open. */
const refusals: readonly Failure['code'][] = ['payout-refused', 'amount-refused', 'balance-too-low', 'key-reused'];

export async function callBack(open: OpenDrive, payout: string): Promise<void> {
  await server().ask(payContract['pay.cancelPayout'], { ...asking(open), params: { payout } });
}

type Answered = Omit<Payout, 'amount' | 'fee' | 'id' | 'at'> & {
  readonly payout: string;
  readonly amount: string;
  readonly fee: string | null;
  readonly createdAt: number;
};

function payoutOf({ payout, to, amount, fee, state, reason, createdAt }: Answered): Payout {
  return { id: payout, to, amount: Number(amount) / 1000, fee: fee === null ? null : Number(fee) / 1000, state, reason, at: createdAt };
}

export async function earningsCsv(open: OpenDrive): Promise<Blob> {
  return new Blob([(await server().ask(payContract['pay.earningsCsv'], asking(open))).slice()], { type: 'text/csv' });
}

/** Who asks is this device, for its account. */
const asking = ({ drive }: OpenDrive) => ({ params: {}, device: drive.parts.space.tools.device });
