// A Lightning address becomes an invoice (LUD-06, LUD-16). What its server says is judged here, and believed nowhere: the invoice must be
// of our network and for exactly the amount. spec/paid-links.md "Payouts". https://github.com/lnurl/luds/blob/luds/16.md
import type { Clock } from '@reprise/kit';
import { type Msat, type Sat, satToMsat } from '@reprise/ledger';
import { LightningFailure, type Network, payable, type PayableInvoice } from '@reprise/lightning';

/**
 * Gets one https resource within the bounds of the specification: public addresses only, connected to as they were checked, no redirect,
 * 5 s, 64 kB, JSON.
 * @throws anything: whatever it is, nothing was learnt
 */
export type AddressFetch = (url: string) => Promise<unknown>;

export type LightningAddress = { readonly user: string; readonly host: string };

/** Ours: what a remote server writes is never shown. */
export type AddressTrouble = 'unreachable' | 'not-an-address' | 'amount' | 'lies' | 'own-invoice';

export class AddressFailure extends Error {
  override readonly name = 'AddressFailure';
  readonly trouble: AddressTrouble;

  constructor(trouble: AddressTrouble, options?: ErrorOptions) {
    super(trouble, options);
    this.trouble = trouble;
  }
}

const charactersMax = 320;

/** @returns undefined for what is none: no port, no path, a name with a dot */
export function parseAddress(text: string): LightningAddress | undefined {
  if (text.length > charactersMax) return undefined;
  const [, user, host] =
    /^([a-z0-9._+-]{1,64})@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9]))$/.exec(text) ?? [];
  return user !== undefined && host !== undefined ? { user, host } : undefined;
}

export type AddressQuestion = { readonly address: LightningAddress; readonly amount: Sat };

/** @throws AddressFailure */
export async function invoiceFor(
  { fetch, network, clock }: { readonly fetch: AddressFetch; readonly network: Network; readonly clock: Clock },
  { address, amount }: AddressQuestion,
): Promise<PayableInvoice & { readonly bolt11: string }> {
  const { user, host } = address;
  const offered = await ask(fetch, `https://${host}/.well-known/lnurlp/${encodeURIComponent(user)}`);
  const callback = readOffer(offered, satToMsat(amount));
  // A callback at another host is usual (LUD-06); it is asked under the same bounds.
  callback.searchParams.set('amount', String(satToMsat(amount)));
  const { pr } = await ask(fetch, callback.href);
  if (typeof pr !== 'string') throw new AddressFailure('lies');
  try {
    const invoice = payable(pr, network, clock.now());
    if (invoice.amount !== satToMsat(amount)) throw new AddressFailure('lies');
    return { ...invoice, bolt11: pr.toLowerCase() };
  } catch (error) {
    throw error instanceof LightningFailure ? new AddressFailure('lies', { cause: error }) : error;
  }
}

type Fields = Readonly<Record<string, unknown>>;

async function ask(fetch: AddressFetch, url: string): Promise<Fields> {
  let answer: unknown;
  try {
    answer = await fetch(url);
  } catch (error) {
    throw new AddressFailure('unreachable', { cause: error });
  }
  if (typeof answer !== 'object' || answer === null) throw new AddressFailure('lies');
  const fields = answer as Fields;
  if (fields['status'] === 'ERROR') throw new AddressFailure('not-an-address');
  return fields;
}

function readOffer({ tag, callback, minSendable, maxSendable }: Fields, amount: Msat): URL {
  if (tag !== 'payRequest' || typeof callback !== 'string' || callback.length > 2_048 || !URL.canParse(callback))
    throw new AddressFailure('lies');
  const url = new URL(callback);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') throw new AddressFailure('lies');
  if (!isWhole(minSendable) || !isWhole(maxSendable) || minSendable > maxSendable) throw new AddressFailure('lies');
  if (amount < BigInt(minSendable) || amount > BigInt(maxSendable)) throw new AddressFailure('amount');
  return url;
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
