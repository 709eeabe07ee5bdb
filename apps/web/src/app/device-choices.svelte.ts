// How this browser shows the drive: density, list or tiles, the order of each folder. Kept here only, and without a single name.
import { defaultSort, type Sort } from './order.ts';
import type { EntryId } from './port.ts';

export type Density = 'airy' | 'normal' | 'tight';
export type Layout = 'list' | 'tiles';
const foldersMax = 500;

function read<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(`reprise.drive.${key}`);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}
function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(`reprise.drive.${key}`, JSON.stringify(value));
  } catch {
    /* storage refused: the choice lasts this page */
  }
}

let density: Density = $state(read<Density>('density', 'normal'));
let layout: Layout = $state(read<Layout>('layout', 'list'));
let details: boolean = $state(read('details', true));
let sorts: Readonly<Record<EntryId, Sort>> = $state.raw(read('sorts', {}));
const coarse = typeof matchMedia === 'undefined' ? null : matchMedia('(pointer: coarse), (max-width: 699px)');
let isCoarse = $state(coarse?.matches ?? false);
coarse?.addEventListener('change', (event) => {
  isCoarse = event.matches;
});

export const choices = {
  get density(): Density {
    return density;
  },
  set density(value: Density) {
    density = value;
    write('density', value);
  },
  get layout(): Layout {
    return layout;
  },
  set layout(value: Layout) {
    layout = value;
    write('layout', value);
  },
  get details(): boolean {
    return details;
  },
  set details(value: boolean) {
    details = value;
    write('details', value);
  },
  /** px; fingers get 64 whatever was chosen. */
  get rowHeight(): number {
    return isCoarse ? 64 : { airy: 56, normal: 44, tight: 32 }[density];
  },
  sortOf(folder: EntryId): Sort {
    return sorts[folder] ?? defaultSort;
  },
  setSort(folder: EntryId, sort: Sort): void {
    const { [folder]: _, ...others } = sorts;
    sorts = Object.fromEntries([...Object.entries(others), [folder, sort] as const].slice(-foldersMax));
    write('sorts', sorts);
  },
};
