// Between our coins and those of the NUTs: outputs drawn from a branch, signatures made coins, tokens written and read; and which coins pay.
import { Amount, getDecodedToken, getEncodedToken, hashToCurve, hasValidDleq, OutputData, type Proof, type Token } from '@cashu/cashu-ts';
import { type Bytes, decodeUtf8, encodeUtf8, formatHex, parseHex } from '@reprise/kit';
import { refused } from './failures.ts';
import type { SignedOutput } from './mint-requests.ts';
import type { Coin, KnownKeyset, Output, Sat } from './state.ts';

/** NUT-13: the outputs of consecutive counters. @param seed of a branch, 64 bytes @param amounts 0 for a blank */
export function drawOutputs(seed: Uint8Array, keyset: string, next: number, amounts: readonly Sat[]): readonly Output[] {
  return amounts.map((amount, at) => {
    const { blindedMessage, blindingFactor, secret } = OutputData.serialize(
      OutputData.createSingleDeterministicData(amount, seed, next + at, keyset),
    );
    return { keyset, amount, secret: decodeUtf8(parseHex(secret) as Bytes), blinding: blindingFactor, blinded: blindedMessage.B_ };
  });
}

/** @throws Failure wallet-refused, reason mint-answer: another keyset or amount, or not the mint's signature */
export function unblind(output: Output, signed: SignedOutput, keyset: KnownKeyset): Coin {
  const isAsked = signed.keyset === output.keyset && (output.amount === 0n || signed.amount === output.amount);
  // A mint that signs no proof that it signed with the key it shows could mark coins.
  if (!isAsked || !signed.dleq) throw refused('mint-answer', { what: 'signature' });
  const data = OutputData.deserialize({
    blindedMessage: { amount: String(signed.amount), B_: output.blinded, id: output.keyset },
    blindingFactor: output.blinding,
    secret: formatHex(encodeUtf8(output.secret)),
  });
  try {
    return coinOf(data.toProof({ id: signed.keyset, amount: Amount.from(signed.amount), C_: signed.c, dleq: signed.dleq }, keyset));
  } catch (cause) {
    throw refused('mint-answer', { what: 'signature' }, cause);
  }
}

export function coinOf({ id, amount, secret, C, dleq }: Proof): Coin {
  const proof = dleq?.r === undefined ? null : { e: dleq.e, s: dleq.s, r: dleq.r };
  return { keyset: id, amount: amount.toBigInt(), secret, c: C, dleq: proof };
}

function proofOf({ keyset, amount, secret, c, dleq }: Coin): Proof {
  return { id: keyset, amount: Amount.from(amount), secret, C: c, ...(dleq ? { dleq: { ...dleq } } : {}) };
}

/** false if the coin proves to be none of this keyset; one that comes without a proof is judged by the mint alone. */
export function isSigned(coin: Coin, keyset: KnownKeyset): boolean {
  try {
    return hasValidDleq(proofOf(coin), keyset, { require: false });
  } catch {
    return false;
  }
}

/** The Y of a coin, by which a mint is asked about it: NUT-07. */
export function pointOf({ secret }: Pick<Coin, 'secret'>): string {
  return hashToCurve(encodeUtf8(secret)).toHex(true);
}

export function formatToken(mint: string, coins: readonly Coin[], memo: string): string {
  return getEncodedToken({ mint, unit: 'sat', proofs: coins.map(proofOf), ...(memo ? { memo } : {}) });
}

/** @param keysets of the mint, since tokens shorten their ids */
export function parseToken(text: string, keysets: readonly string[]): Token {
  return getDecodedToken(text, keysets);
}

/** What an amount is made of: powers of two that the keyset has, smallest first. */
export function split(amount: Sat, { keys }: Pick<KnownKeyset, 'keys'>): readonly Sat[] {
  const parts: Sat[] = [];
  let rest = amount;
  for (const part of Object.keys(keys)
    .map(BigInt)
    .sort((a, b) => (a < b ? 1 : -1)))
    for (; part <= rest; rest -= part) parts.push(part);
  if (rest !== 0n) throw refused('keyset-unknown', { what: 'amounts' });
  return parts.reverse();
}

/** Outputs of amount 0 that hold any change up to `most`: NUT-08. */
export function blanksFor(most: Sat): readonly Sat[] {
  return most <= 0n ? [] : Array.from({ length: most === 1n ? 1 : (most - 1n).toString(2).length }, () => 0n);
}

/**
 * Coins of at least `amount` and what the mint takes for spending them, few and close to it.
 * @param feeOf what a mint takes for these coins
 * @returns null if all together are too little
 */
export function choose<One extends Coin>(
  coins: readonly One[],
  amount: Sat,
  feeOf: (coins: readonly Coin[]) => Sat,
): readonly One[] | null {
  const largestFirst = coins.toSorted((a, b) => (a.amount === b.amount ? 0 : a.amount < b.amount ? 1 : -1));
  const chosen: One[] = [];
  let sum = 0n;
  const isEnough = (of: readonly One[], total: Sat) => total >= amount + feeOf(of);
  // Whatever fits goes in, from the largest down: with powers of two that meets the amount exactly if anything does.
  for (const one of largestFirst) {
    if (sum + one.amount > amount + feeOf([...chosen, one])) continue;
    chosen.push(one);
    sum += one.amount;
  }
  if (isEnough(chosen, sum)) return chosen;
  // The smallest coin that was left out and covers the rest; else one after the other.
  const left = largestFirst.filter((one) => !chosen.includes(one)).reverse();
  for (const one of left) if (isEnough([...chosen, one], sum + one.amount)) return withoutNeedless([...chosen, one], isEnough);
  for (const one of left) {
    chosen.push(one);
    sum += one.amount;
    if (isEnough(chosen, sum)) return withoutNeedless(chosen, isEnough);
  }
  return null;
}

function withoutNeedless<One extends Coin>(chosen: readonly One[], isEnough: (of: readonly One[], total: Sat) => boolean): readonly One[] {
  let kept = chosen;
  for (const one of chosen.toSorted((a, b) => (a.amount < b.amount ? -1 : 1))) {
    const without = kept.filter((other) => other !== one);
    if (
      isEnough(
        without,
        without.reduce((sum, { amount }) => sum + amount, 0n),
      )
    )
      kept = without;
  }
  return kept;
}
