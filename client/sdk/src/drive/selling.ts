// A link of the drive put up for sale: the offer signed and sealed, the half handed to the operator, the record that buyers read. Loaded when
// something is sold, and not before. spec/paid-links.md "The two halves", spec/drive.md "The list of offers".
import { type Bytes, equalBytes, formatBase64url, formatHex, parseBase64url, parseHex } from '@reprise/kit';
import { Failure, type LinkId } from '@reprise/protocol';
import { padme } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import { type Link, linkFlags, type Ref } from '@reprise/vault';
import { commitmentOf, encodePaidRecord, halfBytes, listHash, lockRoot, offerIdBytes, type Price, sealOffer } from '@reprise/vault/paid';
import { objectsBelow } from './content-objects.ts';
import type { Drive } from './drive.ts';
import type { DriveLink } from './drive-links.ts';
import { changeHiddenFile, readHiddenFile } from './hidden-file.ts';
import type { KeptLink } from './links-file.ts';
import { decodeOffers, encodeOffers, type KeptOffer, offersFileName } from './offers-file.ts';
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

/** What the links of the drive are sold for, by the hex of their secrets. */
export async function readSales(drive: Drive, view: TreeView): Promise<ReadonlyMap<string, Sale>> {
  return new Map(
    (await readOffers(drive, view)).map(({ secret, id, price, isFloor, salesMax, notAfter, isOpen }) => [
      formatHex(secret),
      { offerId: formatHex(id), price, isFloor, salesMax, notAfter, isOpen },
    ]),
  );
}

export type Asked = {
  readonly price: Price;
  readonly isFloor: boolean;
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
 * @returns the record that buyers read
 * @throws Failure payments-off before anything is written; offer-refused …: then all is as it was
 */
export async function offerLink(
  drive: Drive,
  link: Sold,
  asked: Asked,
  ids: readonly Bytes[],
  signal: AbortSignal | undefined,
): Promise<Bytes> {
  const { random } = drive.parts;
  const agentKey = await agentOf(drive, signal);
  const list = await listHash(ids);
  const former = await findOffer(drive, link, signal);
  const terms = { ...asked, salesMax: asked.salesMax === undefined ? (former?.salesMax ?? null) : asked.salesMax };
  const drawn = { secret: link.secret, id: random(offerIdBytes), half: random(halfBytes), ...terms, list, isOpen: false };
  if (!former) await changeOffers(drive, (offers) => (offerOf(offers, link) ? offers : [...offers, drawn]), signal);
  // Another device may have drawn the half meanwhile.
  const { id, half } = former ?? (await findOffer(drive, link, signal)) ?? drawn;
  const offer: KeptOffer = { secret: link.secret, id, half, ...terms, list, isOpen: true };
  const signed = await signOffer(drive, link, offer, agentKey);
  await listOffer(drive, offer, signed, signal);
  await changeOffers(drive, (offers) => [...offers.filter((one) => !equalBytes(one.secret, link.secret)), offer], signal);
  return lockOffer(drive, link, offer, signed);
}

/** What selling needs of the links of a drive. */
export type SalesDesk = {
  readonly drive: Drive;
  readonly signal: AbortSignal | undefined;
  readonly kept: (id: LinkId) => Promise<KeptLink>;
  readonly find: (id: LinkId) => Promise<DriveLink>;
  readonly servedVersion: (id: LinkId) => Promise<number>;
  /** Writes down what a link is now. */
  readonly note: (before: KeptLink, next: KeptLink) => Promise<void>;
  /** Gives a link the record that says what it is; by default it is made. */
  readonly serve: (link: KeptLink, record?: Bytes) => Promise<void>;
};

export async function sell(desk: SalesDesk, id: LinkId, asked: Asked): Promise<DriveLink> {
  const { drive, signal } = desk;
  const before = await desk.kept(id);
  if (before.stretched.length > 0) throw new Failure('edit-refused', { reason: 'password-and-price' });
  const { ref } = before;
  if (!ref) throw new Failure('link-growing');
  const ids = await objectsBelow(ref, drive.nodeReader(signal));
  const version = await nextVersion(desk, id, before);
  // Whatever is cut short from here on, the list is ahead of what is served, and is carried out by who looks next.
  if ((before.flags & linkFlags.paid) !== 0) await desk.note(before, { ...before, version });
  const record = await offerLink(drive, { ...before, ref }, asked, [...ids.values()], signal);
  const next = { ...before, flags: before.flags | linkFlags.paid, version };
  await desk.note(before, next);
  await desk.serve(next, record);
  return desk.find(id);
}

/** Nothing more is sold from now on; who has bought goes on opening the link. @throws Failure payments-off: the operator is told later */
export async function withdraw(desk: SalesDesk, id: LinkId): Promise<DriveLink> {
  const { drive, signal } = desk;
  const offer = await close(drive, await desk.kept(id), signal);
  if (offer) await atOperator(drive, offer, signal);
  return desk.find(id);
}

/** A link that is sold no more opens for everybody who has it. */
export async function giveAway(desk: SalesDesk, id: LinkId): Promise<DriveLink> {
  const before = await desk.kept(id);
  const next = { ...before, flags: before.flags & ~linkFlags.paid, version: await nextVersion(desk, id, before) };
  await close(desk.drive, before, desk.signal);
  await desk.note(before, next);
  await desk.serve(next);
  await forget(desk.drive, before, desk.signal);
  return desk.find(id);
}

/** The link has ended, or is free: nothing more is sold. While payments are off nobody buys, and the operator is told by `settleOffers`. */
export async function forget(drive: Drive, link: Pick<Link, 'secret'>, signal: AbortSignal | undefined): Promise<void> {
  const offer = await close(drive, link, signal);
  if (!offer) return;
  try {
    await atOperator(drive, offer, signal);
  } catch (error) {
    if (error instanceof Failure && error.code === 'payments-off') return;
    throw error;
  }
  await changeOffers(drive, (offers) => offers.filter(({ id }) => !equalBytes(id, offer.id)), signal);
}

/**
 * Tells the operator of what it was not told: that an offer was withdrawn, or that its link is no more.
 * @param links of the drive
 * @throws Failure payments-off, network …
 */
export async function settleOffers(drive: Drive, links: readonly KeptLink[], signal: AbortSignal | undefined): Promise<void> {
  const sold = links.filter(({ flags }) => (flags & linkFlags.paid) !== 0);
  const isForgotten = ({ secret }: KeptOffer) => !sold.some((link) => equalBytes(link.secret, secret));
  const closed = (await readOffers(drive, await drive.parts.space.view(signal))).filter((offer) => !offer.isOpen);
  if (closed.length === 0) return;
  const { device } = drive.parts.space.tools;
  const { offers: listed } = await drive.parts.session.connection.ask(payContract['pay.offers'], { params: {}, device, signal });
  const states = new Map(listed.map(({ offer, state }) => [offer, state]));
  for (const offer of closed) {
    const state = states.get(formatHex(offer.id));
    if (state !== undefined && state !== 'withdrawn') await atOperator(drive, offer, signal);
  }
  const gone = new Set(closed.filter(isForgotten).map(({ id }) => formatHex(id)));
  if (gone.size > 0) await changeOffers(drive, (offers) => offers.filter(({ id }) => !gone.has(formatHex(id))), signal);
}

async function nextVersion(desk: SalesDesk, id: LinkId, before: KeptLink): Promise<number> {
  return Math.max(before.version, await desk.servedVersion(id)) + 1;
}

/** Writes down that an offer is withdrawn, so that no later change of its link lists it again. */
async function close(drive: Drive, link: Pick<Link, 'secret'>, signal: AbortSignal | undefined): Promise<KeptOffer | undefined> {
  const offer = await findOffer(drive, link, signal);
  if (offer?.isOpen)
    await changeOffers(drive, (offers) => offers.map((one) => (equalBytes(one.id, offer.id) ? { ...one, isOpen: false } : one)), signal);
  return offer;
}

async function atOperator(drive: Drive, offer: KeptOffer, signal: AbortSignal | undefined): Promise<void> {
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
 * @throws Failure payments-off, offer-refused with reason price-too-high …, network …
 */
export async function publishOffer(drive: Drive, link: Sold, signal: AbortSignal | undefined): Promise<Bytes> {
  const offer = await findOffer(drive, link, signal);
  if (!offer) throw new Failure('bad-object', { reason: 'a link that is sold without an offer' });
  const signed = await signOffer(drive, link, offer, await agentOf(drive, signal));
  if (offer.isOpen) await listOffer(drive, offer, signed, signal);
  return lockOffer(drive, link, offer, signed);
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

async function lockOffer(
  drive: Drive,
  { secret, ref }: Sold,
  { id, half, isFloor }: KeptOffer,
  { sealed, hash }: SignedOffer,
): Promise<Bytes> {
  const { engine, random } = drive.parts;
  const locked = await lockRoot(engine, { secret, half }, { id, hash }, ref, random);
  return encodePaidRecord({ version: isFloor ? 2 : 1, offerId: id, offer: sealed, locked });
}

/** The key of whoever gives halves away here. @throws Failure payments-off */
async function agentOf(drive: Drive, signal: AbortSignal | undefined): Promise<Bytes> {
  const { payments } = await drive.parts.session.connection.call('server.get', { params: {}, signal });
  const key = payments && parseBase64url(payments.agent);
  if (!key) throw new Failure('payments-off', { reason: 'off' });
  return key;
}

async function findOffer(drive: Drive, link: Pick<Link, 'secret'>, signal: AbortSignal | undefined): Promise<KeptOffer | undefined> {
  return offerOf(await readOffers(drive, await drive.parts.space.view(signal)), link);
}

function offerOf(offers: readonly KeptOffer[], { secret }: Pick<Link, 'secret'>): KeptOffer | undefined {
  return offers.find((one) => equalBytes(one.secret, secret));
}

async function readOffers(drive: Drive, view: TreeView): Promise<KeptOffer[]> {
  const bytes = await readHiddenFile(drive, view, offersFileName);
  return bytes ? decodeOffers(bytes) : [];
}

function changeOffers(drive: Drive, edit: (offers: KeptOffer[]) => KeptOffer[], signal: AbortSignal | undefined): Promise<void> {
  return changeHiddenFile(drive, offersFileName, (bytes) => encodeOffers(edit(bytes ? decodeOffers(bytes) : [])), signal);
}
