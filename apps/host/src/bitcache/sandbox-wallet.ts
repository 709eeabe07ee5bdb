// The wallet of the sandbox over HTTP: a second real node that pays invoices, and makes some to be paid out to. Its coins are worthless, so
// anyone may use it; outside of the sandbox these paths do not exist. spec/paid-links.md "The sandbox".
import type { IncomingMessage } from 'node:http';
import { failureReply, type Reply, wholeBody } from '@reprise/drive';
import { decodeUtf8, formatHex } from '@reprise/kit';
import { msat, parseSat, satToMsat } from '@reprise/ledger';
import { LightningFailure, parseInvoice, type PaymentHash } from '@reprise/lightning';
import type { SandboxWallet } from '@reprise/lightning/sandbox';
import { systemRandom } from '@reprise/kit';

const bodyBytesMax = 16_384;
const feeMaxMsat = 100_000n;
const headers = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Reprise-Network': 'regtest',
};

export async function answerSandbox(wallet: SandboxWallet, incoming: IncomingMessage, url: string): Promise<Reply> {
  const [, path = '', hash] = /^\/sandbox\/([a-z]+)(?:\/([0-9a-f]{64}))?$/.exec(url.replace(/[?#].*$/, '')) ?? [];
  const asked = `${incoming.method} ${path}`;
  try {
    if (asked === 'POST pay' && hash === undefined) return await pay(wallet, await bodyOf(incoming));
    if (asked === 'POST invoice' && hash === undefined) return await makeInvoice(wallet, await bodyOf(incoming));
    if (asked === 'GET invoice' && hash !== undefined) return await readInvoice(wallet, hash as PaymentHash);
    if (asked === 'GET balance' && hash === undefined) return written({ spendable: String((await wallet.balance()).spendable / 1_000n) });
    return failureReply('not-found', {});
  } catch (error) {
    if (!(error instanceof LightningFailure)) throw error;
    return error.code === 'unavailable'
      ? failureReply('unavailable', { retryAfterMs: 2_000 })
      : failureReply('bad-request', { field: 'invoice', reason: error.code });
  }
}

async function pay(wallet: SandboxWallet, { invoice }: Fields): Promise<Reply> {
  if (typeof invoice !== 'string') return refused('invoice');
  const { hash } = parseInvoice(invoice);
  const outcome = await wallet.pay({ bolt11: invoice.toLowerCase(), maxFee: msat(feeMaxMsat), timeoutSeconds: 60, attempt: 1 });
  const { state } = outcome;
  if (state === 'succeeded') return written({ state, hash, preimage: outcome.preimage, fee: String(outcome.fee) });
  return written(state === 'failed' ? { state, hash, reason: outcome.reason } : { state, hash });
}

async function makeInvoice(wallet: SandboxWallet, { amount }: Fields): Promise<Reply> {
  const sats = typeof amount === 'string' ? parseSat(amount) : undefined;
  if (sats === undefined || sats < 1n) return refused('amount');
  const label = `visitor-${formatHex(systemRandom(12))}`;
  const { bolt11, hash, expiresAt } = await wallet.invoice({
    label,
    amount: satToMsat(sats),
    description: { text: 'Sandbox' },
    expirySeconds: 3_600,
  });
  return written({ invoice: bolt11, hash, expiresAt });
}

async function readInvoice(wallet: SandboxWallet, hash: PaymentHash): Promise<Reply> {
  return written({ state: (await wallet.invoiceState(hash)).state });
}

type Fields = Readonly<Record<string, unknown>>;

async function bodyOf(incoming: IncomingMessage): Promise<Fields> {
  const body = await wholeBody(incoming, { bytesMax: bodyBytesMax, graceMs: 30_000, bytesPerSecondMin: 1_024 });
  try {
    const value: unknown = JSON.parse(decodeUtf8(new Uint8Array(body)));
    return typeof value === 'object' && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}

function refused(field: string): Reply {
  return failureReply('bad-request', { field, reason: 'invalid' });
}

function written(value: object): Reply {
  return { status: 200, headers, body: JSON.stringify({ ...value, network: 'regtest' }) };
}
