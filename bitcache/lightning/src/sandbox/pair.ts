// The sandbox's whole world: a chain, our node, the visitor's node, and a channel between them. spec/lightning.md "The sandbox".
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Msat, msat } from '@reprise/ledger';
import { initializeWasmFromBinary } from 'lightningdevkit';
import { RegtestChain } from './chain.ts';
import { LdkNode } from './ldk-node.ts';
import { connect } from './wire.ts';

export type Pair = { readonly chain: RegtestChain; readonly ours: LdkNode; readonly visitor: LdkNode; readonly close: () => Promise<void> };

/** As large as a channel is without special wishes, half on either side. */
const channelSats = 16_000_000n;
const pushed: Msat = msat(8_000_000_000n);
const patienceMs = 60_000;
const reconnectMs = 1_000;

/** Starts what the folder holds, or all of it anew; resolves when a payment can go either way. */
export async function openPair(folder: string): Promise<Pair> {
  await loadLdk();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  forgetWithoutChain(folder);
  const chain = await RegtestChain.open(folder);
  const ours = LdkNode.open({ file: join(folder, 'ours'), chain });
  const visitor = LdkNode.open({ file: join(folder, 'visitor'), chain });
  connect(ours, visitor);
  const joining = setInterval(() => connect(ours, visitor), reconnectMs);
  const close = async () => {
    clearInterval(joining);
    ours.close();
    visitor.close();
    await chain.close();
  };
  try {
    await joined(ours, visitor);
    return { chain, ours, visitor, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Resolves once a channel between the two can be used; a closed one is followed by another. */
async function joined(ours: LdkNode, visitor: LdkNode): Promise<void> {
  const limit = AbortSignal.timeout(patienceMs);
  let isAsked = false;
  while (ours.usableChannels() === 0 || visitor.usableChannels() === 0) {
    limit.throwIfAborted();
    if (!isAsked && !ours.hasChannelWith(visitor.id) && ours.peers.list_peers().length > 0) {
      isAsked = true;
      ours.openChannel(visitor.id, channelSats, pushed);
    }
    await Promise.race([ours.changed(limit), visitor.changed(limit)]);
  }
}

/** Nodes of another chain cannot go on with this one: without its blocks all begins anew. */
function forgetWithoutChain(folder: string): void {
  if (existsSync(join(folder, 'blocks'))) return;
  for (const name of ['ours', 'visitor']) rmSync(join(folder, name), { force: true });
}

let loaded: Promise<void> | undefined;

/** 23 MB of WebAssembly, once for each thread. */
export function loadLdk(): Promise<void> {
  loaded ??= initializeWasmFromBinary(readFileSync(createRequire(import.meta.url).resolve('lightningdevkit/liblightningjs.wasm')));
  return loaded;
}
