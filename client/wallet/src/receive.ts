// Takes a token: everything that can be known of it without the mint is checked first, then its coins are swapped for ours, so that whoever
// sent them cannot spend them any more. NUT-00, NUT-03.
import { getTokenMetadata } from '@cashu/cashu-ts';
import { formatHex } from '@reprise/kit';
import { coinOf, isSigned, parseToken, split } from './coins.ts';
import { draw } from './draw.ts';
import { refused } from './failures.ts';
import type { Keyring } from './keysets.ts';
import { coinsMax } from './mint-requests.ts';
import { reach, type WalletParts } from './parts.ts';
import { type Coin, type Operation, type Sat, sumOf, type WalletState, withOperation } from './state.ts';
import { changeState } from './store.ts';

/** A thousand coins with all that belongs to them are half as long. */
const tokenCharactersMax = 1_000_000;
const secretCharactersMax = 1_024;

export type TokenFacts = { readonly mint: string; readonly amount: Sat; readonly memo: string };

/** What a token says of itself, which nobody has checked. @throws Failure wallet-refused */
export function readTokenFacts(text: string): TokenFacts {
  const { mint, amount, memo } = metadata(bareToken(text));
  return { mint, amount: amount.toBigInt(), memo: memo ?? '' };
}

/**
 * Writes down what is to be asked; `settle` asks.
 * @param least what is to come of it
 * @param apart what is to be paid out of it next: where that much comes, there are coins for exactly that
 * @throws Failure wallet-refused, and nothing was kept: token-malformed, token-too-large, other-mint, other-unit, coin-twice, coin-locked,
 * coin-forged, coin-ours, keyset-unknown, amount, too-little
 */
export async function beginReceive(parts: WalletParts, text: string, least: Sat = 0n, apart: Sat = least): Promise<Operation> {
  const token = bareToken(text);
  const facts = metadata(token);
  if (sameUrl(facts.mint) !== sameUrl(parts.mint)) throw refused('other-mint', { mint: facts.mint.slice(0, 200) });
  if (facts.unit !== 'sat') throw refused('other-unit', { unit: facts.unit.slice(0, 20) });
  const keyring = await parts.keyring();
  const coins = readCoins(token, keyring);
  const fee = keyring.feeOf(coins);
  const amount = sumOf(coins) - fee;
  if (amount <= 0n) throw refused('amount', { min: String(fee + 1n) });
  if (amount < least) throw refused('too-little', { missing: String(least - amount), balance: String(amount), held: '0' });
  const branch = await parts.branch();
  const id = formatHex(parts.random(8));
  const { result } = await changeState<Operation>(parts.store, (state) => {
    if (coins.some(({ secret }) => state.coins.some((one) => one.secret === secret))) throw refused('coin-ours');
    const under = sameInputs(state, coins);
    // Asked for a second time, while the first is still to be answered.
    if (under) return { state, result: under };
    // What it is taken for can be given exactly then, without another swap.
    const exact = apart <= amount ? apart : 0n;
    const amounts = [exact, amount - exact].flatMap((part) => split(part, keyring.active));
    const drawn = draw(state, parts.mint, branch, keyring.active.id, amounts);
    const operation: Operation = {
      id,
      mint: parts.mint,
      startedMs: parts.clock.now(),
      endedMs: null,
      amount,
      fee,
      memo: (facts.memo ?? '').slice(0, 280),
      kind: 'receive',
      step: 'asked',
      inputs: coins,
      outputs: drawn.outputs,
    };
    return { state: withOperation(drawn.state, operation), result: operation };
  });
  await reach(parts, 'receive/journaled');
  return result;
}

/** People paste what surrounds a token too. */
function bareToken(text: string): string {
  if (text.length > tokenCharactersMax) throw refused('token-too-large', { charactersMax: tokenCharactersMax });
  const token = text.trim().replace(/^(web\+)?cashu:(\/\/)?/i, '');
  if (!/^cashu[AB][A-Za-z0-9_=+/-]+$/.test(token)) throw refused('token-malformed');
  return token;
}

function metadata(token: string) {
  try {
    return getTokenMetadata(token);
  } catch (cause) {
    throw refused('token-malformed', {}, cause);
  }
}

function readCoins(token: string, keyring: Keyring): readonly Coin[] {
  const coins = proofs(token, keyring);
  if (coins.length === 0) throw refused('token-malformed');
  if (coins.length > coinsMax) throw refused('token-too-large', { coins: coins.length, coinsMax });
  if (new Set(coins.map(({ secret }) => secret)).size !== coins.length) throw refused('coin-twice');
  for (const coin of coins) {
    const { secret, keyset: id, amount, c } = coin;
    const keyset = keyring.of(id);
    if (!Object.hasOwn(keyset.keys, String(amount))) throw refused('token-malformed', { what: 'amount' });
    if (secret.length > secretCharactersMax) throw refused('token-too-large', { what: 'secret' });
    if (!/^0[23][0-9a-f]{64}$/.test(c)) throw refused('token-malformed', { what: 'C' });
    if (/^\s*\[/.test(secret)) throw refused('coin-locked');
    if (!isSigned(coin, keyset)) throw refused('coin-forged');
  }
  return coins;
}

function proofs(token: string, keyring: Keyring): readonly Coin[] {
  const ids = keyring.all.map(({ id }) => id);
  try {
    return parseToken(token, ids).proofs.map(coinOf);
  } catch (cause) {
    // Ids are shortened in tokens: one that is no beginning of ours is none of ours.
    throw refused(/keyset/i.test(String(cause)) ? 'keyset-unknown' : 'token-malformed', {}, cause);
  }
}

function sameInputs({ operations }: WalletState, coins: readonly Coin[]): Operation | undefined {
  const wanted = coins.map(({ secret }) => secret).sort();
  return operations.find(
    (one) =>
      one.kind === 'receive' &&
      one.step === 'asked' &&
      one.inputs.length === wanted.length &&
      one.inputs
        .map(({ secret }) => secret)
        .sort()
        .every((secret, at) => secret === wanted[at]),
  );
}

export function sameUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).href.replace(/\/+$/, '') : url;
}
