// The files of a parcel that was sent without an account, into the drive: read as anybody who has the link reads them, each chunk checked, and sealed
// anew under keys of their own. spec/drive.md "Parcels that are kept".
import { type FileSource, openLink, openManage, type OpenedLink, type UploadItem } from '@reprise/sdk';
import { keptParcels } from '@reprise/sdk/drive';
import type { Entry } from '@reprise/vault';
import { EngineError } from '../../engine/rpc.ts';
import { server } from '../engine/connection.ts';
import { sealPool, stretchPassword } from '../engine/other-workers.ts';
import type { OpenDrive } from './open-drive.ts';

type Pieces = ReturnType<OpenedLink['readFile']>;

/** Chunks of one file that are fetched ahead. */
const lanes = 2;

/** Into the first folder, beside what stands there. @returns how many files */
export async function copyParcel(open: OpenDrive, id: string): Promise<number> {
  const parcel = (await keptParcels(open.drive)).find((each) => each.id === id);
  if (!parcel) throw new EngineError({ code: 'no-such-entry', facts: {} });
  return open.act(async (drive) => {
    const space = await openManage({ connection: server(), url: parcel.manageUrl, stretch: stretchPassword });
    const given = space.links.find((link) => !link.growing && !link.removed);
    if (!given) throw new EngineError({ code: 'no-such-entry', facts: {} });
    // A link for this alone: it asks for no password, and counts on none that others have.
    const own = await space.createLink(given.id, {});
    try {
      const link = await openLink({ connection: server(), link: own.url, pool: sealPool });
      const items: UploadItem[] = [];
      for await (const { path, entry } of link.walk(null)) items.push(...itemsOf(link, path, entry));
      const upload = await drive.put('/', items, { onTaken: 'both' });
      return (await upload.finished).files;
    } finally {
      await space.revokeLink(own.id);
    }
  });
}

function itemsOf(link: OpenedLink, path: string, entry: Entry): readonly UploadItem[] {
  const { content, mtimeNs, size, executable } = entry;
  if (content.kind === 'directory') return [{ kind: 'folder', path, mtimeNs }];
  if (content.kind !== 'file' && content.kind !== 'manifest') return [];
  return [{ kind: 'file', path, size, mtimeNs, executable, open: () => sourceOf(link, entry) }];
}

/** Read in order, as uploads do; anything else begins anew there. */
function sourceOf(link: OpenedLink, entry: Entry): FileSource {
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
    stat: () => ({ size: entry.size, mtimeNs: entry.mtimeNs }),
    close,
  };
}
