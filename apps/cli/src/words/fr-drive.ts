// L’espace en français.
import type { FailureFacts } from '@reprise/kit';
import type { FailureCode } from '@reprise/protocol/formats';
import { formatDate } from '../amounts.ts';
import type { DriveWords } from './drive-words.ts';
import { type ListNames, unreadLists } from './unread-lists.ts';

const lists: ListNames = { links: 'liens', offers: 'ventes', names: 'noms des appareils', parcels: 'envois gardés' };

const files = (count: number) => `${count} ${count > 1 ? 'fichiers' : 'fichier'}`;

function elsewhere(folder: string, lock: string): string {
  return `${folder} est synchronisé par une autre machine ou un autre conteneur, qu’on ne peut pas interroger d’ici. S’il n’existe plus, supprimez ${lock}`;
}

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
  secureNow:
    'Tous les autres appareils seront déconnectés ; le mot de passe, le kit et les clés d’accès d’avant ne vaudront plus rien. Avez-vous sous la main le nouveau mot de passe et le nouveau kit ? [o/N] ',
  secured:
    'Le compte a de nouvelles clés. Le nouveau kit l’ouvre ; le mot de passe, le kit, les clés d’accès et les appareils d’avant ne l’ouvrent plus. Connectez-vous de nouveau ailleurs.',
  askPasswordToEnd: 'Mot de passe, ou les 24 mots du kit de secours, pour supprimer le compte : ',
  accountEnds: (date) =>
    `Les liens ne mènent plus nulle part ; tout le reste disparaît le ${date}. D’ici là, connectez-vous et lancez reprise account keep pour le garder. Les clés ne sont plus sur cette machine.`,
  accountKept: 'Le compte reste. Ses liens ne mènent plus nulle part pour autant.',
  signedIn: (name, server) => `Connecté comme ${name} sur ${server}. Cette machine est désormais un appareil du compte.`,
  signedOut: 'Déconnecté. Les clés ne sont plus sur cette machine.',
  pairHow: (code) =>
    `Sur une machine qui y est déjà : reprise devices add ${code}\nOu dans l’application web, page Appareils : tapez ou scannez le code. Il vaut dix minutes.`,
  wantsIn: (label) => `${label} demande à entrer.`,
  askSameWords: 'Ces quatre mots sont-ils aussi sur l’autre appareil ? [o/N] ',
  admitted: (label) => `${label} peut entrer. Il finit de lui-même une fois les mots confirmés là-bas aussi.`,
  credentialOf: { read: 'application, lit', write: 'application, lit et écrit' },
  credentialMade: (scope, device) =>
    `Un accès pour un outil (${scope}), à tout l’espace. Il n’est montré que cette fois : mettez-le dans REPRISE_CREDENTIAL.\nPour y mettre fin : reprise devices --revoke ${device}`,
  credentialUnnamed: (why) => `L’accès fonctionne, mais son nom n’a pas été gardé : ${why}`,
  revoked: 'révoqué',
  thisDevice: 'cet appareil',
  syncSaid: ({ isFresh, state, holds }, time) => {
    if (!isFresh) return `dernières nouvelles ${time}`;
    const states = {
      ended: 'à l’arrêt depuis',
      working: 'au travail,',
      'in-step': 'à jour,',
      attention: 'à jour sauf ce qui vous attend,',
      paused: 'en pause,',
      stopped: 'arrêté par un problème,',
    };
    const held = [
      holds.removals > 0 ? `${holds.removals} ${holds.removals > 1 ? 'suppressions retenues' : 'suppression retenue'}` : '',
      holds.conflicts > 0 ? `${holds.conflicts} ${holds.conflicts > 1 ? 'copies de conflit' : 'copie de conflit'}` : '',
      holds.fullDisk > 0 ? 'le disque est plein' : '',
      holds.others > 0 ? `${holds.others} non ${holds.others > 1 ? 'synchronisés' : 'synchronisé'}` : '',
    ].filter(Boolean);
    return [`${states[state]} ${time}`, ...held].join(' · ');
  },
  neverUsed: 'jamais servie',
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
  unreadEntries: (counts) => {
    const [some, whole] = unreadLists(counts, lists);
    const shown =
      some.length === 0
        ? []
        : [
            `Les listes de cet espace contiennent ce que personne ne peut lire (${some.join(', ')}) : quelqu’un ou un programme l’y a écrit. Tout le reste est montré, et rien n’est perdu. Si vous n’en voulez pas, retirez-le avec \`reprise link --drop-unread\`.`,
          ];
    const blocked = whole.map(
      (list) => `La liste « ${list} » est entièrement illisible : rien n’en est montré, et rien ne peut y être ajouté.`,
    );
    return [...shown, ...blocked, 'Si cela vous surprend, voyez `reprise devices`.'].join(' ');
  },
  unreadDropped: (counts) => {
    const [some, whole] = unreadLists(counts, lists);
    const out = some.length === 0 ? 'Il n’y avait rien à retirer.' : `Retiré : ${some.join(', ')}. Rien d’autre n’a changé.`;
    return [out, ...whole.map((list) => `La liste « ${list} » est entièrement illisible et reste telle quelle.`)].join(' ');
  },
  linkNotLive: 'inactif',
  syncing: 'synchronisation',
  synced: (sent, received, removedHere, removedThere) => {
    const parts = [
      [sent, sent > 1 ? 'envoyés' : 'envoyé'],
      [received, received > 1 ? 'reçus' : 'reçu'],
      [removedHere, removedHere > 1 ? 'retirés d’ici' : 'retiré d’ici'],
      [removedThere, removedThere > 1 ? 'mis à la corbeille de l’espace' : 'mis à la corbeille de l’espace'],
    ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
    return parts.length === 0 ? 'Rien à faire : les deux côtés sont égaux.' : `Synchronisé : ${parts.join(', ')}.`;
  },
  syncConflict: (path) => `Modifié des deux côtés ; la version de cette machine est gardée sous ${path}`,
  syncConflictOf: (of, mine, isThere) => {
    if (!isThere) return `a perdu le nom ${of}, que plus rien ne porte`;
    return mine === 'copy'
      ? `la version de cette machine de ${of}`
      : `la version d’un autre appareil de ${of}, qui est celle de cette machine`;
  },
  syncConflictHint: 'Pour en régler un : reprise sync conflicts --keep mine, theirs ou both, et son chemin.',
  syncKept: (paths) => `Gardé : ${paths.join(', ')}`,
  syncWent: {
    trash: (path) => `${path} va dans la corbeille de l’espace à la prochaine synchronisation, et y reste 30 jours.`,
    versions: (path) => `L’ancien contenu de ${path} reste parmi ses versions : reprise versions.`,
    safety: (path, at) => `Le contenu de ${path} n’était nulle part ailleurs : il attend 30 jours sous ${at}`,
  },
  syncState: {
    syncing: 'synchronisation en cours',
    'in-sync': 'à jour',
    attention: 'à jour, sauf ce qui est cité',
    paused: 'en pause',
    offline: 'hors ligne : attend le réseau',
    stopped: 'arrêté par un problème ; nouvel essai bientôt',
    none: 'ne tourne pas : reprise sync start',
  },
  syncSelected: { here: 'ici    ', out: 'écarté ' },
  syncLeavesOut: (folder, files, unsent) => {
    const kept = unsent === 0 ? '' : ` ${unsent} d’entre eux ne sont pas ainsi dans l’espace : ceux-là attendent dans .reprise/safety.`;
    return `${folder} quitte cette machine à la prochaine synchronisation (${files} fichiers) et reste dans l’espace.${kept}`;
  },
  syncManyLeave: (folder, files) =>
    `${folder} contient ici ${files} fichiers, qui quitteraient tous cette machine. Rien n’a été changé. Si vous le voulez, ajoutez --allow.`,
  syncTakenBack: (folder, fromSafety) =>
    `${folder} revient à la prochaine synchronisation.${fromSafety === 0 ? '' : ` ${fromSafety} fichiers que seule cette machine avait reviennent de .reprise/safety.`}`,
  syncNotSelected: 'Son dossier est écarté sur cette machine : reprise sync select.',
  syncChecking: 'relecture',
  syncChecked: (files, bytes, damaged, passedOver) => {
    const skipped =
      passedOver === 0 ? '' : ` ${passedOver} ont changé depuis la dernière synchronisation, ou attendent, et n’ont pas été comparés.`;
    return `${files} fichiers relus (${bytes}) : ${damaged === 0 ? 'tous sont comme ils étaient.' : `${damaged} abîmés.`}${skipped}`;
  },
  syncDamaged: {
    drive: 'ce disque en a changé les octets sans que personne n’y écrive. L’espace a les bons : --repair va les chercher.',
    alone: 'ce disque en a changé les octets sans que personne n’y écrive, et l’espace n’a pas les bons. Cherchez dans une sauvegarde.',
  },
  syncRepairs: 'Le programme qui synchronise ce dossier va les chercher maintenant.',
  syncRepaired: (files) => `${files} recherchés. Ce que le disque en avait fait attend 30 jours dans .reprise/safety.`,
  syncWaits: 'Le serveur ne répond pas. Tout ce qui est ici est gardé, et cela reprend tout seul dès qu’il répond.',
  syncWaitsForRoom: (path) =>
    `Le disque de ${path} est plein. Ce qui y était reste, et rien n’a été pris pour supprimé. Faites de la place, et cela reprend tout seul.`,
  syncStopped: 'Arrêté.',
  syncElsewhere: elsewhere,
  syncResumed: 'Reprend.',
  syncRemoved: (folder) => `${folder} n’est plus synchronisé. Aucun fichier n’a été touché, ni ici ni dans l’espace.`,
  syncRemovedIn: { folder: 'retiré ici', drive: 'retiré dans l’espace' },
  syncSide: { here: 'ici', drive: 'dans l’espace', base: 'quand les deux étaient égaux' },
  syncUnseen: 'Un motif le laisse de côté, ou aucune synchronisation ne l’a encore vu.',
  syncInstalled: (file, next) => `Écrit : ${file}\nEnsuite : ${next}`,
  syncReason: {
    unreadable: 'ne peut être lu ou écrit : vérifiez ses droits',
    changing: 'est en cours d’écriture : il sera synchronisé ensuite',
    locked: 'un autre programme le tient : fermez-le dans celui-ci',
    'name-twin': 'un autre nom ici ne diffère que par l’encodage des accents : renommez l’un des deux',
    'name-clash': 'un autre nom ne diffère que par les majuscules, que ce disque ne distingue pas : renommez l’un des deux',
    'name-refused': 'ce disque n’accepte pas ce nom : renommez-le dans l’espace',
    'name-bytes': 'son nom n’est pas en UTF-8 : renommez-le',
    'link-outside': 'un lien symbolique qui mène hors du dossier : il n’est pas créé ici',
    'special-file': 'n’est ni un fichier, ni un dossier, ni un lien qui puisse être synchronisé',
    'disk-damaged': 'ce disque en a changé les octets sans que personne n’y écrive ; rien n’a été envoyé : reprise sync check --repair',
    'disk-full': 'le disque est plein : faites de la place',
    'quota-full': 'l’espace est plein : faites-y de la place',
    damaged: 'ce que l’espace contient ne s’ouvre pas : rien n’a été changé ici pour cela',
    held: 'beaucoup de choses seraient retirées d’un coup : voyez reprise sync held, puis autorisez ou rétablissez',
  },
};

export const frDriveUsage: Readonly<Record<string, (value: string) => string>> = {
  'drive-path': (value) => `${value || 'Ceci'} n’est pas un chemin de l’espace : il commence par une barre, comme /docs/a.txt.`,
  'no-drive-path': () => 'Indiquez un chemin de l’espace, qui commence par une barre, comme /docs/a.txt.',
  'no-more': (value) => `${value} est de trop pour cette commande.`,
  'account-act': () => 'Dites export, delete ou keep.',
  'no-words': () => 'Dites ce qu’il faut chercher.',
  'no-user': () => 'Dites qui vous êtes : --user avec un nom ou le code du compte, ou --kit avec le kit de secours.',
  'no-password': () => 'Définissez REPRISE_PASSWORD, tapez le mot de passe dans un terminal, ou utilisez --kit.',
  'no-code': () => 'Donnez le code que montre le nouvel appareil.',
  'pair-alone': () => '--pair se passe de --user et de --kit : la machine qui laisse entrer celle-ci apporte le compte.',
  moment: (value) => `${value} n’est pas un moment : écrivez 2h, 3d, 2026-11-21T14:00, ou un numéro que montre reprise rewind.`,
  device: (value) => `${value} ne désigne aucun appareil, ou plusieurs : écrivez plus de l’identifiant que montre reprise devices.`,
  'on-taken': (value) => `${value} : --on-taken accepte version, both ou skip.`,
  'credential-label': () => 'Dites à quoi sert l’accès : --label sauvegarde.',
  'credential-scope': () => 'Dites ce que l’accès permet : --read ou --write.',
  'credential-folder': (value) =>
    `${value} : un accès vaut pour tout l’espace ; il ne peut se limiter à un dossier, car qui ouvre l’espace en ouvre tout. Pour montrer un dossier : reprise link ${value}`,
  'credential-only-drive': () =>
    'REPRISE_CREDENTIAL est défini, et un accès d’application ouvre l’espace, rien d’autre du compte. Retirez-le pour cette commande.',
  'other-server': (value) =>
    `L’espace est sur ${value.split(' ')[1]}, pas sur ${value.split(' ')[0]}. Pour y envoyer derrière un lien, ajoutez --link.`,
  'sync-folder': (value) =>
    value === '' ? 'Indiquez un dossier de cette machine à synchroniser.' : `Un dossier à la fois : ${value} est de trop.`,
  'sync-none': () => 'Aucun dossier n’est encore synchronisé : reprise sync DOSSIER.',
  'sync-unknown': (value) => `${value} n’est dans aucun dossier synchronisé. reprise sync list les montre.`,
  'sync-held': () => 'Soit --allow, soit --restore.',
  'sync-select': () => 'Soit --add, soit --remove.',
  'sync-select-path': () => 'Indiquez le dossier : reprise sync select les montre.',
  'sync-select-none': (value) =>
    `L’espace n’a pas encore de dossier ${value}, d’après la dernière synchronisation. reprise sync select montre ceux qu’il a.`,
  'sync-select-above': (value) => `Il est dans ${value}, qui est écarté en entier. Ajoutez celui-là.`,
  'sync-keep': (value) => `--keep mine, theirs ou both${value === '' ? '' : `, et non ${value}`}.`,
  'sync-keep-path': () => 'Indiquez le fichier à régler : reprise sync conflicts les montre.',
  'sync-conflict-none': (value) => `${value} n’est pas un conflit qui reste. reprise sync conflicts les montre.`,
  'sync-conflict-many': (value) => `${value} a perdu plus d’une version. Indiquez laquelle : reprise sync conflicts les montre.`,
  'sync-conflict-alone': (value) =>
    `Il n’y a pas de fichier ${value} : rien entre quoi choisir. Avec --keep both, l’autre reçoit un nom ordinaire.`,
  'sync-conflict-changed': (value) => `${value} n’est plus là. Rien n’a été changé.`,
  'sync-install': (value) => `Il n’y a pas d’unité pour ${value}. Faites lancer par son planificateur : reprise sync start.`,
  'sync-nested': (value) => `${value} est déjà synchronisé, et l’un est dans l’autre. Synchronisez des dossiers séparés.`,
  'sync-shared': (value) =>
    `${value.split('\n')[0]} de l’espace est déjà synchronisé avec ${value.split('\n')[1]}. Choisissez une partie de l’espace qu’aucun autre dossier n’a.`,
  'sync-elsewhere': (value) => {
    const [folder = '', lock = ''] = value.split('\n');
    return elsewhere(folder, lock);
  },
  'sync-running': (value) => `${value} est en cours de synchronisation par un autre programme.`,
  'sync-other': (value) =>
    `Ce dossier est synchronisé avec ${value} de l’espace. Pour en choisir un autre, retirez-le d’abord : reprise sync remove.`,
  'sync-other-drive': (value) =>
    `${value} est synchronisé avec l’espace d’un autre compte. Connectez-vous à celui-ci, ou retirez-le : reprise sync remove.`,
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
    case 'proof-too-new':
      return `C’est juste, mais créé ou changé il y a moins de sept jours. Pour que personne ne supprime le compte avec un appareil trouvé, cela compte à partir du ${formatDate(Number(facts['countsAt']))} ; un kit ou un mot de passe plus ancien compte dès maintenant.`;
    case 'passkey-needed':
      if (facts['instead'] === 'kit')
        return 'Ce compte demande une clé d’accès en plus du mot de passe, ce qu’une ligne de commande ne peut pas lire. Donnez plutôt les 24 mots du kit de secours.';
      return 'Ce compte demande une clé d’accès en plus du mot de passe, et une ligne de commande n’en lit pas. Faites entrer cette machine par un appareil du compte (reprise login --pair), ou donnez le kit de secours avec --kit, sans mot de passe.';
    case 'bad-code':
      return 'Ce mot de passe demande le code du compte : donnez-le avec --user, ou le kit de secours avec --kit.';
    case 'bad-credential':
      if (facts['reason'] === 'epoch')
        return 'Cet accès date d’avant la sécurisation du compte. Faites-en un nouveau : reprise devices app add.';
      return 'REPRISE_CREDENTIAL ne contient pas un accès entier. Copiez-le en entier, depuis rp1_app_.';
    case 'bad-kit':
      return 'Ce ne sont pas les 24 mots d’un kit de secours.';
    case 'name-taken':
      return 'Ce nom est pris. Choisissez-en un autre.';
    case 'device-revoked':
      return 'Cet appareil a été révoqué. Utilisez reprise logout, puis reprise login.';
    case 'pairing-refused':
      return (
        pairingFailures[String(facts['reason'])] ??
        'La rencontre des deux appareils a échoué. Personne n’est entré ; montrez un nouveau code.'
      );
    case 'role-refused':
      return 'Cet appareil, ou cet accès d’application, n’en a pas le droit.';
    default:
      return undefined;
  }
}

const pairingFailures: Readonly<Record<string, string>> = {
  'no code': 'Ce n’est pas le code d’un appareil : il a huit lettres et chiffres, comme ABCD-2345.',
  'no invitation': 'Ce n’est pas le code d’un appareil : il a huit lettres et chiffres, comme ABCD-2345.',
  'no such code':
    'Aucun appareil ne montre ce code sur ce serveur, ou ses dix minutes sont passées. Montrez-en un nouveau, et tapez-le tel quel.',
  'nobody came': 'Personne n’a utilisé le code en dix minutes. Rien n’a changé ; relancez la commande pour un nouveau code.',
  'not let in': 'L’autre appareil n’a pas laissé entrer celui-ci. Rien n’a changé.',
  'other words':
    'Les mots diffèrent : quelqu’un se tient peut-être entre les deux appareils. Personne n’est entré ; montrez un nouveau code et réessayez.',
  'somebody was quicker': 'Un autre appareil a répondu à ce code. Personne n’est entré ; montrez-en un nouveau.',
};
