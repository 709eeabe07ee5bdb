// A link of the drive put up for sale: the offer signed and sealed, the half handed to the operator, the record that buyers read. Loaded when
// something is sold, and not before. spec/paid-links.md "The two halves", spec/drive.md "The list of offers".
import { type Bytes, equalBytes, formatBase64url, formatHex, parseBase64url, parseHex } from '@reprise/kit';
import { Failure, type LinkId } from '@reprise/protocol';
import { padme } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import { type KeptList, type Link, linkFlags, type Ref } from '@reprise/vault';
import { commitmentOf, encodePaidRecord, halfBytes, listHash, lockRoot, offerIdBytes, type Price, sealOffer } from '@reprise/vault/paid';
import { objectsBelow } from './content-objects.ts';
import type { Drive } from './drive.ts';
import type { DriveLink } from './drive-links.ts';
import { hiddenFileTime, offersFileName } from './hidden-file.ts';
import { changeList, readList } from './kept-lists.ts';
import type { KeptLink } from './links-file.ts';
import { type KeptOffer, offersList } from './offers-file.ts';
import type { TreeView } from './tree-view.ts';

/** What a link of the drive is sold for. */
export type Sale = {
  /** 32 hex digits: what earnings name it by. */
  readonly offerId: string;
  readonly price: Price;
  /** Whether `price` is the least that is paid, and more is welcome. */
  readonly isFloor: boolean;
  /** How many sales there may be in all; null: no bound. */
  readonly salesMax: number | null;
  /** ms since 1970; null: no end. */
  readonly notAfter: number | null;
  /** false: withdrawn, it opens for who has bought it. */
  readonly isOpen: boolean;
};

/** Where the visitors of a link can thank with money. */
export type Jar = {
  /** 32 hex digits: what earnings name it by. */
  readonly offerId: string;
  /** false: withdrawn. */
  readonly isOpen: boolean;
};

/** By the hex of a link's secret. */
export type Offered = ReadonlyMap<string, { readonly sale?: Sale; readonly jar?: Jar }>;

/** What the links of the drive are sold for, and where they take tips. */
export async function readSales(drive: Drive, view: TreeView): Promise<Offered> {
  const offered = new Map<string, { sale?: Sale; jar?: Jar }>();
  for (const { secret, id, price, isFloor, isJar, salesMax, notAfter, state } of await readOffers(drive, view)) {
    const [link, offerId, isOpen] = [formatHex(secret), formatHex(id), state === 'open'];
    const one = isJar ? { jar: { offerId, isOpen } } : { sale: { offerId, price, isFloor, salesMax, notAfter, isOpen } };
    offered.set(link, { ...offered.get(link), ...one });
  }
  return offered;
}

export type Asked = {
  readonly price: Price;
  readonly isFloor: boolean;
  readonly isJar: boolean;
  readonly notAfter: number | null;
  /** Absent: as it was; null: no bound. */
  readonly salesMax?: number | null | undefined;
};

/** What an offer says of the link that it sells. */
type Sold = Pick<KeptLink, 'secret' | 'title' | 'sizeBytes'> & { readonly ref: Ref };

/**
 * Puts a link up for sale with the operator: the same id and the same half as before, if it was sold before. They are safe with the account
 * before anybody hears of them; that it is sold is written down once the operator takes it.
 * @param ids of all objects that the link holds
 * @throws Failure payments-off before anything is written; offer-refused …: then nothing has changed that a visitor sees, nor what is asked
 */
export async function offerLink(
  drive: Drive,
  link: Sold,
  asked: Asked,
  ids: readonly Bytes[],
  signal: AbortSignal | undefined,
): Promise<ListedOffer> {
  const { random } = drive.parts;
  const agentKey = await agentOf(drive, signal);
  const list = await listHash(ids);
  const { isJar } = asked;
  const former = await findOffer(drive, link, isJar, signal);
  const terms = { ...asked, salesMax: asked.salesMax === undefined ? (former?.salesMax ?? null) : asked.salesMax };
  const drawn: KeptOffer = { secret: link.secret, id: random(offerIdBytes), half: random(halfBytes), ...terms, list, state: 'drawn' };
  if (!former) await changeOffers(drive, (offers) => (offerOf(offers, link, isJar) ? offers : [...offers, drawn]), signal);
  // Another device may have drawn the half meanwhile.
  const { id, half } = former ?? (await findOffer(drive, link, isJar, signal)) ?? drawn;
  const offer: KeptOffer = { secret: link.secret, id, half, ...terms, list, state: 'open' };
  const signed = await signOffer(drive, link, offer, agentKey);
  await listOffer(drive, offer, signed, signal);
  await changeOffers(drive, (offers) => [...offers.filter((one) => one !== offerOf(offers, link, isJar)), offer], signal);
  return lockOffer(drive, link, offer, signed);
}

/** An offer as the operator was told of it, and the record that buyers read. */
export type ListedOffer = {
  readonly offer: KeptOffer;
  readonly hash: Bytes;
  /** @param open the record that opens at once: beside a tip jar it is served as well; what is sold has none */
  readonly record: (open: () => Promise<Bytes>) => Promise<Bytes>;
};

/** What selling needs of the links of a drive. */
export type SalesDesk = {
  readonly drive: Drive;
  readonly signal: AbortSignal | undefined;
  readonly kept: (id: LinkId) => Promise<KeptLink>;
  readonly find: (id: LinkId) => Promise<DriveLink>;
  readonly servedVersion: (id: LinkId) => Promise<number>;
  /** Writes down what a link is now, made of what it is by then. @returns that */
  readonly note: (link: KeptLink, edit: (now: KeptLink) => KeptLink) => Promise<KeptLink>;
  /** Writes down that there is something to send. @returns the link */
  readonly raise: (link: Pick<KeptLink, 'secret'>) => Promise<KeptLink>;
  /** Gives a link the record that says what it is; by default it is made. */
  readonly serve: (link: KeptLink, listed?: ListedOffer) => Promise<void>;
};

export async function sell(desk: SalesDesk, id: LinkId, asked: Asked): Promise<DriveLink> {
  const { drive, signal } = desk;
  const before = await desk.kept(id);
  const { ref } = withoutPassword(before, 'password-and-price');
  if (!ref) throw new Failure('link-growing');
  const ids = await objectsBelow(ref, drive.nodeReader(signal));
  // Whatever is cut short from here on, the list is ahead of what is served, and is carried out by who looks next.
  if (isSold(before)) await desk.raise(before);
  const listed = await offerLink(drive, { ...before, ref }, asked, [...ids.values()], signal);
  const served = await desk.servedVersion(id);
  // Before the link has none any more: whoever looks next tells the operator at once.
  const jar = before.hasJar && (await close(drive, before, true, signal));
  const next = await desk.note(before, (now) => ({
    ...withoutPassword(now, 'password-and-price'),
    flags: now.flags | linkFlags.paid,
    hasJar: false,
    version: Math.max(now.version, served) + 1,
  }));
  // A title that has changed meanwhile is another offer.
  await desk.serve(next, next.title === before.title ? listed : undefined);
  if (jar) await leave(desk, before, jar);
  return desk.find(id);
}

/** What a tip jar asks: whatever somebody likes. */
export const anyTip: Asked = { price: { amount: 1, currency: 'SAT' }, isFloor: true, isJar: true, notAfter: null, salesMax: null };

/** Whoever opens the link can thank its maker with money. @throws Failure edit-refused for a link that is sold or has a password; payments-off … */
export async function openJar(desk: SalesDesk, id: LinkId): Promise<DriveLink> {
  const { drive, signal } = desk;
  const before = await desk.kept(id);
  const { ref } = withoutPassword(unsold(before), 'password-and-tips');
  if (!ref) throw new Failure('link-growing');
  const ids = await objectsBelow(ref, drive.nodeReader(signal));
  const listed = await offerLink(drive, { ...before, ref }, anyTip, [...ids.values()], signal);
  const served = await desk.servedVersion(id);
  const next = await desk.note(before, (now) => ({
    ...withoutPassword(unsold(now), 'password-and-tips'),
    hasJar: true,
    version: Math.max(now.version, served) + 1,
  }));
  await desk.serve(next, next.title === before.title ? listed : undefined);
  return desk.find(id);
}

/** No more tips from now on; the link opens as before. */
export async function closeJar(desk: SalesDesk, id: LinkId): Promise<DriveLink> {
  const before = await desk.kept(id);
  const served = await desk.servedVersion(id);
  const offer = await close(desk.drive, before, true, desk.signal);
  const next = await desk.note(before, (now) => ({ ...now, hasJar: false, version: Math.max(now.version, served) + 1 }));
  await desk.serve(next);
  if (offer) await leave(desk, before, offer);
  return desk.find(id);
}

/** @throws Failure edit-refused */
function unsold(link: KeptLink): KeptLink {
  if (isSold(link)) throw new Failure('edit-refused', { reason: 'price-and-tips' });
  return link;
}

/** The operator is told that this offer of a link is no more; one that another device has opened meanwhile is served again. */
async function leave(desk: SalesDesk, link: KeptLink, offer: KeptOffer): Promise<void> {
  const reopened = await forget(desk.drive, offer, desk.signal);
  if (reopened.length > 0) await desk.serve(await desk.raise(link));
}

/** @throws Failure edit-refused */
function withoutPassword(link: KeptLink, reason: 'password-and-price' | 'password-and-tips'): KeptLink {
  if (link.stretched.length > 0) throw new Failure('edit-refused', { reason });
  return link;
}

function isSold({ flags }: KeptLink): boolean {
  return (flags & linkFlags.paid) !== 0;
}

/** Nothing more is sold from now on; who has bought goes on opening the link. @throws Failure payments-off: the operator is told later */
export async function withdraw(desk: SalesDesk, id: LinkId): Promise<DriveLink> {
  const { drive, signal } = desk;
  const link = await desk.kept(id);
  const offer = await close(drive, link, false, signal);
  const reopened = offer ? await tell(drive, [offer], () => 'withdrawn', signal) : [];
  if (reopened.length > 0) await desk.serve(await desk.raise(link));
  return desk.find(id);
}

/** A link that is sold no more opens for everybody who has it. */
export async function giveAway(desk: SalesDesk, id: LinkId): Promise<DriveLink> {
  const before = await desk.kept(id);
  const served = await desk.servedVersion(id);
  const offer = await close(desk.drive, before, false, desk.signal);
  const next = await desk.note(before, (now) => ({
    ...now,
    flags: now.flags & ~linkFlags.paid,
    version: Math.max(now.version, served) + 1,
  }));
  await desk.serve(next);
  if (offer) await leave(desk, before, offer);
  return desk.find(id);
}

/**
 * The link has ended, or is free: nothing more is sold. While payments are off nobody buys, and the operator is told by `settleOffers`.
 * @returns as `tell`
 */
export async function forget(drive: Drive, offer: KeptOffer, signal: AbortSignal | undefined): Promise<readonly KeptOffer[]> {
  try {
    return await tell(drive, [offer], () => 'gone', signal);
  } catch (error) {
    if (error instanceof Failure && error.code === 'payments-off') return [];
    throw error;
  }
}

/** Who draws an offer and has not sold its link after this long was cut short, or refused. */
const cutShortMs = 3_600_000;

/**
 * Tells the operator of what it was not told: that an offer was withdrawn, or that its link is no more.
 * @param links of the drive
 * @returns how many offers that were, and of them those to publish anew, as `tell`
 * @throws Failure payments-off, network …
 */
export async function settleOffers(
  drive: Drive,
  links: KeptList<KeptLink>,
  signal: AbortSignal | undefined,
): Promise<{ readonly told: number; readonly reopened: readonly KeptOffer[] }> {
  const view = await drive.parts.space.view(signal);
  const offers = await readOffers(drive, view);
  const offered = { sale: links.items.filter(isSold), jar: links.items.filter(({ hasJar }) => hasJar) };
  // One that cannot be read may be the link of an offer that seems to be of none: what is sold for it is not given up.
  const isOfNone = ({ secret, isJar }: KeptOffer) =>
    links.unread.length === 0 && !offered[isJar ? 'jar' : 'sale'].some((link) => equalBytes(link.secret, secret));
  // An offer that is of no link may be of a sale that goes on: the link is sold once the operator has taken the offer.
  const isQuiet = ((await hiddenFileTime(view, offersFileName)) ?? 0) + cutShortMs < drive.parts.session.connection.serverNow();
  const over = isQuiet ? offers.filter((offer) => offer.state !== 'closing' && isOfNone(offer)) : [];
  if (over.length > 0)
    await changeOffers(drive, (all) => all.map((now) => (isAsIn(over, now) ? { ...now, state: 'closing' } : now)), signal);
  const due = [...over, ...offers.filter(({ state }) => state === 'closing')];
  if (due.length === 0) return { told: 0, reopened: [] };
  return { told: due.length, reopened: await tell(drive, due, (offer) => (isOfNone(offer) ? 'gone' : 'withdrawn'), signal) };
}

function isAsIn(offers: readonly KeptOffer[], now: KeptOffer): boolean {
  return offers.some(({ id, state }) => state === now.state && equalBytes(id, now.id));
}

/**
 * Tells the operator that offers are sold no more, and writes down that it knows.
 * @param offers written down as closing
 * @returns those that another device has opened meanwhile: what it told the operator may have come before, and is to be published anew
 */
async function tell(
  drive: Drive,
  offers: readonly KeptOffer[],
  becomes: (offer: KeptOffer) => 'withdrawn' | 'gone',
  signal: AbortSignal | undefined,
): Promise<readonly KeptOffer[]> {
  for (const offer of offers) await stopSelling(drive, offer, signal);
  const isTold = (now: KeptOffer) => offers.some(({ id }) => equalBytes(id, now.id));
  let reopened: readonly KeptOffer[] = [];
  await changeOffers(
    drive,
    (all) => {
      reopened = all.filter((now) => now.state === 'open' && isTold(now));
      return all.flatMap((now) => {
        if (now.state !== 'closing' || !isTold(now)) return [now];
        return becomes(now) === 'gone' ? [] : [{ ...now, state: 'withdrawn' } as const];
      });
    },
    signal,
  );
  return reopened;
}

/** Writes down that an offer is withdrawn, so that no later change of its link lists it again, and that the operator is to be told. */
export async function close(
  drive: Drive,
  link: Pick<Link, 'secret'>,
  isJar: boolean,
  signal: AbortSignal | undefined,
): Promise<KeptOffer | undefined> {
  const offer = await findOffer(drive, link, isJar, signal);
  if (!offer) return undefined;
  const isSame = ({ id }: KeptOffer) => equalBytes(id, offer.id);
  await changeOffers(drive, (all) => all.map((now) => (isSame(now) ? { ...now, state: 'closing' } : now)), signal);
  return { ...offer, state: 'closing' };
}

/** Tells the operator that an offer is sold no more; that it was told is not written down. @throws Failure payments-off, network … */
export async function stopSelling(drive: Drive, offer: KeptOffer, signal: AbortSignal | undefined): Promise<void> {
  const { connection } = drive.parts.session;
  try {
    await connection.ask(payContract['pay.deleteOffer'], {
      params: { offer: formatHex(offer.id) },
      device: drive.parts.space.tools.device,
      signal,
    });
  } catch (error) {
    // It was never listed.
    if (!(error instanceof Failure && error.code === 'not-found')) throw error;
  }
}

/**
 * Lists the offer as it stands with the operator, and seals the record that buyers read. A buyer who comes between the two is asked again.
 * One that was withdrawn stays so.
 * @throws Failure payments-off, offer-refused with reason price-too-high …, network …
 */
export async function publishOffer(
  drive: Drive,
  link: Sold & Pick<KeptLink, 'hasJar'>,
  signal: AbortSignal | undefined,
): Promise<ListedOffer> {
  const offer = await findOffer(drive, link, link.hasJar, signal);
  if (!offer) throw new Failure('bad-object', { reason: 'a link that is sold without an offer' });
  const signed = await signOffer(drive, link, offer, await agentOf(drive, signal));
  if (offer.state === 'open') await listOffer(drive, offer, signed, signal);
  return lockOffer(drive, link, offer, signed);
}

/**
 * Whether somebody else has come between what the operator was told and what the server serves, so that it has to be done again. Of two
 * devices each tells the operator first: who is last there and was not served, or was served and is not last there, goes again; the other
 * need not. What was withdrawn meanwhile is not sold after all.
 */
export async function isAstray(
  drive: Drive,
  { offer, hash }: ListedOffer,
  isServed: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { session, space } = drive.parts;
  await space.refresh(signal ? { signal } : {});
  const kept = await findOffer(drive, offer, offer.isJar, signal);
  const { offers } = await session.connection.ask(payContract['pay.offers'], { params: {}, device: space.tools.device, signal });
  const there = offers.find((one) => one.offer === formatHex(offer.id));
  const isSelling = there !== undefined && there.state !== 'withdrawn';
  if (kept?.state !== 'open') {
    if (isSelling) await stopSelling(drive, offer, signal);
    return false;
  }
  return (isSelling && there.hash === formatHex(hash)) !== isServed;
}

type SignedOffer = { readonly sealed: Bytes; readonly hash: Bytes; readonly commitment: Bytes };

async function signOffer(drive: Drive, link: Sold, offer: KeptOffer, agentKey: Bytes): Promise<SignedOffer> {
  const { engine, random, session } = drive.parts;
  const commitment = await commitmentOf(offer.id, offer.half);
  const body = {
    id: offer.id,
    title: link.title,
    price: offer.price,
    isFloor: offer.isFloor,
    isJar: offer.isJar,
    payee: parseHex(session.userId) as Bytes,
    root: link.ref.id,
    paddedBytes: padme(link.sizeBytes),
    list: offer.list,
    commitment,
    notAfter: offer.notAfter,
    agentKey,
  };
  return { ...(await sealOffer(engine, link.secret, body, session.author, random)), commitment };
}

async function listOffer(drive: Drive, offer: KeptOffer, signed: SignedOffer, signal: AbortSignal | undefined): Promise<void> {
  const { session, space } = drive.parts;
  const listing = {
    hash: formatHex(signed.hash),
    price: offer.price.amount,
    currency: offer.price.currency,
    isFloor: offer.isFloor,
    isJar: offer.isJar,
    half: formatBase64url(offer.half),
    commitment: formatHex(signed.commitment),
    notAfter: offer.notAfter,
    sales: offer.salesMax,
  };
  const put = (replaces: number) =>
    session.connection.ask(payContract['pay.putOffer'], {
      params: { offer: formatHex(offer.id) },
      body: { ...listing, replaces },
      device: space.tools.device,
      signal,
    });
  try {
    await put(0);
  } catch (error) {
    const version = error instanceof Failure && error.code === 'version-conflict' ? error.facts['version'] : undefined;
    if (typeof version !== 'number') throw error;
    await put(version);
  }
}

async function lockOffer(drive: Drive, { secret, ref }: Sold, offer: KeptOffer, { sealed, hash }: SignedOffer): Promise<ListedOffer> {
  const { engine, random } = drive.parts;
  const { id: offerId, half, isFloor } = offer;
  if (offer.isJar) {
    return { offer, hash, record: async (open) => encodePaidRecord({ version: 3, offerId, offer: sealed, open: await open() }) };
  }
  const locked = await lockRoot(engine, { secret, half }, { id: offerId, hash }, ref, random);
  const record = encodePaidRecord({ version: isFloor ? 2 : 1, offerId, offer: sealed, locked });
  return { offer, hash, record: async () => record };
}

/** The key of whoever gives halves away here. @throws Failure payments-off */
async function agentOf(drive: Drive, signal: AbortSignal | undefined): Promise<Bytes> {
  const { payments } = await drive.parts.session.connection.call('server.get', { params: {}, signal });
  const key = payments && parseBase64url(payments.agent);
  if (!key) throw new Failure('payments-off', { reason: 'off' });
  return key;
}

async function findOffer(
  drive: Drive,
  link: Pick<Link, 'secret'>,
  isJar: boolean,
  signal: AbortSignal | undefined,
): Promise<KeptOffer | undefined> {
  return offerOf(await readOffers(drive, await drive.parts.space.view(signal)), link, isJar);
}

/** A tip jar and a price have halves of their own: what a tip released opens nothing that is sold later. */
function offerOf(offers: readonly KeptOffer[], { secret }: Pick<Link, 'secret'>, isJar: boolean): KeptOffer | undefined {
  return offers.find((one) => one.isJar === isJar && equalBytes(one.secret, secret));
}

async function readOffers(drive: Drive, view: TreeView): Promise<readonly KeptOffer[]> {
  return (await readList(drive, view, offersList, undefined)).items;
}

function changeOffers(
  drive: Drive,
  edit: (offers: readonly KeptOffer[]) => readonly KeptOffer[],
  signal: AbortSignal | undefined,
): Promise<void> {
  return changeList(drive, offersList, edit, signal);
}
