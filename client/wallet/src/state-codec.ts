// The bytes of a wallet's state: JSON, every amount as decimal text. What does not fit is refused whole. spec/wallet.md "State".
import { type Bytes, decodeUtf8, encodeUtf8 } from '@reprise/kit';
import { refused } from './failures.ts';
import { flag, hex, list, misfit, object, oneOf, orNull, type Read, text, whole } from './fields.ts';
import type { Branch, Coin, HeldCoin, Kind, KnownKeyset, KnownMint, Operation, Output, Rehearsal, Sat, WalletState } from './state.ts';

const version = 1;

export function encodeState(state: WalletState): Bytes {
  return encodeUtf8(JSON.stringify({ version, ...state }, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
}

/** @throws Failure wallet-refused, reason state */
export function decodeState(bytes: Uint8Array): WalletState {
  try {
    const fields = object(JSON.parse(decodeUtf8(bytes)));
    if (fields['version'] !== version) throw misfit('version');
    const state: WalletState = {
      mints: list(fields['mints'], mint),
      branches: list(fields['branches'], branch),
      coins: list(fields['coins'], heldCoin),
      operations: list(fields['operations'], operation),
      rehearsal: fields['rehearsal'] === null ? null : rehearsal(fields['rehearsal']),
    };
    if (new Set(state.coins.map(({ secret }) => secret)).size !== state.coins.length) throw misfit('a coin twice');
    return state;
  } catch (cause) {
    throw refused('state', {}, cause);
  }
}

function decimal(value: unknown): string {
  if (typeof value !== 'string' || !/^(0|[1-9]\d{0,77})$/.test(value)) throw misfit('a decimal number');
  return value;
}

function sat(value: unknown): Sat {
  const amount = BigInt(decimal(value));
  // All bitcoin there can be.
  if (amount > 2_100_000_000_000_000n) throw misfit('an amount');
  return amount;
}

const mint: Read<KnownMint> = (value) => {
  const { url, keysets } = object(value);
  return { url: text(url), keysets: list(keysets, keyset) };
};

const keyset: Read<KnownKeyset> = (value) => {
  const { id, unit, isActive, feePpk, finalExpiry, keys } = object(value);
  return {
    id: hex(id),
    unit: text(unit),
    isActive: flag(isActive),
    feePpk: whole(feePpk),
    finalExpiry: orNull(whole)(finalExpiry),
    keys: Object.fromEntries(Object.entries(object(keys)).map(([amount, key]) => [decimal(amount), hex(key)])),
  };
};

const branch: Read<Branch> = (value) => {
  const { number, id, device, counters } = object(value);
  return {
    number: whole(number),
    id: hex(id),
    device: orNull(text)(device),
    counters: list(counters, (one) => {
      const { mint: url, keyset: of, next } = object(one);
      return { mint: text(url), keyset: hex(of), next: whole(next) };
    }),
  };
};

const coin: Read<Coin> = (value) => {
  const { keyset: of, amount, secret, c, dleq } = object(value);
  const proof = orNull(object)(dleq);
  return {
    keyset: hex(of),
    amount: sat(amount),
    secret: text(secret),
    c: hex(c),
    dleq: proof && { e: hex(proof['e']), s: hex(proof['s']), r: hex(proof['r']) },
  };
};

const heldCoin: Read<HeldCoin> = (value) => {
  const { mint: url, by } = object(value);
  return { mint: text(url), by: orNull(text)(by), ...coin(value) };
};

const output: Read<Output> = (value) => {
  const { keyset: of, amount, secret, blinding, blinded } = object(value);
  return { keyset: hex(of), amount: sat(amount), secret: text(secret), blinding: decimal(blinding), blinded: hex(blinded) };
};

const rehearsal: Read<Rehearsal> = (value) => {
  const { atMs, found, missing } = object(value);
  return { atMs: whole(atMs), found: sat(found), missing: sat(missing) };
};

const kinds: readonly Kind[] = ['receive', 'send', 'invoice', 'refund', 'pay', 'restore'];

const operation: Read<Operation> = (value) => {
  const fields = object(value);
  const common = {
    id: text(fields['id']),
    mint: text(fields['mint']),
    startedMs: whole(fields['startedMs']),
    endedMs: orNull(whole)(fields['endedMs']),
    amount: sat(fields['amount']),
    fee: sat(fields['fee']),
    memo: text(fields['memo']),
  };
  const kind = oneOf(fields['kind'], kinds);
  if (fields['step'] === 'done') return { ...common, kind, step: 'done', preimage: orNull(hex)(fields['preimage']) };
  if (fields['step'] === 'failed')
    return { ...common, kind, step: 'failed', reason: text(fields['reason']), coins: list(fields['coins'] ?? [], coin) };
  const outputs = (name: string) => list(fields[name], output);
  const quote = () => ({ quote: text(fields['quote']), request: text(fields['request']) });
  switch (`${kind} ${text(fields['step'])}`) {
    case 'receive asked':
      return { ...common, kind: 'receive', step: 'asked', inputs: list(fields['inputs'], coin), outputs: outputs('outputs') };
    case 'send asked':
      return { ...common, kind: 'send', step: 'asked', outputs: outputs('outputs'), sent: whole(fields['sent']) };
    case 'send out':
      return { ...common, kind: 'send', step: 'out', coins: list(fields['coins'], coin) };
    case 'invoice unpaid':
      return { ...common, kind: 'invoice', step: 'unpaid', ...quote(), expiryMs: whole(fields['expiryMs']) };
    case 'invoice asked':
      return { ...common, kind: 'invoice', step: 'asked', ...quote(), outputs: outputs('outputs') };
    case 'refund asked':
      return {
        ...common,
        kind: 'refund',
        step: 'asked',
        offer: hex(fields['offer']),
        proof: text(fields['proof']),
        outputs: outputs('outputs'),
      };
    case 'pay asked':
      return { ...common, kind: 'pay', step: 'asked', ...quote(), blanks: outputs('blanks') };
    default:
      throw misfit('a step');
  }
};
