// A buyer in a process of its own, who dies at a point: `node buyer.child.ts LINK FOLDER KEY WAY DIE-AT`, the token of coins on standard input.
// For tests only.
import { text } from 'node:stream/consumers';
import { type Bytes, parseHex, systemRandom } from '@reprise/kit';
import { connect, type Transport } from '@reprise/sdk';
import { nodeTransport, purchaseFolder } from '@reprise/sdk/node';
import { openOfferedLink, Purchases, type PurchaseStore } from '@reprise/sdk/paid';
import { nodeEngine } from '@reprise/vault/node';

const [link = '', folder = '', key = '', way = '', dieAt = ''] = process.argv.slice(2);
const origin = new URL(link).origin;
let step = 0;

/** Dies before the n-th thing that leaves a trace: a purchase that is written, a request, an answer. */
function reached(): void {
  if (++step === Number(dieAt)) process.kill(process.pid, 'SIGKILL');
}

const kept = purchaseFolder(folder);
const store: PurchaseStore = {
  ...kept,
  save: async (name, sealed, expected) => {
    reached();
    const isSaved = await kept.save(name, sealed, expected);
    reached();
    return isSaved;
  },
};
using plain = nodeTransport();
const transport: Transport = async (request) => {
  const isPayment = request.url.includes('/pay/') || request.url.includes('/sandbox/');
  if (isPayment) reached();
  const response = await plain(request);
  if (isPayment) reached();
  return response;
};
const purchases = new Purchases({ store, key: parseHex(key) as Bytes, engine: nodeEngine, random: systemRandom });
const offered = await openOfferedLink({ connection: connect({ server: origin, transport }), link, engine: nodeEngine, purchases });
if (!offered) throw new Error('the link is not sold');
const state = await offered.resume();
if (state !== 'bought') {
  const quote = await offered.quote();
  if (way === 'coins') await offered.payWithCoins(quote, (await text(process.stdin)).trim());
  else {
    const invoice = state === 'waiting' ? offered.invoice : await offered.payByLightning(quote);
    const body = new TextEncoder().encode(JSON.stringify({ invoice: invoice?.bolt11 }));
    await transport({ method: 'POST', url: `${origin}/sandbox/pay`, body });
    await offered.settled();
  }
}
process.stdout.write(`bought ${offered.bought?.sats} after ${step}\n`);
