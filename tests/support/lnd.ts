// Two real LND nodes on a chain of their own, joined by a channel: programs in Go, built once from the module proxy where there is Go, and kept.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { type HttpClient, type PaymentHash, parseInvoice } from '@reprise/lightning';
import type { Outside } from '../../bitcache/lightning/src/testing/backend.suite.ts';
import { trusting } from '../../apps/host/src/bitcache/trusting-http.ts';
import { freePort, root } from './server.ts';
import { until } from './until.ts';

const modules = { lnd: 'github.com/lightningnetwork/lnd@v0.19.3-beta', btcd: 'github.com/btcsuite/btcd@v0.24.2' } as const;
const kept = join(root, 'node_modules', '.cache', 'lnd');

/** Where the programs are, built or found; undefined: there are none, and no long run that may take the minutes to build them. */
export function findLnd(): { readonly lnd: string; readonly btcd: string } | undefined {
  // With the parts that its releases have.
  const lnd = find('lnd', ['-tags', 'invoicesrpc signrpc walletrpc chainrpc', './cmd/lnd']);
  const btcd = lnd && find('btcd', ['.']);
  return lnd && btcd ? { lnd, btcd } : undefined;
}

function find(name: keyof typeof modules, what: readonly string[]): string | undefined {
  const module = modules[name];
  const built = join(kept, `${name}-${module.split('@')[1]}`);
  if (existsSync(built)) return built;
  if (spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0) return name;
  if (process.env['REPRISE_LONG'] !== '1' || spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) return undefined;
  const loaded = spawnSync('go', ['mod', 'download', '-json', module], { encoding: 'utf8' });
  if (loaded.status !== 0) return undefined;
  const { Dir: folder } = JSON.parse(loaded.stdout) as { readonly Dir: string };
  mkdirSync(kept, { recursive: true });
  const draft = `${built}.${process.pid}`;
  const { status, stderr } = spawnSync('go', ['build', '-o', draft, ...what], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  renameSync(draft, built);
  return built;
}

type Json = Readonly<Record<string, unknown>>;

/** One node, over REST with the certificate that it made. */
export class LndNode implements AsyncDisposable {
  readonly url: string;
  readonly peer: string;
  readonly #folder: string;
  readonly #child: ChildProcess;
  #pubkey = '';

  private constructor(folder: string, ports: { readonly rest: number; readonly peer: number }, child: ChildProcess) {
    this.#folder = folder;
    this.#child = child;
    this.url = `https://127.0.0.1:${ports.rest}`;
    this.peer = `127.0.0.1:${ports.peer}`;
  }

  static async start(program: string, folder: string, chain: Chain): Promise<LndNode> {
    mkdirSync(folder, { recursive: true });
    const ports = { rest: await freePort(), rpc: await freePort(), peer: await freePort() };
    const words = [
      `--lnddir=${folder}`,
      '--noseedbackup',
      '--bitcoin.regtest',
      '--bitcoin.node=btcd',
      `--btcd.rpchost=127.0.0.1:${chain.port}`,
      `--btcd.rpccert=${chain.certificate}`,
      '--btcd.rpcuser=chain',
      '--btcd.rpcpass=chain',
      '--bitcoin.defaultchanconfs=1',
      `--restlisten=127.0.0.1:${ports.rest}`,
      `--rpclisten=127.0.0.1:${ports.rpc}`,
      `--listen=127.0.0.1:${ports.peer}`,
      '--debuglevel=error',
      '--trickledelay=50',
    ];
    const child = spawn(program, words, { stdio: 'ignore' });
    const node = new LndNode(folder, ports, child);
    await until('LND answers', async () => {
      assert.equal(child.exitCode, null, 'LND ended');
      if (!existsSync(node.#macaroonPath)) return false;
      return node.ask('GET', '/v1/getinfo').then(
        (info) => (node.#pubkey = String(info['identity_pubkey'] ?? '')) !== '',
        () => false,
      );
    });
    return node;
  }

  get pubkey(): string {
    return this.#pubkey;
  }

  get http(): HttpClient {
    return trusting(this.certificate);
  }

  get certificate(): string {
    return readFileSync(join(this.#folder, 'tls.cert'), 'utf8');
  }

  get #macaroonPath(): string {
    return join(this.#folder, 'data/chain/bitcoin/regtest/admin.macaroon');
  }

  /** With all rights. @throws for any answer but 200 */
  async ask(method: string, path: string, json?: Json): Promise<Json> {
    const macaroon = readFileSync(this.#macaroonPath).toString('hex');
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const answer = await this.http(`${this.url}${path}`, { method, headers: { 'grpc-metadata-macaroon': macaroon }, ...body });
    const text = await answer.text();
    assert.equal(answer.status, 200, `${method} ${path}: ${text}`);
    return JSON.parse(text) as Json;
  }

  /** @returns a macaroon in hex that may do so much and no more */
  async bake(...rights: readonly (readonly [entity: string, action: string])[]): Promise<string> {
    const permissions = rights.map(([entity, action]) => ({ entity, action }));
    return String((await this.ask('POST', '/v1/macaroon', { permissions }))['macaroon']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await ended(this.#child);
  }
}

/** A chain that is mined on demand. */
export class Chain implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, port: number, child: ChildProcess) {
    this.#folder = folder;
    this.port = port;
    this.#child = child;
  }

  static async start(program: string, folder: string, miner?: string): Promise<Chain> {
    mkdirSync(folder, { recursive: true });
    const port = await freePort();
    const files = [
      `--configfile=${folder}/none`,
      `--datadir=${folder}`,
      `--logdir=${folder}`,
      `--rpccert=${folder}/rpc.cert`,
      `--rpckey=${folder}/rpc.key`,
    ];
    const words = [
      '--regtest',
      '--txindex',
      '--nolisten',
      `--rpclisten=127.0.0.1:${port}`,
      '--rpcuser=chain',
      '--rpcpass=chain',
      '--debuglevel=error',
    ];
    const child = spawn(program, [...files, ...words, ...(miner ? [`--miningaddr=${miner}`] : [])], { stdio: 'ignore' });
    const chain = new Chain(folder, port, child);
    await until('the chain answers', () => {
      assert.equal(child.exitCode, null, 'btcd ended');
      return chain.call('getblockcount').then(
        () => true,
        () => false,
      );
    });
    return chain;
  }

  get certificate(): string {
    return join(this.#folder, 'rpc.cert');
  }

  mine(blocks: number): Promise<unknown> {
    return this.call('generate', blocks);
  }

  call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '1.0', id: 1, method, params });
    return new Promise((resolve, reject) => {
      const options = {
        method: 'POST',
        auth: 'chain:chain',
        ca: readFileSync(this.certificate),
        headers: { 'content-type': 'application/json' },
      };
      const outgoing = request(`https://127.0.0.1:${this.port}`, options, (incoming) => {
        let text = '';
        incoming.on('data', (piece) => (text += piece));
        incoming.on('end', () => {
          const { result, error } = JSON.parse(text) as { readonly result: unknown; readonly error: unknown };
          if (error) reject(new Error(JSON.stringify(error)));
          else resolve(result);
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await ended(this.#child);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await gone;
  clearTimeout(late);
}

export type LndPair = AsyncDisposable & { readonly ours: LndNode; readonly other: LndNode };

/** Half of the channel's money on each side. */
export async function startLndPair({ lnd, btcd }: NonNullable<ReturnType<typeof findLnd>>, folder: string): Promise<LndPair> {
  const miner = await addressOf(lnd, btcd, folder);
  const parts: AsyncDisposable[] = [];
  const close = async () => {
    for (const part of parts.toReversed()) await part[Symbol.asyncDispose]();
  };
  try {
    const chain = await Chain.start(btcd, join(folder, 'chain'), miner);
    parts.push(chain);
    // Three periods of 144 blocks, until btcd takes transactions with witnesses; and coins ripen in a hundred.
    await chain.mine(450);
    const ours = await LndNode.start(lnd, join(folder, 'ours'), chain);
    parts.push(ours);
    const other = await LndNode.start(lnd, join(folder, 'other'), chain);
    parts.push(other);
    const isSynced = async (node: LndNode) => (await node.ask('GET', '/v1/getinfo'))['synced_to_chain'] === true;
    await until('both know the chain', async () => (await isSynced(ours)) && (await isSynced(other)));
    await until(
      'the miner has its coins',
      async () => Number((await ours.ask('GET', '/v1/balance/blockchain'))['confirmed_balance']) > 2_000_000,
    );
    await ours.ask('POST', '/v1/peers', { addr: { pubkey: other.pubkey, host: other.peer }, perm: true });
    await until('they know each other', async () => ((await ours.ask('GET', '/v1/peers'))['peers'] as readonly unknown[]).length === 1);
    const room = { local_funding_amount: '10000000', push_sat: '5000000', min_confs: 1 };
    await ours.ask('POST', '/v1/channels', { node_pubkey: Buffer.from(other.pubkey, 'hex').toString('base64'), ...room });
    await until('the channel’s transaction is known', async () => ((await chain.call('getrawmempool')) as readonly unknown[]).length > 0);
    await chain.mine(6);
    const told = () => ours.ask('GET', '/v1/channels/pending');
    await until('the channel is open', async () => (await channelsOf(ours)).length + (await channelsOf(other)).length === 2, told);
    const [channel] = await channelsOf(ours);
    await until('both know the way and the chain', async () => {
      for (const node of [ours, other]) {
        const edge = await node.ask('GET', `/v1/graph/edge/${String(channel?.['chan_id'])}`).catch(() => undefined);
        if (!edge?.['node1_policy'] || !edge['node2_policy'] || !(await isSynced(node))) return false;
      }
      return true;
    });
    return { ours, other, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function channelsOf(node: LndNode): Promise<readonly Json[]> {
  return (await node.ask('GET', '/v1/channels?active_only=true'))['channels'] as readonly Json[];
}

/** Blocks are mined to an address of our node, which needs a chain to make one. */
async function addressOf(lnd: string, btcd: string, folder: string): Promise<string> {
  await using chain = await Chain.start(btcd, join(folder, 'chain'));
  await using node = await LndNode.start(lnd, join(folder, 'ours'), chain);
  return String((await node.ask('GET', '/v1/newaddress'))['address']);
}

/** The other node as the suite of backends sees it. */
export function outsideOfLnd(other: LndNode): Outside {
  const preimages = new Map<PaymentHash, Buffer>();
  return {
    async invoice(amount, { end }) {
      if (end === 'hangs') {
        const preimage = randomBytes(32);
        const hash = createHash('sha256').update(preimage).digest();
        const held = await other.ask('POST', '/v2/invoices/hodl', {
          hash: hash.toString('base64'),
          value_msat: String(amount),
          expiry: '600',
        });
        preimages.set(hash.toString('hex') as PaymentHash, preimage);
        return String(held['payment_request']);
      }
      const { payment_request: bolt11 } = await other.ask('POST', '/v1/invoices', { value_msat: String(amount) });
      const { hash } = parseInvoice(String(bolt11));
      if (end === 'fails') await other.ask('POST', '/v2/invoices/cancel', { payment_hash: Buffer.from(hash, 'hex').toString('base64') });
      return String(bolt11);
    },
    async pay(bolt11) {
      const paid = await other.ask('POST', '/v1/channels/transactions', { payment_request: bolt11 });
      assert.equal(paid['payment_error'], '');
    },
    async settle(hash) {
      await other.ask('POST', '/v2/invoices/settle', { preimage: preimages.get(hash)?.toString('base64') });
    },
    async fail(hash) {
      await other.ask('POST', '/v2/invoices/cancel', { payment_hash: Buffer.from(hash, 'hex').toString('base64') });
    },
    async paid(hash) {
      const invoice = await other.ask('GET', `/v1/invoice/${hash}`);
      return Number(invoice['amt_paid_msat']) / Number(invoice['value_msat']);
    },
  };
}
