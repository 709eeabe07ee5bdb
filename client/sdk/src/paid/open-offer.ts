// What a link offers to who opens it: its content for a price, or a tip jar beside what is free. Nothing is asked of the part of the server that
// takes money. What was begun with a link outlives it. spec/paid-links.md "The two halves", "What a buyer keeps", "Tips".
import { equalBytes, formatHex } from '@reprise/kit';
import { formatId, type LinkId } from '@reprise/protocol';
import { type Engine, hasJar, isPaidRecord, type Link, linkAddress, parseLink, webEngine } from '@reprise/vault';
import { decodePaidRecord, openRecordOffer } from '@reprise/vault/paid';
import { decodeRecordText, type OpenLinkOptions } from '../download.ts';
import { LinkObjects } from '../objects.ts';
import { inlinePool } from '../pool.ts';
import type { KeptPurchase, Purchases } from './kept-purchase.ts';
import { OfferedLink, type OfferedParts, type ShownOffer } from './offered-link.ts';

/** What opening an offer takes. */
export type OfferedLinkOptions = Pick<OpenLinkOptions, 'connection' | 'link' | 'pool' | 'engine' | 'signal'> & {
  /** What this machine has bought and has begun to buy. */
  readonly purchases: Purchases;
};

/**
 * Opens what a sold link offers.
 * @returns null if the link is not sold: `openLink` opens it
 * @throws Failure bad-link, link-unavailable, link-removed, link-forged, link-version, reject, bad-journal, network …
 */
export function openOfferedLink(options: OfferedLinkOptions): Promise<OfferedLink | null> {
  return open(options, isPaidRecord);
}

/**
 * Opens the tip jar of a link, which is paid as an offer is, as often as somebody likes (`tipAgain`).
 * @returns null if the link has none
 * @throws Failure as `openOfferedLink`; password-required for a link with a password, which has none
 */
export function openTipJar(options: OfferedLinkOptions): Promise<OfferedLink | null> {
  return open(options, hasJar);
}

/**
 * What was begun here with a link that has ended since, was removed, or is sold no more: as it was agreed to last, out of what this machine kept.
 * `resume`, `refunds` and what takes them work as ever; what is asked of the link itself fails as the link does. Nothing is asked of anybody.
 * @returns null where nothing was agreed to here
 * @throws Failure bad-link, bad-journal
 */
export async function openBegun(options: OfferedLinkOptions): Promise<OfferedLink | null> {
  const { id, parts } = await placeOf(options);
  const kept = await options.purchases.get(id);
  const sealed = kept?.records.at(-1);
  if (!sealed) return null;
  return begun({ ...parts, name: id }, { sealed, record: decodePaidRecord(sealed) }, kept);
}

/**
 * The same of the tip jar of a link: what was given, or begun to be given, to whoever made a link that is gone, or takes tips no more.
 * @returns null where nothing was begun here
 * @throws Failure bad-link, bad-journal
 */
export async function openBegunTips(options: OfferedLinkOptions): Promise<OfferedLink | null> {
  const { link, parts } = await placeOf(options);
  for await (const kept of options.purchases.all()) {
    const sealed = kept.records.at(-1);
    if (!sealed || !equalBytes(kept.link.secret, link.secret)) continue;
    const record = decodePaidRecord(sealed);
    if (record.version === 3) return begun({ ...parts, name: formatHex(record.offerId) }, { sealed, record }, kept);
  }
  return null;
}

async function begun(parts: OfferedParts, shown: Pick<ShownOffer, 'sealed' | 'record'>, kept: KeptPurchase | null): Promise<OfferedLink> {
  const offer = await openRecordOffer(parts.engine, parts.link, shown.record);
  const served = { version: 0, expiresAt: null, downloadsLeft: null, receivedBytes: 0 };
  return new OfferedLink(parts, { ...shown, offer, served }, kept);
}

async function placeOf({ connection, purchases, ...options }: OfferedLinkOptions) {
  const engine: Engine = options.engine ?? webEngine;
  const link: Link = typeof options.link === 'string' ? parseLink(options.link) : options.link;
  const address = await linkAddress(engine, link);
  const id = formatId<LinkId>(address.id);
  const objects = new LinkObjects(connection, { link: id, token: address.token, gate: null });
  return { link, id, parts: { connection, engine, pool: options.pool ?? inlinePool(engine), objects, link, purchases } };
}

async function open(options: OfferedLinkOptions, isMeant: (record: Uint8Array) => boolean): Promise<OfferedLink | null> {
  const { connection, purchases, signal } = options;
  const { link, id, parts } = await placeOf(options);
  const { engine, objects } = parts;
  const answer = await connection.call('links.open', { params: { link: id }, body: objects.body, signal });
  const sealed = decodeRecordText(answer.record);
  if (!isMeant(sealed)) return null;
  const record = decodePaidRecord(sealed);
  const offer = await openRecordOffer(engine, link, record);
  const name = record.version === 3 ? formatHex(record.offerId) : id;
  const kept = await purchases.get(name);
  const served = {
    version: answer.version,
    expiresAt: answer.expiresAt,
    downloadsLeft: answer.downloadsLeft,
    receivedBytes: answer.receivedBytes,
  };
  return new OfferedLink({ ...parts, name }, { sealed, record, offer, served }, kept);
}
