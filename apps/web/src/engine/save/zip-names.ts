// Names inside a zip and inside a folder on disk: unique, and safe on every system that may unpack them. What a link's author wrote
// is not trusted to be a good file name. spec/web.md "Zip of a folder".

const reserved = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i;
const nameBytesMax = 255;

/** One component of a path: NFC, no separators, no control characters, none of the names Windows keeps for devices. */
export function safeName(name: string): string {
  const clean = name
    .normalize('NFC')
    .replace(/[\u0000-\u001f\u007f<>:"/\\|?*\u202a-\u202e\u2066-\u2069]/gu, '_')
    .replace(/[. ]+$/u, (tail) => '_'.repeat(tail.length));
  const named = clean === '' ? '_' : clean;
  return shorten(reserved.test(named) ? `_${named}` : named);
}

/** Hands out each name once in its folder; twins, also those that differ by case only, get " (2)", " (3)". */
export class UniqueNames {
  private readonly taken = new Map<string, Set<string>>();

  take(folder: string, name: string): string {
    const safe = safeName(name);
    const inFolder = this.taken.get(folder) ?? new Set<string>();
    this.taken.set(folder, inFolder);
    for (let copy = 1; ; copy++) {
      const candidate = copy === 1 ? safe : numbered(safe, copy);
      const folded = candidate.toLowerCase();
      if (inFolder.has(folded)) continue;
      inFolder.add(folded);
      return candidate;
    }
  }
}

function numbered(name: string, copy: number): string {
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  return shorten(`${stem} (${copy})${extension}`);
}

/** At most 255 bytes of UTF-8, cut before the extension. */
function shorten(name: string): string {
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  if (bytes(name) <= nameBytesMax) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && bytes(name.slice(dot)) <= 16 ? name.slice(dot) : '';
  const suffix = / \(\d+\)$/.exec(name.slice(0, name.length - extension.length))?.[0] ?? '';
  let stem = [...name.slice(0, name.length - extension.length - suffix.length)];
  while (bytes(stem.join('') + suffix + extension) > nameBytesMax) stem = stem.slice(0, -1);
  return stem.join('') + suffix + extension;
}
