// A whole shop for tests: real books, a real mint and its signer, Lightning in memory, and a buyer who opens what he bought. For tests only.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { type Database, sql } from '@reprise/database';
import { type Bytes, concatBytes, encodeUtf8, formatHex, parseHex, systemRandom } from '@reprise/kit';
import { readTrialBalance } from '@reprise/ledger';
import type { PaymentHash } from '@reprise/lightning';
import type { MintPorts } from '@reprise/mint';
import { decodeDcbor } from '@reprise/protocol/formats';
import { kemPublicOf, openWith } from '@reprise/vault';
import { Sandbox, type SandboxOptions } from '../../../mint/src/testing/sandbox.ts';
import type { TokenProof } from '../cashu-text.ts';
import type { CaseParts } from '../cases/escrow.ts';
import { keptPlans } from './kept-plans.ts';
import type { Listing } from '../offers.ts';
import type { Fiat, Rates } from '../rates.ts';
import { operatorAgent } from '../release.ts';
import { openService, type Service } from '../service.ts';
import { defaultServiceSettings, type ServiceSettings } from '../settings.ts';

export const dayMs = 86_400_000;
export const seller = 'ab'.repeat(32);

export type ShopOptions = {
  readonly settings?: Partial<ServiceSettings>;
  readonly mint?: SandboxOptions;
  /** Of other processes on the same database; drawn unless given. */
  readonly fileKey?: Bytes;
  readonly agentSeed?: Bytes;
};

export class Shop implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly service: Service;
  /** What a bitcoin is worth, times 10⁸, and how old that is. */
  readonly rates: Map<Fiat, { price: bigint; ageMs: number }>;

  /** The same shop, run otherwise. */
  readonly withSettings: (settings: Partial<ServiceSettings>) => Service;

  private constructor(parts: Pick<Shop, 'sandbox' | 'service' | 'rates' | 'withSettings'>) {
    this.sandbox = parts.sandbox;
    this.service = parts.service;
    this.rates = parts.rates;
    this.withSettings = parts.withSettings;
  }

  /** Closes the database with itself. */
  static async open(
    database: Database,
    { settings, mint, fileKey = systemRandom(32), agentSeed = systemRandom(32) }: ShopOptions = {},
  ): Promise<Shop> {
    const shards = settings?.shards ?? 1;
    const ownInvoice: MintPorts['ownInvoice'] = (hash) => service.ownInvoice(hash);
    const sandbox = await Sandbox.open(database, { ...mint, ownInvoice, settings: { ...mint?.settings, shards } });
    const { ledger, backend, clock } = sandbox;
    const rates = new Map<Fiat, { price: bigint; ageMs: number }>();
    const source: Rates = {
      latest: async (currency) => {
        const rate = rates.get(currency);
        return rate && { price: rate.price, at: clock.now() - rate.ageMs, source: 'a test' };
      },
    };
    const agent = operatorAgent({ database, fileKey, seed: agentSeed });
    const ports = { database, ledger, mint: sandbox.mint, backend, network: backend.world.network, clock, random: systemRandom };
    const withSettings = (more: Partial<ServiceSettings>) =>
      openService(
        { ...ports, agent, rates: source, fileKey, entitlements: keptPlans, isStopped: () => sandbox.stopped },
        { ...defaultServiceSettings, ...settings, ...more },
      );
    const service: Service = withSettings({});
    return new Shop({ sandbox, service, rates, withSettings });
  }

  /** A new offer, listed. */
  async offer(terms: Partial<Listing> = {}): Promise<Listing> {
    const listing = draw(terms);
    await this.service.listOffer(seller, listing, 0);
    return listing;
  }

  /** What cases need, of this shop. */
  get cases(): CaseParts {
    const { database, ledger, clock } = this.sandbox;
    return { database, ledger, clock };
  }

  /** A stranger buys with coins. @returns the coins */
  async sold(offer: string, price = 100n): Promise<{ readonly buyer: Buyer; readonly coins: TokenProof[] }> {
    const [buyer, coins] = [new Buyer(), await this.sandbox.coins(price)];
    await this.service.buyWithCoins({ offer, buyerKey: buyer.key, quote: null, coins: { inputs: coins } });
    return { buyer, coins: coins as unknown as TokenProof[] };
  }

  /** A stranger pays an invoice, and the backend says so. */
  async pay(bolt11: string, amount?: bigint): Promise<void> {
    assert.ok(this.sandbox.backend.world.receive(bolt11, amount), 'the invoice is open');
    await this.tell(bolt11);
  }

  async tell(bolt11: string): Promise<void> {
    const invoice = [...this.sandbox.backend.world.ours.values()].find((one) => one.bolt11 === bolt11);
    const state = await this.sandbox.backend.lookupInvoice(invoice?.hash as PaymentHash);
    if (state.state === 'settled') assert.ok(await this.service.received(invoice?.hash as PaymentHash, state));
  }

  async posted(prefix: string): Promise<bigint> {
    const { lines } = await readTrialBalance(this.sandbox.database);
    return lines.filter(({ code }) => code.startsWith(prefix)).reduce((sum, line) => sum + line.posted, 0n);
  }

  /** The books balance and hold what the tables of coins and of sales say. */
  async assertWhole(): Promise<void> {
    await this.sandbox.assertWhole();
    const total = async (query: string) => {
      const { rows } = await sql.raw<{ total: string | null }>(query).execute(this.sandbox.database.db);
      return BigInt(rows[0]?.total ?? 0);
    };
    const waiting = await total("select cast(sum(gross) as text) as total from paid_sales where state = 'pending'");
    assert.equal(await this.posted('pending:'), waiting, 'sales that wait');
    const owed = await total("select cast(sum(amount) as text) as total from paid_refunds where state = 'owed'");
    const back = await total("select cast(sum(amount) as text) as total from paid_case_refunds where state = 'owed'");
    assert.equal(await this.posted('refund#'), owed + back, 'refunds that are owed');
    const held = await total("select cast(sum(gross) as text) as total from paid_sales where state = 'escrowed'");
    assert.equal(await this.posted('escrow:'), held, 'sales that cases hold');
    const standing = await total('select cast(sum(cases_standing) as text) as total from paid_offers');
    assert.equal(await total("select count(*) as total from paid_cases where outcome <> 'dismissed'"), standing, 'cases that stand');
    const onTheWay = await total(
      "select cast(sum(held) as text) as total from paid_payouts where state in ('held', 'reserved', 'dispatching')",
    );
    assert.equal(await this.posted('payout#'), onTheWay, 'payouts on their way');
    assert.equal(await this.posted('premium#'), await total('select cast(sum(price) as text) as total from paid_plan_sales'), 'plans');
    const commission = await total("select cast(sum(commission) as text) as total from paid_sales where state = 'released'");
    assert.equal(await this.posted('commission#'), commission, 'commission of what was released');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}

/** A listing that nobody has listed. */
export function draw(terms: Partial<Listing> = {}): Listing {
  const offer = terms.offer ?? formatHex(systemRandom(16));
  const secret = terms.secret ?? systemRandom(32);
  const hash = formatHex(systemRandom(32));
  const commitment = createHash('sha256').update('rp1/hash/paid-secret\0').update(Buffer.from(offer, 'hex')).update(secret).digest('hex');
  return {
    offer,
    hash,
    price: 100,
    currency: 'SAT',
    isFloor: false,
    isJar: false,
    secret,
    commitment,
    notAfter: null,
    sales: null,
    ...terms,
  };
}

export class Buyer {
  readonly #seed = systemRandom(32);
  readonly key: Bytes = kemPublicOf(this.#seed);

  /** The half that was sold. */
  open(hash: string, release: Bytes): Promise<Bytes> {
    const use = { label: 'rp1/hpke/release' as never, context: hexBytes(hash), associated: new Uint8Array(0) };
    return openWith(this.#seed, use, { enc: release.slice(0, 1_120), ciphertext: release.slice(1_120) });
  }

  /** Signed by the agent, for this offer and this buyer. @returns when */
  checkReceipt({ offer, hash }: Pick<Listing, 'offer' | 'hash'>, receipt: Bytes, agentKey: Bytes): number {
    const [body, signature] = decodeDcbor(receipt) as [Bytes, Bytes];
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(agentKey).toString('base64url') }, format: 'jwk' });
    assert.ok(verify(null, concatBytes(encodeUtf8('rp1/sig/receipt\0'), body), key, signature));
    const [of, offerHash, buyerKeyHash, at] = decodeDcbor(body) as [Bytes, Bytes, Bytes, number];
    assert.deepEqual([formatHex(of), formatHex(offerHash)], [offer, hash]);
    assert.equal(formatHex(buyerKeyHash), createHash('sha256').update(this.key).digest('hex'));
    return at;
  }
}

function hexBytes(hex: string): Bytes {
  return parseHex(hex) as Bytes;
}
