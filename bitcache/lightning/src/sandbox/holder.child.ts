// A process whose sandbox pays an invoice that the visitor holds, for sandbox.test.ts: `node holder.child.ts FOLDER`. It says the invoice
// once the payment is on its way, and waits to be killed.
import { msat } from '@reprise/ledger';
import { Sandbox } from './sandbox.ts';

const [folder] = process.argv.slice(2) as [string];
const { backend, wallet } = new Sandbox({ folder, place: { production: false, publicUrl: 'http://localhost', demo: false } });
const { bolt11, hash } = await wallet.invoice({ label: 'held', amount: msat(7_000n), description: { text: '' }, expirySeconds: 600 });
await wallet.hold(hash);
void backend.pay({ bolt11, maxFee: msat(0n), timeoutSeconds: 60, attempt: 1 });
while ((await wallet.invoiceState(hash)).state !== 'accepted') await new Promise((resolve) => setTimeout(resolve, 5));
process.stdout.write(`${bolt11}\n`);
