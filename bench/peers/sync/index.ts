// Who keeps two folders equal, ourselves first.
import type { SyncPeer } from './peer.ts';
import { rcloneBisync } from './rclone-bisync.ts';
import { reprise } from './reprise.ts';
import { rsync } from './rsync.ts';
import { syncthing, syncthingByDefault } from './syncthing.ts';
import { unison } from './unison.ts';

/** Its command-line client keeps a folder equal with a server of its own, which is a web application with PHP and a database. */
const nextcloud: SyncPeer = {
  name: 'nextcloudcmd',
  about: 'Nextcloud’s command-line client; needs a Nextcloud server.',
  absence: async () => 'needs a Nextcloud server, and no package of the distribution brings one',
  start: () => Promise.reject(new Error('no Nextcloud server')),
};

export const syncPeers: readonly SyncPeer[] = [reprise, syncthing, unison, rcloneBisync, rsync, nextcloud];
/** Those that are asked how soon a file is elsewhere. */
export const followingPeers: readonly SyncPeer[] = [reprise, syncthing, syncthingByDefault, unison];
