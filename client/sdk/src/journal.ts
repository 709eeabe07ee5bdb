// What resuming an upload needs, kept on this machine only and sealed under a key of this machine: the owner secret, and the key and
// id of each chunk that is durable on the server. Nothing about a chunk is written before it is. spec/ropes.md "Resuming".
import { type Bytes, concatBytes, encodeUtf8, type RandomBytes, u32 } from '@reprise/kit';
import {
  type DcborValue,
  decodeDcbor,
  encodeDcbor,
  Failure,
  readArray,
  readBytes,
  readMap,
  readText,
  readTuple,
  readUint,
} from '@reprise/protocol/formats';
import { type Engine, type LocalPlace, openLocal, sealLocal } from '@reprise/vault';
import type { Soon } from './source.ts';
import type { KnownChunk } from './rows.ts';
import type { LinkFace, LinkTerms } from './publish.ts';

/** Where a journal's records lie: a file, or a table of a browser's database. */
export interface JournalStore {
  /** Names this journal among those of the machine; records open under this name only. */
  readonly name: string;
  /** Adds a record after the last whole one. It must survive the end of the program. */
  append(record: Bytes): Soon<void>;
  /** The whole records, in order. A last one that was cut short is left out. */
  records(): AsyncIterable<Bytes> | Iterable<Bytes>;
  /** After this the journal does not exist. */
  remove(): Soon<void>;
}

/** What an upload is begun with. */
export type JournalStart = {
  readonly server: string;
  readonly ownerSecret: Bytes;
  readonly space: Bytes;
  readonly envelope: Bytes;
  readonly spaceCreatedMs: number;
  readonly face: LinkFace;
  readonly terms: LinkTerms;
};

/** A file of an upload as it was when it was begun: its path below the link, bytes, nanoseconds since 1970. */
export type JournalFile = { readonly path: string; readonly size: number; readonly mtimeNs: bigint };
/** A chunk that is durable at the server, and where it begins in which file. */
export type JournalChunk = KnownChunk & { readonly path: string; readonly start: number };

/** All that a journal tells about an upload. */
export type JournalState = {
  readonly start: JournalStart;
  /** What the link shows by now: as it was begun, or as it was changed since. */
  readonly face: LinkFace;
  /** By path, then by offset in the file. */
  readonly known: ReadonlyMap<string, Map<number, KnownChunk>>;
  readonly files: ReadonlyMap<string, JournalFile>;
  /** The upload was published completely. */
  readonly complete: boolean;
};

const recordKind = { start: 1, files: 2, chunks: 3, complete: 4, face: 5 } as const;
const itemsPerRecord = 1_500;
const recordBytesMax = 240_000;

/** Writes and reads the journal of one upload; records are sealed here, and lie where the store puts them. */
export class Journal {
  readonly #store: JournalStore;
  readonly #engine: Engine;
  readonly #key: Bytes;
  readonly #random: RandomBytes;
  #records = 0;
  #fileNumbers = new Map<string, number>();
  #files = 0;
  #writing: Promise<void> = Promise.resolve();

  /** @param tools.key of this machine, 32 bytes */
  constructor(store: JournalStore, tools: { readonly engine: Engine; readonly key: Bytes; readonly random: RandomBytes }) {
    this.#store = store;
    this.#engine = tools.engine;
    this.#key = tools.key;
    this.#random = tools.random;
  }

  /** @returns undefined if there is no journal. @throws Failure bad-journal if its beginning cannot be read */
  async load(): Promise<JournalState | undefined> {
    const reader = new StateReader();
    for await (const sealed of this.#store.records()) {
      let message: Bytes;
      try {
        message = await openLocal(this.#engine, this.#key, this.#place(this.#records), sealed);
      } catch (cause) {
        if (this.#records === 0) throw new Failure('bad-journal', { name: this.#store.name }, { cause });
        break; // Whatever follows a damaged record is sent again.
      }
      reader.take(decodeDcbor(message));
      this.#records++;
    }
    this.#files = reader.fileCount;
    return reader.state();
  }

  /** Begins the journal. Durable when it resolves. */
  start(start: JournalStart): Promise<void> {
    const { face, terms } = start;
    this.#files = 0;
    return this.#append(
      new Map<number, DcborValue>([
        [0, recordKind.start],
        [1, start.server],
        [2, start.ownerSecret],
        [3, start.space],
        [4, start.envelope],
        [5, start.spaceCreatedMs],
        [6, encodeFace(face)],
        [7, [terms.expiresAt, terms.downloadsMax]],
      ]),
    );
  }

  /** Names the files of the upload; chunks of others are not recorded. */
  async files(files: readonly JournalFile[]): Promise<void> {
    this.#fileNumbers = new Map();
    let record: DcborValue[] = [];
    let bytes = 0;
    const flush = async () => {
      if (record.length > 0)
        await this.#append(
          new Map<number, DcborValue>([
            [0, recordKind.files],
            [1, record],
          ]),
        );
      record = [];
      bytes = 0;
    };
    for (const file of files) {
      this.#fileNumbers.set(file.path, this.#files++);
      record.push([file.path, file.size, file.mtimeNs]);
      bytes += encodeUtf8(file.path).length + 32;
      if (record.length >= itemsPerRecord || bytes >= recordBytesMax) await flush();
    }
    await flush();
  }

  /** Chunks that are durable on the server. */
  async chunks(chunks: readonly JournalChunk[]): Promise<void> {
    for (let at = 0; at < chunks.length; at += itemsPerRecord) {
      const rows: DcborValue[] = [];
      for (const chunk of chunks.slice(at, at + itemsPerRecord)) {
        const file = this.#fileNumbers.get(chunk.path);
        if (file !== undefined) rows.push([file, chunk.start, chunk.id, chunk.key, chunk.sealedLength]);
      }
      await this.#append(
        new Map<number, DcborValue>([
          [0, recordKind.chunks],
          [1, rows],
        ]),
      );
    }
  }

  /** The person changed what the link shows, or its password. */
  face(face: LinkFace): Promise<void> {
    return this.#append(
      new Map<number, DcborValue>([
        [0, recordKind.face],
        [6, encodeFace(face)],
      ]),
    );
  }

  /** The upload was published whole: nothing of it is to be sent again. */
  complete(): Promise<void> {
    return this.#append(new Map<number, DcborValue>([[0, recordKind.complete]]));
  }

  /** After this the journal does not exist. */
  async remove(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#store.remove();
  }

  /** One after the other: a record opens at its own place only. */
  #append(record: DcborValue): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const message = encodeDcbor(record);
      const sealed = await sealLocal(this.#engine, this.#key, this.#place(this.#records), message, this.#random);
      this.#records++;
      await this.#store.append(sealed);
    });
    return this.#writing;
  }

  #place(index: number): LocalPlace {
    return { table: 'journal', row: concatBytes(encodeUtf8(this.#store.name), u32(index)) };
  }
}

class StateReader {
  #start: JournalStart | undefined;
  #face: LinkFace | undefined;
  #complete = false;
  readonly #names: JournalFile[] = [];
  readonly #known = new Map<string, Map<number, KnownChunk>>();

  get fileCount(): number {
    return this.#names.length;
  }

  take(value: DcborValue): void {
    const record = readMap(value, [0, 1, 2, 3, 4, 5, 6, 7]);
    const kind = readUint(record.get(0));
    if (kind === recordKind.start) this.#begin(readStart(record));
    if (kind === recordKind.files) for (const file of readArray(record.get(1))) this.#names.push(readFile(file));
    if (kind === recordKind.chunks) for (const chunk of readArray(record.get(1))) this.#takeChunk(chunk);
    if (kind === recordKind.complete) this.#complete = true;
    if (kind === recordKind.face) this.#face = readFace(record.get(6));
  }

  /** What came before belongs to another upload. */
  #begin(start: JournalStart): void {
    this.#start = start;
    this.#face = undefined;
    this.#complete = false;
    this.#names.length = 0;
    this.#known.clear();
  }

  state(): JournalState | undefined {
    if (!this.#start) return undefined;
    const files = new Map(this.#names.map((file) => [file.path, file]));
    return { start: this.#start, face: this.#face ?? this.#start.face, known: this.#known, files, complete: this.#complete };
  }

  #takeChunk(value: DcborValue): void {
    const [file, start, id, key, sealedLength] = readTuple(value, 5);
    const path = this.#names[readUint(file)]?.path;
    if (path === undefined) return;
    let chunks = this.#known.get(path);
    if (!chunks) this.#known.set(path, (chunks = new Map()));
    chunks.set(readUint(start), { id: readBytes(id, 32), key: readBytes(key, 32), sealedLength: readUint(sealedLength) });
  }
}

function readStart(record: ReadonlyMap<number, DcborValue>): JournalStart {
  const [expiresAt, downloadsMax] = readTuple(record.get(7), 2);
  return {
    server: readText(record.get(1)),
    ownerSecret: readBytes(record.get(2), 32),
    space: readBytes(record.get(3), 32),
    envelope: readBytes(record.get(4)),
    spaceCreatedMs: readUint(record.get(5)),
    face: readFace(record.get(6)),
    terms: {
      expiresAt: expiresAt === null ? null : readUint(expiresAt),
      downloadsMax: downloadsMax === null ? null : readUint(downloadsMax),
    },
  };
}

function encodeFace({ title, label, createdMs, stretched }: LinkFace): DcborValue {
  return [title, label, createdMs, stretched];
}

function readFace(value: DcborValue | undefined): LinkFace {
  const [title, label, createdMs, stretched] = readTuple(value, 4);
  return { title: readText(title), label: readText(label), createdMs: readUint(createdMs), stretched: readBytes(stretched) };
}

function readFile(value: DcborValue): JournalFile {
  const [path, size, mtimeNs] = readTuple(value, 3);
  if (typeof mtimeNs !== 'number' && typeof mtimeNs !== 'bigint') throw new Failure('bad-object', { reason: 'a time expected' });
  return { path: readText(path), size: readUint(size), mtimeNs: BigInt(mtimeNs) };
}
