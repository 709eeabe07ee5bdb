// A visitor proves a link: its token, then its gate if there is a password. Whoever lacks the token cannot tell a link from none.
import { timingSafeEqual } from 'node:crypto';
import { Failure, type LinkId } from '@reprise/protocol';
import { decodeField, hashOf } from '../fields.ts';
import type { DrivePorts } from '../ports.ts';
import { checkLive, freeTries, linkState, removedFailure } from './rules.ts';
import { type LinkRow, findLink, judgeTry } from './store.ts';

export type Proof = { readonly token: string; readonly gate?: string | undefined };

const noHash = new Uint8Array(32);

/**
 * The link, to who may read it now.
 * @throws Failure link-unavailable, link-removed, password-required, password-wrong, too-many-tries
 */
export async function visitLink(ports: DrivePorts, link: LinkId, proof: Proof): Promise<LinkRow> {
  const row = await proveToken(ports, link, proof);
  checkLive(row, ports.clock.now());
  await proveGate(ports, row, proof);
  return row;
}

/** As `visitLink`, also of a link that has ended meanwhile: to report what was begun before. */
export async function proveLink(ports: DrivePorts, link: LinkId, proof: Proof): Promise<LinkRow> {
  const row = await proveToken(ports, link, proof);
  if (linkState(row, ports.clock.now()) === 'removed') throw removedFailure(row);
  await proveGate(ports, row, proof);
  return row;
}

/** One query, one hash, one comparison, whether the link exists or not. */
async function proveToken({ database }: DrivePorts, link: LinkId, proof: Proof): Promise<LinkRow> {
  const tokenHash = hashOf(decodeField('token', proof.token));
  const row = await findLink(database, link);
  const known = timingSafeEqual(tokenHash, row?.token_hash ?? noHash);
  if (!row || !known) throw new Failure('link-unavailable');
  return row;
}

/** Wrong guesses are counted for the link, not for who guesses; its owner signs instead and never waits. */
async function proveGate({ database, clock }: DrivePorts, row: LinkRow, proof: Proof): Promise<void> {
  if (row.gate_hash === null) return;
  if (proof.gate === undefined) throw new Failure('password-required');
  const isRight = timingSafeEqual(hashOf(decodeField('gate', proof.gate)), row.gate_hash);
  const wrong = await judgeTry(database, row.link, isRight, clock.now());
  if (!isRight) throw new Failure('password-wrong', { triesLeft: Math.max(0, freeTries - wrong) });
}
