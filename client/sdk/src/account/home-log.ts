// The log of the home space as the account itself writes it: devices that come and go. spec/log.md "Devices".
import { type Bytes, formatHex, sleep } from '@reprise/kit';
import {
  advanceLog,
  type Draft,
  encodeEnvelope,
  Failure,
  type LogState,
  type SigningKey,
  type SpaceId,
  splitEnvelopes,
  writeEntry,
} from '@reprise/protocol';
import type { Connection } from '../connect.ts';
import { FollowedLog, type LogFeed } from '../drive/followed-log.ts';
import type { HeadStore } from '../drive/head-store.ts';
import type { AccountPorts, DeviceKey, OpenedAccount } from './opened.ts';
import type { LogPoint } from './session.ts';

/** Who asks: an enrolled device, or the holder of a ticket. */
export type Asker = { readonly device: DeviceKey } | { readonly ticket: Bytes };

export type HomeLog = {
  readonly connection: Connection;
  readonly space: SpaceId;
  readonly heads: HeadStore;
  readonly start: LogPoint | null;
  readonly asker: Asker;
};

const roundsMax = 16;

/** As a device of the account reads it. */
export function homeOf({ connection, heads }: Pick<AccountPorts, 'connection' | 'heads'>, { session }: OpenedAccount): HomeLog {
  const device = session.author.device as DeviceKey;
  return { connection, heads, space: session.homeSpace, start: session.start, asker: { device } };
}

/** Follows the log as far as the server shows it; without a network, what was accepted on this device before. */
export async function newestHome(home: HomeLog, signal?: AbortSignal): Promise<FollowedLog> {
  const log = await keptHome(home);
  try {
    await log.refresh({ signal });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  return log;
}

/** Follows the log to its end. @throws Failure drive-frozen, log-refused, network … */
export async function followHome(home: HomeLog, signal?: AbortSignal): Promise<FollowedLog> {
  const log = await keptHome(home);
  await log.refresh({ signal });
  return log;
}

/** As it was accepted on this device before; nothing is asked. */
export function keptHome(home: HomeLog): Promise<FollowedLog> {
  return FollowedLog.open({ space: home.space, store: home.heads, feed: feedOf(home), start: home.start, clock: home.connection.clock });
}

/**
 * Appends an entry, on whatever came first; an entry that is in the log already, because an answer was lost, is not written twice.
 * @param isDone whether the log says already what the draft would say
 */
export async function appendHome(
  home: HomeLog,
  key: SigningKey,
  draft: Draft,
  isDone: (state: LogState) => boolean,
  signal?: AbortSignal,
): Promise<LogPoint> {
  const log = await followHome(home, signal);
  for (let round = 1; ; round++) {
    if (isDone(log.state)) return pointOf(log.state);
    log.assertWritable();
    const envelope = await writeEntry(log.state, key, draft, home.connection.clock.now());
    const { state } = await advanceLog(log.state, envelope);
    try {
      await home.connection.call('spaces.append', { ...callOf(home), body: encodeEnvelope(envelope), signal });
      await log.accept(state, envelope);
      return pointOf(state);
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'head-conflict') || round >= roundsMax) throw error;
    }
    await sleep(round * 5, signal);
    await log.refresh({ signal });
  }
}

export function pointOf(state: LogState): LogPoint {
  return { seq: state.seq, head: state.head };
}

function callOf({ space, asker }: HomeLog) {
  return { params: { space }, ...asker };
}

function feedOf(home: HomeLog): LogFeed {
  const { connection } = home;
  return {
    read: async (from, { attachments, signal }) => {
      const body = { from, ...(attachments.length > 0 && { attachments: [...attachments] }) };
      return splitEnvelopes(await connection.call('spaces.log', { ...callOf(home), body, signal }));
    },
    head: async (signal) => {
      const { seq, head } = await connection.call('spaces.head', { ...callOf(home), signal });
      return { seq, head: Uint8Array.from(head.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)) };
    },
  };
}

export const spaceOf = (bytes: Uint8Array): SpaceId => formatHex(bytes) as SpaceId;
