// What is fetched when it is first needed: one chunk each, so that the drive starts small. spec/web.md, budgets.
export const lazy = {
  share: () => import('./pages/ShareSheet.svelte'),
  versions: () => import('./pages/VersionsSheet.svelte'),
  viewer: () => import('./pages/Viewer.svelte'),
  settings: () => import('./pages/SettingsPage.svelte'),
  devices: () => import('./pages/DevicesPage.svelte'),
  scan: () => import('./pages/ScanCode.svelte'),
  rewind: () => import('./pages/RewindPage.svelte'),
  trash: () => import('./pages/TrashPage.svelte'),
  receive: () => import('./pages/ReceivePage.svelte'),
  links: () => import('./pages/LinksPage.svelte'),
  earnings: () => import('./pages/EarningsPage.svelte'),
  photos: () => import('./pages/PhotosPage.svelte'),
  waiting: () => import('./shell/WaitingNotice.svelte'),
  search: () => import('./pages/SearchPage.svelte'),
  wallet: () => import('./wallet/WalletPage.svelte'),
  kit: () => import('./sign/KitPage.svelte'),
} as const;
