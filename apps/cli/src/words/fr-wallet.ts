// Le portefeuille en français.
import type { FailureFacts } from '@reprise/kit';
import type { WalletReason } from '@reprise/wallet';
import { formatSats } from '../price-text.ts';
import { formatDate } from '../amounts.ts';
import type { WalletWords } from './wallet-words.ts';

const sats = (amount: bigint) => formatSats(amount, 'fr');

export const frWallet: WalletWords = {
  walletSandbox: 'BAC À SABLE : ces pièces ne valent rien.',
  sats,
  worth: (money, { at, source }) => `≈ ${money}, au cours du ${formatDate(at)} (${source})`,
  walletBalance: ({ held, out, expired, elsewhere, rehearsal }, mint) =>
    [
      held > 0n ? `En cours : ${sats(held)}.` : '',
      out > 0n ? `Dans des jetons que personne n’a encore pris : ${sats(out)} (reprise wallet history).` : '',
      expired > 0n ? `De clés que la monnaierie a closes, et perdus : ${sats(expired)}.` : '',
      elsewhere > 0n ? `Dans d’autres monnaieries : ${sats(elsewhere)} (--mint).` : '',
      `Ce solde est tenu par ${mint} ; retirez-le quand vous voulez.`,
      rehearsal
        ? `Restauration répétée le ${new Date(rehearsal.atMs).toISOString().slice(0, 10)} : ${sats(rehearsal.found)} retrouvés${rehearsal.missing > 0n ? `, ${sats(rehearsal.missing)} manquants` : ''}.`
        : 'La restauration n’a jamais été répétée : reprise wallet rehearse.',
      '',
    ]
      .filter((line, at, all) => line !== '' || at === all.length - 1)
      .join('\n'),
  askToken: 'Le jeton (il n’est pas montré) : ',
  askInvoice: 'La facture : ',
  askProof: 'Le jeton du paiement (il n’est pas montré) : ',
  askWords: 'Les douze mots (ils ne sont pas montrés) : ',
  refundDrawn: (amount) => `${sats(amount)} sont revenus, en pièces de ce portefeuille.`,
  coinsReceived: (amount) => `${sats(amount)} reçus.`,
  tokenOut: (amount, id) => `Qui a ce jeton a ${sats(amount)}. Tant que personne ne l’a pris : reprise wallet back ${id}`,
  tokenBack: (amount) => `${sats(amount)} sont de nouveau à vous. Le jeton ne vaut plus rien.`,
  tokenTaken: 'Quelqu’un a déjà pris le jeton.',
  invoiceWaits: (until) => `En attente du paiement, possible jusqu’au ${until}. Il arrivera aussi si vous arrêtez maintenant.`,
  payNow: (amount, feeMax) => `Payer ${sats(amount)}, et ${sats(feeMax)} de frais au plus ? [o/N] `,
  walletEnd: ({ kind, state, amount, fee }) => {
    if (state === 'arrived') return kind === 'pay' ? `${sats(amount)} payés, frais ${sats(fee)}.` : `${sats(amount)} reçus.`;
    if (state === 'failed') return 'Rien n’en est sorti ; reprise wallet history dit pourquoi.';
    return 'Pas encore terminé. C’est vérifié à chaque usage du portefeuille : reprise wallet';
  },
  walletRestored: (amount) => (amount > 0n ? `${sats(amount)} sont revenus.` : 'Il n’y avait rien que ce portefeuille n’ait déjà.'),
  walletRehearsed: (found, missing) =>
    missing > 0n
      ? `${sats(found)} reviendraient, ${sats(missing)} non. Envoyez-vous le solde entier, puis répétez de nouveau.`
      : `Tout reviendrait : ${sats(found)} retrouvés dans un portefeuille vide.`,
  walletWordsAre:
    'Notez ces douze mots dans l’ordre : ils font revenir les pièces quand cette machine n’est plus là. Qui les lit peut prendre les pièces.',
  walletOfAccount: 'Ce portefeuille est celui de votre compte : son kit de secours fait revenir les pièces.',
  walletKinds: { receive: 'reçu', send: 'jeton envoyé', invoice: 'facture', refund: 'remboursé', pay: 'payé', restore: 'restauré' },
  walletStates: { waiting: 'en attente', arrived: 'arrivé', failed: 'échoué', 'to-recover': 'à récupérer' },
};

export const frWalletUsage: Readonly<Record<string, (value: string) => string>> = {
  'wallet-act': (value) =>
    `Un portefeuille ne fait pas ${value} : balance, receive, send, invoice, pay, refund, history, back, restore, rehearse, words.`,
  'no-mint': (value) => `Le serveur ${value} n’a pas de monnaierie : il ne vend rien.`,
  'pay-unasked': () => 'Personne n’est là pour répondre : donnez --yes, ou --max SATS pour le plus que cela peut coûter.',
  'refund-where': () =>
    'Nommez la boutique qui a été payée, avec --server URL : qui voit le jeton d’un paiement peut prendre ce qui lui est dû. Rien n’a été demandé.',
  'wallet-entry': () => 'Dites quelle ligne, par l’identifiant que montre reprise wallet history.',
  'wallet-exists': (value) => `Cette machine a déjà un autre portefeuille, dans ${value}. Videz-le et déplacez ce dossier d’abord.`,
  sats: (value) => `${value || 'Rien'} n’est pas un montant : écrivez des satoshis entiers, par exemple 2100.`,
};

const reasons: Readonly<Record<WalletReason, (facts: FailureFacts) => string>> = {
  'token-malformed': () => 'Ce n’est pas un jeton entier. Recopiez-le, de cashu jusqu’à la fin.',
  'token-too-large': () => 'Ce jeton dépasse ce qu’une monnaierie prend en une fois. Demandez-en plusieurs, plus petits.',
  'other-mint': ({ mint }) =>
    `Ces pièces sont d’une autre monnaierie, ${String(mint)}, que ce portefeuille n’utilise pas. Rien n’a été pris.`,
  'other-unit': ({ unit }) => `Ces pièces se comptent en ${String(unit)}, pas en satoshis.`,
  'coin-twice': () => 'Une pièce figure deux fois dans ce jeton. Rien n’a été pris.',
  'coin-locked': () => 'Ces pièces sont verrouillées par une clé que ce portefeuille n’a pas.',
  'coin-spent': () => 'Ces pièces ont déjà été dépensées. Demandez-en d’autres.',
  'coin-ours': () => 'Ces pièces sont déjà dans ce portefeuille.',
  'coin-held': () => 'Ces pièces sont retenues par un paiement en cours. Réessayez quand il sera fini.',
  'coin-forged': () => 'La monnaierie n’a pas signé ces pièces : elles ne valent rien.',
  'keyset-unknown': () => 'La monnaierie n’a pas ces clés, ou ne les a plus.',
  'keyset-forged': () =>
    'La monnaierie montre des clés qui ne sont pas ce qu’elles prétendent. Rien ne lui a été demandé ; prévenez son opérateur.',
  amount: () => 'Cette monnaierie ne prend pas ce montant.',
  'too-little': ({ missing, balance, held }) =>
    `Il manque ${String(missing)} sat : ${String(balance)} sont là${held === '0' ? '' : `, ${String(held)} de plus sont en cours`}.`,
  'invoice-malformed': () => 'Ce n’est pas une facture payable d’ici. Recopiez-la ; il lui faut un montant.',
  'invoice-expired': () => 'Cette facture a expiré. Demandez-en une autre ; rien n’a été payé.',
  'invoice-paid': () => 'Cette facture a déjà été payée.',
  'payment-failed': () => 'Le paiement n’a pas trouvé de chemin. Les pièces sont de nouveau à vous.',
  'proof-malformed': () => 'Ce n’est pas le jeton d’un paiement. Il est venu avec la facture : token="…" de L402.',
  'proof-unknown': () => 'Ce serveur ne connaît pas ce paiement. Nommez la boutique qui a été payée avec --server URL.',
  'refund-gone': () => 'Rien n’est dû pour ce paiement, ou cela a déjà été rendu, à un autre portefeuille ou à un compte.',
  'mint-refused': ({ detail }) => `La monnaierie a refusé${detail ? ` : ${String(detail)}` : '.'}`,
  'mint-answer': () =>
    'Ce qui répond là n’est pas la monnaierie, ou répond mal. Ce qui a été demandé reste noté et sera redemandé : reprise wallet',
  'no-such-entry': () => 'L’historique n’a pas cette ligne, ou elle est close.',
  'request-refused': () => 'Cette demande de paiement ne peut pas être honorée d’ici.',
  state: () =>
    'Ce que cette machine garde du portefeuille est illisible. Ses mots font revenir les pièces : reprise wallet restore --words FICHIER, dans un nouveau dossier.',
};

export function frWalletFailure(facts: FailureFacts): string {
  const reason = String(facts['reason']);
  return Object.hasOwn(reasons, reason) ? reasons[reason as WalletReason](facts) : 'Le portefeuille ne l’a pas fait.';
}
