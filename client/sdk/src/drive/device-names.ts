// What a person calls the devices of an account, app credentials among them: kept in the drive, so that every device shows the same names.
// spec/drive.md "The names of devices".
import { encodeUtf8, formatHex, parseHex, type Bytes } from '@reprise/kit';
import {
  decodeDcbor,
  type DeviceId,
  encodeDcbor,
  Failure,
  formatId,
  readArray,
  readBytes,
  readText,
  readTuple,
  readUint,
} from '@reprise/protocol';
import type { Drive } from './drive.ts';
import { changeHiddenFile, readHiddenFile } from './hidden-file.ts';

export const namesFileName = 'names';
/** Devices that ever had a name; an account certifies 4,096 devices in all. */
const namesMax = 4_096;
/** UTF-8 of one name. */
export const deviceNameBytesMax = 120;

/** What the account calls its devices. */
export type DeviceNames = ReadonlyMap<DeviceId, string>;

/** Of the newest tree that was accepted here. @throws Failure bad-object, network … */
export async function readDeviceNames(drive: Drive, signal?: AbortSignal): Promise<DeviceNames> {
  const bytes = await readHiddenFile(drive, await drive.parts.space.view(signal), namesFileName);
  return bytes ? decodeDeviceNames(bytes) : new Map();
}

/** @param name null takes it away @throws Failure limit-exceeded, role-refused, drive-frozen, network … */
export async function nameDevice(drive: Drive, device: DeviceId, name: string | null, signal?: AbortSignal): Promise<void> {
  if (((await readDeviceNames(drive, signal)).get(device) ?? null) === name) return;
  const change = (bytes: Bytes | null) => {
    const names = new Map(bytes ? decodeDeviceNames(bytes) : []);
    if (name === null) names.delete(device);
    else names.set(device, name);
    return encodeDeviceNames(names);
  };
  await changeHiddenFile(drive, namesFileName, change, signal);
}

/** @throws Failure limit-exceeded */
export function encodeDeviceNames(names: DeviceNames): Bytes {
  const tooLong = [...names.values()].some((name) => name === '' || encodeUtf8(name).length > deviceNameBytesMax);
  if (tooLong || names.size > namesMax) throw new Failure('limit-exceeded', { limit: tooLong ? 'name of a device' : 'names of devices' });
  const ascending = [...names].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return encodeDcbor([1, ascending.map(([device, name]) => [parseHex(device) as Bytes, name])]);
}

/** @throws Failure bad-object */
export function decodeDeviceNames(bytes: Uint8Array): DeviceNames {
  const [version, items] = readTuple(decodeDcbor(bytes), 2);
  readUint(version, 1, 1);
  const names = new Map<DeviceId, string>();
  let last = '';
  for (const item of readArray(items, namesMax)) {
    const [device, name] = readTuple(item, 2);
    const id = formatHex(readBytes(device, 32));
    const text = readText(name);
    const isRight = id > last && text !== '' && encodeUtf8(text).length <= deviceNameBytesMax;
    if (!isRight) throw new Failure('bad-object', { reason: 'names of devices' });
    names.set(formatId<DeviceId>(parseHex(id) as Bytes), text);
    last = id;
  }
  return names;
}
