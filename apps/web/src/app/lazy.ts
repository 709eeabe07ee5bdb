// What is fetched when it is first needed: one chunk each, so that the drive starts small. spec/web.md, budgets. What does not come is asked for once more;
// then the person is told.
import { sleep } from '@reprise/kit';
import { isMissingPart } from '../engine/missing-part.ts';
import { missing } from './missing.svelte.ts';

const againMs = 500;

export const lazy = {
  share: part(() => import('./pages/ShareSheet.svelte')),
  versions: part(() => import('./pages/VersionsSheet.svelte')),
  viewer: part(() => import('./pages/Viewer.svelte')),
  settings: part(() => import('./pages/SettingsPage.svelte')),
  devices: part(() => import('./pages/DevicesPage.svelte')),
  scan: part(() => import('./pages/ScanCode.svelte')),
  rewind: part(() => import('./pages/RewindPage.svelte')),
  trash: part(() => import('./pages/TrashPage.svelte')),
  receive: part(() => import('./pages/ReceivePage.svelte')),
  links: part(() => import('./pages/LinksPage.svelte')),
  earnings: part(() => import('./pages/EarningsPage.svelte')),
  photos: part(() => import('./pages/PhotosPage.svelte')),
  waiting: part(() => import('./shell/WaitingNotice.svelte')),
  search: part(() => import('./pages/SearchPage.svelte')),
  wallet: part(() => import('./wallet/WalletPage.svelte')),
  kit: part(() => import('./sign/KitPage.svelte')),
  secure: part(() => import('./sign/SecurePage.svelte')),
} as const;

/** What comes no second time either leaves the place empty, below the sheet that says so. */
function part<Part>(load: () => Promise<Part>): () => Promise<Part> {
  return async () => {
    try {
      return await load().catch(async (error: unknown) => {
        if (!isMissingPart(error)) throw error;
        await sleep(againMs);
        return load();
      });
    } catch (error) {
      if (!isMissingPart(error)) throw error;
      missing.isShown = true;
      return new Promise<Part>(() => undefined);
    }
  };
}
