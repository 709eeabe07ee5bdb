// `--help` of the commands for an account and its drive.

export const englishDrive: Readonly<Record<string, string>> = {
  signup: `
reprise signup – opens an account with a drive, and makes this machine its first device.

  reprise signup --user marta --kit kit.txt
  REPRISE_PASSWORD=… reprise signup --user marta

  -s, --server URL       where; else REPRISE_SERVER, else http://localhost:8080
  -u, --user NAME        a sign-in name; without one, the account code alone
      --kit FILE         writes the recovery kit there, instead of showing it
      --json             one JSON object: user, code, phrase, words

The password is taken from REPRISE_PASSWORD or asked for; without one, seven words are made and printed. With a
password of your own, other machines need the account code too: it stands in the kit. No one can reset either.
`,
  login: `
reprise login – makes this machine a device of an account.

  reprise login --user marta                   asks for the password, or takes REPRISE_PASSWORD
  reprise login --user 'K7QF-…'                the account code, for a password of your own
  reprise login --kit kit.txt                  the recovery kit: with a password, its code; without, its 24 words
  reprise login --pair                         shows a code that another device of the account lets in

  -s, --server URL       where; else REPRISE_SERVER, else http://localhost:8080
  -u, --user NAME        sign-in name or account code
      --kit FILE         the recovery kit
      --pair             by another device: reprise devices add CODE there, or the web app
      --json             one JSON object: user, server, device; with --pair, lines before it: code, words

With --pair, four words show on both devices: say yes only if they are the same. The answer is read from standard input.
`,
  logout: `
reprise logout – takes the keys off this machine, and tells the account that it is no device any more.

      --json             one JSON object: user
`,
  secure: `
reprise secure – gives the account new keys, when somebody else may have its password, its kit or a device.

  reprise secure --kit new-kit.txt
  REPRISE_PASSWORD=… reprise secure --kit new-kit.txt

      --kit FILE         writes the new recovery kit there, instead of showing it; it is tried at the end
      --json             one JSON object: user, code, phrase, words, rehearsed

Asks for a new password; without one, seven words are made. Every other device is signed out and keeps its files; the
former password, kit and passkeys end. Files and their history stay. What somebody has read before, they have read.
Stopped half way, the account opens by the former ways or by the new ones: run it again.
`,
  account: `
reprise account – takes along what the account is, or ends it.

  reprise account export > account.json    devices, ways in, links and the log, as JSON: nothing of it opens anything
  reprise account delete                   asks for the password or the kit’s 24 words; links end at once, all else after seven days
  reprise account keep                     takes the end back within these days, on a device signed in again

      --json             one JSON object: endsAt; export is JSON in any case
`,
  whoami: `
reprise whoami – shows the account that this machine belongs to, or whose drive REPRISE_CREDENTIAL opens.

      --json             one JSON object: user, userId, device, server, plan; with a credential, what it may do
`,
  devices: `
reprise devices – shows the devices of the account, lets new ones in, ends them.

  reprise devices                              those there are, and how the folders that they sync stand
  reprise devices add ABCD-2345                lets in the one that shows this code, once four words were compared
  reprise devices --revoke 0781f835            ends one, by the beginning of its id
  reprise devices passkeys                     those that open the account; a browser makes and names them
  reprise devices app                          credentials of tools, which are devices too
  reprise devices app add --label backup --read
                                               prints one, once: put it into REPRISE_CREDENTIAL of the tool

      --revoke ID        ends a device, or a credential
      --label NAME       what a new credential is called
      --read             it reads the whole drive
      --write            it reads and changes it; nothing it does is gone before 30 days
      --json             one JSON object: devices, each with sync; of passkeys: passkeys; of app: credentials; of app add: credential, device, label, access;
                         of add: label, device, and a line before it: words
`,
  sync: `
reprise sync FOLDER – keeps a folder of this machine and one of the drive equal, in both directions.

  reprise sync ~/Documents --once              with /Documents of the drive, until both are equal
  reprise sync . --to /work                    with /work, and goes on as long as it runs
  reprise sync install                         a unit for systemd or launchd that runs: reprise sync start
  reprise sync start · stop                    follows every folder that was synced once; ends that
  reprise sync status · list                   how they stand and what is in the way; which there are
  reprise sync pause [FOLDER] --for 2h         and resume
  reprise sync log [PATH] · why PATH           what happened, by which rule; why something is not synced
  reprise sync conflicts                       files that were changed on both sides and are still twice there
  reprise sync conflicts --keep WHICH PATH     settles one: mine (this machine's), theirs, or both under ordinary names
  reprise sync select [--remove | --add PATH]  which folders of the drive are kept here; what leaves stays in the drive
  reprise sync check [FOLDER] [--repair]       reads what lies here again and names silent damage; fetches it again
  reprise sync held [--allow | --restore]      removals that are too many at once
  reprise sync ignore FOLDER [PATTERN…]        patterns of this machine; --remove takes them back
  reprise sync remove FOLDER                   not synced any more; deletes nothing

      --to /PATH         the folder of the drive; made if it is not there
      --once             until both sides are equal, then it ends
      --limit-rate RATE  bytes a second at most: 500k, 2M; also of start
      --json             one JSON object a line, with "v":1
  -q, --quiet            no progress, no remarks

Changed on both sides? Both versions stay, this machine's under a name that says so. What is deleted here is in the
drive's trash for 30 days; what was deleted there goes here, unless it was changed since. Patterns in .repriseignore
(as in .gitignore) are left alone. The folder .reprise in it belongs to the sync. Interrupted? Run it again.

status exits 0 where all is in sync or on its way, 3 where something waits for a person, 7 offline, 1 not running.
`,
  tree: `
reprise tree [/PATH] – shows everything below a folder of the drive.

      --json             one JSON object: files, folders, bytes, entries
  -q, --quiet            without the sum
`,
  find: `
reprise find WORDS [/PATH] – finds files and folders of the drive by name, whatever the case and accents.

  reprise find plage 2026
  reprise find .pdf /papers

      --json             one JSON object: entries
`,
  du: `
reprise du [/PATH] – shows how much each entry of a folder takes, and what the account holds.

      --json             one JSON object: bytes, entries, account
  -q, --quiet            without the account
`,
  mkdir: `
reprise mkdir /PATH… – makes folders in the drive.

  -p, --parents          also what is missing above; content with what is there
      --json             one JSON object: made
`,
  mv: `
reprise mv /FROM… /TO – moves or renames in the drive, in one step, whatever lies below.

  reprise mv /a.txt /b.txt                     a new name
  reprise mv /a.txt /docs /papers              into a folder that is there

      --both             under another name, where one is taken
      --json             one JSON object: moved
`,
  cp: `
reprise cp /FROM… /TO – copies in the drive, without sending anything again.

      --both             under another name, where one is taken
      --json             one JSON object: copied
`,
  cat: `
reprise cat /PATH… – writes files of the drive to standard output, every byte checked.
`,
  link: `
reprise link /PATH – makes a link to a file or folder of the drive, as it is now, and prints it.

  reprise link /photos --expires 7d --password
  reprise link                                 shows the links of the drive
  reprise link --end LINK                      ends one
  reprise link --drop-unread                   takes out of the drive’s lists what nobody can read

  -p, --password [TEXT]  who opens the link needs it; alone, it asks or takes REPRISE_PASSWORD
  -e, --expires WHEN     30m, 12h, 7d, 2w, 2026-12-31, never
  -d, --downloads N      the link ends after N downloads
      --tips             who opens it can thank you: reprise tip LINK 21sat
      --label TEXT       your own note, only for you
  -n, --name TEXT        the title that visitors read
      --json             one JSON object: link, id, title; or links, unread; or dropped
`,
  versions: `
reprise versions /PATH – shows the contents a file had in the last 30 days, newest first.

  reprise restore /PATH --version 12           brings one back

      --json             one JSON object: versions
`,
  restore: `
reprise restore /PATH… – brings back what was removed, or an earlier version of a file.

  reprise restore /docs/a.txt                  from the trash
  reprise restore 000001a2…                    all of one deletion, by its id in reprise trash
  reprise restore /docs/a.txt --version 12     an earlier content
  reprise restore /docs/a.txt --version 12 --copy

      --version N        a number that reprise versions shows
      --copy             beside the file, under a free name
      --json             one JSON object: restored
`,
  trash: `
reprise trash – shows what was removed in the last 30 days.

  reprise trash --empty                        deletes it for good; with ids, only those

      --json             one JSON object: items; or emptied
`,
  rewind: `
reprise rewind [WHEN] – takes the whole drive back to a moment of the last 30 days.

  reprise rewind                               the moments there are
  reprise rewind 2h                            shows what would change
  reprise rewind 2026-11-21T14:00 --apply      does it; this too can be rewound

      --apply            not only the plan
      --adopt            after the operator restored a backup: follow the server’s history from now on
      --json             one JSON object: returning, leaving, older, moved, samples
`,
  wallet: `
reprise wallet – coins of the server's mint: taken, given, made of Lightning payments, paid away.

  reprise wallet                               the balance; what was begun and not ended is ended first
  reprise wallet receive                       takes a token from standard input: the list of processes shows what an argument says
  reprise wallet send 2100 --memo lunch        a token of exactly so much, on standard output: whoever has it has the money
  reprise wallet back ID                       takes a token back that nobody took
  reprise wallet invoice 2100                  a Lightning invoice, and waits until it is paid
  reprise wallet pay lnbc…                     pays a Lightning invoice, after asking; where nobody is to be asked, --yes or --max
  reprise wallet refund --server URL           what that shop owes back for a payment: takes the token of L402, which came
                                               with the invoice, from standard input
  reprise wallet history --csv                 what happened, newest first
  reprise wallet words                         the twelve words that bring the coins back
  reprise wallet restore --words FILE          brings back what those words know; alone, what this wallet knows
  reprise wallet rehearse                      restores in an empty wallet and compares

  -s, --server URL       where; else the account's, else REPRISE_SERVER, else http://localhost:8080
      --mint URL         another mint than the server's; else REPRISE_MINT
      --memo TEXT        goes with a token, an invoice, or into the history
      --no-wait          invoice: does not wait; it is looked for each time the wallet is used
  -y, --yes              pay: does not ask
      --max SATS         pay: does not ask up to so much, with all fees; above it, pays nothing
      --json             one JSON object, amounts in satoshis; invoice prints two

On a machine of an account the wallet is the account's, sealed in its drive, the same on every device; else it is this
machine's own. Stopped at any point, nothing is lost: the next command ends what was begun.
`,
};

export const frenchDrive: Readonly<Record<string, string>> = {
  signup: `
reprise signup – ouvre un compte avec son espace ; cette machine est son premier appareil.

  reprise signup --user marta --kit kit.txt
  REPRISE_PASSWORD=… reprise signup --user marta

  -s, --server URL       où ; sinon REPRISE_SERVER, sinon http://localhost:8080
  -u, --user NOM         un nom de connexion ; sans lui, le code du compte seul
      --kit FICHIER      y écrit le kit de secours, au lieu de le montrer
      --json             un objet JSON : user, code, phrase, words

Le mot de passe vient de REPRISE_PASSWORD ou est demandé ; à défaut, sept mots sont tirés et affichés. Avec un mot de
passe à vous, d’autres machines ont aussi besoin du code du compte : il est dans le kit. Personne ne peut les remplacer.
`,
  login: `
reprise login – fait de cette machine un appareil d’un compte.

  reprise login --user marta                   demande le mot de passe, ou prend REPRISE_PASSWORD
  reprise login --user 'K7QF-…'                le code du compte, pour un mot de passe à vous
  reprise login --kit kit.txt                  le kit de secours : avec un mot de passe, son code ; sinon, ses 24 mots
  reprise login --pair                         montre un code, qu’un autre appareil du compte laisse entrer

  -s, --server URL       où ; sinon REPRISE_SERVER, sinon http://localhost:8080
  -u, --user NOM         nom de connexion ou code du compte
      --kit FICHIER      le kit de secours
      --pair             par un autre appareil : là-bas, reprise devices add CODE, ou l’application web
      --json             un objet JSON : user, server, device ; avec --pair, des lignes avant lui : code, words

Avec --pair, quatre mots s’affichent des deux côtés : ne dites oui que s’ils sont les mêmes. La réponse est lue sur l’entrée standard.
`,
  logout: `
reprise logout – retire les clés de cette machine et dit au compte qu’elle n’est plus un appareil.

      --json             un objet JSON : user
`,
  secure: `
reprise secure – donne de nouvelles clés au compte, quand un autre a peut-être le mot de passe, le kit ou un appareil.

  reprise secure --kit nouveau-kit.txt
  REPRISE_PASSWORD=… reprise secure --kit nouveau-kit.txt

      --kit FICHIER      y écrit le nouveau kit de secours, au lieu de l’afficher ; il est essayé à la fin
      --json             un objet JSON : user, code, phrase, words, rehearsed

Demande un nouveau mot de passe ; sans lui, sept mots sont tirés. Tous les autres appareils sont déconnectés et gardent
leurs fichiers ; le mot de passe, le kit et les clés d’accès d’avant ne valent plus rien. Les fichiers et leur histoire
restent. Ce qu’un autre a déjà lu, il l’a lu. Arrêtée en chemin, la commande laisse le compte ouvrable : relancez-la.
`,
  account: `
reprise account – emporte ce qu’est le compte, ou le supprime.

  reprise account export > compte.json     appareils, accès, liens et journal, en JSON : rien n’en ouvre quoi que ce soit
  reprise account delete                   redemande le mot de passe ou les 24 mots du kit ; les liens cessent aussitôt, le reste après sept jours
  reprise account keep                     annule la suppression dans ce délai, depuis un appareil reconnecté

      --json             un objet JSON : endsAt ; export est toujours du JSON
`,
  whoami: `
reprise whoami – montre le compte auquel cette machine appartient, ou celui dont REPRISE_CREDENTIAL ouvre l’espace.

      --json             un objet JSON : user, userId, device, server, plan ; avec un accès, ce qu’il permet
`,
  devices: `
reprise devices – montre les appareils du compte, en laisse entrer, en révoque.

  reprise devices                              ceux qu’il y a, et où en sont les dossiers qu’ils synchronisent
  reprise devices add ABCD-2345                laisse entrer celui qui montre ce code, une fois quatre mots comparés
  reprise devices --revoke 0781f835            en révoque un, par le début de son identifiant
  reprise devices passkeys                     les clés d’accès du compte ; un navigateur les crée et les nomme
  reprise devices app                          les accès d’outils, qui sont aussi des appareils
  reprise devices app add --label sauvegarde --read
                                               en affiche un, une fois : à mettre dans REPRISE_CREDENTIAL de l’outil

      --revoke ID        révoque un appareil, ou un accès
      --label NOM        comment s’appelle un nouvel accès
      --read             il lit tout l’espace
      --write            il le lit et le change ; rien de ce qu’il fait ne disparaît avant 30 jours
      --json             un objet JSON : devices, chacun avec sync ; pour app : credentials ; pour app add : credential, device, label,
                         access ; pour add : label, device, et une ligne avant lui : words
`,
  sync: `
reprise sync DOSSIER – tient égaux un dossier de cette machine et un de l’espace, dans les deux sens.

  reprise sync ~/Documents --once              avec /Documents de l’espace, jusqu’à ce que les deux soient égaux
  reprise sync . --to /travail                 avec /travail, tant que la commande tourne
  reprise sync install                         une unité pour systemd ou launchd qui lance : reprise sync start
  reprise sync start · stop                    suit chaque dossier synchronisé une fois ; y met fin
  reprise sync status · list                   où ils en sont et ce qui gêne ; lesquels il y a
  reprise sync pause [DOSSIER] --for 2h        et resume
  reprise sync log [CHEMIN] · why CHEMIN       ce qui s’est passé, et par quelle règle ; pourquoi rien ne se passe
  reprise sync conflicts                       fichiers modifiés des deux côtés et encore là en double
  reprise sync conflicts --keep QUOI CHEMIN    en règle un : mine (celui de cette machine), theirs, ou both sous des noms ordinaires
  reprise sync select [--remove | --add CHEMIN]  quels dossiers de l’espace sont gardés ici ; rien ne quitte l’espace
  reprise sync check [DOSSIER] [--repair]      relit ce qui est ici et nomme ce que le disque a abîmé ; le recherche
  reprise sync held [--allow | --restore]      suppressions trop nombreuses d’un coup
  reprise sync ignore DOSSIER [MOTIF…]         motifs de cette machine ; --remove les retire
  reprise sync remove DOSSIER                  n’est plus synchronisé ; ne supprime rien

      --to /CHEMIN       le dossier de l’espace ; créé s’il n’existe pas
      --once             jusqu’à ce que les deux côtés soient égaux, puis s’arrête
      --limit-rate DÉBIT octets par seconde au plus : 500k, 2M ; aussi pour start
      --json             un objet JSON par ligne, avec "v":1
  -q, --quiet            ni progression, ni remarques

Modifié des deux côtés ? Les deux versions restent, celle de cette machine sous un nom qui le dit. Ce qui est supprimé
ici reste 30 jours dans la corbeille de l’espace ; ce qui y fut supprimé part d’ici, sauf si cela a changé depuis. Les
motifs de .repriseignore (comme .gitignore) sont laissés tels quels. Le dossier .reprise appartient à la synchronisation.

status sort avec 0 si tout est à jour ou en chemin, 3 si quelque chose attend quelqu’un, 7 hors ligne, 1 s’il ne tourne pas.
`,
  tree: `
reprise tree [/CHEMIN] – montre tout ce qui est sous un dossier de l’espace.

      --json             un objet JSON : files, folders, bytes, entries
  -q, --quiet            sans le total
`,
  find: `
reprise find MOTS [/CHEMIN] – trouve fichiers et dossiers par leur nom, quels que soient la casse et les accents.

  reprise find plage 2026
  reprise find .pdf /papiers

      --json             un objet JSON : entries
`,
  du: `
reprise du [/CHEMIN] – montre ce que prend chaque entrée d’un dossier, et ce que contient le compte.

      --json             un objet JSON : bytes, entries, account
  -q, --quiet            sans le compte
`,
  mkdir: `
reprise mkdir /CHEMIN… – crée des dossiers dans l’espace.

  -p, --parents          aussi ce qui manque au-dessus ; accepte ce qui existe
      --json             un objet JSON : made
`,
  mv: `
reprise mv /DE… /VERS – déplace ou renomme dans l’espace, d’un coup, quoi qu’il y ait dessous.

  reprise mv /a.txt /b.txt                     un nouveau nom
  reprise mv /a.txt /docs /papiers             dans un dossier qui existe

      --both             sous un autre nom, si l’un est pris
      --json             un objet JSON : moved
`,
  cp: `
reprise cp /DE… /VERS – copie dans l’espace, sans rien renvoyer.

      --both             sous un autre nom, si l’un est pris
      --json             un objet JSON : copied
`,
  cat: `
reprise cat /CHEMIN… – écrit des fichiers de l’espace sur la sortie standard, chaque octet vérifié.
`,
  link: `
reprise link /CHEMIN – crée un lien vers un fichier ou dossier de l’espace, tel qu’il est, et l’affiche.

  reprise link /photos --expires 7d --password
  reprise link                                 montre les liens de l’espace
  reprise link --end LIEN                      met fin à l’un d’eux
  reprise link --drop-unread                   retire des listes de l’espace ce que personne ne peut lire

  -p, --password [TEXTE] demandé à qui ouvre le lien ; seul, il est demandé ou pris de REPRISE_PASSWORD
  -e, --expires QUAND    30m, 12h, 7d, 2w, 2026-12-31, never
  -d, --downloads N      le lien prend fin après N téléchargements
      --tips             qui l’ouvre peut vous remercier : reprise tip LIEN 21sat
      --label TEXTE      votre note, pour vous seul
  -n, --name TEXTE       le titre que lisent les visiteurs
      --json             un objet JSON : link, id, title ; ou links, unread ; ou dropped
`,
  versions: `
reprise versions /CHEMIN – montre les contenus d’un fichier des 30 derniers jours, le plus récent d’abord.

  reprise restore /CHEMIN --version 12         en fait revenir un

      --json             un objet JSON : versions
`,
  restore: `
reprise restore /CHEMIN… – fait revenir ce qui a été supprimé, ou une version d’un fichier.

  reprise restore /docs/a.txt                  de la corbeille
  reprise restore 000001a2…                    toute une suppression, par son identifiant dans reprise trash
  reprise restore /docs/a.txt --version 12     un ancien contenu
  reprise restore /docs/a.txt --version 12 --copy

      --version N        un numéro que montre reprise versions
      --copy             à côté du fichier, sous un nom libre
      --json             un objet JSON : restored
`,
  trash: `
reprise trash – montre ce qui a été supprimé ces 30 derniers jours.

  reprise trash --empty                        l’efface pour de bon ; avec des identifiants, eux seulement

      --json             un objet JSON : items ; ou emptied
`,
  rewind: `
reprise rewind [QUAND] – ramène tout l’espace à un moment des 30 derniers jours.

  reprise rewind                               les moments possibles
  reprise rewind 2h                            montre ce qui changerait
  reprise rewind 2026-11-21T14:00 --apply      le fait ; ce retour aussi s’annule

      --apply            pas seulement le plan
      --adopt            après une sauvegarde rétablie par l’opérateur : suit désormais l’histoire du serveur
      --json             un objet JSON : returning, leaving, older, moved, samples
`,
  wallet: `
reprise wallet – des pièces de la monnaierie du serveur : prises, données, faites de paiements Lightning, payées.

  reprise wallet                               le solde ; ce qui était commencé est d’abord terminé
  reprise wallet receive                       prend un jeton sur l’entrée standard : la liste des processus montre les arguments
  reprise wallet send 2100 --memo repas        un jeton d’exactement autant, sur la sortie standard : qui l’a, a l’argent
  reprise wallet back ID                       reprend un jeton que personne n’a pris
  reprise wallet invoice 2100                  une facture Lightning, et attend qu’elle soit payée
  reprise wallet pay lnbc…                     paie une facture Lightning après avoir demandé ; sans personne à qui demander, --yes ou --max
  reprise wallet refund --server URL           ce que doit cette boutique pour un paiement : prend le jeton L402, venu avec
                                               la facture, sur l’entrée standard
  reprise wallet history --csv                 ce qui s’est passé, le plus récent d’abord
  reprise wallet words                         les douze mots qui font revenir les pièces
  reprise wallet restore --words FICHIER       fait revenir ce que ces mots connaissent ; seul, ce que ce portefeuille connaît
  reprise wallet rehearse                      restaure dans un portefeuille vide et compare

  -s, --server URL       où ; sinon celui du compte, sinon REPRISE_SERVER, sinon http://localhost:8080
      --mint URL         une autre monnaierie que celle du serveur ; sinon REPRISE_MINT
      --memo TEXTE       accompagne un jeton, une facture, ou reste dans l’historique
      --no-wait          invoice : n’attend pas ; c’est vérifié à chaque usage du portefeuille
  -y, --yes              pay : ne demande pas
      --max SATS         pay : ne demande pas jusqu’à ce montant, tous frais compris ; au-delà, ne paie rien
      --json             un objet JSON, montants en satoshis ; invoice en écrit deux

Sur une machine d’un compte, le portefeuille est celui du compte, scellé dans son espace, le même sur chaque appareil ;
sinon c’est celui de cette machine. Arrêté à tout moment, rien n’est perdu : la commande suivante termine.
`,
};
