// What a drive holds, as text that can be compared; and files that are made of text.
import { encodeUtf8 } from '@reprise/kit';
import type { FileItem } from '@reprise/sdk';
import type { Drive } from '@reprise/sdk/drive';

/** By path: a file's bytes as UTF-8 where they are, else in base64; null for a folder, whose path ends with a slash. */
export async function contentOf(drive: Drive, folder = '/'): Promise<Record<string, string | null>> {
  const content: Record<string, string | null> = {};
  for await (const entry of drive.walk(folder)) {
    if (entry.kind === 'folder') content[`${entry.path}/`] = null;
    else if (entry.kind === 'symlink') content[entry.path] = `→ ${entry.target}`;
    else content[entry.path] = textOf(await drive.readWhole(entry));
  }
  return Object.fromEntries(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function textOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8');
  return bytes.length < 10_000 && Buffer.from(text, 'utf8').equals(Buffer.from(bytes)) ? text : Buffer.from(bytes).toString('base64');
}

/** A file that lies in memory and does not change. */
export function memoryFile(path: string, content: string | Uint8Array, mtimeMs = 1_700_000_000_000): FileItem {
  const bytes = typeof content === 'string' ? encodeUtf8(content) : content;
  const mtimeNs = BigInt(mtimeMs) * 1_000_000n;
  return {
    kind: 'file',
    path,
    size: bytes.length,
    mtimeNs,
    executable: false,
    open: () => ({
      read: (start, into) => {
        const part = bytes.subarray(start, start + into.length);
        into.set(part);
        return part.length;
      },
      stat: () => ({ size: bytes.length, mtimeNs }),
      close: () => undefined,
    }),
  };
}
