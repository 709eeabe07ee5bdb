// How long what a sweep ends stays (spec/spaces.md "Sweep"): as the policy says, but a shorter retention counts only once the longer one that it
// took the place of has run out. So whoever has a stolen device cannot have the history gone before its owner looks.
import { type Queries, sql } from '@reprise/database';
import type { SpaceId } from '@reprise/protocol';
import { decodeEntry } from '@reprise/protocol/formats';

const dayMs = 86_400_000;

/** A retention, and when the server took the entry that brought it. */
export type Promised = { readonly days: number; readonly fromMs: number };

/** @param promised in the order of the log, at least one @returns ms */
export function retentionInForce(promised: readonly Promised[], now: number): number {
  return Math.max(
    ...promised.map(({ days }, i) => {
      const next = promised[i + 1];
      return next && next.fromMs + days * dayMs <= now ? 0 : days * dayMs;
    }),
  );
}

/** What the log of a space has promised: its genesis and every policy. */
export async function promisedRetentions(queries: Queries, space: SpaceId): Promise<Promised[]> {
  const rows = await queries
    .selectFrom('log_entries')
    .select(['entry', 'received_at'])
    .where('space', '=', space)
    .where(sql<boolean>`type in ('genesis', 'rekey', 'device', 'policy')`)
    .orderBy('seq')
    .execute();
  return rows.flatMap(({ entry, received_at: fromMs }) => {
    const { body } = decodeEntry(entry);
    return body.type === 'genesis' || body.type === 'policy' ? [{ days: body.policy.retentionDays, fromMs }] : [];
  });
}
