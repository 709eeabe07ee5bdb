// Les liens vendus, en français.
import type { FailureFacts } from '@reprise/kit';
import type { FailureCode } from '@reprise/protocol/formats';
import type { Currency } from '@reprise/sdk/paid';
import { formatPrice } from '../price-text.ts';
import type { PayWords } from './pay-words.ts';

export const frPay: PayWords = {
  soldFor: (price) => `Vendu ${price}. Qui a le lien voit son titre et son prix ; un achat l’ouvre.`,
  orMore: (price) => `${price} ou plus`,
  limitedTo: (price, sales) => `${price}, ${sales === 1 ? 'une fois' : `${sales} fois au plus`}`,
  soldNoMore: 'Il n’est plus vendu. Qui l’a acheté continue de l’ouvrir.',
  wasFree:
    'Il était gratuit jusqu’ici : qui l’a ouvert avant peut avoir ses fichiers, et un programme qui a gardé sa clé les ouvre encore sans payer. Pour un prix que chacun paie, fermez ce lien et faites-en un nouveau : reprise link CHEMIN --price PRIX.',
  isFree: 'Il n’est plus vendu : il s’ouvre pour qui a le lien.',
  free: 'gratuit',
  withdrawn: 'plus en vente',
  takesTips: 'Il s’ouvre pour qui a le lien, et qui peut vous remercier de n’importe quel montant : reprise tip LIEN 21sat.',
  freeWithTips: 'gratuit, pourboires bienvenus',
  tipsFor: (title) => `${title} (pourboires)`,
  tipped: (sats) => `${sats} donnés, avec des remerciements.`,
  tippedBefore: (sats) => `Un essai précédent avait déjà donné ${sats} : rien de plus n’a été payé. Relancez pour donner encore.`,
  payInvoice: (sats, price) => `Payez ${price === sats ? sats : `${sats} (${price})`} depuis n’importe quel portefeuille Lightning :`,
  invoiceUntil: (until) =>
    `Elle se paie jusqu’à ${until.toISOString().slice(11, 16)} UTC. Interrompue, la même commande reprend ; ce qui est payé entre-temps n’est pas perdu.`,
  paymentCame: 'Payé.',
  refunded: (sats, to) =>
    to === 'wallet' ? `${sats} sont revenus, en pièces du portefeuille.` : `${sats} sont revenus, au solde du compte.`,
  nothingOwed: 'Rien n’est dû pour ce lien.',
  tokenInWallet: (sats, price) =>
    `Le jeton est maintenant dans le portefeuille : ${sats}. Si cela s’arrête, continuez avec --pay wallet --max-price ${price}sat.`,
  changeKept: (sats) => `Il reste ${sats} du jeton, dans le portefeuille : reprise wallet`,
  planNow: (plan, used, max, until) => `${plan} : ${used} sur ${max}${until === null ? '' : `, jusqu’au ${until}`}`,
  planOver: (over, ended) =>
    `${ended === null ? '' : `Une formule s’est terminée le ${ended}. `}${over} de trop : plus rien ne peut être envoyé. Tout reste, s’ouvre, se partage et se supprime.`,
  planOnSale: (plan, bytes, days, price, historyDays) =>
    `  ${plan}  ${bytes}${historyDays > 0 ? `, historique de ${historyDays} jours` : ''}  ${price} pour ${days} jours  reprise plan buy ${plan}`,
  planBought: (plan, sats) => `${sats} payés pour ${plan}.`,
  noCases: 'Personne n’a déposé de notification sur un lien de ce compte.',
  caseState: (state, remedy) =>
    ({
      open: 'ouvert',
      countered: 'contesté',
      contested: 'les deux parties ont été entendues ; l’opérateur décide',
      upheld: remedy === 'refund' ? 'fondé : le lien est retiré, les acheteurs sont remboursés' : 'fondé : le lien est retiré',
      dismissed: 'rejeté',
      withdrawn: 'retiré',
    })[state],
  caseHeld: (sats) => `${sats} mis de côté`,
  caseHolder: (holder) => `déposé par ${holder}`,
  caseDue: (mine, until) =>
    mine
      ? `répondez avant le ${until.toISOString().slice(0, 10)} : reprise cases answer DOSSIER TEXTE`
      : `clos le ${until.toISOString().slice(0, 10)} si la notification n’est pas maintenue`,
  caseActor: { holder: 'titulaire', maker: 'vous', operator: 'opérateur', time: 'délai passé' },
  caseAnswered: (until) =>
    until === null
      ? 'Répondu.'
      : `Répondu. Si la notification n’est pas maintenue avant le ${until.toISOString().slice(0, 10)}, tout est de nouveau à vous.`,
  claimed: (sats, isWorthless) =>
    `${sats} de ce dossier sont au solde du compte.${isWorthless ? ' Ces pièces ne valent rien : c’est un bac à sable.' : ''}`,
  earningsHead: ['jour', 'ventes', 'à vous', 'en attente', 'titre'],
  earningsHeldHead: 'dont retenus',
  earningsHeld: (id, sats, titles, since) =>
    `Depuis le ${since}, la notification ${id} retient ${sats} de ${titles} : quelqu’un dit que c’est à lui. Pour la lire et y répondre : reprise cases.`,
  earningsFrozen: (id, since, ground) =>
    `L’opérateur a gelé votre argent depuis le ${since}, sous ${id} : ${ground}
Rien ne sort de votre solde, et ce que vous vendez est retenu. Rien n’est perdu : une fois le gel levé, tout est de nouveau à vous. Écrivez à l’opérateur en citant ${id}.`,
  earningsSum: (net, waiting, isWorthless) =>
    `À vous en tout : ${net}, dont ${waiting} attendent leur jour.${isWorthless ? ' Ces pièces ne valent rien : c’est un bac à sable.' : ''}`,
};

export const frPayUsage: Readonly<Record<string, (value: string) => string>> = {
  cases: () => 'Écrivez reprise cases, reprise cases answer DOSSIER TEXTE, ou reprise cases claim CODE.',
  price: (value) => `${value} n’est pas un prix : écrivez 21sat, 2.50eur ou 3usd ; avec un + derrière, on peut payer plus.`,
  'plan-act': (value) => `${value} n’est rien que fasse reprise plan : reprise plan, ou reprise plan buy NOM.`,
  'plan-name': () => 'Nommez la formule : reprise plan les montre.',
  'plan-pay': (value) => `${value} ne paie pas une formule : balance, wallet, lightning ou sandbox.`,
  'tip-amount': (value) => `${value === '' ? 'Dites combien' : `${value} n’est pas un pourboire`} : reprise tip LIEN 21sat.`,
  'sales-price': () => '--sales va avec un prix : --price 21sat --sales 10.',
  'amount-currency': (value) => `Le prix de ce lien est en ${value} : donnez --amount ainsi.`,
  'price-password': () => 'Un lien vendu n’a pas de mot de passe.',
  'max-price': () => 'Dites ce que cela peut coûter : --max-price 30sat.',
  'max-price-currency': (value) => `Le prix de ce lien est en ${value} : donnez --max-price ainsi, ou en sat.`,
  'refund-to': (value) => `Un remboursement va à --pay wallet ou --pay balance, pas à ${value}.`,
  pay: (value) =>
    `${value} n’est pas un moyen de payer : lightning, sandbox, wallet, balance, ou - pour un jeton de pièces sur l’entrée standard (cashuB…).`,
};

/** @returns undefined pour ce qui ne parle pas d’argent */
export function frPayFailure(code: FailureCode, facts: FailureFacts): string | undefined {
  const sats = `${String(facts['sats'] ?? '')} sat`;
  switch (code) {
    case 'payment-required':
      if (facts['price'] === undefined) return 'Ce lien est vendu. reprise get montre son prix et l’achète.';
      return `Ce lien est vendu : « ${String(facts['title'])} » coûte ${asked(facts)}. Achetez-le avec --pay lightning, --pay wallet --max-price ${String(facts['sats'])}sat, ou --pay JETON.`;
    case 'link-unavailable':
    case 'link-removed':
      if (facts['bought'] === undefined) return undefined;
      return `Vous aviez acheté ce lien pour ${String(facts['bought'])} sat, et il a disparu depuis : le serveur ne donne plus ses fichiers. Ce que vous en avez enregistré reste à vous.${code === 'link-unavailable' ? unsaved : ''}`;
    case 'price-differs':
      if (facts['sats'] === undefined)
        return 'Le prix vient de changer. Rien n’a été payé ; relancez la même commande pour voir le nouveau.';
      return `Il coûte maintenant ${sats}, ce n’est pas ce qui était convenu. Rien n’a été payé.`;
    case 'payment-waits':
      return 'La facture n’a pas été payée à temps. Relancez la même commande pour une nouvelle ; un paiement qui arrive tard compte encore.';
    case 'payment-owed':
      return `Ce qui a été payé n’a rien acheté, car le lien n’est plus en vente : ${sats} vous sont dus. Ils le restent jusqu’à ce que vous les preniez : reprise get LIEN --refund.`;
    case 'payment-refused':
      return refusals[String(facts['reason'])]?.(facts) ?? `Le paiement a été refusé (${String(facts['reason'])}). Rien n’a été payé.`;
    case 'offer-closed':
      return 'Ce lien n’est plus en vente. Rien n’a été payé.';
    case 'payments-off':
      return 'Ce serveur ne prend pas de paiements en ce moment. Ce qui est gratuit marche.';
    case 'offer-refused':
      return facts['reason'] === 'price-too-high' ? 'Ce prix dépasse ce que le serveur permet.' : 'Le serveur ne prend pas cette offre.';
    case 'edit-refused':
      return refusedEdits[String(facts['reason'])];
    case 'plan-dearer':
      return `Cette formule coûte maintenant ${sats}, plus que convenu. Rien n’a été payé.`;
    case 'amount-refused': {
      const [min, max] = [facts['min'], facts['max']];
      const isBounded = min !== undefined && max !== undefined;
      return `Le serveur ne prend pas ce montant${isBounded ? ` : de ${String(min)} à ${String(max)} sat sont possibles` : ', ou le compte ne peut rien recevoir de plus'}. Rien n’a été payé.`;
    }
    case 'account-frozen':
      return `L’opérateur a gelé l’argent de ce compte (${String(facts['freeze'] ?? '')}). Rien n’a été pris sur son solde. Écrivez à l’opérateur en citant cette référence.`;
    case 'balance-too-low':
      return `Il manque ${String(facts['missing'] ?? '')} sat au solde. Rien n’a été payé.`;
    default:
      return undefined;
  }
}

const refusedEdits: Readonly<Record<string, string>> = {
  'password-and-price': 'Un lien vendu n’a pas de mot de passe.',
  'password-and-tips': 'Un lien qui prend des pourboires n’a pas de mot de passe.',
  'price-and-tips': 'Un lien vendu ne prend pas de pourboires : avec 21sat+ pour prix, les acheteurs peuvent payer plus.',
};

function asked(facts: FailureFacts): string {
  const [currency, sats] = [facts['currency'] as Currency, `${String(facts['sats'])} sat`];
  const price = currency === 'SAT' ? sats : `${formatPrice({ amount: Number(facts['price']), currency }, 'fr')}, ${sats} en ce moment`;
  const left = typeof facts['salesLeft'] === 'number' ? ` (il en reste ${facts['salesLeft']})` : '';
  return `${price}${facts['isFloor'] ? ' ou plus' : ''}${left}`;
}

function least(facts: FailureFacts): string {
  return formatPrice({ amount: Number(facts['price']), currency: facts['currency'] as Currency }, 'fr');
}

const refusals: Readonly<Record<string, (facts: FailureFacts) => string>> = {
  'bad-amount': (facts) => `Il coûte ${least(facts)}${facts['isFloor'] ? ' au moins' : ', ni plus ni moins'}. Rien n’a été payé.`,
  'no-jar': () => 'Qui a fait ce lien ne prend pas de pourboires. Rien n’a été payé.',
  ended: () => 'Ce lien n’est plus en vente. Rien n’a été payé.',
  'sold-out': () => 'Ce lien est épuisé. Rien n’a été payé.',
  'under-notice': (facts) =>
    `La vente est suspendue après une notification${facts['case'] === undefined ? '' : ` (dossier ${String(facts['case'])})`}. Rien n’a été payé.`,
  'order-left': () =>
    'La facture est payée, mais la formule n’est plus en vente, ou coûte plus cher. L’argent est dans le solde du compte : --pay balance le dépense.',
  'no-offer': () => 'Plus personne ne vend ce lien ici. Rien n’a été payé.',
  'no-rate': () => 'Il n’y a pas de cours récent en ce moment. Rien n’a été payé ; réessayez plus tard.',
  busy: () => 'Le serveur ne peut pas prendre de paiement à l’instant. Rien n’a été payé ; réessayez dans une minute.',
  'too-little': (facts) => `Il manque ${String(facts['missing'])} sat à ces pièces. Rien n’a été payé : le jeton reste bon.`,
  'other-mint': () => 'Ces pièces ne sont pas du guichet que prend ce serveur. Rien n’a été payé : le jeton reste bon.',
  'too-many-coins': () => 'Le jeton a trop de pièces. Rien n’a été payé : prenez-le d’abord dans un portefeuille (reprise wallet receive).',
  '11001': () => 'Ces pièces ont déjà été dépensées.',
  'no-sandbox': () => 'Il n’y a pas de bac à sable ici : ces pièces seraient vraies. Payez avec --pay lightning.',
  'other-buyer-key': () => 'Ces pièces ont acheté ce lien pour quelqu’un d’autre.',
};

/** À qui s’adresser quand le lien a fini avant qu’on ait ce qu’on a payé. */
const unsaved =
  '\nSi vous ne l’aviez pas encore enregistré, signalez le lien sur la page /fr/signaler du serveur : l’opérateur peut alors retenir ce qu’il a rapporté, et vous rendre le prix.';
