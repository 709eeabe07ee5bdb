// A case followed without script: a code opens it, and whoever has the code says more, stands by the notice or withdraws it. spec/cases.md
// "Without script".
import type { IncomingMessage } from 'node:http';
import { type CaseRecord, type Drive, type Reply, clientAddress, serverFailureOf, wholeBody } from '@reprise/drive';
import { decodeUtf8 } from '@reprise/kit';
import { serverFailures } from '@reprise/protocol';
import { plainPage } from './notice.ts';
import { type Language, type Site, languageOf } from './static.ts';

const bodyBytesMax = 65_536;

export async function answerCase(incoming: IncomingMessage, drive: Drive, site: Site, trustProxy: boolean): Promise<Reply> {
  let language = languageOf(incoming);
  try {
    const form = new URLSearchParams(
      decodeUtf8(await wholeBody(incoming, { bytesMax: bodyBytesMax, graceMs: 30_000, bytesPerSecondMin: 1_024 })),
    );
    const asked = form.get('language');
    if (asked === 'fr' || asked === 'en') language = asked;
    const found = await actOn(drive, clientAddress(incoming, trustProxy), form);
    const shown = { ...describe(found, language), code: form.get('code') ?? '' };
    return (await site.page(incoming, followedPage[language], 200, shown)) ?? plainPage(language, 200, `${shown.state} ${shown.next}`);
  } catch (thrown) {
    const failure = serverFailureOf(thrown);
    if (!failure && !(thrown instanceof TypeError)) throw thrown;
    const { unknown, later, late, incomplete } = words[language];
    const told: Readonly<Record<string, string>> = { 'not-found': unknown, 'rate-limited': later, 'too-late': late };
    return plainPage(language, failure ? serverFailures[failure.code].status : 400, told[failure?.code ?? ''] ?? incomplete);
  }
}

/** Without an act the code alone is looked at. */
function actOn(drive: Drive, address: string, form: URLSearchParams): Promise<CaseRecord> {
  const [code, act] = [form.get('code') ?? '', form.get('act')];
  if (act !== 'say' && act !== 'stand' && act !== 'withdraw') return drive.cases.open(address, code);
  const said = (form.get('words') ?? '').trim().slice(0, 10_000);
  // To say nothing is to look; to stand by a notice, or withdraw it, needs no reason.
  return act === 'say' && said === '' ? drive.cases.open(address, code) : drive.cases.say(address, { code, act, words: said || '–' });
}

const followedPage = { fr: '/fr/suivi', en: '/en/followed' } as const;

function describe(found: CaseRecord, language: Language) {
  const { states, actors, acts, until } = words[language];
  const due = found.state === 'open' ? found.answer_by : found.state === 'countered' ? found.stand_by : null;
  const line = ({ at, actor, act, words: said }: CaseRecord['steps'][number]) =>
    `${dayOf(at)} – ${actors[actor]} – ${acts[act] ?? act}\n${said}`;
  return {
    reference: found.id,
    state: states[found.state],
    next: [due === null ? '' : until(dayOf(due)), found.remedy ? words[language].remedies[found.remedy] : ''].filter(Boolean).join(' '),
    record: found.steps.map(line).join('\n\n'),
    answering: found.decided_at === null ? '' : 'gone',
  };
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

const words = {
  fr: {
    unknown: 'Ce code n’ouvre aucun dossier. Vérifiez-le : il commence par C.',
    later: 'Trop d’essais depuis votre réseau. Réessayez dans quelques minutes.',
    late: 'Ce n’est plus possible, ou pas encore : le dossier est clos, ou personne n’a répondu. Rouvrez-le pour voir où il en est.',
    incomplete: 'Il manque le code ou le message, ou le texte est trop long. Revenez à la page précédente : rien n’est perdu.',
    until: (day: string) => `Jusqu’au ${day}.`,
    states: {
      open: 'Ouvert : la personne qui a créé le lien peut répondre.',
      countered: 'Contesté : maintenez votre notification, sinon le dossier se ferme.',
      contested: 'Les deux parties ont été entendues. L’opérateur décide.',
      upheld: 'Fondé : le lien est retiré.',
      dismissed: 'Rejeté : ce qui était mis de côté revient à qui a créé le lien.',
      withdrawn: 'Retiré.',
    },
    remedies: {
      claim: 'Ce que le lien a rapporté est à vous : ouvrez un compte, puis « reprise cases claim » avec ce code.',
      refund: 'Les acheteurs sont remboursés.',
    },
    actors: { holder: 'vous', maker: 'la personne qui a créé le lien', operator: 'l’opérateur', time: 'délai passé' },
    acts: {
      file: 'notification',
      counter: 'réponse',
      stand: 'notification maintenue',
      say: 'message',
      withdraw: 'notification retirée',
      uphold: 'fondé',
      dismiss: 'rejeté',
      lapse: 'dossier fermé',
    } as Readonly<Record<string, string>>,
  },
  en: {
    unknown: 'This code opens no case. Check it: it begins with C.',
    later: 'Too many tries from your network. Try again in a few minutes.',
    late: 'That is not possible any more, or not yet: the case is closed, or nobody has answered. Open it again to see how it stands.',
    incomplete: 'The code or the message is missing, or the text is too long. Go back one page: nothing is lost.',
    until: (day: string) => `Until ${day}.`,
    states: {
      open: 'Open: whoever made the link may answer.',
      countered: 'Contested: stand by your notice, or the case closes.',
      contested: 'Both sides were heard. The operator decides.',
      upheld: 'Upheld: the link is taken down.',
      dismissed: 'Dismissed: what was set aside goes back to whoever made the link.',
      withdrawn: 'Withdrawn.',
    },
    remedies: {
      claim: 'What the link earned is yours: open an account, then “reprise cases claim” with this code.',
      refund: 'The buyers get their money back.',
    },
    actors: { holder: 'you', maker: 'whoever made the link', operator: 'the operator', time: 'time is over' },
    acts: {
      file: 'notice',
      counter: 'answer',
      stand: 'stood by the notice',
      say: 'message',
      withdraw: 'notice withdrawn',
      uphold: 'upheld',
      dismiss: 'dismissed',
      lapse: 'case closed',
    } as Readonly<Record<string, string>>,
  },
} as const;
