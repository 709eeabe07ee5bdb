// A mint that may die, the node it uses, and a customer who does not forget what was asked. For tests only.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, migrate, openDatabase } from '@reprise/database';
import { formatHex, systemRandom } from '@reprise/kit';
import { ScriptedBackend } from '../../../lightning/src/testing/scripted.ts';
import { until } from '../../../../tests/support/until.ts';
import type { MintPoint } from '../ports.ts';
import { Died, RemoteMint } from './remote-mint.ts';
import { assertWhole, wire } from './sandbox.ts';
import { blindAll, split, unblind, type WireProof, yOf } from './wallet.ts';

/** Leases that run out while a test waits. */
const settings = { leaseMs: 400, askEveryMs: 0, shards: 3 };

export class MortalWorld {
  #folder = '';
  #database!: Database;
  #mint!: RemoteMint;
  #keyset = '';
  #keys: Record<string, string> = {};
  readonly backend = new ScriptedBackend();
  readonly #seed = formatHex(systemRandom(32));

  async open(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'reprise-mint-crash-'));
    this.#database = await openDatabase({ path: this.#place });
    await migrate(this.#database);
    this.#mint = await this.#start();
    const { keysets } = await this.#mint.keys();
    this.#keyset = keysets[0]?.id ?? '';
    this.#keys = keysets[0]?.keys ?? {};
  }

  get #place(): string {
    return join(this.#folder, 'mint.sqlite');
  }

  #start(): Promise<RemoteMint> {
    return RemoteMint.start(this.#place, this.#seed, settings, this.backend);
  }

  async close(): Promise<void> {
    await this.#mint[Symbol.asyncDispose]();
    await this.#database.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async dieAndGoOn(point: MintPoint): Promise<void> {
    for (const prepare of this.#flowsFor(point)) await this.#dieAt(point, await prepare());
  }

  async #dieAt(point: MintPoint, prepared: Prepared): Promise<void> {
    this.#mint.dieAt(point);
    await assert.rejects(
      this.#patiently(() => prepared.work()),
      Died,
      `${point} was not reached`,
    );
    this.#mint = await this.#start();
    await this.#patiently(() => prepared.work());
    await prepared.settled();
    await assertWhole(this.#database);
  }

  /** Asks again while an answer says only that it is not over yet. */
  async #patiently(work: () => Promise<boolean>): Promise<void> {
    await until('the end of the work', async () => (await work()) || (await this.#mint.resume(), false));
  }

  #flowsFor(point: MintPoint): readonly (() => Promise<Prepared>)[] {
    if (point.startsWith('swap/')) return [() => this.#swapFlow()];
    if (point.startsWith('melt/inside-')) return [() => this.#insideFlow()];
    if (point.startsWith('resume/')) return [() => this.#meltFlow('lost-after')];
    if (!point.startsWith('melt')) return [() => this.#mintFlow()];
    const isEither = point === 'melt/ending' || point === 'melt/in-last-transaction' || point === 'melt/ended';
    return [() => this.#meltFlow('pays'), ...(isEither ? [() => this.#meltFlow('fails')] : [])];
  }

  #blind(amount: bigint) {
    return blindAll(this.#keyset, split(amount));
  }

  #unblind(blindings: Parameters<typeof unblind>[0], signatures: Parameters<typeof unblind>[1]): WireProof[] {
    return unblind(blindings, signatures, () => this.#keys);
  }

  async #coins(amount: bigint): Promise<WireProof[]> {
    const flow = await this.#mintFlow(amount);
    await this.#patiently(() => flow.work());
    return flow.coins();
  }

  async #states(coins: readonly WireProof[]): Promise<readonly string[]> {
    const { states } = await this.#mint.checkState({ Ys: coins.map(({ secret }) => yOf(secret)) });
    return states.map(({ state }) => state);
  }

  /** A wallet keeps what it asks before it asks, and asks the same again. */
  async #mintFlow(amount = 21n): Promise<Prepared & { coins(): WireProof[] }> {
    const blindings = this.#blind(amount);
    let quote: { readonly quote: string; readonly request: string } | undefined;
    let coins: WireProof[] = [];
    return {
      work: async () => {
        quote ??= await this.#mint.makeMintQuote({ amount, unit: 'sat' });
        // A stranger pays once; a second time the invoice is not open.
        this.backend.world.receive(quote.request);
        const { state } = await this.#mint.readMintQuote(quote.quote);
        if (state === 'UNPAID') return false;
        const { signatures } = await this.#mint.issue({ quote: quote.quote, outputs: wire(blindings) });
        coins = this.#unblind(blindings, signatures);
        return true;
      },
      settled: async () =>
        assert.deepEqual(
          await this.#states(coins),
          coins.map(() => 'UNSPENT'),
        ),
      coins: () => coins,
    };
  }

  async #swapFlow(): Promise<Prepared> {
    const inputs = await this.#coins(21n);
    const blindings = this.#blind(21n);
    return {
      work: async () => {
        const { signatures } = await this.#mint.swap({ inputs, outputs: wire(blindings) });
        assert.equal(this.#unblind(blindings, signatures).length, blindings.length);
        return true;
      },
      settled: async () =>
        assert.deepEqual(
          await this.#states(inputs),
          inputs.map(() => 'SPENT'),
        ),
    };
  }

  async #meltFlow(how: 'pays' | 'fails' | 'lost-after'): Promise<Prepared> {
    const { world } = this.backend;
    const inputs = await this.#coins(64n);
    const bolt11 = world.invoice(40_000n, { end: how === 'fails' ? 'fails' : 'succeeds', fee: 2_500n as never });
    const blanks = blindAll(this.#keyset, [1n, 1n, 1n, 1n, 1n]);
    let quote: { readonly quote: string } | undefined;
    let change = 0n;
    const paid = () => world.payments.filter((payment) => payment.bolt11 === bolt11 && payment.state === 'succeeded').length;
    return {
      work: async () => {
        quote ??= await this.#mint.makeMeltQuote({ request: bolt11, unit: 'sat' });
        if (how === 'lost-after') this.backend.payTrouble = 'lost-after';
        try {
          const answer = await this.#mint.melt({ quote: quote.quote, inputs, outputs: wire(blanks) });
          if (answer.state !== 'PAID') return false;
          change = this.#unblind(blanks, answer.change ?? []).reduce((sum, { amount }) => sum + amount, 0n);
          return true;
        } catch (error) {
          if ((error as { code?: number }).code === 20004) return true;
          throw error;
        }
      },
      settled: async () => {
        this.backend.payTrouble = null;
        const states = new Set(await this.#states(inputs));
        // What was paid, with its fee, and what came back are what went in; or nothing was paid and nothing is gone.
        if (paid() === 0) assert.deepEqual([...states], ['UNSPENT']);
        else assert.deepEqual([paid(), [...states], change], [1, ['SPENT'], 21n]);
      },
    };
  }

  async #insideFlow(): Promise<Prepared> {
    const inputs = await this.#coins(32n);
    const target = await this.#mint.makeMintQuote({ amount: 32n, unit: 'sat' });
    const quote = await this.#mint.makeMeltQuote({ request: target.request, unit: 'sat' });
    return {
      work: async () => (await this.#mint.melt({ quote: quote.quote, inputs })).state === 'PAID',
      settled: async () => {
        assert.deepEqual(new Set(await this.#states(inputs)), new Set(['SPENT']));
        assert.equal((await this.#mint.readMintQuote(target.quote)).amount_paid, 32);
      },
    };
  }
}

/** `work` says whether all is done; `settled` checks that everybody has what is theirs. */
type Prepared = { work(): Promise<boolean>; settled(): Promise<void> };
