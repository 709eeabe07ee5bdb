// What a shop owes back for a payment is drawn as coins: whoever has the token of that payment draws, and needs no account. What is to be signed is
// written down first, so that of two tries one is the other. spec/wallet.md "Refunds".
import { decodeUtf8, formatHex } from '@reprise/kit';
import { split } from './coins.ts';
import { draw } from './draw.ts';
import { refused } from './failures.ts';
import { areCoins, type Owed } from './mint-requests.ts';
import { reach, type WalletParts } from './parts.ts';
import { started } from './send.ts';
import { type Operation, withOperation } from './state.ts';
import { changeState } from './store.ts';

/** A payment that bought nothing, too much, or what was taken down since, and what it is owed. `proof` is the token of L402 that came with its invoice, or the coins that paid. */
export type Refund = Owed & { readonly offer: string; readonly proof: string };

/** @param paidFor the offer, 32 hex digits, which coins do not say @throws Failure wallet-refused: proof-malformed, proof-unknown, refund-gone; network, unavailable */
export async function readRefund({ requests }: WalletParts, text: string, paidFor?: string): Promise<Refund> {
  const proof = text.trim().replace(/^(L402|LSAT)\s+/i, '');
  const offer = areCoins(proof) ? offerPaidWith(proof, paidFor) : offerOf(proof);
  return { offer, proof, ...(await requests.readRefund(offer, proof)) };
}

/**
 * Writes down what is to be asked; `settle` asks.
 * @throws Failure wallet-refused: refund-gone if it was taken, unless it was begun here
 */
export async function beginRefund(parts: WalletParts, refund: Refund, memo: string): Promise<Operation> {
  const { offer, proof, amount, state: owed } = refund;
  const [{ active }, branch] = [await parts.keyring(), await parts.branch()];
  const common = started(parts, amount, memo);
  const { result } = await changeState<Operation>(parts.store, (state) => {
    const under = state.operations.find((one) => one.kind === 'refund' && one.step === 'asked' && one.proof === proof);
    if (under) return { state, result: under };
    if (owed === 'taken') throw refused('refund-gone');
    const drawn = draw(state, parts.mint, branch, active.id, split(amount, active));
    const operation: Operation = { ...common, kind: 'refund', step: 'asked', offer, proof, outputs: drawn.outputs };
    return { state: withOperation(drawn.state, operation), result: operation };
  });
  await reach(parts, 'refund/journaled');
  return result;
}

const proofCharactersMax = 2_048;
const caveatPattern = /^offer=([0-9a-f]{32})$/;

const coinCharactersMax = 16_384;

function offerPaidWith(coins: string, offer: string | undefined): string {
  if (offer === undefined || coins.length > coinCharactersMax || !/^cashuB[A-Za-z0-9_-]+={0,2}$/.test(coins))
    throw refused('proof-malformed');
  return offer;
}

/** Which offer a macaroon of version 2 is held to. Its fields are type, length and bytes; its signature is the shop's business. */
function offerOf(proof: string): string {
  if (proof.length > proofCharactersMax || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(proof)) throw refused('proof-malformed');
  const bytes = bytesOf(proof);
  for (let at = 1; bytes[0] === 2 && at < bytes.length; ) {
    if (bytes[at] === 0) {
      at++;
      continue;
    }
    const [low = 0, high = 0] = [bytes[at + 1], bytes[at + 2]];
    const [length, start] = low < 128 ? [low, at + 2] : [(low & 127) + 128 * (high & 127), at + 3];
    const [, offer] = caveatPattern.exec(textOf(bytes.subarray(start, start + length))) ?? [];
    if (offer !== undefined) return offer;
    at = start + length;
  }
  throw refused('proof-malformed');
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
  } catch (cause) {
    throw refused('proof-malformed', {}, cause);
  }
}

/** Identifiers and signatures are no text. */
function textOf(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes);
  } catch {
    return formatHex(bytes);
  }
}
