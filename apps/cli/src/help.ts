// `--help`: what each command does, by examples first.
import { englishDrive, frenchDrive } from './help-drive.ts';
import { englishPay, frenchPay } from './help-pay.ts';
import type { Language } from './language.ts';

/** @param command '' for the whole program @returns undefined if there is no such command */
export function helpText(command: string, language: Language): string | undefined {
  const texts = language === 'fr' ? french : english;
  return Object.hasOwn(texts, command) ? texts[command]?.trim() : undefined;
}

const english: Readonly<Record<string, string>> = {
  ...englishDrive,
  ...englishPay,
  '': `
reprise – a drive, and links to files, encrypted before they leave this machine.

  reprise put film.mp4                 sends a file and prints its link
  reprise put photos/ notes.txt        sends a folder and a file behind one link
  reprise get LINK                     saves what a link holds, here
  reprise ls LINK                      shows what a link holds
  reprise rm LINK                      deletes what this machine has put
  reprise links OWNER-KEY              shows links and their download counts

With an account, paths that begin with a slash are those of its drive:

  reprise signup · login · logout      opens an account; makes this machine its device, or no more
  reprise whoami · devices             the account, its devices, and credentials for tools
  reprise secure · account             new keys, after a theft; takes the account along, or deletes it
  reprise put photos/ /2026            sends into a folder of the drive
  reprise ls · tree · find · du        what is there: reprise ls /2026
  reprise get · cat                    saves or prints: reprise get /2026/photos
  reprise mkdir · mv · cp · rm         changes; what is removed stays in the trash for 30 days
  reprise trash · restore              what was removed, and back again
  reprise versions · rewind            earlier contents of a file; the whole drive as it was
  reprise link /2026/photos            a link to something in the drive
  reprise sync FOLDER                  keeps a folder of this machine and one of the drive equal

  reprise wallet                       coins: receive, send, invoice, pay, restore
  reprise put film.mp4 --price 21sat   sells a link: who has it sees the price, and a purchase opens it
  reprise price · earnings             what a link is sold for; what sales have earned
  reprise audit [SERVER]               whether a server counts what it owes you
  reprise plan                         what the account may keep, and until when; buys more
  reprise tip LINK 21sat               thanks whoever made a link that takes tips
  reprise cases                        what rights holders say about your links, and your answers

  reprise completion bash|zsh|fish     makes the shell complete commands
  reprise help put · put --help        how a command is used; each has its own
  reprise --version                    which program this is

Where things go: --server URL, else REPRISE_SERVER, else http://localhost:8080.
A tool without a person: REPRISE_CREDENTIAL opens a drive, with or without an account on this machine.
Interrupted? Run the same command again: it goes on where it stopped.

Exit codes: 0 done · 1 failed · 2 wrong command line · 3 done, but something was left out
  4 link or path unknown, ended or not finished · 5 password or account missing or wrong
  6 refused: not what the sender sealed · 7 network or server · 8 local disk
  9 it costs something, and was not paid · 130 interrupted
`,
  put: `
reprise put PATH… [/FOLDER] – sends files and folders, prints the link last; into a folder of the drive where one is named.

  reprise put film.mp4
  reprise put photos/ --expires 7d --downloads 10
  reprise put report.pdf --password            asks for the password
  link=$(reprise put build.tar --quiet)        only the link, on standard output
  reprise put big.iso --json | tail -n 1       {"link":…,"ownerKey":…,"bytes":…}

  -s, --server URL       where to; else REPRISE_SERVER, else http://localhost:8080
  -p, --password [TEXT]  who opens the link needs it; alone, it asks or takes REPRISE_PASSWORD
                         (a password on the command line may be seen by other users of this machine)
  -e, --expires WHEN     30m, 12h, 7d, 2w, 2026-12-31, never
  -d, --downloads N      the link ends after N downloads
      --label TEXT       your own note, only for you
  -n, --name TEXT        the title that visitors read
      --ignore PATTERN   leave out; may be repeated: --ignore '*.tmp' --ignore node_modules
      --follow           send what symbolic links lead to, instead of the links
      --no-resume        begin anew, even if an earlier run was interrupted
      --price PRICE      21sat, 2.50eur, 3usd: into the drive of the account, behind a link that is sold;
                         21sat+ lets buyers pay more
      --sales N          sold N times at most
      --link             behind a link, even where the last path could be one of the drive
      --on-taken WHAT    into the drive, where a name is taken: version (as is), both or skip
      --limit-rate RATE  bytes a second at most: 500k, 2M
      --json             one JSON object as the last line: link, ownerKey, bytes, files, leftOut
  -q, --quiet            no progress, no remarks

Interrupted, by Ctrl+C or a lost network? The same command goes on; what was sent is not sent again.
The owner key that is printed deletes and manages the link: keep it, and show it to nobody.
`,
  get: `
reprise get LINK – saves what a link holds.

  reprise get 'https://files.example/s#1.…'
  reprise get LINK -o ~/Downloads/       into that folder
  reprise get LINK -o film.mp4           under that name
  reprise get LINK -o - | tar x          one file, to standard output
  reprise get LINK --pay lightning       buys a link that is sold: shows an invoice, waits, saves
  reprise get LINK --pay wallet --max-price 30sat

  -o, --output PATH      where to; an existing folder receives it, another path is its new name
  -p, --password [TEXT]  alone, it asks or takes REPRISE_PASSWORD
  -f, --force            overwrite what is there
  -s, --server URL       another server than the link names
      --limit-rate RATE  bytes a second at most: 500k, 2M
      --pay HOW          lightning (an invoice for any wallet), wallet, balance, sandbox, or - for a token of coins on
                         standard input; cashuB… as an argument is seen by other programs
      --max-price PRICE  pay no more than that: 30sat; 2.50eur at the rate that the server names
      --amount PRICE     pay that much, where the seller takes more than the price
      --refund           what was paid and bought nothing comes back as coins of the wallet; needs no account.
                         With --pay balance, as balance of the account
      --json             one JSON object as the last line: path, bytes, files, leftOut;
                         with --pay lightning, a line before it: invoice, sats, expiresAt
  -q, --quiet            no progress, no remarks

Put the link in quotes: it holds a # sign. Every byte is checked before it is saved; a file has its
name only when it is complete. Interrupted? The same command goes on. What was bought on this machine
stays bought: a link is paid once. Without --pay, a link that is sold shows its price, with exit code 9.
`,
  ls: `
reprise ls LINK – shows what a link holds, without saving it.

  reprise ls 'https://files.example/s#1.…'
  reprise ls LINK --json | jq '.files[].path'

  -p, --password [TEXT]  alone, it asks or takes REPRISE_PASSWORD
  -s, --server URL       another server than the link names
      --json             one JSON object: title, expiresAt, downloadsLeft, files
  -q, --quiet            names only
`,
  rm: `
reprise rm LINK-OR-OWNER-KEY… – ends links and frees their bytes, at once and for good.

  reprise rm 'https://files.example/s#1.…'     a link that this machine made
  reprise rm 'https://files.example/m#1.…'     an owner key, from any machine

A link that shares its files with other links only ends itself; an owner key deletes everything.

  -s, --server URL       another server than the address names
      --json             one JSON object as the last line: removed
  -q, --quiet            no remarks
`,
  links: `
reprise links OWNER-KEY – shows every link of an upload, with downloads, end and size.

  reprise links 'https://files.example/m#1.…'
  reprise links OWNER-KEY --json

  -s, --server URL       another server than the address names
      --json             one JSON object: storedBytes, links
`,
  completion: `
reprise completion bash|zsh|fish – prints a script that makes the shell complete commands and options.

  source <(reprise completion bash)
  source <(reprise completion zsh)
  reprise completion fish | source
`,
};

const french: Readonly<Record<string, string>> = {
  ...frenchDrive,
  ...frenchPay,
  '': `
reprise – un espace et des liens vers des fichiers, chiffrés avant de quitter cette machine.

  reprise put film.mp4                 envoie un fichier et affiche son lien
  reprise put photos/ notes.txt        envoie un dossier et un fichier derrière un seul lien
  reprise get LIEN                     enregistre ici ce que contient un lien
  reprise ls LIEN                      montre ce que contient un lien
  reprise rm LIEN                      supprime ce que cette machine a envoyé
  reprise links CLÉ                    montre les liens et leurs téléchargements

Avec un compte, les chemins qui commencent par une barre sont ceux de son espace :

  reprise signup · login · logout      ouvre un compte ; en fait de cette machine un appareil, ou plus
  reprise whoami · devices             le compte, ses appareils et les accès d’outils
  reprise secure · account             de nouvelles clés, après un vol ; emporte le compte, ou le supprime
  reprise put photos/ /2026            envoie dans un dossier de l’espace
  reprise ls · tree · find · du        ce qui s’y trouve : reprise ls /2026
  reprise get · cat                    enregistre ou affiche : reprise get /2026/photos
  reprise mkdir · mv · cp · rm         change ; ce qui est supprimé reste 30 jours dans la corbeille
  reprise trash · restore              ce qui a été supprimé, et son retour
  reprise versions · rewind            les anciens contenus d’un fichier ; tout l’espace tel qu’il était
  reprise link /2026/photos            un lien vers ce qui est dans l’espace
  reprise sync DOSSIER                 tient égaux un dossier de cette machine et un de l’espace

  reprise wallet                       des pièces : receive, send, invoice, pay, restore
  reprise put film.mp4 --price 21sat   vend un lien : qui l’a voit le prix, et un achat l’ouvre
  reprise price · earnings             le prix d’un lien ; ce que les ventes ont rapporté
  reprise audit [SERVEUR]              si un serveur compte ce qu’il vous doit
  reprise plan                         ce que le compte peut garder, et jusqu’à quand ; en achète plus
  reprise tip LIEN 21sat               remercie qui a fait un lien qui prend des pourboires
  reprise cases                        ce que des titulaires de droits disent de vos liens, et vos réponses

  reprise completion bash|zsh|fish     complète les commandes dans le shell
  reprise help put · put --help        l’emploi d’une commande ; chacune a son aide
  reprise --version                    quel programme c’est

Où cela va : --server URL, sinon REPRISE_SERVER, sinon http://localhost:8080.
Un outil sans personne : REPRISE_CREDENTIAL ouvre un espace, que cette machine ait un compte ou non.
Interrompu ? Relancez la même commande : elle reprend où elle s’est arrêtée.

Codes de sortie : 0 fait · 1 échec · 2 commande mal écrite · 3 fait, mais quelque chose a été laissé de côté
  4 lien ou chemin inconnu, terminé ou en cours d’envoi · 5 mot de passe ou compte absent ou faux
  6 refusé : ce n’est pas ce que l’expéditeur a scellé · 7 réseau ou serveur · 8 disque local
  9 cela coûte quelque chose, et n’a pas été payé · 130 interrompu
`,
  put: `
reprise put CHEMIN… [/DOSSIER] – envoie fichiers et dossiers, affiche le lien en dernier ; ou dans un dossier de l’espace.

  reprise put film.mp4
  reprise put photos/ --expires 7d --downloads 10
  reprise put rapport.pdf --password           demande le mot de passe
  lien=$(reprise put build.tar --quiet)        seulement le lien, sur la sortie standard
  reprise put gros.iso --json | tail -n 1      {"link":…,"ownerKey":…,"bytes":…}

  -s, --server URL       vers où ; sinon REPRISE_SERVER, sinon http://localhost:8080
  -p, --password [TEXTE] demandé à qui ouvre le lien ; seul, il est demandé ou pris de REPRISE_PASSWORD
                         (sur la ligne de commande, d’autres utilisateurs de la machine peuvent le voir)
  -e, --expires QUAND    30m, 12h, 7d, 2w, 2026-12-31, never
  -d, --downloads N      le lien prend fin après N téléchargements
      --label TEXTE      votre note, pour vous seul
  -n, --name TEXTE       le titre que lisent les visiteurs
      --ignore MOTIF     laisse de côté ; répétable : --ignore '*.tmp' --ignore node_modules
      --follow           envoie ce que visent les liens symboliques, au lieu des liens
      --no-resume        recommence, même si un essai précédent a été interrompu
      --price PRIX       21sat, 2.50eur, 3usd : dans l’espace du compte, derrière un lien vendu ;
                         avec 21sat+, on peut payer plus
      --sales N          vendu N fois au plus
      --link             derrière un lien, même si le dernier chemin peut être de l’espace
      --on-taken QUOI    dans l’espace, si un nom est pris : version (d’office), both ou skip
      --limit-rate DÉBIT octets par seconde au plus : 500k, 2M
      --json             un objet JSON en dernière ligne : link, ownerKey, bytes, files, leftOut
  -q, --quiet            sans progression ni remarques

Interrompu, par Ctrl+C ou un réseau perdu ? La même commande reprend ; ce qui est envoyé ne l’est pas deux fois.
La clé du propriétaire affichée supprime et gère le lien : gardez-la, ne la montrez à personne.
`,
  get: `
reprise get LIEN – enregistre ce que contient un lien.

  reprise get 'https://fichiers.exemple/s#1.…'
  reprise get LIEN -o ~/Téléchargements/  dans ce dossier
  reprise get LIEN -o film.mp4            sous ce nom
  reprise get LIEN -o - | tar x           un fichier, vers la sortie standard
  reprise get LIEN --pay lightning        achète un lien vendu : montre une facture, attend, enregistre
  reprise get LIEN --pay wallet --max-price 30sat

  -o, --output CHEMIN    où ; un dossier existant le reçoit, un autre chemin est son nouveau nom
  -p, --password [TEXTE] seul, il est demandé ou pris de REPRISE_PASSWORD
  -f, --force            remplace ce qui est là
  -s, --server URL       un autre serveur que celui du lien
      --limit-rate DÉBIT octets par seconde au plus : 500k, 2M
      --pay COMMENT      lightning (une facture pour tout portefeuille), wallet, balance, sandbox, ou - pour un jeton sur
                         l’entrée standard ; cashuB… en argument est vu des autres programmes
      --max-price PRIX   ne paie pas plus : 30sat ; 2.50eur au cours que dit le serveur
      --amount PRIX      paie autant, là où l’on peut payer plus que le prix
      --refund           ce qui a été payé sans rien acheter revient en pièces du portefeuille ; sans compte.
                         Avec --pay balance, au solde du compte
      --json             un objet JSON en dernière ligne : path, bytes, files, leftOut ;
                         avec --pay lightning, une ligne avant : invoice, sats, expiresAt
  -q, --quiet            sans progression ni remarques

Mettez le lien entre guillemets : il contient un #. Chaque octet est vérifié avant d’être enregistré ; un fichier
n’a son nom qu’une fois complet. Interrompu ? La même commande reprend. Ce qui a été acheté sur cette machine le
reste : un lien se paie une fois. Sans --pay, un lien vendu montre son prix, avec le code de sortie 9.
`,
  ls: `
reprise ls LIEN – montre ce que contient un lien, sans l’enregistrer.

  reprise ls 'https://fichiers.exemple/s#1.…'
  reprise ls LIEN --json | jq '.files[].path'

  -p, --password [TEXTE] seul, il est demandé ou pris de REPRISE_PASSWORD
  -s, --server URL       un autre serveur que celui du lien
      --json             un objet JSON : title, expiresAt, downloadsLeft, files
  -q, --quiet            les noms seulement
`,
  rm: `
reprise rm LIEN-OU-CLÉ… – met fin aux liens et libère leurs octets, tout de suite et pour de bon.

  reprise rm 'https://fichiers.exemple/s#1.…'  un lien créé par cette machine
  reprise rm 'https://fichiers.exemple/m#1.…'  une clé du propriétaire, depuis toute machine

Un lien qui partage ses fichiers avec d’autres liens ne met fin qu’à lui-même ; une clé du propriétaire supprime tout.

  -s, --server URL       un autre serveur que celui de l’adresse
      --json             un objet JSON en dernière ligne : removed
  -q, --quiet            sans remarques
`,
  links: `
reprise links CLÉ – montre tous les liens d’un envoi, leurs téléchargements, leur fin et leur taille.

  reprise links 'https://fichiers.exemple/m#1.…'
  reprise links CLÉ --json

  -s, --server URL       un autre serveur que celui de l’adresse
      --json             un objet JSON : storedBytes, links
`,
  completion: `
reprise completion bash|zsh|fish – affiche un script qui complète commandes et options dans le shell.

  source <(reprise completion bash)
  source <(reprise completion zsh)
  reprise completion fish | source
`,
};
