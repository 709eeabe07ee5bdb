// The thread of the sandbox: both nodes and their chain, away from requests. Started with NODE_BACKEND=js and a folder.
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '@reprise/kit';
import { LightningFailure } from '../failures.ts';
import type { FromThread, NodeCalls, NodeName, ToThread } from './calls.ts';
import type { LdkNode } from './ldk-node.ts';
import { openPair, type Pair } from './pair.ts';

const port = parentPort;
assert(port, 'this runs as a thread');
const starting = openPair((workerData as { readonly folder: string }).folder);
const say = (message: FromThread) => port.postMessage(message);
void starting.then(({ ours, visitor }) => {
  watch('ours', ours);
  watch('visitor', visitor);
});

port.on('message', (message: ToThread) => {
  if (message.kind === 'stop') void stop();
  else void answer(message);
});

async function answer({ id, node, name, parameter }: Extract<ToThread, { kind: 'call' }>): Promise<void> {
  try {
    const call = callsOf(await starting, node)[name] as (parameter: unknown) => Promise<unknown>;
    say({ kind: 'result', id, result: await call(parameter) });
  } catch (error) {
    if (error instanceof LightningFailure) say({ kind: 'failure', id, code: error.code, facts: error.facts });
    else say({ kind: 'failure', id, code: 'unavailable', facts: { what: error instanceof Error ? error.message : 'an error' } });
  }
}

function callsOf(pair: Pair, of: NodeName): NodeCalls {
  const node = pair[of];
  return {
    ready: async () => undefined,
    balance: async () => node.balance(),
    async invoice(request) {
      // A node without a clock takes the time of the last block for now: of an hour-old one, every invoice would have expired when it is made.
      await pair.chain.tellTime();
      return node.invoice(request);
    },
    invoiceState: async (hash) => node.invoiceState(hash),
    cancelInvoice: async (hash) => node.cancelInvoice(hash),
    pay: (request) => node.pay(request),
    outcome: async (hash) => node.outcome(hash),
    logAfter: async (at) => node.logAfter(at),
    hold: async (hash) => node.hold(hash),
    take: async (hash) => node.take(hash),
    refuse: async (hash) => node.refuse(hash),
  };
}

function watch(name: NodeName, node: LdkNode): void {
  const always = new AbortController().signal;
  let last = node.logAfter(0).at(-1)?.at ?? 0;
  const wait = async (): Promise<never> => {
    for (;;) {
      await node.changed(always);
      const now = node.logAfter(last).at(-1)?.at ?? last;
      if (now > last) say({ kind: 'told', node: name });
      last = now;
    }
  };
  void wait();
}

async function stop(): Promise<void> {
  await starting.then((pair: Pair) => pair.close()).catch(() => undefined);
  say({ kind: 'stopped' });
}
