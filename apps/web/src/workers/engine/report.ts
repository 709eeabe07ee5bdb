// A report about a link works from the fragment alone, also when the link opens no more.
import { formatId, type LinkId } from '@reprise/protocol';
import { linkAddress, parseLink, webEngine } from '@reprise/vault';
import type { ReportReason } from '../../engine/port.ts';
import { EngineError } from '../../engine/rpc.ts';
import { server } from './connection.ts';
import { toEngineFailure } from './failures.ts';

export async function report(
  fragment: string,
  reason: ReportReason,
  text: string,
  contact: string,
): Promise<{ readonly reference: string }> {
  try {
    const { id } = await linkAddress(webEngine, parseLink(fragment));
    return await server().call('links.report', { params: { link: formatId<LinkId>(id) }, body: { reason, text, contact } });
  } catch (error) {
    throw new EngineError(toEngineFailure(error));
  }
}
