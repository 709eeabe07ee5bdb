// A seller's side of paid links: what may be asked here, links put on sale, and what they earned. Loaded when somebody looks. spec/paid-links.md.
import { payContract } from '@reprise/protocol/pay';
import type { SaleCounts, SaleTerms, SaleWish, Statement } from '../../app/sales-port.ts';
import type { DriveLink } from '../../app/port.ts';
import { server } from '../engine/connection.ts';
import type { OpenDrive } from './open-drive.ts';
import { linkIdOf } from './shared.ts';

/** @returns null where nothing can be sold */
export async function saleTerms(): Promise<SaleTerms | null> {
  const { payments } = await server().call('server.get', { params: {} });
  return payments ? { worthless: payments.sandbox, satsMax: Number(payments.priceMax) } : null;
}

export async function sellEntry(open: OpenDrive, id: string, { price, label }: SaleWish): Promise<DriveLink> {
  const path = await open.places.pathOf(id);
  const link = await open.act((drive) => drive.links.create(path, { price, expiresAt: null, ...(label !== null && { label }) }), 'all');
  return open.linkOf(link);
}

export async function changeSale(open: OpenDrive, link: string, { price }: SaleWish): Promise<void> {
  await open.act((drive) => drive.links.sell(linkIdOf(link), price), 'all');
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

export async function earningsCsv(open: OpenDrive): Promise<Blob> {
  return new Blob([(await server().ask(payContract['pay.earningsCsv'], asking(open))).slice()], { type: 'text/csv' });
}

/** Who asks is this device, for its account. */
const asking = ({ drive }: OpenDrive) => ({ params: {}, device: drive.parts.space.tools.device });
