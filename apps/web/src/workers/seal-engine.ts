// The engine worker: uploads, links, saves and everything that talks to the server. The page it serves holds no key.
// spec/web.md "Threads".
import type { EngineCalls, PageCalls } from '../engine/calls.ts';
import { dropGrant } from '../engine/grants.ts';
import { clearPrivateLeftovers } from '../engine/save/private-sink.ts';
import { joinPort, Moved } from '../engine/rpc.ts';
import { createLink, changeLink, deleteSpace, openSpace, refreshSpace, revokeLink } from './engine/managed-spaces.ts';
import { listEntries, listFolder, openFragment } from './engine/opened-links.ts';
import { joinPage } from './engine/page.ts';
import {
  actOnParcel,
  cancelParcel,
  changeParcel,
  dropParcel,
  readAllowance,
  reattach,
  reattachHandles,
  restoreParcels,
  startParcel,
  storedHandles,
} from './engine/parcels.ts';
import { makePreview, readPreviewRange } from './engine/previews.ts';
import { report } from './engine/report.ts';
import { cancelSave, save } from './engine/saves.ts';

declare const self: DedicatedWorkerGlobalScope;

void clearPrivateLeftovers();

const { call } = joinPort<PageCalls, EngineCalls>(self, {
  allowance: () => readAllowance(),
  startParcel: ({ items, options }) => startParcel(items, options),
  restoreParcels: () => restoreParcels(),
  forgetParcel: ({ id }) => dropParcel(id),
  actOnParcel: ({ id, verb, row }) => actOnParcel(id, verb, row),
  cancelParcel: ({ id, row }) => cancelParcel(id, row),
  changeParcel: ({ id, options }) => changeParcel(id, options),
  reattach: ({ id, items }) => reattach(id, items),
  parcelHandles: ({ id }) => storedHandles(id),
  reattachHandles: ({ id }) => reattachHandles(id),

  openLink: ({ fragment, password }) => openFragment(fragment, password),
  listFolder: ({ link, folder }) => listFolder(link, folder),
  entries: ({ link, folder, start, end }) => listEntries(link, folder, start, end),
  preview: ({ link, entry }) => makePreview(link, entry),
  readRange: async ({ link, entry, start, end }) => {
    const bytes = (await readPreviewRange(link, entry, start, end)).slice();
    return new Moved<Uint8Array>(bytes, [bytes.buffer]);
  },
  dropGrant: ({ grant }) => dropGrant(grant),
  report: ({ fragment, reason, text, contact }) => report(fragment, reason, text, contact),
  save: (start) => save(start),
  cancelSave: ({ id }) => cancelSave(id),

  openSpace: ({ fragment }) => openSpace(fragment),
  refreshSpace: ({ handle }) => refreshSpace(handle),
  createLink: ({ handle, link, options }) => createLink(handle, link, options),
  changeLink: ({ handle, link, change }) => changeLink(handle, link, change),
  revokeLink: ({ handle, link }) => revokeLink(handle, link),
  deleteSpace: ({ handle }) => deleteSpace(handle),
});
joinPage(call);
