// Every state of every screen, by name.
import type { Component } from 'svelte';
import type { PricedLink, Purchase } from '../src/engine/paid-port.ts';
import type { OpenFailure, Opening } from '../src/engine/port.ts';
import Landing from '../src/landing/Landing.svelte';
import { screens } from '../src/landing/screens.ts';
import DropOverlay from '../src/landing/DropOverlay.svelte';
import LinkPage from '../src/link/LinkPage.svelte';
import ManagePage from '../src/manage/ManagePage.svelte';
import Case from '../src/words/Case.svelte';
import Filed from '../src/words/Filed.svelte';
import Followed from '../src/words/Followed.svelte';
import How from '../src/words/How.svelte';
import Missing from '../src/words/Missing.svelte';
import Notice from '../src/words/Notice.svelte';
import Received from '../src/words/Received.svelte';
import AppAt from './AppAt.svelte';
import LandingOn from './LandingOn.svelte';
import { forgetReceived, keepReceived } from '../src/engine/received.ts';
import { keepInstallOffer } from '../src/app/shell/install.svelte.ts';
import { file, fixed, link, long, manager, MB, GB, opener, parcel, previews, saving, sender } from './given.ts';
import * as given from './given-drive.ts';
import * as sales from './given-sales.ts';

type Any = Component<Record<string, unknown>>;
export interface Story {
  readonly component: Any;
  readonly props: Record<string, unknown>;
}
const story =
  (component: unknown, props: Record<string, unknown> = {}): (() => Story) =>
  () => ({ component: component as Any, props });

const landing = (parcels: ReturnType<typeof parcel>[] = [], allowance = {}): (() => Story) =>
  story(Landing, { engine: async () => sender(parcels, allowance), screens: async () => screens });
const onParcel =
  (phase: Parameters<typeof parcel>[0]): (() => Story) =>
  () => ({ component: LandingOn as unknown as Any, props: { parcel: parcel(phase) } });
const opened =
  (opening: () => Opening): (() => Story) =>
  () => ({ component: LinkPage as unknown as Any, props: { fragment: '1.x', engine: opener(opening()) } });
const thanked = (jar: PricedLink | null): (() => Story) => {
  const opening: Opening = { kind: 'ready', link: link('file', file.mix, previews.audio, { takesTips: true }) };
  return () => ({ component: LinkPage as unknown as Any, props: { fragment: '1.x', engine: opener(opening, jar) } });
};
const inApp =
  (at: string, what: given.GivenDrive = {}, who: given.GivenAccount = {}): (() => Story) =>
  () => ({ component: AppAt as unknown as Any, props: { at, engine: given.engine(given.open(what, who)) } });
const before =
  (
    at: string,
    session: Parameters<typeof given.engine>[0] = { kind: 'none' },
    joining?: Parameters<typeof given.engine>[1],
  ): (() => Story) =>
  () => ({ component: AppAt as unknown as Any, props: { at, engine: given.engine(session, joining) } });
const folder = `/app/f/${given.festivalId}`;
const forSale = (purchase: Purchase, more: Partial<PricedLink> = {}): (() => Story) =>
  opened(() => ({ kind: 'priced', priced: sales.priced(purchase, more) }));
const failed = (failure: OpenFailure): (() => Story) => opened(() => ({ kind: 'failed', failure }));

const boughtOnce = { at: Date.UTC(2026, 9, 3), sats: 2_500, isReturned: false };

export const stories: Readonly<Record<string, () => Story>> = {
  landing: landing(),
  'landing-options': landing(),
  'landing-keys': landing(),
  'landing-returned': () => landing([parcel('done'), parcel('again')])(),
  'landing-closed': landing([], { open: false }),
  'landing-drop': story(DropOverlay, { count: 12 }),
  'parcel-sending': onParcel('sending'),
  'parcel-dock': onParcel('sending'),
  'parcel-options': onParcel('done'),
  'parcel-qr': onParcel('done'),
  'parcel-done': onParcel('done'),
  'parcel-offline': onParcel('offline'),
  'parcel-again': onParcel('again'),
  'parcel-error': onParcel('error'),
  'parcel-paused': onParcel('paused'),
  'link-video': opened(() => ({ kind: 'ready', link: link('file', file.film, previews.video) })),
  'link-audio': opened(() => ({ kind: 'ready', link: link('file', file.mix, previews.audio) })),
  'link-image': opened(() => ({ kind: 'ready', link: link('file', file.photo, previews.image) })),
  'link-text': opened(() => ({ kind: 'ready', link: link('file', file.text, previews.text) })),
  'link-archive': opened(() => ({ kind: 'ready', link: link('file', file.archive, previews.archive) })),
  'link-other': opened(() => ({ kind: 'ready', link: link('file', file.other, previews.none, { expiresAt: null, downloadsLeft: null }) })),
  'link-folder': opened(() => ({ kind: 'ready', link: link('folder', null, previews.image) })),
  'link-report': opened(() => ({ kind: 'ready', link: link('file', file.other, previews.none) })),
  'link-layer': opened(() => ({ kind: 'ready', link: link('folder', null, previews.image) })),
  'link-long-folder': opened(() => ({ kind: 'ready', link: link('folder', null, previews.text, { root: long(), filesCount: 120_000 }) })),
  'link-growing': opened(() => ({
    kind: 'growing',
    percent: 62,
    bytesReceived: 2.1 * GB,
    bytesExpected: 3.42 * GB,
    link: link('folder', null, previews.image),
  })),
  'link-growing-empty': opened(() => ({ kind: 'growing', percent: 4, bytesReceived: 90 * MB, bytesExpected: 3.42 * GB, link: null })),
  'link-broken': opened(() => ({ kind: 'ready', link: link('file', file.film, previews.none, { save: saving('broken') } as never) })),
  'link-saving': opened(() => ({ kind: 'ready', link: link('file', file.film, previews.none) })),
  'link-saved': opened(() => ({ kind: 'ready', link: link('file', file.film, previews.none, { save: saving('done') } as never) })),
  'link-no-sink': opened(() => ({
    kind: 'ready',
    link: link('file', file.film, previews.none, {
      async sinks() {
        return [{ sink: 'memory', fits: false, bytesMax: 1.9 * GB }];
      },
    }),
  })),
  'link-password': opened(() => ({ kind: 'needs-password' })),
  'link-password-wrong': failed({ reason: 'wrong-password', triesLeft: 3, retryAt: null }),
  'link-password-wait': failed({ reason: 'wrong-password', triesLeft: 0, retryAt: Date.now() + 95_000 }),
  'link-bad': failed({ reason: 'bad-link', fault: 'too-short' }),
  'link-missing': failed({ reason: 'bad-link', fault: 'missing' }),
  'link-expired': failed({ reason: 'unavailable', why: 'expired' }),
  'link-revoked': failed({ reason: 'unavailable', why: 'revoked' }),
  'link-used-up': failed({ reason: 'unavailable', why: 'used-up' }),
  'link-unknown': failed({ reason: 'unavailable', why: 'unknown' }),
  'link-revoked-bought': failed({ reason: 'unavailable', why: 'revoked', bought: boughtOnce }),
  'link-removed-bought': failed({
    ...{ reason: 'removed', date: Date.UTC(2026, 10, 12), ground: 'Droit d’auteur', reference: 'N-2041' },
    bought: { ...boughtOnce, isReturned: true },
  }),
  'link-removed': failed({ reason: 'removed', date: Date.UTC(2026, 10, 12), ground: 'Droit d’auteur', reference: 'N-2041' }),
  'link-forged': failed({ reason: 'forged' }),
  'link-offline': failed({ reason: 'offline' }),
  'link-server': failed({ reason: 'server-error', code: 'unavailable' }),
  'paid-looking': forSale(sales.purchases.looking),
  'paid-offered': forSale(sales.purchases.offered),
  'paid-euros': forSale(sales.purchases.euros),
  'paid-few': forSale(sales.purchases.few),
  'paid-floor': forSale(sales.purchases.offered, { isFloor: true }),
  'paid-changed': forSale(sales.purchases.changed),
  'paid-token': forSale(sales.purchases.short, sales.sandbox),
  'paid-waiting': forSale(sales.purchases.waiting),
  'paid-sandbox': forSale(sales.purchases.waiting, sales.sandbox),
  'paid-received': forSale(sales.purchases.received, sales.sandbox),
  'paid-owed': forSale(sales.purchases.owed),
  'paid-returned': forSale(sales.purchases.returned, { door: sales.coinsOut }),
  'paid-pockets': forSale(sales.purchases.offered, { door: sales.pockets({ account: { sats: 18_240 }, here: 2_600 }) }),
  'paid-little': forSale(sales.purchases.offered, { ...sales.sandbox, door: sales.pockets({ account: { sats: 12 } }) }),
  'paid-outside': forSale(sales.purchases.offered, { outside: sales.outside({}), relays: sales.relays }),
  'paid-outside-connect': forSale(sales.purchases.offered, { relays: sales.relays }),
  'paid-outside-refused': forSale(sales.purchases.waiting, { outside: sales.outside({}), relays: sales.relays }),
  'paid-outside-asked': forSale(sales.purchases.waiting, {
    outside: sales.outside({ asked: [sales.askedOf('a1')] }),
    relays: sales.relays,
  }),
  'paid-sold-out': forSale(sales.closed({ why: 'sold-out' })),
  'paid-ended': forSale(sales.closed({ why: 'ended' })),
  'paid-notice': forSale(sales.closed({ why: 'notice', reference: 'N-2041' })),
  'paid-no-rate': forSale(sales.closed({ why: 'no-rate' }), { price: { amount: 250, currency: 'EUR' } }),
  'paid-off': forSale(sales.closed({ why: 'off' })),
  'paid-differs': forSale(sales.closed({ why: 'differs' })),
  'paid-incomplete': forSale(sales.closed({ why: 'incomplete' })),
  'link-tips': thanked(null),
  'tip-offered': thanked(sales.jar(sales.tip)),
  'tip-given': thanked(sales.jar({ at: 'unlocked' })),
  'tip-none': thanked(null),
  'paid-bought': opened(() => ({ kind: 'ready', link: link('file', file.film, previews.none), bought: sales.bought })),
  manage: story(ManagePage, {
    fragment: '1.x',
    engine: async () => async () => ({
      kind: 'open',
      manager: manager([
        { label: 'Presse', downloads: 41 },
        { label: 'Régie', hasPassword: true, downloadsMax: 10, downloads: 10, phase: 'used-up' },
        { phase: 'growing', visits: null },
      ]),
    }),
  }),
  'manage-revoke': story(ManagePage, {
    fragment: '1.x',
    engine: async () => async () => ({ kind: 'open', manager: manager([{ label: 'Presse', downloads: 41 }]) }),
  }),
  'manage-empty': story(ManagePage, { fragment: '1.x', engine: async () => async () => ({ kind: 'open', manager: manager([]) }) }),
  'manage-bad': story(ManagePage, {
    fragment: '',
    engine: async () => async () => ({ kind: 'failed', failure: { reason: 'bad-link', fault: 'missing' } }),
  }),
  how: story(How),
  notice: story(Notice),
  received: story(Received),
  filed: story(Filed),
  case: story(Case),
  followed: story(Followed),
  missing: story(Missing),
  'app-files': inApp(folder, { transfers: [given.transfer('sending')] }),
  'app-files-chosen': inApp(folder, { transfers: [given.transfer('sending')] }),
  'app-files-tiles': () => ({
    component: AppAt as unknown as Any,
    props: { at: folder, layout: 'tiles', engine: given.engine(given.open()) },
  }),
  'app-files-menu': inApp(folder),
  'app-files-many': () => inApp('/app', { folder: given.ready(given.thousands(), false) })(),
  'app-files-empty': inApp(
    '/app',
    { folder: given.ready(given.none, false), links: [], usage: { liveBytes: 0, keptBytes: 0, pendingBytes: 0 } },
    { kit: { state: 'missing' } },
  ),
  'app-files-loading': inApp(folder, { folder: { state: 'loading' } }),
  'app-files-gone': inApp(folder, { folder: { state: 'gone' } }),
  'app-files-failed': inApp(folder, { folder: { state: 'failed', failure: { code: 'integrity', facts: {} } } }),
  'app-offline': inApp(folder, { state: { online: false, waiting: given.waiting(null) } }),
  'app-held': inApp(folder, { state: { waiting: given.waiting('moved') } }),
  'app-over-quota': inApp(folder, {
    usage: { liveBytes: 96 * GB, keptBytes: 3.2 * GB, pendingBytes: 2 * GB },
    transfers: [given.transfer('error')],
  }),
  'app-refused': inApp(folder, { state: { refused: { code: 'log-refused', facts: {} } } }),
  'app-new-version': () => ({
    component: AppAt as unknown as Any,
    props: { at: folder, engine: { ...given.engine(given.open()), newVersion: fixed(true) } },
  }),
  'app-install': () => {
    keepInstallOffer();
    dispatchEvent(new Event('beforeinstallprompt'));
    return inApp(folder)();
  },
  'app-unread': inApp(folder, { state: { unreadWaiting: ['8', '9'] } }),
  'app-unread-ask': inApp(folder, { state: { unreadWaiting: ['8', '9'], waiting: given.waiting('gone') } }),
  'app-ending': inApp(folder, {}, { endsAt: given.endsAt }),
  'app-strays': inApp(folder, { strays: 3 }),
  'app-dock': inApp(folder, { transfers: [given.transfer('sending')] }),
  'app-failed': before('/app', { kind: 'failed', failure: { code: 'offline', facts: {} }, retry() {} }),
  'app-history': inApp(folder, { state: { history: given.disagreeing } }),
  'app-new-folder': inApp(folder),
  'app-move': inApp(folder),
  'app-cut': inApp(folder),
  'app-clash': inApp(folder, { clashing: true }),
  'app-share': inApp(folder),
  'app-share-sold': inApp(folder, { links: sales.soldLinks, sales: sales.sales({ worthless: true }) }),
  'app-share-price': inApp(folder, { links: [], sales: sales.sales({ worthless: true }) }),
  'app-earnings': inApp('/app/earnings', { sales: sales.sales() }),
  'app-earnings-sandbox': inApp('/app/earnings', { sales: sales.sales({ worthless: true }) }),
  'app-earnings-empty': inApp('/app/earnings', {
    sales: sales.sales({ statement: { lines: [], onSale: [], available: 0, nextAt: null } }),
  }),
  'app-earnings-unsold': inApp('/app/earnings', { sales: sales.sales({ statement: { lines: [], available: 0, nextAt: null } }) }),
  'app-earnings-held': inApp('/app/earnings', {
    sales: sales.sales({ statement: { lines: sales.heldLines, isNoticed: true }, payouts: [] }),
  }),
  'app-earnings-frozen': inApp('/app/earnings', {
    sales: sales.sales({ statement: { lines: sales.frozenLines, frozen: sales.frozen, nextAt: null } }),
  }),
  'app-earnings-worth': inApp('/app/earnings', { sales: sales.sales({ statement: { rate: sales.rateNow } }) }),
  'app-earnings-payouts': inApp('/app/earnings', {
    sales: sales.sales({ statement: { lines: sales.heldLines.slice(0, 1), available: 3, nextAt: null }, payouts: sales.everyPayout }),
  }),
  'app-versions': inApp(folder),
  'app-viewer': inApp(`${folder}/00000000000000000000000000000007`),
  'app-viewer-text': inApp(`${folder}/0000000000000000000000000000000b`, { preview: 'text' }),
  'app-viewer-film': inApp(`${folder}/00000000000000000000000000000003`, { preview: 'video' }),
  'app-viewer-sound': inApp(`${folder}/00000000000000000000000000000005`, { preview: 'audio' }),
  'app-viewer-archive': inApp(`${folder}/00000000000000000000000000000009`, { preview: 'archive' }),
  'app-viewer-none': inApp(`${folder}/0000000000000000000000000000000a`, { preview: 'none' }),
  'app-receive': () => {
    void keepReceived([
      new File([new Uint8Array(180_000)], 'IMG_4471.jpg'),
      new File(['x'], 'Le nom d’un fichier bien trop long pour une ligne de téléphone.pdf'),
      new File([], 'vide.txt'),
    ]);
    return inApp('/app/receive')();
  },
  'app-receive-empty': () => {
    void forgetReceived();
    return inApp('/app/receive')();
  },
  'app-photos': inApp('/app/photos'),
  'app-photos-many': () => inApp('/app/photos', { photos: given.photoTable(20_000) })(),
  'app-photos-empty': inApp('/app/photos', {
    photos: {
      length: 0,
      ids: new Uint8Array(),
      names: '',
      nameEnds: new Uint32Array(),
      takenAt: new Float64Array(),
      modifiedAt: new Float64Array(),
      sizes: new Float64Array(),
    },
  }),
  'app-search': inApp('/app/search'),
  'app-search-none': inApp('/app/search'),
  'app-search-many': () => inApp('/app/search', { index: { table: given.thousands(), share: 0.62 } })(),
  'app-links': inApp('/app/links'),
  'app-links-kept': inApp('/app/links', { strays: 2, kept: given.kept }),
  'app-links-copying': inApp('/app/links', { kept: given.kept, transfers: [{ ...given.transfer('sending'), parcel: 'p1' }] }),
  'app-links-unread': inApp('/app/links', { unread: { links: 2, offers: 1, names: 1, parcels: 0 } }),
  'app-links-unread-ask': inApp('/app/links', { unread: { links: 2, offers: 1, names: 1, parcels: 0 } }),
  'app-links-blocked': inApp('/app/links', { links: [], unread: { links: null, offers: 0, names: 0, parcels: 0 } }),
  'app-links-empty': inApp('/app/links', { links: [] }),
  'app-trash': inApp('/app/trash'),
  'app-trash-empty': inApp('/app/trash', { trash: [] }),
  'app-wallet': inApp('/app/wallet'),
  'app-wallet-sandbox': inApp('/app/wallet', { purse: { isSandbox: true } }),
  'app-wallet-empty': inApp('/app/wallet', { purse: { free: 0n, held: 0n, out: 0n, entries: [], rehearsed: null } }),
  'app-wallet-none': inApp('/app/wallet', { purse: 'none' }),
  'app-wallet-away': inApp('/app/wallet', { purse: 'away' }),
  'app-wallet-offline': inApp('/app/wallet', { purse: { trouble: 'offline' }, state: { online: false } }),
  'app-wallet-outside': inApp('/app/wallet', { purse: { relays: sales.relays }, outside: sales.outside({ asked: [sales.askedOf('a1')] }) }),
  'app-wallet-connect': inApp('/app/wallet', { purse: { relays: sales.relays }, outside: sales.outside() }),
  'app-wallet-missing': inApp('/app/wallet', {
    purse: { rehearsed: { at: given.rehearsedAt, found: 18_000n, missing: 240n }, trouble: 'server-error' },
  }),
  'app-wallet-receive': inApp('/app/wallet'),
  'app-wallet-invoice': inApp('/app/wallet'),
  'app-wallet-refused': inApp('/app/wallet'),
  'app-wallet-token': inApp('/app/wallet'),
  'app-wallet-pay': inApp('/app/wallet'),
  'app-rewind': inApp('/app/rewind'),
  'app-rewind-plan': inApp('/app/rewind'),
  'app-rewind-empty': inApp('/app/rewind', { moments: [] }),
  'app-devices': inApp('/app/devices'),
  'app-devices-add': inApp('/app/devices'),
  'app-devices-compare': inApp('/app/devices'),
  'app-devices-one': () => inApp('/app/devices', {}, { devices: given.devices.slice(0, 1) })(),
  'app-settings': inApp('/app/settings'),
  'app-settings-account': inApp('/app/settings/account'),
  'app-settings-password': inApp('/app/settings/account'),
  'app-settings-passkey': inApp('/app/settings/account'),
  'app-settings-tool': inApp('/app/settings/account'),
  'app-settings-delete': inApp('/app/settings/account'),
  'app-settings-appearance': inApp('/app/settings/appearance'),
  'app-settings-transfers': inApp('/app/settings/transfers'),
  'app-settings-privacy': inApp('/app/settings/privacy'),
  'app-settings-plan': inApp('/app/settings/plan'),
  'app-settings-plan-sold': inApp('/app/settings/plan', { usage: sales.lentUsage, plans: sales.plans({ worthless: true }) }),
  'app-settings-plan-paying': inApp('/app/settings/plan', { usage: sales.lentUsage, plans: sales.plans({ available: 12_000 }) }),
  'app-settings-plan-ended': inApp('/app/settings/plan', { usage: sales.endedUsage, plans: sales.plans() }),
  'app-settings-about': inApp('/app/settings/about'),
  'app-more': inApp('/app/more'),
  'app-keys': inApp(folder),
  'app-kit': inApp('/app/kit', {}, { kit: { state: 'missing' } }),
  'app-kit-made': inApp('/app/kit', {}, { kit: { state: 'missing' } }),
  'app-kit-rehearsal': inApp('/app/kit', {}, { kit: { state: 'missing' } }),
  'app-kit-tried': inApp('/app/kit'),
  'app-secure-kit': inApp('/app/secure'),
  'app-sign-up': before('/app/sign-up'),
  'app-sign-up-own': before('/app/sign-up'),
  'app-sign-in': before('/app/sign-in'),
  'app-unlock': before('/app', given.locked(['device'])),
  'app-unlock-passkey': before('/app', given.locked(['passkey'])),
  'app-recover': before('/app/recover'),
  'app-join': before('/app/join'),
  'app-join-compare': before('/app/join', { kind: 'none' }, { kind: 'compare', words: ['lake', 'orbit', 'velvet', 'chalk'] }),
  'app-ended': before('/app', { kind: 'ended', why: 'revoked' }),
  'app-deleted': before('/app', { kind: 'ended', why: 'deleted', endsAt: given.endsAt }),
};
