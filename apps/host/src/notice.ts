// The notice form without script: a plain POST, answered with a page in the person's language.
import { hkdfSync } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { type Drive, type Reply, clientAddress, serverFailureOf, wholeBody } from '@reprise/drive';
import { decodeUtf8, formatHex, parseBase64url } from '@reprise/kit';
import { type LinkId, parseLinkId, serverFailures } from '@reprise/protocol';
import { type Language, type Site, languageOf } from './static.ts';

const bodyBytesMax = 65_536;
const reasons = new Set(['copyright', 'abuse', 'malware', 'privacy', 'illegal', 'other']);

type Notice = {
  readonly link: string;
  readonly reason: string;
  readonly text: string;
  readonly contact: string;
  /** Who says to hold the rights, in a statement; empty: nobody does. */
  readonly holder: string;
};

export async function answerNotice(incoming: IncomingMessage, drive: Drive, site: Site, trustProxy: boolean): Promise<Reply> {
  let language = languageOf(incoming);
  try {
    const form = new URLSearchParams(
      decodeUtf8(await wholeBody(incoming, { bytesMax: bodyBytesMax, graceMs: 30_000, bytesPerSecondMin: 1_024 })),
    );
    const asked = form.get('language');
    if (asked === 'fr' || asked === 'en') language = asked;
    const notice = readNotice(form);
    if (!notice) return plainPage(language, 400, words[language].incomplete);
    if (notice.holder !== '') return await answerFiling({ incoming, drive, site, trustProxy }, notice, language);
    const link = linkIdIn(notice.link);
    const reference = await drive.report(clientAddress(incoming, trustProxy), {
      link: link ?? unknownLink,
      reason: notice.reason,
      text: wordsOf(notice),
      contact: notice.contact,
    });
    return (
      (await site.page(incoming, receivedPage[language], 201, { reference })) ??
      plainPage(language, 201, words[language].received(reference))
    );
  } catch (thrown) {
    const failure = serverFailureOf(thrown);
    if (!failure && !(thrown instanceof TypeError)) throw thrown;
    const status = failure ? serverFailures[failure.code].status : 400;
    return plainPage(language, status, status === 429 ? words[language].later : words[language].incomplete);
  }
}

type Answering = { readonly incoming: IncomingMessage; readonly drive: Drive; readonly site: Site; readonly trustProxy: boolean };

/** A rights holder's: it opens a case, and is told the code that follows it. */
async function answerFiling({ incoming, drive, site, trustProxy }: Answering, notice: Notice, language: Language): Promise<Reply> {
  const filed = await drive.cases.file(clientAddress(incoming, trustProxy), {
    link: linkIdIn(notice.link) ?? unknownLink,
    holder: notice.holder,
    contact: notice.contact,
    words: wordsOf(notice),
  });
  const until = new Date(filed.answerBy).toISOString().slice(0, 10);
  const shown = { reference: filed.case, code: filed.code, until };
  return (
    (await site.page(incoming, filedPage[language], 201, shown)) ?? plainPage(language, 201, words[language].filed(filed.case, filed.code))
  );
}

/** With the link as it was written, where the id does not say it all. */
function wordsOf({ link, text }: Notice): string {
  return linkIdIn(link) && !link.includes('#') ? text : `${text}\n\n${link}`;
}

/** A notice whose link cannot be read is kept all the same: the text may say enough. */
const unknownLink = '0'.repeat(32) as LinkId;

function readNotice(form: URLSearchParams): Notice | undefined {
  const read = (name: string, lettersMax: number) => (form.get(name) ?? '').trim().slice(0, lettersMax);
  const holder = form.get('statement') === 'yes' ? read('holder', 200) : '';
  const notice = { link: read('link', 500), reason: read('reason', 20), text: read('text', 9_000), contact: read('contact', 320), holder };
  // Whoever ticks the statement means to open a case: then a name and a way to be reached belong to it.
  if (form.get('statement') === 'yes' && (holder === '' || notice.contact.length < 3)) return undefined;
  return notice.link !== '' && notice.text !== '' && reasons.has(notice.reason) ? notice : undefined;
}

/** The link's id, given as such or within a whole link; who sends a whole link lets the operator open it (spec/link.md). */
export function linkIdIn(text: string): LinkId | undefined {
  const id = /(?:^|[^0-9a-f])([0-9a-f]{32})(?:$|[^0-9a-f])/.exec(text)?.[1];
  if (id !== undefined) return parseLinkId(id);
  const fragment = /#1\.([A-Za-z0-9_-]{66})$/.exec(text.trim())?.[1];
  const bytes = fragment === undefined ? undefined : parseBase64url(fragment);
  if (bytes?.length !== 49) return undefined;
  return formatHex(new Uint8Array(hkdfSync('sha256', bytes.subarray(1, 33), new Uint8Array(32), 'rp1/kdf/link-id\0', 16))) as LinkId;
}

const receivedPage = { fr: '/fr/recu', en: '/en/received' } as const;
const filedPage = { fr: '/fr/depose', en: '/en/filed' } as const;

const words = {
  fr: {
    title: 'Signalement',
    received: (reference: string) => `Nous avons reçu votre signalement. Référence : ${reference}`,
    filed: (reference: string, code: string) => `Dossier ouvert. Référence : ${reference}. Code, à noter maintenant : ${code}`,
    incomplete:
      'Il manque le lien, le motif ou l’explication, ou, pour ouvrir un dossier, le titulaire ou l’adresse. Revenez à la page précédente : rien n’est perdu.',
    later: 'Trop de signalements depuis votre réseau. Réessayez dans quelques minutes.',
  },
  en: {
    title: 'Notice',
    received: (reference: string) => `We have received your notice. Reference: ${reference}`,
    filed: (reference: string, code: string) => `Case opened. Reference: ${reference}. Code, to be written down now: ${code}`,
    incomplete:
      'The link, the reason or the explanation is missing, or, for a case, the rights holder or the address. Go back one page: nothing is lost.',
    later: 'Too many notices from your network. Try again in a few minutes.',
  },
} as const;

export function plainPage(language: Language, status: number, text: string): Reply {
  return {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    },
    body: `<!doctype html><html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${words[language].title} – Reprise</title><main><h1>${words[language].title}</h1><p>${text}</p><p><a href="/${language}">Reprise</a></p></main></html>\n`,
  };
}
