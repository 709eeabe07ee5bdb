// Ways into an account that are found without a name, and what opens behind any way. spec/accounts.md "Slots".
import { type Bytes, equalBytes } from '@reprise/kit';
import { idBytes, reject } from '@reprise/protocol';
import { type Door, type DoorType, openSlot, recoveryDoor, recoveryKek, type SlotContent } from '@reprise/vault/account';
import type { OpenedDoor } from './checkpoint.ts';
import type { AccountPorts } from './opened.ts';
import { bytesOf, doorProof, type Ticket } from './password.ts';

/** Runs the real restore on a kit, and changes nothing. @param entropy `parseKit` of its words */
export async function openKit(
  ports: AccountPorts,
  entropy: Bytes,
  signal?: AbortSignal,
): Promise<{ readonly ticket: Ticket; readonly content: SlotContent; readonly door: OpenedSlot }> {
  const ticket = await openDoor(ports, await recoveryDoor(ports.engine, entropy), signal);
  const kek = await recoveryKek(ports.engine, entropy, idBytes(ticket.userId));
  return { ticket, content: await openTicket(ports, 'recovery', kek, ticket), door: doorOf('recovery', kek, ticket) };
}

export function openDoor({ connection }: AccountPorts, door: Door, signal: AbortSignal | undefined): Promise<Ticket> {
  return connection.call('doors.open', { params: {}, body: doorProof(door), signal });
}

/** @throws Failure reject for a slot of another account or place: the server is then not to be trusted, and learns nothing more */
export async function openTicket({ engine }: AccountPorts, type: DoorType, kek: Bytes, ticket: Ticket): Promise<SlotContent> {
  const { slot, version, sealed } = ticket.slot;
  const place = { userId: idBytes(ticket.userId), slotId: idBytes(slot), version };
  const content = await openSlot(engine, type, kek, place, bytesOf(sealed));
  if (!equalBytes(content.homeSpace, idBytes(ticket.homeSpace))) throw reject();
  return content;
}

/** The slot that let this device in, and the key that opens it. */
export type OpenedSlot = OpenedDoor & { readonly version: number };

export function doorOf(type: DoorType, kek: Bytes, { slot: { slot, version } }: Ticket): OpenedSlot {
  return { type, kek, slotId: idBytes(slot), version };
}
