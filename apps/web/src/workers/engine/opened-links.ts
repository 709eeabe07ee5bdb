// Links opened in this page: what screens know as handles and entry ids, and the vault's entries behind them.
// spec/link.md, spec/directories.md.
import { type Bytes, formatBase64url, formatHex } from '@reprise/kit';
import type { LinkId, ObjectId } from '@reprise/protocol';
import { type OpenedLink, openLink } from '@reprise/sdk';
import { type Entry as VaultEntry, type Link, linkAddress, linkFlags, linkKeys, parseLink, webEngine } from '@reprise/vault';
import type { OpenedAnswer, OpenedLink as OpenedFacts } from '../../engine/calls.ts';
import { mediaTypeOf } from '../../engine/media-types.ts';
import type { Entry } from '../../engine/port.ts';
import { describeFailure, EngineError } from '../../engine/rpc.ts';
import type { GrantLink } from '../../engine/grants.ts';
import { server } from './connection.ts';
import { closeContents, openContents } from './contents.ts';
import { toEngineFailure, toOpenFailure } from './failures.ts';
import { sealPool, stretchPassword } from './other-workers.ts';

type Known = {
  readonly link: OpenedLink;
  readonly parsed: Link;
  /** By id; the id of what lies behind the link itself is ''. */
  readonly entries: Map<string, VaultEntry>;
  /** Sorted entries of folders that were listed, by the folder's id. */
  readonly listings: Map<string, Promise<readonly Entry[]>>;
};

const opened = new Map<string, Known>();
/** Stretched passwords of this page's links, by fragment: nobody is asked twice while the page lives. */
const stretchedByFragment = new Map<string, Uint8Array<ArrayBuffer>>();
const handlesMax = 8;
const rootId = '';
const selling = () => import('./sold-links.ts');
let lastHandle = 0;

/** @param whole fragment of a link, or of a receipt link */
export async function openFragment(whole: string, password: string | null): Promise<OpenedAnswer> {
  if (whole === '') return { kind: 'failed', failure: { reason: 'bad-link', fault: 'missing' } };
  let half: Bytes | null = null;
  let fragment = whole;
  try {
    if (whole.split('.').length === 3) ({ fragment, half } = (await selling()).splitReceipt(whole));
    const parsed = parseLink(fragment);
    // Whether a link is sold its record says, and the flag of its URL only where to look first.
    if ((parsed.flags & linkFlags.paid) !== 0 && password === null) {
      const sold = await (await selling()).openSold(fragment, parsed, half);
      if (sold) return sold;
      // Free by now, and opened whatever is said of money.
      const owed = await owedFor(fragment).catch(() => null);
      if (owed && owed.kind !== 'over') return owed;
    }
    const stretched = password === null ? stretchedByFragment.get(fragment) : undefined;
    const link = await openLink({
      connection: server(),
      link: parsed,
      pool: sealPool,
      stretch: stretchPassword,
      ...(password !== null && { password }),
      ...(stretched && { stretched }),
    });
    if (link.stretched) stretchedByFragment.set(fragment, link.stretched);
    return await describeOpened(link, parsed);
  } catch (error) {
    const { code } = describeFailure(error);
    if (code === 'password-required') return { kind: 'needs-password' };
    if (code === 'payment-required') return openUnflagged(fragment, half);
    if (code === 'link-unavailable' || code === 'link-removed') return openGone(fragment, error);
    return { kind: 'failed', failure: toOpenFailure(error) };
  }
}

async function owedFor(fragment: string) {
  return (await selling()).openOwed(fragment, parseLink(fragment));
}

/** What is owed for it comes before its end; then what had been bought of it. Where nobody can say whether something is, nothing of the kind is said. */
async function openGone(fragment: string, gone: unknown): Promise<OpenedAnswer> {
  try {
    const owed = await owedFor(fragment);
    if (owed && owed.kind !== 'over') return owed;
    const failure = toOpenFailure(gone);
    const isEnd = failure.reason === 'unavailable' || failure.reason === 'removed';
    return { kind: 'failed', failure: isEnd && owed?.bought ? { ...failure, bought: owed.bought } : failure };
  } catch (error) {
    const { code } = describeFailure(error);
    return { kind: 'failed', failure: toOpenFailure(code === 'network' || code === 'stalled' ? error : gone) };
  }
}

/** Put on sale after its URL was given away. */
async function openUnflagged(fragment: string, half: Bytes | null): Promise<OpenedAnswer> {
  try {
    const sold = await (await selling()).openSold(fragment, parseLink(fragment), half);
    return sold ?? { kind: 'failed', failure: { reason: 'server-error', code: 'payment-required' } };
  } catch (error) {
    return { kind: 'failed', failure: toOpenFailure(error) };
  }
}

async function describeOpened(link: OpenedLink, parsed: Link): Promise<OpenedAnswer> {
  const { facts } = link;
  const answer = link.root ? await keep(link, parsed) : null;
  if (!facts.growing && answer) return { kind: 'ready', link: answer };
  const expected = facts.expectedBytes;
  const percent = expected === null || expected === 0 ? null : Math.min(99, Math.floor((100 * facts.receivedBytes) / expected));
  return { kind: 'growing', percent, bytesReceived: facts.receivedBytes, bytesExpected: expected, link: answer };
}

export async function keep(link: OpenedLink, parsed: Link): Promise<OpenedFacts> {
  const handle = String(++lastHandle);
  const known: Known = { link, parsed, entries: new Map(), listings: new Map() };
  opened.set(handle, known);
  openContents(handle, {
    content: link,
    entry: async (id) => vaultEntry(known, id),
    siblings: (id) => listing(known, id.slice(0, Math.max(0, id.lastIndexOf('/')))),
    source: () => grantLink(known),
    urls: (ids, signal) => urlsOf(known, ids, signal),
  });
  for (const old of opened.keys()) {
    if (opened.size <= handlesMax || old === handle) continue;
    opened.delete(old);
    closeContents(old);
  }
  const root = await listing(known, rootId);
  const { facts } = link;
  const [first] = root;
  return {
    handle,
    title: facts.title,
    kind: root.length === 1 && first ? first.kind : 'several',
    bytesTotal: root.reduce((sum, entry) => sum + (entry.bytes ?? 0), 0),
    filesCount: root.every((entry) => entry.kind === 'file') ? root.length : null,
    expiresAt: facts.expiresAt,
    downloadsLeft: facts.downloadsLeft,
    fingerprint: await crypto.subtle.digest('SHA-256', facts.fingerprint).then((hash) => new Uint8Array(hash)),
    takesTips: facts.takesTips,
    rootLength: root.length,
  };
}

function knownLink(handle: string): Known {
  const known = opened.get(handle);
  if (!known) throw new EngineError({ code: 'unexpected', facts: { reason: 'no such link' } });
  return known;
}

function vaultEntry(known: Known, id: string): VaultEntry {
  const entry = known.entries.get(id);
  if (!entry) throw new EngineError({ code: 'unexpected', facts: { reason: 'no such entry' } });
  return entry;
}

export async function listFolder(handle: string, folder: string | null): Promise<{ readonly length: number }> {
  return { length: (await listing(knownLink(handle), folder ?? rootId)).length };
}

export async function listEntries(handle: string, folder: string | null, start: number, end: number): Promise<readonly Entry[]> {
  return (await listing(knownLink(handle), folder ?? rootId)).slice(start, end);
}

/** Folders first, then names as people of this browser's language order them. */
function listing(known: Known, folder: string): Promise<readonly Entry[]> {
  let entries = known.listings.get(folder);
  if (!entries) {
    entries = readListing(known, folder);
    known.listings.set(folder, entries);
    entries.catch(() => known.listings.delete(folder));
  }
  return entries;
}

async function readListing(known: Known, folder: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of known.link.list(folder === rootId ? null : vaultEntry(known, folder))) {
      const shown = describeEntry(`${folder}/${entry.name}`, entry);
      if (!shown) continue;
      known.entries.set(shown.id, entry);
      entries.push(shown);
    }
  } catch (error) {
    throw new EngineError(toEngineFailure(error));
  }
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  return entries.sort((a, b) => (a.kind === b.kind ? compare(a.name, b.name) : a.kind === 'folder' ? -1 : 1));
}

/** Symbolic links, mounts and kinds of later versions mean nothing in a browser and are left out. */
function describeEntry(id: string, entry: VaultEntry): Entry | undefined {
  const { kind } = entry.content;
  const isFile = kind === 'file' || kind === 'manifest';
  if (!isFile && kind !== 'directory') return undefined;
  return {
    id,
    kind: isFile ? 'file' : 'folder',
    name: entry.name,
    bytes: entry.size,
    modifiedAt: entry.mtimeNs === 0n ? null : Number(entry.mtimeNs / 1_000_000n),
    mediaType: isFile ? mediaTypeOf(entry.name) : '',
  };
}

/** What the service worker shows the server to be told where chunks are. */
async function grantLink({ link, parsed }: Known): Promise<GrantLink> {
  const { id, token } = await linkAddress(webEngine, parsed);
  const flagged = { ...parsed, flags: parsed.flags | linkFlags.password };
  const gate = link.stretched ? (await linkKeys(webEngine, flagged, link.stretched)).gate : null;
  return { id: formatHex(id), token: formatBase64url(token), gate: gate && formatBase64url(gate), download: link.download };
}

async function urlsOf(known: Known, ids: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const { id, token, gate } = await grantLink(known);
  const body = { token, ...(gate && { gate }), ids: ids as ObjectId[] };
  return (await server().call('links.gets', { params: { link: id as LinkId }, body, signal })).urls;
}
