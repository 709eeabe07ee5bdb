// Judges logs and live tables: vector files log and sweep.
import { type Bytes, formatHex, parseHex } from '@reprise/kit';
import {
  advanceLog,
  decodeEnvelope,
  decodeLiveTable,
  decodeLogState,
  differingBuckets,
  encodeDcbor,
  encodeEnvelope,
  encodeLiveTable,
  encodeLogState,
  Failure,
  type LogState,
  liveTable,
  sha256,
  startLog,
  withoutIds,
} from '@reprise/protocol/formats';
import type { Engine } from '../engine.ts';
import { type Case, expectField, hexField, listField, Mismatch, numberField, textField } from './case.ts';

/** States of the cases of a file that were reached already. */
const reached = new WeakMap<ReadonlyMap<string, Case>, Map<string, LogState>>();

export async function judgeLog(_: Engine, one: Case, byName: ReadonlyMap<string, Case>): Promise<void> {
  try {
    expectField(one, 'state', stateFacts(await stateAfter(one, byName)));
  } catch (error) {
    if (error instanceof Failure) expectField(one, 'step', error.facts['step']);
    throw error;
  }
}

async function stateAfter(one: Case, byName: ReadonlyMap<string, Case>): Promise<LogState> {
  const states = reached.get(byName) ?? new Map<string, LogState>();
  reached.set(byName, states);
  const chain: Case[] = [];
  for (let next: Case | undefined = one; next && !states.has(next.name); next = before(next, byName)) chain.unshift(next);
  for (const each of chain) states.set(each.name, await advance(each, states));
  return states.get(one.name) as LogState;
}

function before(one: Case, byName: ReadonlyMap<string, Case>): Case | undefined {
  if (one['after'] === undefined) return undefined;
  const found = byName.get(textField(one, 'after'));
  if (!found) throw new Mismatch(`no case is called ${textField(one, 'after')}`);
  return found;
}

async function advance(one: Case, states: ReadonlyMap<string, LogState>): Promise<LogState> {
  const bytes = envelopeBytes(one);
  const envelope = decodeEnvelope(bytes);
  if (formatHex(encodeEnvelope(envelope)) !== formatHex(bytes)) throw new Mismatch(`${one.name}: another encoding`);
  const state =
    one['after'] === undefined
      ? await startLog(envelope, 'all')
      : (await advanceLog(states.get(textField(one, 'after')) as LogState, envelope, 'all')).state;
  const snapshot = encodeLogState(state);
  if (formatHex(encodeLogState(decodeLogState(snapshot))) !== formatHex(snapshot)) throw new Mismatch(`${one.name}: another snapshot`);
  return state;
}

function envelopeBytes(one: Case): Bytes {
  if (one['envelopeZeros'] !== undefined) return new Uint8Array(numberField(one, 'envelopeZeros'));
  if (one['entryZeros'] === undefined) return hexField(one, 'envelope');
  return encodeDcbor([new Uint8Array(numberField(one, 'entryZeros')), new Uint8Array(64), new Map()]);
}

function stateFacts(state: LogState): unknown {
  return {
    space: state.space,
    kind: state.kind,
    seq: state.seq,
    head: state.head,
    epoch: state.epoch,
    epochCommitment: state.epochCommitment,
    retentionDays: state.policy.retentionDays,
    members: [...state.members].map(([id, { role, kemHash }]) => [id, role, kemHash]),
    devices: [...state.devices].map(([id, { userId, caps, revokedAtSeq }]) => [id, userId, caps, revokedAtSeq]),
    rootSeq: state.root?.seq ?? null,
    sweptSeq: state.sweptSeq,
  };
}

export async function judgeSweep(_: Engine, one: Case): Promise<void> {
  if (one.verdict === 'refused') return void decodeLiveTable(hexField(one, 'table'));
  if (one['list'] !== undefined) {
    const table = await liveTable(listField<string>(one, 'list').map((id) => parseHex(id) as Bytes));
    expectField(one, 'table', encodeLiveTable(table));
    expectField(one, 'table', encodeLiveTable(decodeLiveTable(hexField(one, 'table'))));
    return;
  }
  const ids: Bytes[] = [];
  for (let i = 0; i < numberField(one, 'ids'); i++) ids.push(await patternId(i));
  const table = await liveTable(ids);
  const left = await withoutIds(
    table,
    listField<number>(one, 'swept').map((i) => ids[i] as Bytes),
  );
  expectField(one, 'tableHash', await sha256(encodeLiveTable(table)));
  expectField(one, 'leftHash', await sha256(encodeLiveTable(left)));
  expectField(one, 'differing', differingBuckets(table, left));
}

/** SHA-256(u32 number || u8 0). */
function patternId(number: number): Promise<Bytes> {
  const bytes = new Uint8Array(5);
  new DataView(bytes.buffer).setUint32(0, number);
  return sha256(bytes);
}
