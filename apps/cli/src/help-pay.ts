// `--help` of the commands for links that are sold.

export const englishPay: Readonly<Record<string, string>> = {
  price: `
reprise price LINK [PRICE|off|free|tips] – shows what a link of the drive is sold for, or changes it.

  reprise price LINK                     21 sat, free, or not for sale
  reprise price LINK 2.50eur             sells it, or changes the price; the URL stays good, nothing is sent again
  reprise price LINK 21sat+ --sales 10   21 sat or more, and ten buyers at most
  reprise price LINK off                 sells it no more: it opens for who has bought it
  reprise price LINK free                opens it for whoever has the link
  reprise price LINK tips                the same, and who opens it can thank you: reprise tip LINK 21sat

      --until WHEN       the sale ends then: 12h, 7d, 2026-12-31
      --sales N          sold N times at most, who has bought it counted; none lifts the limit; else it stays as it was
      --json             one JSON object: link, id, title, price, tips
  -q, --quiet            only the price

LINK is the URL or its id. Whoever bought it goes on opening it, whatever the price becomes.
`,
  plan: `
reprise plan [buy NAME] – what the account may keep and until when; buys more.

  reprise plan                           the plan, its end, what is used; the plans that can be bought
  reprise plan buy large --max-price 20000sat
  reprise plan buy large --pay lightning    an invoice for any wallet; waits until it is paid

      --pay HOW          balance (as is), wallet, lightning, sandbox
      --max-price PRICE  pay no more than that: 20000sat; 24.00eur where the price is in euros
      --json             one JSON object: plan, until, bytes, bytesMax, entitlements, plans, network
  -q, --quiet            only the plan

Bought again, it lasts longer. When it ends nothing is deleted: what is above the space stays and opens, and nothing more can be sent.
`,
  earnings: `
reprise earnings – what sales have earned, for each link and day, what of it is held, and why.

  reprise earnings
  reprise earnings --csv > earnings.csv

      --csv              network, offer, kind (sale, tip), day, sales and amounts in satoshis, one line each
      --json             one JSON object: network, lines (amounts in thousandths of a satoshi), held, frozen, rate
  -q, --quiet            without the sum
`,
  tip: `
reprise tip LINK AMOUNT – thanks whoever made a link, with as much as you like, if they take tips.

  reprise tip LINK 21sat                 shows an invoice for any Lightning wallet; waits until it is paid
  reprise tip LINK 210sat --pay wallet   with coins of this machine or account

      --pay HOW          lightning (as is), wallet, balance, sandbox, or - for a token of coins on standard input
  -s, --server URL       another server than the link names
      --json             one JSON object as the last line: tip (satoshis), title, isEarlier
  -q, --quiet            nothing but failures

Stopped half way, the same command goes on: nothing is given twice. The maker sees how much came on which day, and not from whom.
`,
  audit: `
reprise audit [SERVER] – checks what a server says it owes: its chain of daily reports, and what of yours they count.

  reprise audit                          the server of the account, else REPRISE_SERVER
  reprise audit https://files.example    any server; coins of this machine's wallet are looked for
  reprise audit --json

Anyone can run it. With an account at that server, its balance, sales and payouts are looked for as well. What was seen is
remembered, so that a server which says something else later is found. It prints what it could not check.

  -s, --server URL       the same
      --json             one JSON object: latest, coinsCounted, linesCounted, waiting, findings, unchecked
  -q, --quiet            without what could not be checked

Exit code 6: something was found.
`,
  cases: `
reprise cases – what rights holders say about links of this account, what is held of their earnings, and your answers.

  reprise cases                          each case: who filed it, what was said, what is held, until when you may answer
  reprise cases answer CASE TEXT         answers: in good faith, and answerable for it. The first answer is the counter-notice
  reprise cases claim CODE               you filed a notice and were right: what it held becomes balance of this account

      --json             one JSON object: cases; the case; case, taken (in thousandths of a satoshi)

CASE is a reference, N-…, which anybody may know. CODE, C-…, is what whoever filed a notice was shown once.
`,
};

export const frenchPay: Readonly<Record<string, string>> = {
  price: `
reprise price LIEN [PRIX|off|free|tips] – montre le prix d’un lien de l’espace, ou le change.

  reprise price LIEN                     21 sat, gratuit, ou plus en vente
  reprise price LIEN 2.50eur             le vend, ou change son prix ; l’URL reste bonne, rien n’est renvoyé
  reprise price LIEN 21sat+ --sales 10   21 sat ou plus, et dix acheteurs au plus
  reprise price LIEN off                 ne le vend plus : il s’ouvre pour qui l’a acheté
  reprise price LIEN free                l’ouvre pour qui a le lien
  reprise price LIEN tips                de même, et qui l’ouvre peut vous remercier : reprise tip LIEN 21sat

      --until QUAND      la vente finit alors : 12h, 7d, 2026-12-31
      --sales N          vendu N fois au plus, qui l’a acheté compris ; none lève la limite ; sinon elle reste
      --json             un objet JSON : link, id, title, price, tips
  -q, --quiet            le prix seulement

LIEN est l’URL ou son identifiant. Qui l’a acheté continue de l’ouvrir, quel que devienne le prix.
`,
  plan: `
reprise plan [buy NOM] – ce que le compte peut garder et jusqu’à quand ; en achète davantage.

  reprise plan                           la formule, sa fin, ce qui est pris ; les formules en vente
  reprise plan buy large --max-price 20000sat
  reprise plan buy large --pay lightning    une facture pour tout portefeuille ; attend qu’elle soit payée

      --pay COMMENT      balance (d’office), wallet, lightning, sandbox
      --max-price PRIX   ne paie pas plus : 20000sat ; 24.00eur là où le prix est en euros
      --json             un objet JSON : plan, until, bytes, bytesMax, entitlements, plans, network
  -q, --quiet            la formule seulement

Achetée de nouveau, elle dure plus longtemps. Quand elle finit, rien n’est supprimé : ce qui dépasse reste et s’ouvre, et plus rien ne peut être envoyé.
`,
  earnings: `
reprise earnings – ce que les ventes ont rapporté, par lien et par jour, ce qui en est retenu, et pourquoi.

  reprise earnings
  reprise earnings --csv > revenus.csv

      --csv              réseau, offre, genre (sale, tip), jour, ventes et montants en satoshis, une ligne chacun
      --json             un objet JSON : network, lines (montants en millièmes de satoshi), held, frozen, rate
  -q, --quiet            sans la somme
`,
  tip: `
reprise tip LIEN MONTANT – remercie qui a fait un lien, d’autant que vous voulez, s’il prend des pourboires.

  reprise tip LIEN 21sat                 montre une facture pour n’importe quel portefeuille Lightning ; attend le paiement
  reprise tip LIEN 210sat --pay wallet   avec des pièces de cette machine ou du compte

      --pay MOYEN        lightning (par défaut), wallet, balance, sandbox, ou - pour un jeton de pièces sur l’entrée standard
  -s, --server URL       un autre serveur que celui du lien
      --json             un objet JSON en dernière ligne : tip (satoshis), title, isEarlier
  -q, --quiet            rien que les échecs

Arrêtée à mi-chemin, la même commande continue : rien n’est donné deux fois. Qui a fait le lien voit combien est venu quel jour, et pas de qui.
`,
  audit: `
reprise audit [SERVEUR] – vérifie ce qu’un serveur dit devoir : la chaîne de ses relevés, et ce qu’ils comptent de vous.

  reprise audit                          le serveur du compte, sinon REPRISE_SERVER
  reprise audit https://fichiers.exemple n’importe quel serveur ; y cherche les pièces de cette machine
  reprise audit --json

Chacun peut le lancer. Avec un compte sur ce serveur, son solde, ses ventes et ses versements sont cherchés aussi. Ce qui a été
vu est retenu : un serveur qui dit autre chose plus tard est découvert. Il dit ce qu’il n’a pu vérifier.

  -s, --server URL       de même
      --json             un objet JSON : latest, coinsCounted, linesCounted, waiting, findings, unchecked
  -q, --quiet            sans ce qui n’a pu être vérifié

Code de sortie 6 : quelque chose a été trouvé.
`,
  cases: `
reprise cases – ce que des titulaires de droits disent des liens du compte, ce qui est mis de côté, et vos réponses.

  reprise cases                          chaque dossier : qui l’a ouvert, ce qui a été dit, ce qui est mis de côté, jusqu’à quand répondre
  reprise cases answer DOSSIER TEXTE     répond : de bonne foi, et en en répondant. La première réponse conteste la notification
  reprise cases claim CODE               vous aviez déposé une notification fondée : ce qui était mis de côté va au solde du compte

      --json             un objet JSON : cases ; le dossier ; case, taken (en millièmes de satoshi)

DOSSIER est une référence, N-…, que chacun peut connaître. CODE, C-…, a été montré une fois à qui a déposé la notification.
`,
};
