// The Lightning backend that was chosen, behind the one port. spec/lightning.md "Adapters".
import { join } from 'node:path';
import { ClnBackend, type LightningBackend, LndBackend, PhoenixdBackend } from '@reprise/lightning';
import { Sandbox, type SandboxWallet } from '@reprise/lightning/sandbox';
import type { BitcacheConfig, NodeConfig } from './settings.ts';
import { trusting } from './trusting-http.ts';

export type OpenedBackend = {
  readonly backend: LightningBackend;
  /** The second node of the sandbox, which plays the world's wallets. */
  readonly visitor: SandboxWallet | undefined;
};

export type BackendPlace = { readonly dataFolder: string; readonly publicUrl: string };

/** Connects to nothing yet. @throws LightningFailure sandbox-refused */
export async function openBackend(config: Exclude<BitcacheConfig, { kind: 'off' }>, place: BackendPlace): Promise<OpenedBackend> {
  if (config.kind !== 'sandbox') return { backend: await openNode(config), visitor: undefined };
  const { production, demo } = config;
  const sandbox = new Sandbox({
    folder: join(place.dataFolder, 'bitcache', 'sandbox'),
    place: { production, publicUrl: place.publicUrl, demo },
  });
  return { backend: sandbox.backend, visitor: sandbox.wallet };
}

async function openNode(config: NodeConfig): Promise<LightningBackend> {
  // The name is that of its account in the books, for ever: the kind, since a database has one node at a time.
  const name = config.kind;
  if (config.kind === 'nwc') {
    const { NwcBackend } = await import('@reprise/lightning/nwc');
    return new NwcBackend({ name, url: config.url });
  }
  const { url, secret, certificate } = config;
  const http = certificate === undefined ? fetch : trusting(certificate);
  switch (config.kind) {
    case 'lnd':
      return new LndBackend({ name, url, macaroon: secret, http });
    case 'cln':
      return new ClnBackend({ name, url, rune: secret, http });
    case 'phoenixd':
      return new PhoenixdBackend({ name, url, password: secret, http });
  }
}
