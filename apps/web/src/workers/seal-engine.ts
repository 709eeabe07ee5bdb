// The engine worker: uploads, links, saves and everything that talks to the server. The page it serves holds no key.
// spec/web.md "Threads".
import type { EngineCalls, PageCalls } from '../engine/calls.ts';
import { dropGrant } from '../engine/grants.ts';
import { clearPrivateLeftovers } from '../engine/save/private-sink.ts';
import { joinPort, Moved } from '../engine/rpc.ts';
import { listEntries, listFolder, openFragment } from './engine/opened-links.ts';
import { joinPage } from './engine/page.ts';
import { makePreview, previewMember, readPreviewRange } from './engine/previews.ts';
import { sayHere } from '../engine/here.ts';

declare const self: DedicatedWorkerGlobalScope;

void clearPrivateLeftovers();

// Somebody who opens a link waits for this script, and a part that is loaded later costs one more way to the server: so opening is in it, and
// the rest, which a person asks for with a press, comes when it is first needed.
const sending = () => import('./engine/parcels.ts');
const reporting = () => import('./engine/report.ts');
const saving = () => import('./engine/saves.ts');
const managing = () => import('./engine/managed-spaces.ts');

const { call } = joinPort<PageCalls, EngineCalls>(self, {
  allowance: async () => (await sending()).readAllowance(),
  startParcel: async ({ items, options }) => (await sending()).startParcel(items, options),
  restoreParcels: async () => (await sending()).restoreParcels(),
  forgetParcel: async ({ id }) => (await sending()).dropParcel(id),
  actOnParcel: async ({ id, verb, row }) => (await sending()).actOnParcel(id, verb, row),
  cancelParcel: async ({ id, row }) => (await sending()).cancelParcel(id, row),
  changeParcel: async ({ id, options }) => (await sending()).changeParcel(id, options),
  reattach: async ({ id, items }) => (await sending()).reattach(id, items),
  parcelHandles: async ({ id }) => (await sending()).storedHandles(id),
  reattachHandles: async ({ id }) => (await sending()).reattachHandles(id),

  openLink: ({ fragment, password }) => openFragment(fragment, password),
  openJar: async ({ fragment }) => (await import('./engine/sold-links.ts')).openJar(fragment),
  actOnPurchase: async ({ handle, act }) => (await import('./engine/sold-links.ts')).actOnPurchase(handle, act),
  pockets: async () => {
    const { lookIntoPockets, pocketsNow } = await import('./engine/pockets.ts');
    void lookIntoPockets();
    return pocketsNow();
  },
  actOnPockets: async (act) => (await import('./engine/pockets.ts')).actOnPockets(act),
  listFolder: ({ link, folder }) => listFolder(link, folder),
  entries: ({ link, folder, start, end }) => listEntries(link, folder, start, end),
  preview: ({ link, entry }) => makePreview(link, entry),
  previewInside: ({ link, entry, member }) => previewMember(link, entry, member),
  subtitles: async ({ link, entry }) => (await import('./engine/subtitles.ts')).subtitlesOf(link, entry),
  readRange: async ({ link, entry, start, end }) => {
    const bytes = (await readPreviewRange(link, entry, start, end)).slice();
    return new Moved<Uint8Array>(bytes, [bytes.buffer]);
  },
  dropGrant: ({ grant }) => dropGrant(grant),
  report: async ({ fragment, reason, text, contact }) => (await reporting()).report(fragment, reason, text, contact),
  save: async (start) => (await saving()).save(start),
  cancelSave: async ({ id }) => (await saving()).cancelSave(id),

  openSpace: async ({ fragment }) => (await managing()).openSpace(fragment),
  refreshSpace: async ({ handle }) => (await managing()).refreshSpace(handle),
  createLink: async ({ handle, link, options }) => (await managing()).createLink(handle, link, options),
  changeLink: async ({ handle, link, change }) => (await managing()).changeLink(handle, link, change),
  revokeLink: async ({ handle, link }) => (await managing()).revokeLink(handle, link),
  deleteSpace: async ({ handle }) => (await managing()).deleteSpace(handle),
});
joinPage(call);
sayHere();
