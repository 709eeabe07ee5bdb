// What a link offers to who opens it: its content for a price, or a tip jar beside what is free. Nothing is asked of the part of the server that
// takes money. spec/paid-links.md "The two halves", "Tips".
import { formatHex } from '@reprise/kit';
import { formatId, type LinkId } from '@reprise/protocol';
import { type Engine, hasJar, isPaidRecord, type Link, linkAddress, parseLink, webEngine } from '@reprise/vault';
import { decodePaidRecord, openRecordOffer } from '@reprise/vault/paid';
import { decodeRecordText, type OpenLinkOptions } from '../download.ts';
import { LinkObjects } from '../objects.ts';
import { inlinePool } from '../pool.ts';
import type { Purchases } from './kept-purchase.ts';
import { OfferedLink } from './offered-link.ts';

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

async function open(options: OfferedLinkOptions, isMeant: (record: Uint8Array) => boolean): Promise<OfferedLink | null> {
  const { connection, purchases, signal } = options;
  const engine: Engine = options.engine ?? webEngine;
  const link: Link = typeof options.link === 'string' ? parseLink(options.link) : options.link;
  const address = await linkAddress(engine, link);
  const id = formatId<LinkId>(address.id);
  const objects = new LinkObjects(connection, { link: id, token: address.token, gate: null });
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
  const parts = { connection, engine, pool: options.pool ?? inlinePool(engine), objects, link, name, purchases };
  return new OfferedLink(parts, { sealed, record, offer, served }, kept);
}
