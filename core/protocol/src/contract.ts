// The contract: every endpoint of the service in one table; those about money stand in pay-contract.ts, those about cases in
// case-contract.ts.
import type { Endpoint } from './endpoint.ts';
import * as account from './endpoints/account.ts';
import * as accounts from './endpoints/accounts.ts';
import * as links from './endpoints/links.ts';
import * as log from './endpoints/log.ts';
import * as objects from './endpoints/objects.ts';
import * as server from './endpoints/server.ts';
import * as spaces from './endpoints/spaces.ts';

export const contract = {
  'server.get': server.serverGet,
  'spaces.create': spaces.spacesCreate,
  'spaces.get': spaces.spacesGet,
  'spaces.delete': spaces.spacesDelete,
  'spaces.puts': spaces.spacesPuts,
  'spaces.have': spaces.spacesHave,
  'spaces.head': log.spacesHead,
  'spaces.append': log.spacesAppend,
  'spaces.log': log.spacesLog,
  'spaces.audit': log.spacesAudit,
  'spaces.live': log.spacesLive,
  'spaces.gets': objects.spacesGets,
  'packs.put': spaces.packsPut,
  'objects.put': spaces.objectsPut,
  'objects.get': objects.objectsGet,
  'objects.batch': objects.objectsBatch,
  'places.get': objects.placesGet,
  'places.batch': objects.placesBatch,
  'links.create': links.linksCreate,
  'links.update': links.linksUpdate,
  'links.list': links.linksList,
  'links.delete': links.linksDelete,
  'links.open': links.linksOpen,
  'links.gets': links.linksGets,
  'links.ids': links.linksIds,
  'links.download': links.linksDownload,
  'links.finish': links.linksFinish,
  'links.report': links.linksReport,
  'accounts.prepare': accounts.accountsPrepare,
  'accounts.create': accounts.accountsCreate,
  'logins.begin': accounts.loginsBegin,
  'logins.finish': accounts.loginsFinish,
  'doors.open': accounts.doorsOpen,
  'account.get': accounts.accountGet,
  'account.rename': accounts.accountRename,
  'account.slots': accounts.accountSlots,
  'account.putSlot': accounts.accountPutSlot,
  'account.renewSlot': accounts.accountRenewSlot,
  'account.deleteSlot': accounts.accountDeleteSlot,
  'account.demandPasskey': accounts.accountDemandPasskey,
  'account.password': accounts.accountPassword,
  'account.secure': accounts.accountSecure,
  'account.devices': accounts.accountDevices,
  'account.ticket': accounts.accountTicket,
  'account.delete': accounts.accountDelete,
  'account.keep': accounts.accountKeep,
  'pairings.put': accounts.pairingsPut,
  'pairings.get': accounts.pairingsGet,
  'account.usage': account.accountUsage,
  'account.events': account.accountEvents,
} as const satisfies Record<string, Endpoint>;

export type Contract = typeof contract;
export type EndpointId = keyof Contract;
