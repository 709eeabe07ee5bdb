// The wallet in English.
import type { FailureFacts } from '@reprise/kit';
import type { WalletReason } from '@reprise/wallet';
import { formatSats } from '../price-text.ts';
import { formatDate } from '../amounts.ts';
import type { WalletWords } from './wallet-words.ts';

const sats = (amount: bigint) => formatSats(amount, 'en');

export const enWallet: WalletWords = {
  walletSandbox: 'SANDBOX: these coins are worthless.',
  sats,
  worth: (money, { at, source }) => `≈ ${money}, at the rate of ${formatDate(at)} (${source})`,
  walletBalance: ({ held, out, expired, elsewhere, rehearsal }, mint) =>
    [
      held > 0n ? `Under way: ${sats(held)}.` : '',
      out > 0n ? `In tokens that nobody has taken yet: ${sats(out)} (reprise wallet history).` : '',
      expired > 0n ? `Of keys that the mint has ended, and lost: ${sats(expired)}.` : '',
      elsewhere > 0n ? `At other mints: ${sats(elsewhere)} (--mint).` : '',
      `This balance is held by ${mint}; take it out whenever you like.`,
      rehearsal
        ? `Restoring was rehearsed on ${new Date(rehearsal.atMs).toISOString().slice(0, 10)}: ${sats(rehearsal.found)} found${rehearsal.missing > 0n ? `, ${sats(rehearsal.missing)} missing` : ''}.`
        : 'Restoring was never rehearsed: reprise wallet rehearse.',
      '',
    ]
      .filter((line, at, all) => line !== '' || at === all.length - 1)
      .join('\n'),
  askToken: 'The token (it is not shown): ',
  askInvoice: 'The invoice: ',
  askProof: 'The token of the payment (it is not shown): ',
  askWords: 'The twelve words (they are not shown): ',
  refundDrawn: (amount) => `${sats(amount)} came back, as coins of this wallet.`,
  coinsReceived: (amount) => `${sats(amount)} received.`,
  tokenOut: (amount, id) => `Whoever has this token has ${sats(amount)}. Until somebody takes it: reprise wallet back ${id}`,
  tokenBack: (amount) => `${sats(amount)} are yours again. The token is worth nothing any more.`,
  tokenTaken: 'Somebody has taken the token already.',
  invoiceWaits: (until) => `Waiting for the payment, which can be made until ${until}. It arrives also if you stop this now.`,
  payNow: (amount, feeMax) => `Pay ${sats(amount)}, and ${sats(feeMax)} at most in fees? [y/N] `,
  walletEnd: ({ kind, state, amount, fee }) => {
    if (state === 'arrived') return kind === 'pay' ? `Paid ${sats(amount)}, fee ${sats(fee)}.` : `${sats(amount)} received.`;
    if (state === 'failed') return 'Nothing came of it; reprise wallet history says why.';
    return 'Not over yet. It is looked for each time the wallet is used: reprise wallet';
  },
  walletRestored: (amount) => (amount > 0n ? `${sats(amount)} are back.` : 'There was nothing that this wallet did not have.'),
  walletRehearsed: (found, missing) =>
    missing > 0n
      ? `${sats(found)} would come back, ${sats(missing)} would not. Send yourself the whole balance, then rehearse again.`
      : `Everything would come back: ${sats(found)} found in an empty wallet.`,
  walletWordsAre:
    'Write these twelve words down in their order: they bring the coins back when this machine is gone. Whoever reads them can take the coins.',
  walletOfAccount: 'This wallet belongs to your account: its recovery kit brings the coins back.',
  walletKinds: { receive: 'received', send: 'token sent', invoice: 'invoice', refund: 'refund', pay: 'paid', restore: 'restored' },
  walletStates: { waiting: 'waiting', arrived: 'arrived', failed: 'failed', 'to-recover': 'to recover' },
};

export const enWalletUsage: Readonly<Record<string, (value: string) => string>> = {
  'wallet-act': (value) =>
    `${value} is nothing a wallet does: balance, receive, send, invoice, pay, refund, history, back, restore, rehearse, words.`,
  'no-mint': (value) => `The server at ${value} has no mint: it sells nothing.`,
  'pay-unasked': () => 'Nobody is here to be asked: say --yes, or --max SATS for the most that it may cost.',
  'refund-where': () =>
    'Name the shop that was paid, with --server URL: whoever is shown the token of a payment can take what it is owed. Nothing was asked.',
  'wallet-entry': () => 'Say which entry, by the id that reprise wallet history shows.',
  'wallet-exists': (value) => `This machine has another wallet already, in ${value}. Empty it and move that folder away first.`,
  sats: (value) => `${value || 'Nothing'} is no amount: write whole satoshis, such as 2100.`,
};

const reasons: Readonly<Record<WalletReason, (facts: FailureFacts) => string>> = {
  'token-malformed': () => 'This is no whole token. Copy it again, from cashu to its end.',
  'token-too-large': () => 'This token is larger than a mint takes at a time. Ask for several smaller ones.',
  'other-mint': ({ mint }) => `These coins are of another mint, ${String(mint)}, which this wallet does not use. Nothing was taken.`,
  'other-unit': ({ unit }) => `These coins are counted in ${String(unit)}, not in satoshis.`,
  'coin-twice': () => 'A coin occurs twice in this token. Nothing was taken.',
  'coin-locked': () => 'These coins are locked to a key that this wallet does not have.',
  'coin-spent': () => 'These coins have been spent already. Ask for others.',
  'coin-ours': () => 'These coins are in this wallet already.',
  'coin-held': () => 'These coins are held by a payment under way. Try again when it is over.',
  'coin-forged': () => 'The mint did not sign these coins: they are worth nothing.',
  'keyset-unknown': () => 'The mint has no such keys, or has them no more.',
  'keyset-forged': () => 'The mint shows keys that are not what they claim to be. Nothing was asked of it; tell its operator.',
  amount: () => 'This mint does not take that amount.',
  'too-little': ({ missing, balance, held }) =>
    `${String(missing)} sat are missing: ${String(balance)} are there${held === '0' ? '' : `, ${String(held)} more are under way`}.`,
  'invoice-malformed': () => 'This is no invoice that can be paid from here. Copy it again; it needs an amount.',
  'invoice-expired': () => 'This invoice has expired. Ask for a new one; nothing was paid.',
  'invoice-paid': () => 'This invoice has been paid already.',
  'payment-failed': () => 'The payment found no way. The coins are yours again.',
  'proof-malformed': () => 'This is no token of a payment. It came with the invoice, as token="…" of L402.',
  'proof-unknown': () => 'This server knows no such payment. Name the shop that was paid with --server URL.',
  'refund-gone': () => 'Nothing is owed for this payment, or it was given back already, to another wallet or an account.',
  'mint-refused': ({ detail }) => `The mint refused${detail ? `: ${String(detail)}` : '.'}`,
  'mint-answer': () =>
    'What answers there is not the mint, or it answers wrongly. What was asked stays written down and is asked again: reprise wallet',
  'no-such-entry': () => 'The history has no such entry, or it is over.',
  'request-refused': () => 'This payment request cannot be answered from here.',
  state: () =>
    'What this machine keeps of the wallet cannot be read. Its words bring the coins back: reprise wallet restore --words FILE, in a new folder.',
};

export function enWalletFailure(facts: FailureFacts): string {
  const reason = String(facts['reason']);
  return Object.hasOwn(reasons, reason) ? reasons[reason as WalletReason](facts) : 'The wallet did not do that.';
}
