// `reprise put --price` and `price`: links of the drive that are sold. docs/guide/cli.md "Links that are sold".
import { equalBytes } from '@reprise/kit';
import { parseLinkId } from '@reprise/protocol';
import { Failure } from '@reprise/protocol/formats';
import { parseLink } from '@reprise/sdk';
import type { Drive, DriveLink, SaleTerms } from '@reprise/sdk/drive';
import { openDriveFor } from './account.ts';
import { parseArguments, parseCount, takePassword } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { isDrivePath } from './drive-path.ts';
import { sendTogether } from './drive-files.ts';
import { exitCodes } from './exit-codes.ts';
import { parseExpiry } from './expiry.ts';
import { rateJson, readRate, sayWorth } from './known-rate.ts';
import { formatPrice, parseAsked } from './price-text.ts';
import { putOptions } from './put.ts';
import { settledLinks } from './settled-links.ts';

/** Into the drive, then behind a link that is sold from its first moment: nobody can open what has no price yet. */
export async function putForSale(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const taken = takePassword(args);
  if (taken.password !== undefined) throw new Failure('usage', { reason: 'price-password' });
  const { values, positionals } = parseArguments(taken.rest, putOptions);
  const { price, isFloor } = parseAsked(values.price ?? '');
  const salesMax = values.sales === undefined ? null : parseCount(values.sales, '--sales');
  const folder = positionals.length > 1 && isDrivePath(positionals.at(-1)) ? (positionals.at(-1) as string) : '/';
  const paths = folder === '/' && positionals.at(-1) !== '/' ? positionals : positionals.slice(0, -1);
  const expiresAt = values.expires === undefined ? null : parseExpiry(values.expires, Date.now());
  const downloadsMax = values.downloads === undefined ? null : parseCount(values.downloads, '--downloads');
  await using sent = await sendTogether({ args, values, folder, paths, together: values.name ?? null }, context);
  if (!sent) return exitCodes.interrupted;
  const { links } = sent.drive;
  const link = await links.create(
    sent.path,
    {
      price,
      sale: { isFloor, salesMax },
      expiresAt,
      downloadsMax,
      ...(values.name !== undefined && { title: values.name }),
      ...(values.label !== undefined && { label: values.label }),
    },
    terminal.interrupted,
  );
  if (!values.quiet && !values.json) terminal.say(`${words.soldFor(shownPrice(link, context))}\n`);
  if (values.json) terminal.print(JSON.stringify({ ...linkJson(link), path: sent.path, bytes: link.sizeBytes }));
  else terminal.print(link.url);
  return sent.leftOut > 0 ? exitCodes.partly : exitCodes.done;
}

export async function price(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, words } = context;
  const { values, positionals } = parseArguments(args, { until: { type: 'string' }, sales: { type: 'string' } });
  const [text, asked, ...more] = positionals;
  if (text === undefined || more.length > 0) throw new Failure('usage', { reason: text === undefined ? 'no-link' : 'one-link' });
  const until = values.until === undefined ? null : parseExpiry(values.until, Date.now());
  const salesMax = values.sales === undefined ? undefined : values.sales === 'none' ? null : parseCount(values.sales, '--sales');
  const wanted = asked === undefined || asked === 'off' || asked === 'free' || asked === 'tips' ? asked : parseAsked(asked);
  if (salesMax !== undefined && typeof wanted !== 'object') throw new Failure('usage', { reason: 'sales-price' });
  await using opened = await openDriveFor(terminal);
  const { drive } = opened;
  const found = await findLink(drive, text, terminal.interrupted);
  const link = await changed(drive, found, wanted, { endsAt: until, ...(salesMax !== undefined && { salesMax }) }, terminal.interrupted);
  const isSold = link.sale?.isOpen === true;
  const rate =
    values.json || (isSold && values.quiet !== true) ? await readRate(drive.parts.session.connection, terminal.interrupted) : null;
  // It opened for everybody until now.
  const wasFree = isSold && found.sale === null;
  if (values.json) terminal.print(JSON.stringify({ ...linkJson(link), wasFree, rate: rateJson(rate) }));
  else if (asked === undefined || values.quiet === true) terminal.print(shownPrice(link, context));
  else terminal.say(`${standing(link, context)}\n`);
  if (wasFree && !values.json) terminal.say(`${words.wasFree}\n`);
  if (link.sale && isSold && link.sale.price.currency === 'SAT' && !values.json) sayWorth(BigInt(link.sale.price.amount), rate, context);
  if (asked !== undefined && values.quiet !== true && !values.json) terminal.print(link.url);
  return exitCodes.done;
}

function standing(link: DriveLink, context: CommandContext): string {
  const { words } = context;
  if (link.jar) return words.takesTips;
  return link.sale?.isOpen ? words.soldFor(shownPrice(link, context)) : link.sale ? words.soldNoMore : words.isFree;
}

function changed(
  { links }: Drive,
  { id, jar }: DriveLink,
  wanted: ReturnType<typeof parseAsked> | 'off' | 'free' | 'tips' | undefined,
  terms: SaleTerms,
  signal: AbortSignal,
): Promise<DriveLink> {
  const linkId = parseLinkId(id);
  if (wanted === 'off') return links.withdraw(linkId, signal);
  if (wanted === 'tips') return links.openJar(linkId, signal);
  if (wanted === 'free') return jar ? links.closeJar(linkId, signal) : links.giveAway(linkId, signal);
  if (wanted === undefined) return links.find(linkId, signal);
  return links.sell(linkId, wanted.price, { ...terms, isFloor: wanted.isFloor }, signal);
}

/** By its id, or by its URL: what stands for its flags may have changed since. @throws Failure not-found, bad-link */
async function findLink(drive: Drive, text: string, signal: AbortSignal): Promise<DriveLink> {
  const all = await settledLinks(drive, signal);
  const secret = /^[0-9a-f]{32}$/.test(text) ? null : parseLink(text).secret;
  const found = all.find(({ id, url }) => (secret ? equalBytes(parseLink(url).secret, secret) : id === text));
  if (!found) throw new Failure('not-found', { link: text });
  return found;
}

function shownPrice({ sale, jar }: DriveLink, { terminal, words }: CommandContext): string {
  if (!sale) return jar?.isOpen ? words.freeWithTips : words.free;
  if (!sale.isOpen) return words.withdrawn;
  const price = formatPrice(sale.price, terminal.language);
  const asked = sale.isFloor ? words.orMore(price) : price;
  return sale.salesMax === null ? asked : words.limitedTo(asked, sale.salesMax);
}

function linkJson({ url, id, title, sale, jar }: DriveLink) {
  const sold = sale && {
    offer: sale.offerId,
    amount: sale.price.amount,
    currency: sale.price.currency,
    isFloor: sale.isFloor,
    salesMax: sale.salesMax,
    isOpen: sale.isOpen,
    notAfter: sale.notAfter,
  };
  return { link: url, id, title, price: sold, tips: jar && { offer: jar.offerId, isOpen: jar.isOpen } };
}
