// All that an account is but its files, for its owner to take along: nothing of it opens anything. spec/accounts.md "Changes".
import { formatHex } from '@reprise/kit';
import { type DeviceId, formatId } from '@reprise/protocol';
import { decodeEntry, decodeEnvelope, entryId, splitEnvelopes } from '@reprise/protocol/formats';
import type { Drive, DriveUsage } from '../drive/drive.ts';
import type { DriveLink } from '../drive/drive-links.ts';
import { type AccountExport, AccountChanges } from './change.ts';
import { type AccountPorts, deviceOf, type OpenedAccount } from './opened.ts';

/** An entry of the log: who changed something, when, and what kind of change it was. */
export type ExportedEntry = {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  /** As the device's clock said. */
  readonly atMs: number;
  readonly device: DeviceId;
  readonly epoch: number;
  /** Objects that a commit added, or a sweep or purge ended; null for other entries. */
  readonly objects: number | null;
};

/** All that an account can be told about itself, without the files and without a key. */
export type AccountData = AccountExport & {
  readonly server: string;
  readonly usage: DriveUsage;
  readonly links: readonly Omit<DriveLink, 'url'>[];
  readonly log: readonly ExportedEntry[];
};

/** @throws Failure network, device-revoked … */
export async function exportAccount(ports: AccountPorts, account: OpenedAccount, drive: Drive, signal?: AbortSignal): Promise<AccountData> {
  const links = await drive.links.list(signal);
  return {
    ...(await new AccountChanges(ports, account).exportAccount(signal)),
    server: account.record.origin,
    usage: await drive.usage(signal),
    links: links.map(withoutUrl),
    log: await Array.fromAsync(entriesOf(ports, account, signal)),
  };
}

/** A link's URL opens it. */
function withoutUrl(link: DriveLink): Omit<DriveLink, 'url'> {
  return Object.fromEntries(Object.entries(link).filter(([field]) => field !== 'url')) as Omit<DriveLink, 'url'>;
}

async function* entriesOf(
  { connection }: AccountPorts,
  account: OpenedAccount,
  signal: AbortSignal | undefined,
): AsyncGenerator<ExportedEntry> {
  const call = { params: { space: account.session.homeSpace }, device: deviceOf(account), signal };
  for (let from = 0; ; ) {
    const page = splitEnvelopes(await connection.call('spaces.log', { ...call, body: { from } }));
    if (page.length === 0) return;
    for (const bytes of page) yield exported(decodeEnvelope(bytes).entry);
    from += page.length;
  }
}

async function exported(bytes: Uint8Array<ArrayBuffer>): Promise<ExportedEntry> {
  const { seq, timeMs, deviceId, epoch, body } = decodeEntry(bytes);
  const objects = body.type === 'commit' ? body.addsCount : body.type === 'sweep' || body.type === 'purge' ? body.idsCount : null;
  return { seq, id: formatHex(await entryId(bytes)), type: body.type, atMs: timeMs, device: formatId<DeviceId>(deviceId), epoch, objects };
}
