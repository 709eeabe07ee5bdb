// A Lightning node of the sandbox: LDK in this process, its promises on the disk before its peer hears of them. spec/lightning.md "The sandbox".
import { createHash, randomBytes } from 'node:crypto';
import { assert } from '@reprise/kit';
import { msat, type Msat } from '@reprise/ledger';
import * as ldk from 'lightningdevkit';
import { parseInvoice } from '../bolt11/parse.ts';
import { LightningFailure } from '../failures.ts';
import type {
  Balance,
  FailureReason,
  Invoice,
  InvoiceRequest,
  InvoiceState,
  Outcome,
  PaymentHash,
  PaymentRequest,
  Preimage,
  Received,
} from '../port.ts';
import type { RegtestChain } from './chain.ts';
import { buildParts, type Parts } from './ldk-parts.ts';
import type { InvoiceRecord, LogEntry, PaymentRecord, Records } from './records.ts';
import { readSnapshot, type Snapshot, writeSnapshot } from './snapshot.ts';
import type { Wired } from './wire.ts';

export type LdkNodeSettings = {
  readonly file: string;
  readonly chain: RegtestChain;
  readonly forwarding?: { readonly baseMsat: number; readonly millionths: number };
};

const heartbeatMs = 1_000;
const peerTickMs = 10_000;
const managerTickMs = 60_000;
/** So often at most is processed in one go what processing brought up. */
const roundsMax = 100;
const retries = 3;

export class LdkNode implements Wired {
  readonly id: Uint8Array;
  readonly peers: ldk.PeerManager;
  readonly #settings: LdkNodeSettings;
  readonly #parts: Parts;
  readonly #seed: Uint8Array;
  readonly #monitors: Map<string, Uint8Array>;
  readonly #records: Records;
  readonly #handler: ldk.EventHandler;
  readonly #timers: NodeJS.Timeout[];
  readonly #listeners = new Set<() => void>();
  /** Incoming payments that are neither taken nor refused, until somebody says which. */
  readonly #held = new Set<PaymentHash>();
  #unsaid: { readonly funding: ldk.OutPoint; readonly update: bigint }[] = [];
  #isDirty = true;
  #isStirred = false;
  #isClosed = false;
  readonly #onBlock = (raw: Uint8Array, height: number) => this.#connectBlock(raw, height);

  private constructor(settings: LdkNodeSettings, kept: Snapshot) {
    this.#settings = settings;
    this.#seed = kept.seed;
    this.#monitors = new Map(kept.monitors);
    this.#records = kept.records;
    this.#handler = ldk.EventHandler.new_impl({
      handle_event: (event) => {
        this.#handle(event);
        return ldk.Result_NoneReplayEventZ.constructor_ok();
      },
    });
    this.#parts = buildParts({
      chain: settings.chain,
      kept,
      forwarding: settings.forwarding ?? {
        baseMsat: 0,
        millionths: 0,
      },
      onMonitor: (key, monitor, done) => {
        this.#monitors.set(key, monitor);
        if (done) this.#unsaid.push(done);
        this.#isDirty = true;
        this.stir();
      },
      onTransaction: (raw) => void settings.chain.send(raw).catch(() => undefined),
    });
    this.peers = this.#parts.peers;
    this.id = this.#parts.manager.get_our_node_id();
    const { manager, peers } = this.#parts;
    this.#timers = [
      setInterval(() => this.stir(), heartbeatMs),
      setInterval(() => peers.timer_tick_occurred(), peerTickMs),
      setInterval(() => manager.timer_tick_occurred(), managerTickMs),
    ];
  }

  /** Reads what the file holds, or begins a new node; hears of the blocks that it missed. */
  static open(settings: LdkNodeSettings): LdkNode {
    const node = new LdkNode(settings, readSnapshot(settings.file));
    const { chain } = settings;
    const from = node.#parts.manager.current_best_block().get_height() + 1;
    for (let height = from; height <= chain.height; height++) node.#connectBlock(chain.blockAt(height), height);
    chain.listen(node.#onBlock);
    node.#pump();
    return node;
  }

  stir(): void {
    if (this.#isStirred || this.#isClosed) return;
    this.#isStirred = true;
    setImmediate(() => {
      this.#isStirred = false;
      if (!this.#isClosed) this.#pump();
    });
  }

  balance(): Balance {
    const channels = this.#parts.manager.list_usable_channels();
    const sum = (of: (channel: ldk.ChannelDetails) => bigint) => msat(channels.reduce((total, channel) => total + of(channel), 0n));
    return {
      spendable: sum((channel) => channel.get_outbound_capacity_msat()),
      receivable: sum((channel) => channel.get_inbound_capacity_msat()),
    };
  }

  hasChannelWith(peer: Uint8Array): boolean {
    return this.#parts.manager.list_channels_with_counterparty(peer).length > 0;
  }

  usableChannels(): number {
    return this.#parts.manager.list_usable_channels().length;
  }

  openChannel(peer: Uint8Array, sats: bigint, push: Msat): void {
    const opened = this.#parts.manager.create_channel(peer, sats, push, 1n, null as never, null as never);
    assert(opened.is_ok(), 'a channel to a connected peer can be opened');
    this.stir();
  }

  invoice(request: InvoiceRequest): Invoice {
    const known = [...this.#records.invoices.values()].find(({ label }) => label === request.label);
    const record = known ?? this.#newInvoice(request);
    const { bolt11, hash, amount, expiresAt } = record;
    return { bolt11, hash, amount, expiresAt };
  }

  invoiceState(hash: PaymentHash): InvoiceState {
    return this.#records.invoiceState(hash, Date.now());
  }

  cancelInvoice(hash: PaymentHash): 'cancelled' | Received {
    const record = this.#records.invoices.get(hash);
    if (!record) throw new LightningFailure('refused', { what: 'no such invoice' });
    if (record.state === 'open') this.#change(record, { state: 'cancelled' });
    const state = this.invoiceState(hash);
    if (state.state === 'settled') return state;
    if (state.state !== 'cancelled') throw new LightningFailure('refused', { what: 'a payment is on its way' });
    return 'cancelled';
  }

  async pay({ bolt11, maxFee, timeoutSeconds }: PaymentRequest): Promise<Outcome> {
    const { hash } = parseInvoice(bolt11);
    const former = this.#records.payments.get(hash);
    if (!former || former.state === 'failed') this.#send(bolt11, hash, maxFee, former?.tries ?? 0);
    const until = AbortSignal.timeout(1_000 * timeoutSeconds);
    while (this.#records.payments.get(hash)?.state === 'in-flight' && !until.aborted) await this.changed(until);
    return this.#records.outcome(hash) as Outcome;
  }

  outcome(hash: PaymentHash): Outcome | { readonly state: 'not-found' } {
    return this.#records.outcome(hash);
  }

  /** What happened after the entry `at`. */
  logAfter(at: number): readonly LogEntry[] {
    return this.#records.log.filter((entry) => entry.at > at);
  }

  /** From now on payments of this hash are held until `take` or `refuse`. */
  hold(hash: PaymentHash): void {
    this.#held.add(hash);
  }

  take(hash: PaymentHash): void {
    this.#held.delete(hash);
    this.#claim(hash);
    this.stir();
  }

  refuse(hash: PaymentHash): void {
    this.#held.delete(hash);
    this.#refuse(hash);
    this.stir();
  }

  /** Resolves when records changed, or the signal aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#listeners.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      if (signal.aborted) return done();
      this.#listeners.add(done);
      signal.addEventListener('abort', done);
    });
  }

  /** Everything is on the disk at any time: closing only stops. */
  close(): void {
    this.#isClosed = true;
    this.#timers.forEach(clearInterval);
    this.#settings.chain.unlisten(this.#onBlock);
    this.peers.disconnect_all_peers();
  }

  #pump(): void {
    const { manager, monitor } = this.#parts;
    for (let round = 0; round < roundsMax; round++) {
      manager.as_EventsProvider().process_pending_events(this.#handler);
      monitor.as_EventsProvider().process_pending_events(this.#handler);
      const needsWriting = manager.get_and_clear_needs_persistence() || this.#isDirty;
      if (needsWriting) this.#write();
      this.peers.process_events();
      if (!needsWriting) break;
    }
    for (const listener of [...this.#listeners]) listener();
  }

  /** Manager and monitors of one moment, on the disk; only then does LDK hear that its updates are done. */
  #write(): void {
    this.#isDirty = false;
    const done = this.#unsaid;
    this.#unsaid = [];
    const { manager, monitor } = this.#parts;
    writeSnapshot(this.#settings.file, { seed: this.#seed, manager: manager.write(), monitors: this.#monitors, records: this.#records });
    for (const { funding, update } of done) monitor.channel_monitor_updated(funding, update);
  }

  #connectBlock(raw: Uint8Array, height: number): void {
    this.#parts.manager.as_Listen().block_connected(raw, height);
    this.#parts.monitor.as_Listen().block_connected(raw, height);
    this.#isDirty = true;
    this.stir();
  }

  #handle(event: ldk.Event): void {
    if (event instanceof ldk.Event_FundingGenerationReady) void this.#fund(event);
    else if (event instanceof ldk.Event_PendingHTLCsForwardable) setImmediate(() => this.#forward());
    else if (event instanceof ldk.Event_PaymentClaimable) this.#claimable(hexOf(event.payment_hash), event.amount_msat);
    else if (event instanceof ldk.Event_PaymentClaimed) this.#received(hexOf(event.payment_hash), msat(event.amount_msat));
    else if (event instanceof ldk.Event_PaymentSent) {
      const fee = event.fee_paid_msat instanceof ldk.Option_u64Z_Some ? event.fee_paid_msat.some : 0n;
      this.#ended(hexOf(event.payment_hash), {
        state: 'succeeded',
        preimage: hexOf(event.payment_preimage) as string as Preimage,
        fee: msat(fee),
      });
    } else if (event instanceof ldk.Event_PaymentFailed) this.#ended(hexOf(event.payment_id), { state: 'failed', reason: reasonOf(event) });
  }

  async #fund({
    temporary_channel_id,
    counterparty_node_id,
    output_script,
    channel_value_satoshis,
  }: ldk.Event_FundingGenerationReady): Promise<void> {
    const raw = await this.#settings.chain.fund(output_script, channel_value_satoshis);
    this.#parts.manager.funding_transaction_generated(temporary_channel_id, counterparty_node_id, raw);
    this.stir();
  }

  #forward(): void {
    if (this.#isClosed) return;
    this.#parts.manager.process_pending_htlc_forwards();
    this.stir();
  }

  #claimable(hash: PaymentHash, amount: bigint): void {
    const record = this.#records.invoices.get(hash);
    const isWanted = record?.state === 'accepted' || (record?.state === 'open' && record.expiresAt > Date.now());
    if (!record || !isWanted || amount < record.amount) return this.#refuse(hash);
    this.#change(record, { state: 'accepted' });
    if (!this.#held.has(hash)) this.#claim(hash);
  }

  #claim(hash: PaymentHash): void {
    const record = this.#records.invoices.get(hash);
    if (record?.state === 'accepted') this.#parts.manager.claim_funds(bytesOf(record.preimage));
  }

  #refuse(hash: PaymentHash): void {
    this.#parts.manager.fail_htlc_backwards(bytesOf(hash));
    const record = this.#records.invoices.get(hash);
    if (record?.state === 'accepted') this.#change(record, { state: 'open' });
  }

  #received(hash: PaymentHash, amount: Msat): void {
    const record = this.#records.invoices.get(hash);
    if (!record || record.state === 'settled') return;
    this.#change(record, { state: 'settled', received: amount });
    this.#records.tell({ kind: 'received', hash, received: { state: 'settled', amount, kept: msat(0n) } });
  }

  #ended(hash: PaymentHash, change: Partial<PaymentRecord>): void {
    const record = this.#records.payments.get(hash);
    if (record?.state !== 'in-flight') return;
    Object.assign(record, change);
    this.#isDirty = true;
    const outcome = this.#records.outcome(hash);
    if (outcome.state === 'succeeded' || outcome.state === 'failed') this.#records.tell({ kind: 'sent', hash, outcome });
  }

  /** The payment's id is its hash: LDK itself refuses a second one while the first lives. */
  #send(bolt11: string, hash: PaymentHash, maxFee: Msat, tries: number): void {
    const record: PaymentRecord = { hash, tries: tries + 1, state: 'in-flight', preimage: null, fee: msat(0n), reason: null };
    this.#records.payments.set(hash, record);
    const reason = this.#trySend(bolt11, bytesOf(hash), maxFee);
    if (reason !== null) this.#ended(hash, { state: 'failed', reason });
    this.#isDirty = true;
    this.stir();
  }

  /** @returns why nothing was sent, or null */
  #trySend(bolt11: string, hash: Uint8Array, maxFee: Msat): FailureReason | null {
    const invoice = ldk.Bolt11Invoice.constructor_from_str(bolt11);
    if (!(invoice instanceof ldk.Result_Bolt11InvoiceParseOrSemanticErrorZ_OK)) return 'rejected';
    const parameters = ldk.UtilMethods.constructor_payment_parameters_from_invoice(invoice.res);
    if (!(parameters instanceof ldk.Result_C3Tuple_ThirtyTwoBytesRecipientOnionFieldsRouteParametersZNoneZ_OK)) return 'rejected';
    const [onion, route] = [parameters.res.get_b(), parameters.res.get_c()];
    route.set_max_total_routing_fee_msat(ldk.Option_u64Z.constructor_some(maxFee));
    const sent = this.#parts.manager.send_payment(parameters.res.get_a(), onion, hash, route, ldk.Retry.constructor_attempts(retries));
    return sent.is_ok() ? null : 'no-route';
  }

  #newInvoice({ label, amount, description, expirySeconds }: InvoiceRequest): InvoiceRecord {
    const preimage = randomBytes(32);
    const digest = createHash('sha256').update(preimage).digest();
    const [asked, none] = [ldk.Option_u64Z.constructor_some(amount), ldk.Option_u16Z.constructor_none()];
    const { manager } = this.#parts;
    const made =
      'text' in description
        ? ldk.UtilMethods.constructor_create_invoice_from_channelmanager_with_payment_hash(
            manager,
            asked,
            description.text,
            expirySeconds,
            new Uint8Array(digest),
            none,
          )
        : ldk.UtilMethods.constructor_create_invoice_from_channelmanager_with_description_hash_and_payment_hash(
            ...([
              manager,
              asked,
              ldk.Sha256.constructor_from_bytes(bytesOf(description.hash)),
              expirySeconds,
              new Uint8Array(digest),
              none,
            ] as const),
          );
    if (!(made instanceof ldk.Result_Bolt11InvoiceSignOrCreationErrorZ_OK))
      throw new LightningFailure('refused', { what: 'LDK makes no such invoice' });
    const bolt11 = made.res.to_str();
    const { hash, expiresAt } = parseInvoice(bolt11);
    const record: InvoiceRecord = {
      label,
      hash,
      preimage: hexOf(preimage) as string as Preimage,
      bolt11,
      amount,
      expiresAt,
      state: 'open',
      received: msat(0n),
    };
    this.#records.invoices.set(hash, record);
    // On the disk before anybody can pay it.
    this.#isDirty = true;
    this.#pump();
    return record;
  }

  #change(record: InvoiceRecord, change: Partial<InvoiceRecord>): void {
    Object.assign(record, change);
    this.#isDirty = true;
    this.stir();
  }
}

function reasonOf({ reason }: ldk.Event_PaymentFailed): FailureReason {
  if (!(reason instanceof ldk.Option_PaymentFailureReasonZ_Some)) return 'other';
  switch (reason.some) {
    case ldk.PaymentFailureReason.LDKPaymentFailureReason_RecipientRejected:
      return 'rejected';
    case ldk.PaymentFailureReason.LDKPaymentFailureReason_PaymentExpired:
      return 'expired';
    case ldk.PaymentFailureReason.LDKPaymentFailureReason_RouteNotFound:
    case ldk.PaymentFailureReason.LDKPaymentFailureReason_RetriesExhausted:
      return 'no-route';
    default:
      return 'other';
  }
}

function hexOf(bytes: Uint8Array): PaymentHash {
  return Buffer.from(bytes).toString('hex') as PaymentHash;
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
