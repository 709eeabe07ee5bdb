// All that a wallet keeps, as one value: it is read whole, changed by a pure function, and replaced. spec/wallet.md "State".

/** Whole satoshis. */
export type Sat = bigint;

/** A proof of NUT-00, with the DLEQ of NUT-12. */
export type Coin = {
  readonly keyset: string;
  readonly amount: Sat;
  readonly secret: string;
  readonly c: string;
  readonly dleq: { readonly e: string; readonly s: string; readonly r: string } | null;
};

/** A coin of ours; `by` names the operation that holds it, null while it is free. */
export type HeldCoin = Coin & { readonly mint: string; readonly by: string | null };

/** What a blinded message needs to become a coin once it is signed. The amount of a blank is 0. */
export type Output = {
  readonly keyset: string;
  readonly amount: Sat;
  readonly secret: string;
  /** Decimal. */
  readonly blinding: string;
  readonly blinded: string;
};

/** A mint that was met, and the keysets it may ever show us. */
export type KnownMint = { readonly url: string; readonly keysets: readonly KnownKeyset[] };
export type KnownKeyset = {
  readonly id: string;
  readonly unit: string;
  readonly isActive: boolean;
  readonly feePpk: number;
  readonly finalExpiry: number | null;
  /** Amount, decimal, → public key, hex. */
  readonly keys: Readonly<Record<string, string>>;
};

/** One device's own stretch of secrets: NUT-13 with a seed of its own. */
export type Branch = {
  readonly number: number;
  /** Tells a branch of another seed from ours; hex. */
  readonly id: string;
  /** Who draws from it: null for nobody any more. */
  readonly device: string | null;
  /** The next that was never used. */
  readonly counters: readonly { readonly mint: string; readonly keyset: string; readonly next: number }[];
};

type Common = {
  readonly id: string;
  readonly mint: string;
  readonly startedMs: number;
  /** Set once it is over. */
  readonly endedMs: number | null;
  /** What arrives with us, or with them. */
  readonly amount: Sat;
  readonly fee: Sat;
  readonly memo: string;
};

/**
 * What a wallet was asked to do, from before the first request to the end. `asked` may have reached the mint: it is asked again, with the same
 * bytes, until the mint has said how it ended.
 */
export type Operation = Common &
  (
    | { readonly kind: 'receive'; readonly step: 'asked'; readonly inputs: readonly Coin[]; readonly outputs: readonly Output[] }
    /** The first `sent` outputs are the token's, the others come back. */
    | { readonly kind: 'send'; readonly step: 'asked'; readonly outputs: readonly Output[]; readonly sent: number }
    /** The token is out: whoever has it has the money. */
    | { readonly kind: 'send'; readonly step: 'out'; readonly coins: readonly Coin[] }
    | { readonly kind: 'invoice'; readonly step: 'unpaid'; readonly quote: string; readonly request: string; readonly expiryMs: number }
    | {
        readonly kind: 'invoice';
        readonly step: 'asked';
        readonly quote: string;
        readonly request: string;
        readonly outputs: readonly Output[];
      }
    /** What is owed back for a payment for an offer, shown by the token of that payment. */
    | {
        readonly kind: 'refund';
        readonly step: 'asked';
        readonly offer: string;
        readonly proof: string;
        readonly outputs: readonly Output[];
      }
    | { readonly kind: 'pay'; readonly step: 'asked'; readonly quote: string; readonly request: string; readonly blanks: readonly Output[] }
    | {
        readonly kind: Kind;
        readonly step: 'done';
        /** Of a payment: proves that it arrived. */
        readonly preimage: string | null;
      }
    | {
        readonly kind: Kind;
        readonly step: 'failed';
        readonly reason: string;
        /** Of a token that was not taken and may still be good. */
        readonly coins: readonly Coin[];
      }
  );
export type Kind = 'receive' | 'send' | 'invoice' | 'refund' | 'pay' | 'restore';

/** What a rehearsal found in a store that held nothing. */
export type Rehearsal = { readonly atMs: number; readonly found: Sat; readonly missing: Sat };

export type WalletState = {
  readonly mints: readonly KnownMint[];
  readonly branches: readonly Branch[];
  readonly coins: readonly HeldCoin[];
  /** Oldest first. */
  readonly operations: readonly Operation[];
  readonly rehearsal: Rehearsal | null;
};

export const emptyState: WalletState = { mints: [], branches: [], coins: [], operations: [], rehearsal: null };

/** Entries of the history that are kept once they are over, beside those that hold coins. */
export const endedMax = 2_000;

export function isOpen({ step }: Operation): boolean {
  return step !== 'done' && step !== 'failed';
}

/** Whether nothing was asked anew since: the step alone does not tell, a token that went out and is taken back is asked for twice. */
export function isSameTry(one: Operation, other: Operation): boolean {
  const [outputs, others] = [outputsOf(one), outputsOf(other)];
  return one.step === other.step && outputs.length === others.length && outputs.every(({ blinded }, at) => blinded === others[at]?.blinded);
}

export function outputsOf(operation: Operation): readonly Output[] {
  if (operation.step !== 'asked') return [];
  return operation.kind === 'pay' ? operation.blanks : operation.outputs;
}

export function coinAlone({ keyset, amount, secret, c, dleq }: HeldCoin): Coin {
  return { keyset, amount, secret, c, dleq };
}

export function sumOf(coins: Iterable<{ readonly amount: Sat }>): Sat {
  let sum = 0n;
  for (const { amount } of coins) sum += amount;
  return sum;
}

/** @returns the state with this operation in place of the one of its id, or behind all others */
export function withOperation(state: WalletState, operation: Operation): WalletState {
  const at = state.operations.findIndex(({ id }) => id === operation.id);
  const operations = at < 0 ? [...state.operations, operation] : state.operations.with(at, operation);
  return { ...state, operations: forgetOldest(operations) };
}

function forgetOldest(operations: readonly Operation[]): readonly Operation[] {
  let surplus = operations.filter(mayBeForgotten).length - endedMax;
  return surplus <= 0 ? operations : operations.filter((one) => !mayBeForgotten(one) || surplus-- <= 0);
}

/** An entry that holds coins may be all that there is of them. */
function mayBeForgotten(operation: Operation): boolean {
  return !isOpen(operation) && !(operation.step === 'failed' && operation.coins.length > 0);
}
