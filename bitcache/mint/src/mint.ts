// A Cashu mint: everything it can be asked for, without HTTP around it. spec/mint.md.
import type { OperationId } from '@reprise/ledger';
import type { PaymentHash, Received } from '@reprise/lightning';
import { openKnownCoins } from './coins.ts';
import { hasMelted } from './has-melted.ts';
import { describeMint, listKeys, listKeysets } from './info.ts';
import { issue, issueBatch } from './issue.ts';
import { holdSeed, Keysets } from './keysets.ts';
import { melt } from './melt.ts';
import { makeMeltQuote, readMeltQuote } from './melt-quotes.ts';
import { makeMintQuote, readMintQuote, readMintQuotes } from './mint-quotes.ts';
import { ownInvoiceOf } from './own-invoices.ts';
import type { MintParts, MintPoint, MintPorts } from './ports.ts';
import { creditReceived } from './receipts.ts';
import { resumeMelts } from './resume.ts';
import type { MintSettings } from './settings.ts';
import { givesKnownAnswer } from './signer/known-answer.ts';
import { checkState, restore } from './state.ts';
import { Subscriptions } from './subscriptions.ts';
import { swap } from './swap.ts';
import { giveCoins, givenBy, offerCoins, requestHashOf } from './till.ts';

type Fields = Readonly<Record<string, unknown>>;

export type Mint = ReturnType<typeof mintOf>;

/**
 * The database is migrated. A new database gets its first keyset.
 * @throws Error for a database of another seed
 */
export async function openMint(ports: MintPorts, settings: MintSettings): Promise<Mint> {
  const { database, signer, clock } = ports;
  await holdSeed(database, signer.seedPrint);
  const keysets = new Keysets(database, signer, clock);
  const nobodys = { reached: () => {}, onPaidAfterAll: () => {}, ownInvoice: async () => undefined, isStopped: () => false };
  const parts: MintParts = { ...nobodys, ...ports, settings, keysets, known: openKnownCoins(database) };
  const subscriptions = new Subscriptions(parts);
  const reached = (point: MintPoint) => {
    parts.reached(point);
    if (changes.has(point)) subscriptions.note();
  };
  const mint: MintParts = { ...parts, reached };
  if ((await keysets.read()).length === 0) await rotate(mint);
  return mintOf(mint, subscriptions);
}

/** After each of them a quote or a coin stands otherwise than before. */
const changes: ReadonlySet<MintPoint> = new Set([
  'receipt/stored',
  'issue/stored',
  'swap/stored',
  'melt/reserved',
  'melt/ended',
  'melt/inside-stored',
]);

function mintOf(mint: MintParts, subscriptions: Subscriptions) {
  /** Payments whose wallets did not want to wait. */
  const working = new Set<Promise<unknown>>();
  const keepWorking = (work: Promise<unknown>) => {
    const kept: Promise<unknown> = work.catch(() => {}).finally(() => working.delete(kept));
    working.add(kept);
  };
  return {
    info: () => describeMint(mint),
    keysets: () => listKeysets(mint),
    keys: (id?: string) => listKeys(mint, id),
    swap: (body: Fields) => swap(mint, body),
    checkState: (body: Fields) => checkState(mint, body),
    restore: (body: Fields) => restore(mint, body),
    makeMintQuote: (body: Fields) => makeMintQuote(mint, body),
    readMintQuote: (id: string) => readMintQuote(mint, id),
    readMintQuotes: (body: Fields) => readMintQuotes(mint, body),
    issue: (body: Fields) => issue(mint, body),
    issueBatch: (body: Fields) => issueBatch(mint, body),
    makeMeltQuote: (body: Fields) => makeMeltQuote(mint, body),
    readMeltQuote: (id: string) => readMeltQuote(mint, id),
    melt: (body: Fields) => melt(mint, body, keepWorking),
    /** Tells a wallet what becomes of quotes and coins: `MintSockets` has the connection. */
    listen: (tell: (text: string) => void) => subscriptions.listen(tell),
    /** Whether coins have paid this invoice. */
    hasMelted: (hash: PaymentHash) => hasMelted(mint, hash),
    /** Whether this operator's node made this invoice, for whatever purpose: a node does not pay itself. */
    isOwnInvoice: async (hash: PaymentHash) => (await ownInvoiceOf(mint, hash)) !== undefined,
    /** Coins for something that is no coin; spent inside the transaction of whoever sells it. */
    offerCoins: (body: Fields) => offerCoins(mint, body),
    /** Coins for what is owed to somebody, signed inside the transaction that pays it. */
    giveCoins: (body: Fields, amount: bigint) => giveCoins(mint, body, amount),
    requestHashOf,
    givenBy: (op: OperationId) => givenBy(mint, op),
    /** The backend says that money came: at least once for each. @returns false for an invoice that is none of the mint's */
    received: (hash: PaymentHash, received: Received) => creditReceived(mint, hash, received),
    /** Every ten seconds, in each process: looks after payments whose worker is gone. @returns how many ended */
    resume: () => resumeMelts(mint),
    /** A new keyset signs from now on. */
    rotate: () => rotate(mint),
    /** Every day, in each process: a keyset signs for a year. */
    rotateIfDue: async () => {
      const { madeAt } = await mint.keysets.active('sat');
      if (mint.clock.now() - madeAt >= yearMs) await rotate(mint);
    },
    /** Every five minutes: whether the signer signs with the keys that wallets know. */
    trySigner: async () => givesKnownAnswer(mint.signer, await mint.keysets.active('sat')),
    /** Waits for payments that go on without their wallets. */
    close: async () => void (await Promise.all(working)),
  };
}

const yearMs = 31_557_600_000;

function rotate({ keysets, settings, clock }: MintParts): Promise<void> {
  const { keysetYears: years } = settings;
  const finalExpiry = years === null ? null : Math.floor(clock.now() / 1_000) + years * (yearMs / 1_000);
  return keysets.rotate({ unit: 'sat', feePpk: settings.inputFeePpk, finalExpiry });
}
