// NUT-17 over a real websocket: what is told at once and after each change, what is refused, and where a wallet that asks too much is left.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { getEncodedToken, type Proof, Wallet } from '@cashu/cashu-ts';
import { openDatabase } from '@reprise/database';
import { systemRandom } from '@reprise/kit';
import { WebSocket } from 'ws';
import { openMint } from './mint.ts';
import { defaultMintSettings, socketLimits } from './settings.ts';
import { Sandbox, wire } from './testing/sandbox.ts';
import { type Served, serveMint } from './testing/serve.ts';
import { blindAll, type WireProof, yOf } from './testing/wallet.ts';

type Message = {
  readonly id?: unknown;
  readonly result?: { readonly status: string; readonly subId: string };
  readonly error?: { readonly code: number };
  readonly params?: { readonly subId: string; readonly payload: Readonly<Record<string, unknown>> };
};

describe('subscriptions', () => {
  let sandbox: Sandbox;
  let served: Served;
  const open: Line[] = [];
  before(async () => {
    sandbox = await Sandbox.open(await openDatabase({ path: ':memory:' }));
    served = await serveMint(sandbox.mint, fail);
  });
  afterEach(() => {
    for (const line of open.splice(0)) line.socket.terminate();
  });
  after(async () => {
    await served[Symbol.asyncDispose]();
    await sandbox.assertWhole();
    await sandbox[Symbol.asyncDispose]();
  });
  const connect = async () => {
    const line = await Line.open(`${served.url.replace('http', 'ws')}/v1/ws`);
    open.push(line);
    return line;
  };

  it('tell a quote to mint as it is, paid and issued, and nothing more', async () => {
    const { mint } = sandbox;
    const line = await connect();
    const { quote, request } = await mint.makeMintQuote({ amount: 8n, unit: 'sat' });
    line.subscribe('mine', 'bolt11_mint_quote', [quote, quote]);
    assert.deepEqual((await line.next()).result, { status: 'OK', subId: 'mine' });
    assert.deepEqual((await line.next()).params, { subId: 'mine', payload: await mint.readMintQuote(quote) });
    await sandbox.payIn(request);
    assert.deepEqual((await line.next()).params?.payload, await mint.readMintQuote(quote));
    await mint.issue({ quote, outputs: wire(sandbox.outputs(8n)) });
    assert.equal((await line.next()).params?.payload['state'], 'ISSUED');
    assert.equal(await line.isQuiet(), true);
  });

  it('tell a melt while it is under way and when it has ended, with its change, and the coins with it', async () => {
    const { mint, backend } = sandbox;
    const line = await connect();
    const inputs = await sandbox.coins(64n);
    const quote = await mint.makeMeltQuote({ request: backend.world.invoice(30_000n), unit: 'sat' });
    line.subscribe('quote', 'bolt11_melt_quote', [quote.quote]);
    line.subscribe('coin', 'proof_state', [yOf((inputs[0] as WireProof).secret)]);
    const both = async (messages: number) => {
      const told: Message[] = [];
      while (told.length < messages) told.push(await line.next());
      const of = (subId: string) => told.flatMap(({ params }) => (params?.subId === subId ? [params.payload] : []));
      return { quote: of('quote'), coin: of('coin') };
    };
    const states = ({ quote: quotes, coin }: Awaited<ReturnType<typeof both>>) => [...quotes, ...coin].map(({ state }) => state);
    assert.deepEqual(states(await both(4)), ['UNPAID', 'UNSPENT']);
    const held = backend.hold('pay');
    const melting = mint.melt({
      quote: quote.quote,
      inputs,
      outputs: wire(
        blindAll(
          sandbox.activeId,
          Array.from({ length: 7 }, () => 1n),
        ),
      ),
    });
    await held.asked;
    assert.deepEqual(states(await both(2)), ['PENDING', 'PENDING']);
    held.answer();
    await melting;
    const last = await both(2);
    assert.deepEqual(states(last), ['PAID', 'SPENT']);
    assert.deepEqual(last.quote[0], JSON.parse(JSON.stringify(await mint.readMeltQuote(quote.quote))));
    assert.equal(Array.isArray(last.quote[0]?.['change']), true);
    assert.equal(await line.isQuiet(), true);
  });

  it('tell what another process has done', async () => {
    const { mint, database, ledger, signer, clock, backend } = sandbox;
    const ports = {
      database,
      ledger,
      signer,
      clock,
      backend: sandbox.journal.for('melt'),
      network: backend.world.network,
      random: systemRandom,
    };
    const other = await openMint(ports, defaultMintSettings);
    const line = await connect();
    const inputs = await sandbox.coins(1n);
    line.subscribe('coin', 'proof_state', [yOf((inputs[0] as WireProof).secret)]);
    assert.equal((await line.next()).result?.status, 'OK');
    assert.equal((await line.next()).params?.payload['state'], 'UNSPENT');
    await other.swap({ inputs, outputs: wire(sandbox.outputs(1n)) });
    assert.equal((await line.next()).params?.payload['state'], 'SPENT');
    await other.close();
    assert.equal((await mint.checkState({ Ys: [yOf((inputs[0] as WireProof).secret)] })).states[0]?.state, 'SPENT');
  });

  it('end when they are asked to, and may begin again under the same name', async () => {
    const { mint } = sandbox;
    const line = await connect();
    const { quote, request } = await mint.makeMintQuote({ amount: 1n, unit: 'sat' });
    line.subscribe('mine', 'bolt11_mint_quote', [quote]);
    await line.next();
    await line.next();
    line.say({ method: 'unsubscribe', params: { subId: 'mine' } });
    assert.deepEqual((await line.next()).result, { status: 'OK', subId: 'mine' });
    await sandbox.payIn(request);
    assert.equal(await line.isQuiet(), true);
    line.subscribe('mine', 'bolt11_mint_quote', [quote]);
    assert.equal((await line.next()).result?.subId, 'mine');
    assert.equal((await line.next()).params?.payload['state'], 'PAID');
  });

  const y = `02${'ab'.repeat(32)}`;
  const wish = (changes: object) => ({ method: 'subscribe', params: { subId: 'a', kind: 'proof_state', filters: [y], ...changes } });
  const refusals: readonly (readonly [string, object | string, number])[] = [
    ['no JSON', '{', -32_700],
    ['a list', [], -32_600],
    ['a request without a method', {}, -32_600],
    ['a request of another protocol', { ...wish({}), jsonrpc: '1.0' }, -32_600],
    ['a request without an id', { ...wish({}), id: null }, -32_600],
    ['another method', { method: 'publish' }, -32_601],
    ['no params', { method: 'subscribe' }, -32_602],
    ['another kind', wish({ kind: 'bolt12_mint_quote' }), -32_602],
    ['no filters', wish({ filters: [] }), -32_602],
    ['a filter that is no point', wish({ filters: ['04'] }), -32_602],
    ['a filter that is no text', wish({ filters: [7] }), -32_602],
    ['a quote where a point belongs', wish({ kind: 'bolt11_mint_quote' }), -32_602],
    ['more filters than there may be', wish({ filters: Array.from({ length: socketLimits.filtersMax + 1 }, () => y) }), -32_602],
    ['a subscription without a name', wish({ subId: '' }), -32_602],
    ['a name that is no text', wish({ subId: 1 }), -32_602],
    ['a name without end', wish({ subId: 'a'.repeat(129) }), -32_602],
    ['the end of what there is not', { method: 'unsubscribe', params: { subId: 'other' } }, -32_602],
  ];
  for (const [what, request, code] of refusals) {
    it(`refuse ${what}, and go on`, async () => {
      const line = await connect();
      if (typeof request === 'string') line.socket.send(request);
      else line.say(request);
      assert.equal((await line.next()).error?.code, code);
      line.subscribe('after', 'proof_state', [y]);
      assert.equal((await line.next()).result?.subId, 'after');
    });
  }

  it('refuse a name that is taken, and more than there may be', async () => {
    const line = await connect();
    line.subscribe('a', 'proof_state', [y]);
    assert.ok((await line.next()).result);
    assert.ok((await line.next()).params);
    line.subscribe('a', 'proof_state', [y]);
    assert.equal((await line.next()).error?.code, -32_602);
    const many = Array.from({ length: socketLimits.filtersMax }, (_, at) => `02${at.toString(16).padStart(64, '0')}`);
    line.subscribe('b', 'proof_state', many);
    assert.equal((await line.next()).error?.code, -32_000);
    // What has ended makes room.
    line.say({ method: 'unsubscribe', params: { subId: 'a' } });
    await line.next();
    line.subscribe('b', 'proof_state', many);
    assert.ok((await line.next()).result);
    for (let at = 0; at < many.length; at++) assert.equal((await line.next()).params?.payload['Y'], many[at]);
  });

  it('say nothing of quotes that there are not', async () => {
    const line = await connect();
    line.subscribe('none', 'bolt11_melt_quote', ['00000000-0000-7000-8000-000000000000']);
    assert.equal((await line.next()).result?.status, 'OK');
    assert.equal(await line.isQuiet(), true);
  });

  it('go to every wallet that waits for the same', async () => {
    const lines = [await connect(), await connect()];
    const { quote, request } = await sandbox.mint.makeMintQuote({ amount: 2n, unit: 'sat' });
    for (const line of lines) {
      line.subscribe('mine', 'bolt11_mint_quote', [quote]);
      await line.next();
      await line.next();
    }
    await sandbox.payIn(request);
    for (const line of lines) assert.equal((await line.next()).params?.payload['state'], 'PAID');
  });

  it('close on what is too long, on bytes, and on too many messages', async () => {
    const [long, bytes, many] = [await connect(), await connect(), await connect()];
    long.socket.send('a'.repeat(socketLimits.messageBytesMax + 1));
    bytes.socket.send(Buffer.from('{}'), { binary: true });
    for (let at = 0; at <= socketLimits.messagesPerPulseMax; at++) many.socket.send('{}');
    assert.deepEqual([await long.closed, await bytes.closed, await many.closed], [1009, 1008, 1008]);
  });

  it('close on who waits for nothing, and drop who is not there any more', async () => {
    await using quick = await serveMint(sandbox.mint, fail, { pulseMs: 100, idleMs: 150 });
    const url = `${quick.url.replace('http', 'ws')}/v1/ws`;
    const [idle, waiting, gone] = [await Line.open(url), await Line.open(url), await Line.open(url, { autoPong: false })];
    for (const line of [waiting, gone]) {
      line.subscribe('a', 'proof_state', [y]);
      assert.ok((await line.next()).result);
    }
    assert.deepEqual([await idle.closed, await gone.closed], [1001, 1006]);
    waiting.say({ method: 'unsubscribe', params: { subId: 'a' } });
    await waiting.next();
    assert.ok((await waiting.next()).result);
    assert.equal(await waiting.closed, 1001);
  });

  it('are what cashu-ts waits by, unmodified', async () => {
    const wallet = new Wallet(served.url, { unit: 'sat', bip39seed: systemRandom(64) });
    await wallet.loadMint();
    const quote = await wallet.createMintQuoteBolt11(21);
    const paid = wallet.on.onceMintPaid(quote.quote, { timeoutMs: 30_000 });
    await sandbox.payIn(quote.request);
    assert.equal((await paid).state, 'PAID');
    const proofs = await wallet.ops.mintBolt11(21, quote).run();
    const spent = Promise.withResolvers<Proof>();
    const cancel = await wallet.on.proofStateUpdates(proofs, ({ state, proof }) => state === 'SPENT' && spent.resolve(proof), spent.reject);
    await wallet.receive(getEncodedToken({ mint: served.url, proofs, unit: 'sat' }));
    const told = await spent.promise;
    assert.ok(proofs.some(({ secret }) => secret === told.secret));
    cancel();
    wallet.mint.disconnectWebSocket();
  });
});

function fail(error: unknown): void {
  throw error;
}

/** A wallet's end of a connection. */
class Line {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #come: Message[] = [];
  #wake = Promise.withResolvers<void>();
  #id = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    socket.on('message', (data) => {
      this.#come.push(JSON.parse((data as Buffer).toString()) as Message);
      this.#wake.resolve();
    });
  }

  static async open(url: string, options: { readonly autoPong?: boolean } = {}): Promise<Line> {
    const line = new Line(new WebSocket(url, options));
    await once(line.socket, 'open');
    return line;
  }

  say(request: object): void {
    this.socket.send(JSON.stringify(Array.isArray(request) ? request : { jsonrpc: '2.0', id: this.#id++, ...request }));
  }

  subscribe(subId: string, kind: string, filters: readonly string[]): void {
    this.say({ method: 'subscribe', params: { subId, kind, filters } });
  }

  async next(): Promise<Message> {
    for (;;) {
      const message = this.#come.shift();
      if (message) return message;
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
  }

  /** For longer than the mint takes to look again. */
  async isQuiet(): Promise<boolean> {
    await sleep(socketLimits.lookEveryMs + 500);
    return this.#come.length === 0;
  }
}
