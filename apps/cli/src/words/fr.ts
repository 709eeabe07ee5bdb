// The program in French.
import type { FailureFacts } from '@reprise/kit';
import type { Failure } from '@reprise/protocol/formats';
import { formatBytes, formatDate } from '../amounts.ts';
import type { Words } from '../words.ts';
import { frDrive, frDriveFailure, frDriveUsage } from './fr-drive.ts';
import { frAudit } from './fr-audit.ts';
import { frPay, frPayFailure, frPayUsage } from './fr-pay.ts';
import { frWallet, frWalletFailure, frWalletUsage } from './fr-wallet.ts';

export const fr: Words = {
  ...frDrive,
  ...frPay,
  ...frAudit,
  ...frWallet,
  error: 'reprise :',
  sending: 'envoi',
  receiving: 'réception',
  checking: 'vérification de ce qui est déjà là',
  filesWord: 'fichiers',
  linkEarly: (url) => `Le lien fonctionne déjà, pendant l’envoi :\n  ${url}`,
  resuming: (bytes, files) => `Reprise : ${bytes} dans ${files} fichiers étaient déjà envoyés. Ils sont revérifiés, pas renvoyés.`,
  beganAnew: 'Le lien de l’essai précédent n’existe plus ; tout est envoyé à nouveau.',
  waitingNetwork: 'pas de réseau, nouvel essai',
  protectedByEnvironment: 'Le mot de passe du lien vient de REPRISE_PASSWORD.',
  askNewPassword: 'Mot de passe du lien : ',
  askPassword: 'Mot de passe : ',
  leftOutTitle: (count) => (count === 1 ? 'Laissé de côté :' : `Laissés de côté, au nombre de ${count} :`),
  renamedTitle: 'Renommés :',
  sent: (size, files, time) => `${size} envoyés, ${files} ${files > 1 ? 'fichiers' : 'fichier'}, ${time}.`,
  received: (size, files, where) => `${size} enregistrés, ${files} ${files > 1 ? 'fichiers' : 'fichier'} : ${where}`,
  ownerKey: (url) => `Pour gérer ou supprimer plus tard (à garder pour vous) :\n  ${url}`,
  expires: (date) => `Le lien prend fin le ${date}.`,
  stopped: 'Arrêté.',
  stoppedPut: (command) => `Arrêté. Ce qui est envoyé est gardé 7 jours. Pour reprendre :\n  ${command}`,
  stoppedGet: (command) => `Arrêté. Ce qui est enregistré est gardé. Pour reprendre :\n  ${command}`,
  removedAll: (title) => `Supprimé : « ${title} ». Ses liens ont pris fin et ses octets sont libérés.`,
  removedLink: (others) =>
    `Ce lien a pris fin. ${others} ${others > 1 ? 'autres liens mènent' : 'autre lien mène'} aux mêmes fichiers et ${others > 1 ? 'restent' : 'reste'} ; la clé du propriétaire supprime tout.`,
  notMine:
    'Cette machine n’a pas créé ce lien et ne peut donc pas le supprimer. Donnez la clé du propriétaire, affichée par « reprise put ».',
  kept: 'gardé',
  alreadyThere: (count) => (count === 1 ? '1 fichier était déjà là, identique.' : `${count} fichiers étaient déjà là, identiques.`),
  partResumed: (name, size) => `Reprise de ${name} : ses premiers ${size} sont là et ont été vérifiés.`,
  linksHead: ['libellé', 'téléchargements', 'fin', 'taille', 'lien'],
  never: 'jamais',
  unlimited: 'sans limite',
  growing: 'envoi non terminé',
  removedByNotice: 'retiré après un signalement',
  folderIsNew: 'nouveau dossier',
  seeHelp: (command) => `Voir : reprise ${command} --help`.replace('  ', ' '),
  failure,
};

const usage: Readonly<Record<string, (value: string) => string>> = {
  ...frDriveUsage,
  ...frPayUsage,
  ...frWalletUsage,
  option: (value) => (value ? `L’option ${value} n’existe pas, ou il lui manque sa valeur.` : 'Une option est mal écrite.'),
  count: (value) => `${value} : il faut un nombre entier à partir de 1.`,
  server: (value) => `${value} n’est pas l’adresse d’un serveur, comme https://fichiers.exemple.`,
  expires: (value) => `${value} n’est pas une fin : écrivez 7d, 12h, 2026-12-31 ou never.`,
  'expires-past': (value) => `${value} est dans le passé.`,
  'no-paths': () => 'Indiquez les fichiers ou dossiers à envoyer.',
  'no-link': () => 'Donnez un lien.',
  'no-origin': () => 'Un fragment seul ne dit pas quel serveur : ajoutez --server.',
  'one-link': () => 'Donnez un seul lien.',
  command: (value) => `La commande ${value} n’existe pas.`,
  'stdout-one': () => 'Seul un lien vers un fichier unique peut aller sur la sortie standard.',
  rate: (value) => `${value} n’est pas un débit : écrivez 500k, 2M ou un nombre d’octets par seconde, 1000 au moins.`,
  shell: (value) => `${value || 'Rien'} n’est pas un shell connu : bash, zsh ou fish.`,
};

const badLinks: Readonly<Record<string, string>> = {
  'too-short': 'il est trop court, la fin manque',
  'too-long': 'il est trop long, quelque chose le suit',
  'bad-character': 'un caractère ne peut pas être juste',
  flags: 'un caractère du début ne peut pas être juste',
  version: 'il vient d’une version plus récente',
  'not-a-link': 'ce n’est pas un lien Reprise',
};

function failure(given: Failure, facts: FailureFacts): string {
  const path = String(facts['path'] ?? '');
  const reason = String(facts['reason'] ?? '');
  const ofDrive = frPayFailure(given.code, facts) ?? frDriveFailure(given.code, facts);
  if (ofDrive !== undefined) return ofDrive;
  switch (given.code) {
    case 'usage':
      return usage[reason]?.(String(facts['value'] ?? '')) ?? 'La ligne de commande ne convient pas.';
    case 'bad-link':
      return `Ce lien n’est pas entier : ${badLinks[reason] ?? reason}. Copiez-le à nouveau là où vous l’avez reçu.`;
    case 'link-unavailable':
      if (reason === 'expired') return 'Ce lien a expiré. Demandez-en un nouveau à l’expéditeur.';
      if (reason === 'revoked') return 'L’expéditeur a mis fin à ce lien.';
      if (reason === 'used-up') return 'Ce lien a eu tous les téléchargements prévus.';
      return 'Ce lien n’existe pas. Il a peut-être expiré ou pris fin, ou un de ses caractères est faux.';
    case 'link-removed':
      return `Ce lien a été retiré après un signalement (référence ${String(facts['reference'])}).`;
    case 'link-growing':
      return 'L’envoi est encore en cours. Réessayez un peu plus tard.';
    case 'link-forged':
    case 'reject':
    case 'bad-object':
      return 'Ce que le serveur a donné n’est pas ce que l’expéditeur a scellé. C’est refusé ; rien n’en a été enregistré.';
    case 'link-version':
      return 'Ce lien vient d’une version plus récente de Reprise. Mettez le programme à jour.';
    case 'password-required':
      return 'Ce lien a un mot de passe. Ajoutez --password, ou définissez REPRISE_PASSWORD.';
    case 'password-wrong':
      return `Le mot de passe est faux.${typeof facts['triesLeft'] === 'number' ? ` Essais restants avant une attente : ${facts['triesLeft']}.` : ''}`;
    case 'too-many-tries':
      return `Trop de mots de passe faux. Attendez ${Math.ceil(Number(facts['retryAfterMs'] ?? 60_000) / 1000)} s, puis réessayez.`;
    case 'not-found':
      return 'Le serveur n’en sait rien. C’est peut-être déjà supprimé.';
    case 'anonymous-closed':
      return 'Ce serveur ne prend pas d’envois sans compte en ce moment.';
    case 'over-quota':
      return `Le serveur ne prend pas autant : ${formatBytes(Number(facts['missingBytes'] ?? 0), 'fr')} de trop. Ce qui est envoyé est gardé ; envoyez moins, ou en plusieurs fois.`;
    case 'disk-full':
      return 'Le disque du serveur est plein. Ce qui est envoyé est gardé ; relancez la même commande plus tard.';
    case 'chunk-corrupt':
      return 'La copie du serveur est abîmée. Rien de faux n’a été enregistré ; demandez un nouvel envoi.';
    case 'object-missing':
      return 'Le serveur n’a plus ce fichier en entier. Demandez un nouvel envoi.';
    case 'network':
    case 'stalled':
      return `Le serveur est injoignable${reason ? ` (${reason})` : ''}. Ce qui est fait est gardé ; vérifiez l’adresse et le réseau, puis relancez la même commande.`;
    case 'unavailable':
    case 'server-error':
    case 'request-timeout':
      return `Le serveur a un problème${facts['reference'] ? ` (référence ${String(facts['reference'])})` : ''}. Ce qui est fait est gardé ; relancez la même commande plus tard.`;
    case 'rate-limited':
      return 'Le serveur demande d’aller moins vite. Ce qui est fait est gardé ; relancez la même commande dans une minute.';
    case 'bad-answer':
      return 'Ce qui répond n’est pas un serveur Reprise, ou ses réponses sont changées en chemin. Vérifiez l’adresse.';
    case 'source-vanished':
      return `${path} a disparu ou ne peut pas être lu${reason && reason !== 'unreadable' ? ` (${reason})` : ''}.`;
    case 'source-changed':
      return `${path} a changé pendant la lecture.`;
    case 'bad-name':
      return `${path} : ce nom ne peut pas être envoyé (${reason}).`;
    case 'limit-exceeded':
      return `${path ? `${path} : ` : ''}plus que le format ne permet (${String(facts['limit'] ?? '')}).`;
    case 'nothing-to-send':
      return 'Il n’y a rien à envoyer.';
    case 'target-exists':
      return `${path} existe déjà. Rien n’a été changé ; choisissez un autre endroit avec -o, ou remplacez avec --force.`;
    case 'target-refused':
      if (reason === 'root-missing')
        return 'Ce dossier n’est pas celui qui était synchronisé : sa marque manque, comme quand un disque n’est pas monté. Rien n’a été pris pour supprimé. Pour recommencer à neuf : reprise sync remove, puis synchronisez-le de nouveau.';
      return `${path} ne peut pas être écrit (${reason}).`;
    case 'target-full':
      if (reason === 'incomplete')
        return `Le disque est plein. ${path}, incomplet, a été retiré ; les fichiers complets restent. Faites de la place et relancez la même commande.`;
      return `Le disque de ${path} est plein. Ce qui y était reste, et rien n’a été pris pour supprimé. Faites de la place et relancez la même commande.`;
    case 'file-not-found':
      return `Le lien ne contient pas ${path || 'ce fichier'}.`;
    case 'bad-journal':
      if (reason === 'newer') return `${path} a été écrit par une version plus récente de ce programme. Utilisez celle-ci.`;
      return 'Le journal de l’essai précédent est illisible. Relancez avec --no-resume pour tout recommencer.';
    case 'clock-skew':
      return `L’horloge de cette machine est fausse : pour le serveur, il est ${formatDate(Number(facts['serverTime'] ?? 0))}. Réglez-la et réessayez.`;
    case 'wallet-refused':
      return frWalletFailure(facts);
    case 'cancelled':
      return 'Arrêté.';
    default:
      return `Cela n’a pas marché (${given.code}${reason ? `, ${reason}` : ''}).`;
  }
}
