// A link of the drive put up for sale: the offer signed and sealed, the half handed to the operator, the record that buyers read. Loaded when
// something is sold, and not before. spec/paid-links.md "The two halves", spec/drive.md "The list of offers".
import { type Bytes, equalBytes, formatBase64url, formatHex, parseBase64url, parseHex } from '@reprise/kit';
import { Failure, formatId, type LinkId } from '@reprise/protocol';
import { padme } from '@reprise/protocol/formats';
import { payContract } from '@reprise/protocol/pay';
import { type Link, linkAddress, linkFlags, type Ref } from '@reprise/vault';
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
  /** ms since 1970; null: no end. */
  readonly notAfter: number | null;
  /** false: withdrawn, it opens for who has bought it. */
  readonly isOpen: boolean;
};

/** What the links of the drive are sold for, by the hex of their secrets. */
export async function readSales(drive: Drive, view: TreeView): Promise<ReadonlyMap<string, Sale>> {
  return new Map(
    (await readOffers(drive, view)).map(({ secret, id, price, notAfter, isOpen }) => [
      formatHex(secret),
      { offerId: formatHex(id), price, notAfter, isOpen },
    ]),
  );
}

export type Asked = { readonly price: Price; readonly notAfter: number | null };

/**
 * Writes down what a link is to be sold for: the same id and the same half as before, if it was sold before.
 * @param ids of all objects that the link holds
 * @throws Failure payments-off before anything is written, if this server takes no payments
 */
export async function keepOffer(
  drive: Drive,
  link: Pick<Link, 'secret'>,
  asked: Asked,
  ids: readonly Bytes[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { random } = drive.parts;
  await agentOf(drive, signal);
  const list = await listHash(ids);
  await changeOffers(
    drive,
    (offers) => {
      const before = offers.find(({ secret }) => equalBytes(secret, link.secret));
      const [id, half] = before ? [before.id, before.half] : [random(offerIdBytes), random(halfBytes)];
      return [...offers.filter((one) => one !== before), { secret: link.secret, id, half, ...asked, list, isOpen: true }];
    },
    signal,
  );
}

/** What selling needs of the links of a drive. */
export type SalesDesk = {
  readonly drive: Drive;
  readonly signal: AbortSignal | undefined;
  readonly kept: (id: LinkId) => Promise<KeptLink>;
  readonly find: (id: LinkId) => Promise<DriveLink>;
  readonly servedVersion: (id: LinkId) => Promise<number>;
  /** Writes down what a link is now, then gives it the record that says so. */
  readonly replace: (before: KeptLink, next: KeptLink) => Promise<void>;
};

export async function sell(desk: SalesDesk, id: LinkId, asked: Asked): Promise<DriveLink> {
  const { drive, signal } = desk;
  const before = await desk.kept(id);
  if (before.stretched.length > 0) throw new Failure('edit-refused', { reason: 'password-and-price' });
  if (!before.ref) throw new Failure('link-growing');
  const ids = await objectsBelow(before.ref, drive.nodeReader(signal));
  await keepOffer(drive, before, asked, [...ids.values()], signal);
  return renew(desk, before, before.flags | linkFlags.paid);
}

/** Nothing more is sold from now on; who has bought goes on opening the link. */
export async function withdraw(desk: SalesDesk, id: LinkId): Promise<DriveLink> {
  const { drive, signal } = desk;
  const offer = await findOffer(drive, await desk.kept(id), signal);
  if (offer) {
    await atOperator(drive, offer, signal);
    await changeOffers(drive, (offers) => offers.map((one) => (equalBytes(one.id, offer.id) ? { ...one, isOpen: false } : one)), signal);
  }
  return desk.find(id);
}

/** A link that is sold no more opens for everybody who has it. */
export async function giveAway(desk: SalesDesk, id: LinkId): Promise<DriveLink> {
  const before = await desk.kept(id);
  await forget(desk.drive, before, desk.signal);
  return renew(desk, before, before.flags & ~linkFlags.paid);
}

async function renew(desk: SalesDesk, before: KeptLink, flags: number): Promise<DriveLink> {
  const { drive } = desk;
  const id = formatId<LinkId>((await linkAddress(drive.parts.engine, before)).id);
  await desk.replace(before, { ...before, flags, version: Math.max(before.version, await desk.servedVersion(id)) + 1 });
  return desk.find(id);
}

/** As `withdraw`, and forgotten: the link has ended, or is free. */
export async function forget(drive: Drive, link: Pick<Link, 'secret'>, signal: AbortSignal | undefined): Promise<void> {
  const offer = await findOffer(drive, link, signal);
  if (!offer) return;
  await atOperator(drive, offer, signal);
  await changeOffers(drive, (offers) => offers.filter(({ id }) => !equalBytes(id, offer.id)), signal);
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
export async function publishOffer(drive: Drive, kept: KeptLink & { readonly ref: Ref }, signal: AbortSignal | undefined): Promise<Bytes> {
  const { engine, random, session, space } = drive.parts;
  const offer = await findOffer(drive, kept, signal);
  if (!offer) throw new Failure('bad-object', { reason: 'a link that is sold without an offer' });
  const commitment = await commitmentOf(offer.id, offer.half);
  const { sealed, hash } = await sealOffer(
    engine,
    kept.secret,
    {
      id: offer.id,
      title: kept.title,
      price: offer.price,
      payee: parseHex(session.userId) as Bytes,
      root: kept.ref.id,
      paddedBytes: padme(kept.sizeBytes),
      list: offer.list,
      commitment,
      notAfter: offer.notAfter,
      agentKey: await agentOf(drive, signal),
    },
    session.author,
    random,
  );
  const listing = {
    hash: formatHex(hash),
    price: offer.price.amount,
    currency: offer.price.currency,
    half: formatBase64url(offer.half),
    commitment: formatHex(commitment),
    notAfter: offer.notAfter,
    sales: null,
  };
  const put = (replaces: number) =>
    session.connection.ask(payContract['pay.putOffer'], {
      params: { offer: formatHex(offer.id) },
      body: { ...listing, replaces },
      device: space.tools.device,
      signal,
    });
  if (offer.isOpen) {
    try {
      await put(0);
    } catch (error) {
      const version = error instanceof Failure && error.code === 'version-conflict' ? error.facts['version'] : undefined;
      if (typeof version !== 'number') throw error;
      await put(version);
    }
  }
  const locked = await lockRoot(engine, { secret: kept.secret, half: offer.half }, { id: offer.id, hash }, kept.ref, random);
  return encodePaidRecord({ offerId: offer.id, offer: sealed, locked });
}

/** The key of whoever gives halves away here. @throws Failure payments-off */
async function agentOf(drive: Drive, signal: AbortSignal | undefined): Promise<Bytes> {
  const { payments } = await drive.parts.session.connection.call('server.get', { params: {}, signal });
  const key = payments && parseBase64url(payments.agent);
  if (!key) throw new Failure('payments-off', { reason: 'off' });
  return key;
}

async function findOffer(drive: Drive, { secret }: Pick<Link, 'secret'>, signal: AbortSignal | undefined): Promise<KeptOffer | undefined> {
  const offers = await readOffers(drive, await drive.parts.space.view(signal));
  return offers.find((one) => equalBytes(one.secret, secret));
}

async function readOffers(drive: Drive, view: TreeView): Promise<KeptOffer[]> {
  const bytes = await readHiddenFile(drive, view, offersFileName);
  return bytes ? decodeOffers(bytes) : [];
}

function changeOffers(drive: Drive, edit: (offers: KeptOffer[]) => KeptOffer[], signal: AbortSignal | undefined): Promise<void> {
  return changeHiddenFile(drive, offersFileName, (bytes) => encodeOffers(edit(bytes ? decodeOffers(bytes) : [])), signal);
}
