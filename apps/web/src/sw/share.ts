// What another program shares with the installed app: a form posted to /recevoir, answered here and never sent anywhere. spec/web.md "Installed".
import { accountDatabase, recordName } from '../engine/account-database.ts';
import { keepReceived } from '../engine/received.ts';
import { openDatabase, readRow } from '../engine/rows.ts';
import { receivedMark } from '../landing/received-mark.ts';

export const sharePath = '/recevoir';

/** Keeps what was shared and leads to the page that asks where it goes: the drive where this browser has an account, else the landing page. */
export async function answerShare(request: Request, locale: 'fr' | 'en'): Promise<Response> {
  const target = (await hasAccount()) ? '/app/receive' : `/${locale}?${receivedMark}`;
  try {
    await keepReceived(filesOf(await request.formData(), locale));
  } catch {
    // A form that cannot be read is a share without files, which the page says.
    await keepReceived([]);
  }
  return Response.redirect(new URL(target, request.url).href, 303);
}

/** The files; a text or an address that came without any becomes one. */
function filesOf(form: FormData, locale: 'fr' | 'en'): readonly File[] {
  const parts = form.getAll('files').filter((part) => part instanceof File && (part.name !== '' || part.size > 0)) as File[];
  // A form's file has no time of its own: Chromium names the present one whenever it is asked, and a file that changes is not sent.
  const files = parts.map((part) => new File([part], part.name, { type: part.type, lastModified: Date.now() }));
  const text = ['title', 'text', 'url'].map((name) => form.get(name)).filter((part) => typeof part === 'string' && part !== '');
  if (files.length > 0 || text.length === 0) return files;
  return [new File([`${text.join('\n')}\n`], locale === 'fr' ? 'Texte partagé.txt' : 'Shared text.txt', { type: 'text/plain' })];
}

async function hasAccount(): Promise<boolean> {
  try {
    return (await readRow(await openDatabase(accountDatabase), 'record', recordName)) !== undefined;
  } catch {
    return false;
  }
}
