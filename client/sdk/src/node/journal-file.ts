// A journal in a file: records of u32 length || bytes, appended. A record that was cut short by the end of the program ends the journal,
// and the next one takes its place.
import fs from 'node:fs';
import path from 'node:path';
import { type Bytes, concatBytes, readU32, u32 } from '@reprise/kit';
import { messageBytesMax } from '@reprise/vault';
import type { JournalStore } from '../journal.ts';
import { targetFailure } from './target-failure.ts';

const recordBytesMax = messageBytesMax + 256;

/** A journal in a file of this machine. @param file its name, without the folder, names the journal */
export function journalFile(file: string): JournalStore & Disposable {
  let fd: number | undefined;
  let end = 0;
  const open = () => (fd ??= fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600));
  const close = () => {
    if (fd !== undefined) fs.closeSync(fd);
    fd = undefined;
  };
  return {
    name: path.basename(file),
    append: (record) => {
      const frame = concatBytes(u32(record.length), record);
      const isFirst = end === 0;
      try {
        writeAll(open(), frame, end);
        end += frame.length;
        fs.ftruncateSync(open(), end);
        // The first record holds what nothing else could bring back: the owner secret.
        if (isFirst) fs.fsyncSync(open());
      } catch (cause) {
        throw targetFailure(cause, file);
      }
    },
    *records() {
      if (!fs.existsSync(file)) return;
      end = 0;
      for (let record = readRecord(open(), end); record; record = readRecord(open(), end)) {
        yield record;
        end += 4 + record.length;
      }
    },
    remove: () => {
      close();
      fs.rmSync(file, { force: true });
    },
    [Symbol.dispose]: close,
  };
}

function writeAll(fd: number, bytes: Uint8Array, start: number): void {
  let at = 0;
  while (at < bytes.length) at += fs.writeSync(fd, bytes, at, bytes.length - at, start + at);
}

function readRecord(fd: number, at: number): Bytes | undefined {
  const header = new Uint8Array(4);
  if (fs.readSync(fd, header, 0, 4, at) < 4) return undefined;
  const length = readU32(header);
  if (length === 0 || length > recordBytesMax) return undefined;
  const record = new Uint8Array(length);
  return fs.readSync(fd, record, 0, length, at + 4) === length ? record : undefined;
}
