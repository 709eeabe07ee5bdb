// The thread of the signer: it alone keeps the seed.
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '@reprise/kit';
import { verifySchnorr } from 'tiny-secp256k1';
import { openPoints } from '../points/open.ts';
import { Keyring } from './keyring.ts';
import type { SignerAnswer, SignerData, SignerQuestion } from './thread.ts';

const { seed, points: wanted } = workerData as SignerData;
const port = parentPort;
assert(port !== null, 'a worker has a parent');
const points = await openPoints(wanted);
const keyring = new Keyring(points, verifySchnorr, seed);
port.on('message', (question: SignerQuestion) => port.postMessage(answer(question)));
port.postMessage({ number: 0, result: points.name } satisfies SignerAnswer);

function answer({ number, ask }: SignerQuestion): SignerAnswer {
  try {
    return { number, result: resultOf(ask) };
  } catch (error) {
    return { number, error: error instanceof Error ? error.message : String(error) };
  }
}

function resultOf(ask: SignerQuestion['ask']): unknown {
  switch (ask.what) {
    case 'open':
      return keyring.open(ask.spec);
    case 'verify':
      return ask.items.map((coin) => keyring.verify(coin));
    case 'sign':
      return ask.items.map((output) => keyring.sign(output));
    case 'check':
      return ask.items.map((signature) => keyring.check(signature));
    case 'points':
      return ask.items.map((point) => keyring.isPoint(point));
  }
}
