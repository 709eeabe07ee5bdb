// L’espace en français.
import type { FailureFacts } from '@reprise/kit';
import type { FailureCode } from '@reprise/protocol/formats';
import type { DriveWords } from './drive-words.ts';

const files = (count: number) => `${count} ${count > 1 ? 'fichiers' : 'fichier'}`;

export const frDrive: DriveWords = {
  askNewAccountPassword: 'Mot de passe du compte (Entrée : sept mots sont tirés pour vous) : ',
  askAccountPassword: 'Mot de passe du compte : ',
  signedUp: (name) => `Le compte ${name} est ouvert. Cette machine est son premier appareil.`,
  phraseIs: 'Ces sept mots sont le mot de passe. Gardez-les : personne ne peut les remplacer.',
  kitIs:
    'Le kit de secours. Imprimez-le ou recopiez-le : il ouvre le compte quand tous les appareils sont perdus, et personne d’autre ne peut en faire un.',
  kitWritten: (file) =>
    `Le kit de secours est dans ${file}. Mettez-le en lieu sûr : il ouvre le compte quand tous les appareils sont perdus.`,
  kitFailed: (why, server) =>
    `Le compte est ouvert, mais son kit de secours n’est pas fait : ${why} Pour en faire un plus tard, connectez-vous à ${server} dans un navigateur.`,
  signedIn: (name, server) => `Connecté comme ${name} sur ${server}. Cette machine est désormais un appareil du compte.`,
  signedOut: 'Déconnecté. Les clés ne sont plus sur cette machine.',
  revoked: 'révoqué',
  thisDevice: 'cet appareil',
  treeSum: (count, folders, size) => `${files(count)} dans ${folders} ${folders > 1 ? 'dossiers' : 'dossier'}, ${size}.`,
  usage: (stored, max, history, pending) =>
    `Le compte contient ${stored} sur ${max} : dont ${history} d’historique et ${pending} pas encore dans l’espace.`,
  putInto: (size, count, folder, time) => `${size} en ${files(count)} dans ${folder}, ${time}.`,
  newVersions: (count) => (count > 1 ? `${count} fichiers sont de nouvelles versions.` : '1 fichier est une nouvelle version.'),
  skipped: (count) => (count > 1 ? `${count} fichiers étaient déjà là et n’ont pas changé.` : '1 fichier était déjà là et n’a pas changé.'),
  trashed: (count) => `${count > 1 ? 'Ils sont' : 'C’est'} dans la corbeille pour 30 jours : reprise trash`,
  trashEmptied: (count) =>
    count > 1 ? `${count} éléments de la corbeille ont disparu pour de bon.` : '1 élément de la corbeille a disparu pour de bon.',
  restored: (path) => `${path} est de retour.`,
  current: 'actuel',
  rewindMarks: { returning: '+', leaving: '-', older: '<', moved: '>' },
  rewindSum: (date, { returning, leaving, older, moved }) =>
    `Retour au ${date} : ${returning} reviennent, ${leaving} disparaissent, ${older} retrouvent un ancien contenu, ${moved} se déplacent.`,
  rewindAsk: (moment) => `Rien n’a changé. Pour le faire : reprise rewind ${moment} --apply`,
  rewound: 'Fait. Ce retour peut lui-même être annulé.',
  adopted: 'Cette machine suit désormais l’histoire du serveur. Ce qu’elle était seule à connaître n’est plus dans l’espace.',
  linkEnded: (title) => `Le lien vers « ${title} » a pris fin.`,
  linkNotLive: 'inactif',
};

export const frDriveUsage: Readonly<Record<string, (value: string) => string>> = {
  'drive-path': (value) => `${value || 'Ceci'} n’est pas un chemin de l’espace : il commence par une barre, comme /docs/a.txt.`,
  'no-drive-path': () => 'Indiquez un chemin de l’espace, qui commence par une barre, comme /docs/a.txt.',
  'no-more': (value) => `${value} est de trop pour cette commande.`,
  'no-words': () => 'Dites ce qu’il faut chercher.',
  'no-user': () => 'Dites qui vous êtes : --user avec un nom ou le code du compte, ou --kit avec le kit de secours.',
  'no-password': () => 'Définissez REPRISE_PASSWORD, tapez le mot de passe dans un terminal, ou utilisez --kit.',
  moment: (value) => `${value} n’est pas un moment : écrivez 2h, 3d, 2026-11-21T14:00, ou un numéro que montre reprise rewind.`,
  device: (value) => `${value} ne désigne aucun appareil, ou plusieurs : écrivez plus de l’identifiant que montre reprise devices.`,
  'on-taken': (value) => `${value} : --on-taken accepte version, both ou skip.`,
  'link-option': (value) => `${value} concerne les liens et n’a pas d’effet dans l’espace. Pour envoyer derrière un lien, ajoutez --link.`,
};

/** @returns undefined pour les codes sans rapport avec un compte ou son espace */
export function frDriveFailure(code: FailureCode, facts: FailureFacts): string | undefined {
  const path = String(facts['path'] ?? '');
  switch (code) {
    case 'path-not-found':
      if (typeof facts['moment'] === 'string')
        return `Le ${facts['moment']}, cet espace ne contenait encore rien. reprise rewind énumère ses moments.`;
      return `Il n’y a pas de ${path || 'tel chemin'} dans l’espace.`;
    case 'path-taken':
      return `${path} existe déjà. Rien n’a changé ; choisissez un autre nom, ou ajoutez --both.`;
    case 'not-a-folder':
      return `${path} n’est pas un dossier.`;
    case 'not-a-file':
      return `${path} n’est pas un fichier.`;
    case 'into-itself':
      return `${path} ne peut pas aller dans lui-même.`;
    case 'drive-frozen':
      return `Le serveur montre une autre histoire que celle que cette machine a vue (${facts['reason'] === 'fork' ? 'elle continue autrement' : 'elle est plus ancienne'}). Rien n’est écrit tant que ce n’est pas réglé ; ce qui est ici reste. Demandez à l’opérateur si une sauvegarde a été rétablie : si oui, reprise rewind --adopt repart de là.`;
    case 'not-enrolled':
      return 'Cette machine n’appartient à aucun compte. Utilisez reprise login ou reprise signup.';
    case 'already-exists':
      if (facts['reason'] !== 'this device has an account') return undefined;
      return 'Cette machine appartient déjà à un compte. Utilisez d’abord reprise logout.';
    case 'login-refused':
      return 'Le nom ou le mot de passe est faux.';
    case 'bad-code':
      return 'Ce mot de passe demande le code du compte : donnez-le avec --user, ou le kit de secours avec --kit.';
    case 'bad-kit':
      return 'Ce ne sont pas les 24 mots d’un kit de secours.';
    case 'name-taken':
      return 'Ce nom est pris. Choisissez-en un autre.';
    case 'device-revoked':
      return 'Cet appareil a été révoqué. Utilisez reprise logout, puis reprise login.';
    case 'role-refused':
      return 'Cet appareil n’en a pas le droit.';
    default:
      return undefined;
  }
}
