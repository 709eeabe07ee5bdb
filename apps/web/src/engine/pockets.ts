// The coins that a sold link can be paid with, as its page sees them. The worker holds them.
import { answerEngine, callEngine } from './engine.ts';
import { source } from './observable.ts';
import type { PocketDoor, Pockets } from './paid-port.ts';

const empty: Pockets = { here: 0, out: [], account: null, busy: false, problem: null };
let door: PocketDoor | undefined;

/** One for the page. What is in them is looked for when it is first asked for, and told as it is found. */
export function pocketDoor(): PocketDoor {
  door ??= open();
  return door;
}

function open(): PocketDoor {
  const pockets = source(empty);
  answerEngine({ pocketsChanged: (now) => pockets.set(now) });
  void callEngine('pockets', null).then((now) => pockets.set(now));
  return {
    pockets,
    takeOut: () => void callEngine('actOnPockets', { kind: 'take-out' }),
    putBack: (id) => void callEngine('actOnPockets', { kind: 'put-back', id }),
    moveToAccount: () => void callEngine('actOnPockets', { kind: 'move' }),
  };
}
