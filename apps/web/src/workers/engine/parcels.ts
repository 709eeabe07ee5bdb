// The parcels of this browser: starts, restores, follows and ends them. One tab works on a parcel at a time (a Web Lock), the others
// see what it does. No timer moves a parcel on; the one here only tells the page what changed. spec/web.md "Uploads that survive".
import { parseBase64url } from '@reprise/kit';
import { openManage, startUpload } from '@reprise/sdk';
import type { ParcelFacts, ParcelVerb } from '../../engine/calls.ts';
import type { Allowance, ParcelOptions, PickedItem, Reattached, SendOptions } from '../../engine/port.ts';
import { EngineError } from '../../engine/rpc.ts';
import { filesBehind, readHandles, saveHandles } from '../uploads/handles.ts';
import { itemsOf, newUpload } from '../uploads/new-upload.ts';
import { PickedSlot } from '../uploads/picked-slot.ts';
import { server } from './connection.ts';
import { toEngineFailure } from './failures.ts';
import { sealPool, stretchPassword } from './other-workers.ts';
import { Parcel } from './parcel.ts';
import { forgetParcel, parcelJournal, parcelRows, readEnd, readParcel, saveEnd, saveParcel, savedParcelIds } from './parcel-store.ts';

const parcels = new Map<string, Parcel>();
const secondMs = 1_000;

export async function readAllowance(): Promise<Allowance> {
  const { anonymous, payments } = await server().call('server.get', { params: {} });
  const seconds = (ms: number | null) => (ms === null ? null : Math.floor(ms / secondMs));
  return {
    open: anonymous.open,
    parcelBytesMax: anonymous.bytesMax,
    fileBytesMax: null,
    expirySecondsDefault: seconds(anonymous.lifeMsDefault),
    expirySecondsMax: seconds(anonymous.lifeMsMax),
    sells: payments !== undefined,
  };
}

export async function startParcel(items: readonly PickedItem[], wishes: SendOptions): Promise<ParcelFacts> {
  if (!crypto.subtle) throw new EngineError({ code: 'no-crypto', facts: {} });
  const options: ParcelOptions = {
    label: wishes.label,
    expiresAt: expiryOf(wishes.expirySeconds),
    hasPassword: wishes.password !== null,
    downloadsMax: wishes.downloadsMax,
  };
  const { saved, slots, picked } = newUpload(items);
  const parcel = new Parcel({ ...saved, options, linkUrl: '', manageUrl: '' }, slots);
  await parcel.own();
  try {
    await beginUpload(parcel, wishes.password);
  } catch (error) {
    parcel.release();
    throw new EngineError(toEngineFailure(error));
  }
  parcels.set(saved.id, parcel);
  await saveParcel(parcel.saved);
  await saveHandles(parcelRows, saved.id, picked.entries());
  return parcel.facts();
}

/** Newest first. */
export async function restoreParcels(): Promise<readonly ParcelFacts[]> {
  const found: Parcel[] = [];
  for (const id of await savedParcelIds()) {
    const parcel = parcels.get(id) ?? (await restoreParcel(id));
    if (parcel) found.push(parcel);
  }
  return found.sort((a, b) => b.saved.createdAt - a.saved.createdAt).map((parcel) => parcel.facts());
}

async function restoreParcel(id: string): Promise<Parcel | undefined> {
  const saved = await readParcel(id);
  if (!saved) return undefined;
  const parcel = new Parcel(
    saved,
    saved.files.map((facts) => new PickedSlot(facts)),
  );
  if (!(await parcel.own())) parcel.follow();
  await parcel.restore(await readEnd(id));
  parcels.set(id, parcel);
  // A parcel of empty folders or empty files alone needs nothing chosen again.
  if (parcel.isOwned && parcel.isUnfinished && saved.files.length === 0) await resumeParcel(parcel);
  return parcel;
}

export async function dropParcel(id: string): Promise<void> {
  const parcel = parcels.get(id);
  await parcel?.stop();
  parcel?.release();
  parcels.delete(id);
  await forgetParcel(id);
}

export async function actOnParcel(id: string, verb: ParcelVerb, row: number | null): Promise<void> {
  const parcel = known(id);
  if (!parcel.isOwned) return parcel.send({ verb, row });
  if (verb === 'retry' && !parcel.upload) return resumeParcel(parcel);
  parcel.act(verb, row);
}

export async function cancelParcel(id: string, row: number | null): Promise<void> {
  const parcel = known(id);
  if (!parcel.isOwned) return parcel.send({ verb: 'cancel', row });
  if (row !== null) return parcel.cancelRow(row);
  if (!(await parcel.cancel())) {
    const space = await openManage({ connection: server(), url: parcel.saved.manageUrl, stretch: stretchPassword }).catch(
      (error: unknown) => {
        const failure = toEngineFailure(error);
        if (failure.code === 'not-found') return undefined;
        throw new EngineError(failure);
      },
    );
    await space?.deleteEverything();
  }
  await saveEnd(id, 'ended');
  // The page hears of it before this call is answered.
  parcel.markEnded();
}

export async function changeParcel(id: string, wishes: Partial<SendOptions>): Promise<void> {
  const parcel = known(id);
  const expiresAt = wishes.expirySeconds === undefined ? undefined : expiryOf(wishes.expirySeconds);
  const change = {
    ...(wishes.label !== undefined && { label: wishes.label ?? '' }),
    ...(wishes.password !== undefined && { password: wishes.password }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(wishes.downloadsMax !== undefined && { downloadsMax: wishes.downloadsMax }),
  };
  try {
    if (parcel.upload) await parcel.upload.changeOptions(change);
    else {
      const space = await openManage({ connection: server(), url: parcel.saved.manageUrl, stretch: stretchPassword });
      const first = space.links.find((link) => link.url !== '' && sameLink(link.url, parcel.saved.linkUrl));
      if (!first) throw new EngineError({ code: 'not-found', facts: {} });
      await space.changeLink(first.id, change);
    }
  } catch (error) {
    throw new EngineError(toEngineFailure(error));
  }
  const { options } = parcel.saved;
  parcel.changeOptions({
    label: wishes.label === undefined ? options.label : wishes.label,
    expiresAt: expiresAt === undefined ? options.expiresAt : expiresAt,
    hasPassword: wishes.password === undefined ? options.hasPassword : wishes.password !== null,
    downloadsMax: wishes.downloadsMax === undefined ? options.downloadsMax : wishes.downloadsMax,
  });
  await saveParcel(parcel.saved);
}

/** Takes files chosen again, and goes on with what is there. */
export async function reattach(id: string, items: readonly PickedItem[]): Promise<Reattached> {
  const parcel = known(id);
  const { taken, changed, strangers } = await parcel.take(items.filter((item) => item.kind === 'file'));
  await saveHandles(parcelRows, id, taken);
  if (taken.size > 0 && parcel.isOwned) await resumeParcel(parcel);
  return { matched: taken.size, stillMissing: parcel.missing, strangers, changed };
}

export async function storedHandles(id: string): Promise<readonly FileSystemFileHandle[]> {
  return [...(await readHandles(parcelRows, id)).values()];
}

/** After the page asked for permission: opens the files behind stored handles. */
export async function reattachHandles(id: string): Promise<boolean> {
  const items = await filesBehind(await readHandles(parcelRows, id), known(id).saved.files);
  return items.length > 0 && (await reattach(id, items)).matched > 0;
}

async function resumeParcel(parcel: Parcel): Promise<void> {
  if (parcel.upload) return parcel.wake();
  try {
    await beginUpload(parcel, null);
  } catch (error) {
    throw new EngineError(toEngineFailure(error));
  }
}

async function beginUpload(parcel: Parcel, password: string | null): Promise<void> {
  const { saved, slots } = parcel;
  const { title, options } = saved;
  const upload = await startUpload({
    connection: server(),
    pool: sealPool,
    items: itemsOf(saved, slots),
    title,
    label: options.label ?? '',
    ...(password !== null && { password }),
    expiresAt: options.expiresAt,
    downloadsMax: options.downloadsMax,
    journal: parcelJournal(saved),
    stretch: stretchPassword,
    partBytesMax: 8_400_000,
    keepEmpty: true,
    onChange: () => parcel.changed(),
  });
  parcel.begin(upload);
}

function known(id: string): Parcel {
  const parcel = parcels.get(id);
  if (!parcel) throw new EngineError({ code: 'unexpected', facts: { reason: 'no such parcel' } });
  return parcel;
}

/** Links differ in their flags once a password was set or taken away; the secret names them. */
function sameLink(a: string, b: string): boolean {
  const secret = (url: string) =>
    parseBase64url(url.split('#1.')[1] ?? '')
      ?.slice(1)
      .join();
  return secret(a) === secret(b);
}

function expiryOf(seconds: number | null): number | null {
  return seconds === null ? null : Date.now() + seconds * secondMs;
}
