// The verified bytes of files for a save, patient with the network: what was handed out stays, and reading goes on behind it.
import { type Bytes, sleep } from '@reprise/kit';
import type { Entry as VaultEntry } from '@reprise/vault';
import { nudgeCollector } from '../../engine/nudge.ts';
import { describeFailure } from '../../engine/rpc.ts';
import type { Content } from './contents.ts';

const patienceMs = 10 * 60_000;
const retryMs = 3_000;
/** What the network brought lies in pieces that nobody needs once they were joined. */
const chunksBetweenNudges = 8;

type Part = { readonly from?: number; readonly lanes?: number };

export type Reading = {
  readonly content: Content;
  readonly signal: AbortSignal;
  /** Told when the network goes away, and when bytes come again. */
  readonly onNetwork: (there: boolean) => void;
};

/** Whole checked chunks in order, each valid until the next is asked for. @param part where it begins, and how many chunks are fetched at a time @throws Failure once the network stayed away for ten minutes, or at once for anything else */
export async function* fileBytes(reading: Reading, entry: VaultEntry, part: Part = {}): AsyncGenerator<Bytes, void, void> {
  const { from = 0, ...rest } = part;
  let at = from;
  let aliveAt = Date.now();
  let away = false;
  let chunks = 0;
  for (;;) {
    try {
      for await (const { bytes } of reading.content.readFile(entry, { ...rest, from: at, signal: reading.signal })) {
        if (away) reading.onNetwork(true);
        away = false;
        aliveAt = Date.now();
        at += bytes.length;
        yield bytes as Bytes;
        if (++chunks % chunksBetweenNudges === 0) nudgeCollector();
        aliveAt = Date.now();
      }
      return;
    } catch (error) {
      const { code } = describeFailure(error);
      const network = code === 'network' || code === 'stalled' || code === 'unavailable' || code === 'rate-limited';
      if (!network || Date.now() - aliveAt > patienceMs) throw error;
      away = true;
      reading.onNetwork(false);
      await sleep(retryMs, reading.signal);
    }
  }
}
