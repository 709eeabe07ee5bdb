// A whole mint for tests: real books, a real signer in its thread, and Lightning in memory. For tests only.
import assert from 'node:assert/strict';
import { type Database, migrate, sql } from '@reprise/database';
import { systemRandom } from '@reprise/kit';
import { Ledger, readTrialBalance } from '@reprise/ledger';
import { type Alarm, PaymentJournal } from '@reprise/lightning';
import { ScriptedBackend } from '../../../lightning/src/testing/scripted.ts';
import { type Mint, openMint } from '../mint.ts';
import type { MintPoint, MintPorts } from '../ports.ts';
import { defaultMintSettings, type MintSettings } from '../settings.ts';
import type { Signer } from '../signer/signer.ts';
import { openSigner } from '../signer/thread.ts';
import { refused } from './refused.ts';
import { type Blinding, blindAll, split, unblind, type WireOutput, type WireProof } from './wallet.ts';

type Keyset = { readonly id: string; readonly active: boolean; readonly keys: Readonly<Record<string, string>> };

/** Time that tests move. */
export class TestClock {
  #offset = 0;
  now(): number {
    return Date.now() + this.#offset;
  }
  pass(ms: number): void {
    this.#offset += ms;
  }
}

export type SandboxOptions = {
  readonly settings?: Partial<MintSettings>;
  readonly reached?: (point: MintPoint) => void;
  readonly seed?: Uint8Array<ArrayBuffer>;
  readonly backend?: ScriptedBackend;
  readonly ownInvoice?: MintPorts['ownInvoice'];
};

export class Sandbox implements AsyncDisposable {
  readonly database: Database;
  readonly mint: Mint;
  readonly backend: ScriptedBackend;
  readonly clock: TestClock;
  readonly signer: Signer;
  readonly ledger: Ledger;
  readonly journal: PaymentJournal;
  /** Quotes that were paid after all, or for more than was set aside. */
  readonly alarms: readonly string[];
  /** Whether money is stopped. */
  stopped = false;
  readonly #keys = new Map<string, Keyset>();

  private constructor(parts: Pick<Sandbox, 'database' | 'mint' | 'backend' | 'clock' | 'signer' | 'ledger' | 'journal' | 'alarms'>) {
    this.database = parts.database;
    this.mint = parts.mint;
    this.backend = parts.backend;
    this.clock = parts.clock;
    this.signer = parts.signer;
    this.ledger = parts.ledger;
    this.journal = parts.journal;
    this.alarms = parts.alarms;
  }

  /** Closes the database with itself. */
  static async open(database: Database, options: SandboxOptions = {}): Promise<Sandbox> {
    await migrate(database);
    const clock = new TestClock();
    const backend = options.backend ?? new ScriptedBackend();
    backend.world.now = () => clock.now();
    const signer = await openSigner({ seed: options.seed ?? systemRandom(32), points: 'best' });
    const ledger = new Ledger(database);
    const alarms: string[] = [];
    const { network } = backend.world;
    const onAlarm = ({ payer }: Alarm) => void alarms.push(payer);
    const journal = new PaymentJournal({ backend, database, network, clock, onAlarm });
    const ports = { database, ledger, signer, backend: journal.for('melt'), network, clock, random: systemRandom };
    const mint: Mint = await openMint(
      {
        ...ports,
        onPaidAfterAll: assert.fail,
        isStopped: () => sandbox.stopped,
        ...(options.reached && { reached: options.reached }),
        ...(options.ownInvoice && { ownInvoice: options.ownInvoice }),
      },
      { ...defaultMintSettings, ...options.settings },
    );
    const sandbox: Sandbox = new Sandbox({ database, mint, backend, clock, signer, ledger, journal, alarms });
    await sandbox.learnKeys();
    return sandbox;
  }

  async learnKeys(): Promise<void> {
    const { keysets } = (await this.mint.keysets()) as { keysets: readonly Keyset[] };
    for (const { id, active } of keysets) {
      const found = (await this.mint.keys(id)) as { keysets: readonly Keyset[] };
      this.#keys.set(id, { ...(found.keysets[0] as Keyset), active });
    }
  }

  get activeId(): string {
    return ([...this.#keys.values()].find(({ active }) => active) as Keyset).id;
  }

  readonly keysOf = (id: string): Readonly<Record<string, string>> => this.#keys.get(id)?.keys ?? {};

  outputs(amount: bigint, parts = split(amount)): Blinding[] {
    return blindAll(this.activeId, parts);
  }

  unblind(blindings: readonly Blinding[], signatures: Parameters<typeof unblind>[1]): WireProof[] {
    return unblind(blindings, signatures, this.keysOf);
  }

  /** Coins from nothing but a Lightning payment. */
  async coins(amount: bigint, parts = split(amount)): Promise<WireProof[]> {
    const { quote, request } = await this.mint.makeMintQuote({ amount, unit: 'sat' });
    await this.payIn(request);
    const blindings = this.outputs(amount, parts);
    const { signatures } = await this.mint.issue({ quote, outputs: wire(blindings) });
    return this.unblind(blindings, signatures);
  }

  /** Coins pay an invoice of ours, and are spent elsewhere while the node closes it. */
  async failInside(quote: string, inputs: readonly WireProof[]): Promise<void> {
    const { backend, mint } = this;
    const sum = inputs.reduce((total, { amount }) => total + BigInt(amount), 0n);
    backend.whileCancelled = () => mint.swap({ inputs, outputs: wire(this.outputs(sum)) });
    await refused(11001, mint.melt({ quote, inputs }));
  }

  /** A stranger pays an invoice of ours, and the backend says so. */
  async payIn(request: string, amount?: bigint): Promise<void> {
    assert.ok(this.backend.world.receive(request, amount), 'the invoice is open');
    await this.tellReceived(request);
  }

  async tellReceived(request: string): Promise<void> {
    const invoice = [...this.backend.world.ours.values()].find(({ bolt11 }) => bolt11 === request);
    assert.ok(invoice);
    const state = await this.backend.lookupInvoice(invoice.hash);
    if (state.state === 'settled') await this.mint.received(invoice.hash, state);
  }

  /** The books balance, and hold what the tables of coins say. */
  async assertWhole(): Promise<void> {
    await assertWhole(this.database);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mint.close();
    await this.signer.close();
    await this.database.close();
  }
}

export function wire(blindings: readonly Blinding[]): WireOutput[] {
  return blindings.map(({ output }) => output);
}

export async function assertWhole(database: Database): Promise<void> {
  const { lines, difference, wrong } = await readTrialBalance(database);
  assert.deepEqual([difference, wrong], [0n, []]);
  const posted = (prefix: string) => lines.filter(({ code }) => code.startsWith(prefix)).reduce((sum, line) => sum + line.posted, 0n);
  for (const { id } of await database.db.selectFrom('mint_keysets').select('id').execute()) {
    const out = await sum(database, `select sum(amount) as total from mint_outputs where state = 'signed' and keyset = '${id}'`);
    const back = await sum(database, `select sum(amount) as total from mint_proofs where state = 'spent' and keyset = '${id}'`);
    assert.equal(posted(`ecash:${id.slice(2)}#`), (out - back) * 1_000n, `coins of ${id}`);
  }
  const waiting = await sum(database, 'select sum(amount_paid - amount_issued) as total from mint_quotes');
  assert.equal(posted('minting#'), waiting * 1_000n, 'what was paid and not issued');
}

async function sum(database: Database, query: string): Promise<bigint> {
  const { rows } = await sql.raw<{ total: number | null }>(query).execute(database.db);
  return BigInt(rows[0]?.total ?? 0);
}
