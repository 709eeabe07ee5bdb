import { describeBackend } from '../testing/backend.suite.ts';
import { startNwcWallet } from '../testing/nwc-wallet.ts';
import { outsideOf } from '../testing/outside.ts';
import { NwcBackend, nwcCapabilities } from './nwc.ts';

describeBackend(
  'Nostr Wallet Connect, by the wallet service of its library',
  { capabilities: nwcCapabilities, routesCost: true, remote: true },
  async () => {
    const wallet = await startNwcWallet();
    const backend = new NwcBackend({ name: 'nwc', url: wallet.url, everyMs: 5, answerMs: 2_000 });
    return {
      backend,
      outside: outsideOf(wallet.world),
      breakNextPayment: (fault) => wallet.breakNextPayment(fault),
      vanish: async () => {
        await wallet.close();
        await backend.balance().catch(() => undefined);
      },
      close: async () => {
        await backend.close();
        await wallet.close();
      },
    };
  },
);
