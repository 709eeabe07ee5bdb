// What tests of payments do at a host with its sandbox: list an offer as a seller's client would, and let the sandbox's second node pay and be paid.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { formatBase64url, formatHex, systemRandom } from '@reprise/kit';
import { AccountOwner } from '../../server/drive/src/testing/account.ts';
import type { TestService } from '../../server/drive/src/testing/service.ts';

export const accountAt = (url: string): Promise<AccountOwner> =>
  AccountOwner.open({ url, clock: { now: () => Date.now() } } as unknown as TestService);

/** An offer as a seller's client would draw it; the hash is of nothing. */
export function drawOffer(price: number) {
  const [offer, half] = [formatHex(systemRandom(16)), systemRandom(32)];
  const commitment = createHash('sha256').update('rp1/hash/paid-secret\0').update(Buffer.from(offer, 'hex')).update(half).digest('hex');
  const terms = { price, currency: 'SAT' as const, isFloor: false, isJar: false, notAfter: null, sales: null };
  const listing = { hash: formatHex(systemRandom(32)), commitment, ...terms };
  return { offer, half, listing: { ...listing, half: formatBase64url(half), replaces: 0 } };
}

export async function sandboxPays(url: string, invoice: string): Promise<{ readonly state: string; readonly preimage: string }> {
  const response = await fetch(`${url}/sandbox/pay`, { method: 'POST', body: JSON.stringify({ invoice }) });
  assert.equal(response.status, 200);
  return (await response.json()) as { state: string; preimage: string };
}

export async function assertSandboxPays(url: string, invoice: string): Promise<void> {
  assert.equal((await sandboxPays(url, invoice)).state, 'succeeded');
}

/** @param amount sat */
export async function sandboxInvoice(url: string, amount: string): Promise<{ readonly invoice: string; readonly hash: string }> {
  const response = await fetch(`${url}/sandbox/invoice`, { method: 'POST', body: JSON.stringify({ amount }) });
  return (await response.json()) as { invoice: string; hash: string };
}

/** @returns the state of an invoice of the second node: `open`, `settled` … */
export async function sandboxInvoiceState(url: string, hash: string): Promise<string> {
  return ((await (await fetch(`${url}/sandbox/invoice/${hash}`)).json()) as { readonly state: string }).state;
}
