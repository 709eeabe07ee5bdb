// A link for sale as its page sees it: the facts, the purchase as it goes on, and what a person may press. The worker pays and keeps.
import type { PricedFacts, PurchaseAct } from './calls.ts';
import { answerEngine, callEngine } from './engine.ts';
import { source, type Source } from './observable.ts';
import { outsideWallet } from './outside-wallet.ts';
import type { PricedLink, Purchase } from './paid-port.ts';
import { pocketDoor } from './pockets.ts';

const purchases = new Map<string, Source<Purchase>>();

export function pricedLink({ handle, purchase, ...facts }: PricedFacts): PricedLink {
  answerEngine({ purchaseChanged: ({ handle: of, purchase: now }) => purchases.get(of)?.set(now) });
  const following = source(purchase);
  purchases.set(handle, following);
  const act = (what: PurchaseAct) => void callEngine('actOnPurchase', { handle, act: what });
  const see = () => act({ kind: 'see', isSeen: !document.hidden });
  document.addEventListener('visibilitychange', see);
  see();
  return {
    ...facts,
    purchase: following,
    outside: outsideWallet(),
    look: () => act({ kind: 'look' }),
    choose: (amount) => act({ kind: 'choose', amount }),
    payByLightning: () => act({ kind: 'invoice' }),
    otherWay: () => act({ kind: 'other-way' }),
    payWithToken: (token) => act({ kind: 'token', token }),
    door: pocketDoor(),
    payFrom: (from) => act({ kind: 'pocket', from }),
    claimRefund: () => act({ kind: 'refund' }),
    ...(facts.worthless && { payInSandbox: () => act({ kind: 'sandbox' }) }),
  };
}
