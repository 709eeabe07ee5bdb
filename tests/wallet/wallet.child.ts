// A wallet in a process of its own, which dies where it is told to: `node wallet.child.ts MINT FOLDER SEED POINT ACT [ARGUMENT]`.
import { parseHex, type Bytes, systemClock, systemRandom } from '@reprise/kit';
import { recordFiles } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { walletBranch } from '@reprise/vault/wallet';
import { Wallet } from '@reprise/wallet';

const [mint = '', folder = '', seed = '', dieAt = '', act = '', argument = ''] = process.argv.slice(2);
const records = recordFiles(folder);
const wallet = new Wallet({
  mint,
  store: { load: async () => records.load('coins'), save: async (bytes, expected) => records.save('coins', bytes, expected) },
  seedOf: (branch) => walletBranch(nodeEngine, parseHex(seed) as Bytes, branch),
  isSeedNew: true,
  device: 'child',
  fetch: globalThis.fetch,
  clock: systemClock,
  random: systemRandom,
  reached: (point) => {
    if (point === dieAt) process.kill(process.pid, 'SIGKILL');
  },
});

const acts: Readonly<Record<string, () => Promise<unknown>>> = {
  receive: () => wallet.receive(argument),
  send: () => wallet.send(BigInt(argument)),
  invoice: async () => {
    const { id, request } = await wallet.invoice(BigInt(argument));
    process.stdout.write(`${request}\n`);
    return wallet.wait(id, 60_000);
  },
  pay: async () => wallet.pay(await wallet.offer(argument)),
  back: () => wallet.takeBack(argument),
  restore: () => wallet.restore(),
  settle: () => wallet.settleAll(),
  out: async () => undefined,
};
await acts[act]?.();
const { free, held, out } = await wallet.balance();
const ids = (await wallet.history()).flatMap(({ id, token }) => (token ? [id] : []));
process.stdout.write(`${JSON.stringify([[free, held, out].map(Number), ids])}\n`);
