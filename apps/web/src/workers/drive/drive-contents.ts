// What the drive's screens show and save is read through the drive: by its own reader, from places that a member asks for.
import { EngineError } from '../../engine/rpc.ts';
import type { Content, Opened } from '../engine/contents.ts';
import type { OpenDrive } from './open-drive.ts';

/** The handle of the drive among what is open. */
export const driveHandle = 'drive';
/** Between an entry's id and the number of its version. */
const versionMark = '#';

export function contentsOfDrive(open: OpenDrive): Opened {
  const { reader } = open.drive;
  const content: Content = {
    extents: (file, signal) => reader.extents(file, signal),
    walk: (folder, signal) => reader.walk(folder, signal),
    readFile: (file, options) => reader.readFile(file, options),
    readRange: (file, start, length, signal) => reader.readRange(file, start, length, signal),
    readSmallFiles: (files, signal) => reader.readSmallFiles(files, signal),
    beginDownload: async () => undefined,
    finishDownload: async () => undefined,
  };
  const place = async (signal?: AbortSignal) => {
    const { session, space } = open.drive.parts;
    const { device } = space.tools;
    return session.connection.call('spaces.gets', { params: { space: open.drive.spaceId }, body: {}, device, signal });
  };
  return {
    content,
    async entry(id) {
      const [fid = '', version] = id.split(versionMark);
      if (version === undefined) return (await open.entry(fid)).entry;
      const path = await open.places.pathOf(fid);
      const found = (await open.drive.versions(path)).find(({ seq }) => String(seq) === version);
      if (!found) throw new EngineError({ code: 'no-such-entry', facts: {} });
      return found.entry;
    },
    async siblings(id) {
      const folder = await open.places.parentOf(id.split(versionMark)[0] ?? '');
      return (await open.entriesOf(folder)).map(({ fid, name }) => ({ id: fid, name }));
    },
    async source() {
      const { template, expiresAt } = await place();
      if (template === null) throw new TypeError('the server names no template');
      return { template, expiresAt };
    },
    async urls(ids, signal) {
      const { template } = await place(signal);
      if (template === null) throw new TypeError('the server names no template');
      return ids.map((id) => template.replace('{id}', id));
    },
  };
}
