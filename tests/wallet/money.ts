// A real mint on a port, wallets beside it, and people who pay Lightning invoices. For tests of wallets.
import assert from 'node:assert/strict';
import { openDatabase } from '@reprise/database';
import { type Bytes, systemClock, systemRandom } from '@reprise/kit';
import { readTrialBalance } from '@reprise/ledger';
import { recordFiles } from '@reprise/sdk/node';
import { memoryWalletStore, Wallet, type WalletPorts } from '@reprise/wallet';
import { walletBranch } from '@reprise/vault/wallet';
import { nodeEngine } from '@reprise/vault/node';
import { pointOf } from '../../client/wallet/src/coins.ts';
import { MintRequests } from '../../client/wallet/src/mint-requests.ts';
import { decodeState } from '../../client/wallet/src/state-codec.ts';
import { Sandbox } from '../../bitcache/mint/src/testing/sandbox.ts';
import { type Served, serveMint } from '../../bitcache/mint/src/testing/serve.ts';

export class Money implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly served: Served;
  readonly #troubles: readonly unknown[];

  private constructor(sandbox: Sandbox, served: Served, troubles: readonly unknown[]) {
    this.sandbox = sandbox;
    this.served = served;
    this.#troubles = troubles;
  }

  static async open(place = ':memory:', wanted: { readonly inputFeePpk?: number; readonly keysetYears?: number } = {}): Promise<Money> {
    const settings = { shards: 4, askEveryMs: 0, ...wanted };
    const sandbox = await Sandbox.open(await openDatabase({ path: place }), { settings });
    const troubles: unknown[] = [];
    return new Money(sandbox, await serveMint(sandbox.mint, (error) => troubles.push(error)), troubles);
  }

  get url(): string {
    return this.served.url;
  }

  wallet(ports: Partial<WalletPorts> & { readonly seed?: Bytes } = {}): Wallet {
    const { seed = systemRandom(32), ...others } = ports;
    return new Wallet({
      mint: this.url,
      store: memoryWalletStore(),
      seedOf: (branch) => walletBranch(nodeEngine, seed, branch),
      isSeedNew: true,
      device: 'here',
      fetch: globalThis.fetch,
      clock: systemClock,
      random: systemRandom,
      ...others,
    });
  }

  /** Somebody outside pays an invoice of the mint. */
  pay(request: string): void {
    assert.ok(this.sandbox.backend.world.receive(request), 'the invoice is open');
  }

  /** An invoice of somebody outside. */
  invoice(msat: bigint, feeMsat = 0n): string {
    return this.sandbox.backend.world.invoice(msat, { fee: feeMsat as never });
  }

  async fill(wallet: Wallet, amount: bigint): Promise<void> {
    const { id, request } = await wallet.invoice(amount);
    this.pay(request);
    assert.equal((await wallet.wait(id, 10_000)).state, 'arrived');
  }

  /** What the mint owes, in satoshis: for coins that nobody has spent, and for payments that nobody has had coins for. */
  async owed(): Promise<{ readonly coins: bigint; readonly toBeIssued: bigint }> {
    const { lines } = await readTrialBalance(this.sandbox.database);
    const posted = (prefix: string) =>
      lines.filter(({ code }) => code.startsWith(prefix)).reduce((sum, line) => sum + line.posted, 0n) / 1_000n;
    return { coins: posted('ecash:'), toBeIssued: posted('minting#') };
  }

  /** Whatever the wallet in this folder says that it has can be spent. */
  async assertHolds(folder: string): Promise<void> {
    const { coins, operations } = decodeState(recordFiles(folder).load('coins') as Bytes);
    const points = [...coins, ...operations.flatMap((one) => (one.step === 'out' ? one.coins : []))].map(pointOf);
    const states = await new MintRequests(this.url, globalThis.fetch, undefined).states(points);
    assert.deepEqual([...new Set(points.map((point) => states.get(point)))], ['UNSPENT']);
  }

  async assertWhole(): Promise<void> {
    await this.sandbox.assertWhole();
    assert.deepEqual(this.#troubles, []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.served[Symbol.asyncDispose]();
    await this.sandbox[Symbol.asyncDispose]();
  }
}
