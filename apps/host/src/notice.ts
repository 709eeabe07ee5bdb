// The notice form without script: a plain POST, answered with a page in the person's language.
import { hkdfSync } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { type Drive, type Reply, clientAddress, serverFailureOf, wholeBody } from '@reprise/drive';
import { decodeUtf8, formatHex, parseBase64url } from '@reprise/kit';
import { type LinkId, parseLinkId, serverFailures } from '@reprise/protocol';
import { type Language, type Site, languageOf } from './static.ts';

const bodyBytesMax = 65_536;
const reasons = new Set(['copyright', 'abuse', 'malware', 'privacy', 'illegal', 'other']);

type Notice = { readonly link: string; readonly reason: string; readonly text: string; readonly contact: string };

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
    const link = linkIdIn(notice.link);
    const reference = await drive.report(clientAddress(incoming, trustProxy), {
      link: link ?? unknownLink,
      reason: notice.reason,
      text: link && !notice.link.includes('#') ? notice.text : `${notice.text}\n\n${notice.link}`,
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

/** A notice whose link cannot be read is kept all the same: the text may say enough. */
const unknownLink = '0'.repeat(32) as LinkId;

function readNotice(form: URLSearchParams): Notice | undefined {
  const read = (name: string, lettersMax: number) => (form.get(name) ?? '').trim().slice(0, lettersMax);
  const notice = { link: read('link', 500), reason: read('reason', 20), text: read('text', 10_000), contact: read('contact', 320) };
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

const words = {
  fr: {
    title: 'Signalement',
    received: (reference: string) => `Nous avons reçu votre signalement. Référence : ${reference}`,
    incomplete: 'Il manque le lien, le motif ou l’explication, ou le texte est trop long. Revenez à la page précédente : rien n’est perdu.',
    later: 'Trop de signalements depuis votre réseau. Réessayez dans quelques minutes.',
  },
  en: {
    title: 'Notice',
    received: (reference: string) => `We have received your notice. Reference: ${reference}`,
    incomplete: 'The link, the reason or the explanation is missing, or the text is too long. Go back one page: nothing is lost.',
    later: 'Too many notices from your network. Try again in a few minutes.',
  },
} as const;

function plainPage(language: Language, status: number, text: string): Reply {
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
