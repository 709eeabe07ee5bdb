// The files of a parcel that was sent without an account, into the drive: read as anybody who has the link reads them, each chunk checked, and sealed
// anew under keys of their own. It is a transfer like any other, but nobody has to choose its files again. spec/drive.md "Parcels that are kept".
import { type FileSource, type ManagedSpace, openLink, openManage, type OpenedLink } from '@reprise/sdk';
import { keptParcels } from '@reprise/sdk/drive';
import type { Entry } from '@reprise/vault';
import { EngineError } from '../../engine/rpc.ts';
import { server } from '../engine/connection.ts';
import { sealPool, stretchPassword } from '../engine/other-workers.ts';
import { inSendingOrder, savedUpload, titleOf } from '../uploads/new-upload.ts';
import { PickedSlot } from '../uploads/picked-slot.ts';
import type { OpenDrive } from './open-drive.ts';
import type { CopiedParcel, SavedTransfer } from './transfer-store.ts';

type Pieces = ReturnType<OpenedLink['readFile']>;

/** Chunks of one file that are fetched ahead. */
const lanes = 2;
/** A copy that was given up with its tab leaves a link, for as long as this at most; one that goes on later makes another. */
const linkLifeMs = 7 * 24 * 3_600_000;

/** Into the first folder, beside what stands there. */
export async function planCopy(
  open: OpenDrive,
  id: string,
): Promise<{ readonly saved: SavedTransfer; readonly slots: readonly PickedSlot[] }> {
  const { link, copied } = await openParcel(open, id, null);
  const found = await filesOf(link);
  const files = inSendingOrder(found.files, ({ entry }) => entry.size);
  const title = titleOf([
    ...files.map(({ path }) => ({ kind: 'file', path }) as const),
    ...found.folders.map((path) => ({ kind: 'folder', path }) as const),
  ]);
  const facts = files.map(({ path, entry }) => ({ path, bytes: entry.size, modifiedAt: Number(entry.mtimeNs / 1_000_000n) }));
  const saved = { ...savedUpload(title, facts, found.folders), space: open.drive.spaceId, folderId: 'root', answers: {}, copied };
  const slots = facts.map((fact) => new PickedSlot(fact));
  for (const [i, slot] of slots.entries()) giveTo(slot, link, files[i]?.entry);
  return { saved, slots };
}

/** Opens the parcel again for files that have no source: after a reload. @returns the copy as it is to be remembered */
export async function reopenCopy(open: OpenDrive, copied: CopiedParcel, slots: readonly PickedSlot[]): Promise<CopiedParcel> {
  const missing = slots.filter((slot) => !slot.isThere);
  if (missing.length === 0) return copied;
  const opened = await openParcel(open, copied.parcel, copied.link);
  const entries = new Map((await filesOf(opened.link)).files.map(({ path, entry }) => [path, entry]));
  for (const slot of missing) giveTo(slot, opened.link, entries.get(slot.path));
  return opened.copied;
}

/** The link that the copy was read by ends. What fails ends by itself. */
export async function closeCopy(open: OpenDrive, { parcel, link }: CopiedParcel): Promise<void> {
  const space = await manage(open, parcel);
  const own = space.links.find(({ id }) => id === link);
  if (own) await space.revokeLink(own.id);
}

/** @param known the link that was made for this copy before, if it still stands */
async function openParcel(open: OpenDrive, parcel: string, known: string | null) {
  const space = await manage(open, parcel);
  const given = space.links.find((link) => !link.growing && !link.removed);
  if (!given) throw new EngineError({ code: 'no-such-entry', facts: {} });
  // A link for this alone: it asks for no password, and counts on none that others have.
  const own = space.links.find(({ id }) => id === known) ?? (await space.createLink(given.id, { expiresAt: Date.now() + linkLifeMs }));
  const link = await openLink({ connection: server(), link: own.url, pool: sealPool });
  return { link, copied: { parcel, link: own.id } satisfies CopiedParcel };
}

async function manage(open: OpenDrive, id: string): Promise<ManagedSpace> {
  const parcel = (await keptParcels(open.drive)).find((each) => each.id === id);
  if (!parcel) throw new EngineError({ code: 'no-such-entry', facts: {} });
  return openManage({ connection: server(), url: parcel.manageUrl, stretch: stretchPassword });
}

type Found = { readonly files: readonly { readonly path: string; readonly entry: Entry }[]; readonly folders: readonly string[] };

async function filesOf(link: OpenedLink): Promise<Found> {
  const files: { path: string; entry: Entry }[] = [];
  const folders: string[] = [];
  for await (const { path, entry } of link.walk(null)) {
    const { kind } = entry.content;
    if (kind === 'directory') folders.push(path);
    if (kind === 'file' || kind === 'manifest') files.push({ path, entry });
  }
  return { files, folders };
}

function giveTo(slot: PickedSlot, link: OpenedLink, entry: Entry | undefined): void {
  if (entry?.size !== slot.size) return;
  slot.give({ executable: entry.executable, open: () => sourceOf(link, entry, slot.item().mtimeNs) });
}

/** Read in order, as uploads do; anything else begins anew there. */
function sourceOf(link: OpenedLink, entry: Entry, mtimeNs: bigint): FileSource {
  let pieces: Pieces | undefined;
  let left: Uint8Array = new Uint8Array(0);
  let at = 0;
  const close = async () => void (await pieces?.return());
  return {
    async read(start, into) {
      if (!pieces || start !== at) {
        await close();
        pieces = link.readFile(entry, { from: start, lanes });
        left = new Uint8Array(0);
      }
      let filled = 0;
      while (filled < into.length) {
        // What is left of a piece is ours until the next is asked for.
        if (left.length === 0) {
          const next = await pieces.next();
          if (next.done) break;
          left = next.value.bytes;
        }
        const part = left.subarray(0, into.length - filled);
        into.set(part, filled);
        filled += part.length;
        left = left.subarray(part.length);
      }
      at = start + filled;
      return filled;
    },
    stat: () => ({ size: entry.size, mtimeNs }),
    close,
  };
}
