// Two devices that meet, from either side: this one shows itself to another, or lets another in. One meeting at a time. spec/accounts.md
// "Adding a device".
import { allCapabilities } from '@reprise/protocol/formats';
import { type Introduction, introduce, type Joining, joinByDevice } from '@reprise/sdk/account';
import { EngineError } from '../../engine/rpc.ts';
import type { GuestFacts, JoiningFacts } from '../../engine/account-calls.ts';
import { toEngineFailure } from '../engine/failures.ts';
import { asAccount, enter, makeRoom, nameDevice, ports, tellAccount, tellNews, theAccount } from './account.ts';
import { deviceName } from './device-name.ts';
import { nextHere } from './entering.ts';

type Meeting = { readonly joining: Joining; readonly stop: AbortController };

let meeting: Meeting | undefined;
let guest: Introduction | undefined;

export async function join(signal: AbortSignal): Promise<JoiningFacts> {
  leaveJoin();
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort(signal.reason), { once: true });
  await makeRoom();
  const next = await nextHere();
  const joining = await asMeeting(() => joinByDevice(next.ports, { label: deviceName(), signal: stop.signal }));
  meeting = { joining, stop };
  joining.words.then(
    (words) => void tellNews('joiningChanged', { kind: 'compare', words }),
    () => undefined,
  );
  void finish(joining, next.settle);
  return { qrText: joining.invitation, code: joining.code, endsAt: joining.endsAtMs };
}

async function finish(joining: Joining, settle: () => Promise<void>): Promise<void> {
  try {
    const facts = await enter(async () => {
      const account = await joining.opened;
      await settle();
      return account;
    });
    await nameDevice(theAccount().account.session.deviceId, deviceName()).catch(() => undefined);
    void tellNews('sessionChanged', facts);
  } catch (error) {
    const failure = toMeetingFailure(error);
    if (failure.code !== 'cancelled') void tellNews('joiningChanged', { kind: 'failed', failure });
  }
}

export function confirmJoin(same: boolean): void {
  meeting?.joining.confirm(same);
}

export function leaveJoin(): void {
  meeting?.stop.abort(new EngineError({ code: 'cancelled', facts: {} }));
  meeting = undefined;
}

export async function invite(text: string, signal: AbortSignal): Promise<GuestFacts> {
  guest = await asMeeting(() => introduce(ports, theAccount().account, text, signal));
  return { words: guest.words, label: guest.label };
}

export async function admitGuest(): Promise<void> {
  const known = guest;
  guest = undefined;
  if (!known) throw new EngineError({ code: 'code-expired', facts: {} });
  await asMeeting(() => known.admit(allCapabilities));
  void tellAccount();
}

export async function refuseGuest(): Promise<void> {
  const known = guest;
  guest = undefined;
  if (known) await asMeeting(() => known.refuse());
}

async function asMeeting<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await asAccount(work);
  } catch (error) {
    throw new EngineError(toMeetingFailure(error));
  }
}

const overReasons = ['no code', 'no such code', 'no invitation', 'nobody came'];

/** A code that leads nowhere, or whose time is over, is one thing to a person; a meeting that somebody broke is another. */
function toMeetingFailure(error: unknown) {
  const failure = toEngineFailure(error);
  const isOver = failure.code === 'pairing-refused' && overReasons.includes(String(failure.facts['reason']));
  return isOver ? { ...failure, code: 'code-expired' } : failure;
}
