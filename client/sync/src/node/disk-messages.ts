// What travels to a thread that works on a disk, and back. Bytes of many files go in one buffer, which is handed over.
import type { Move, SeenFile, Together, WholeFile, Written } from '../together.ts';
import { DiskRefusal, type DiskStamp, type RefusalReason } from '../ports.ts';
import type { Read } from '../read-file.ts';

/** A thread works below one root. */
export type DiskThreadData = { readonly root: string };

export type DiskJob =
  | { readonly verb: 'write'; readonly files: readonly PackedFile[]; readonly input: ArrayBuffer }
  | { readonly verb: 'move'; readonly moves: readonly Move[] }
  | { readonly verb: 'read'; readonly files: readonly SeenFile[] };
export type DiskMessage = { readonly seq: number; readonly job: DiskJob };
export type DiskReply = { readonly seq: number; readonly answers: readonly unknown[] } | { readonly seq: number; readonly error: string };

/** Its bytes lie in the job's input, one file after the other. */
type PackedFile = Omit<WholeFile, 'bytes'> & { readonly length: number };
type Packed = { readonly refused: RefusalReason; readonly path: string };

export function packFiles(files: readonly WholeFile[]): Extract<DiskJob, { readonly verb: 'write' }> {
  const input = new Uint8Array(files.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of files) {
    input.set(bytes, at);
    at += bytes.length;
  }
  return { verb: 'write', files: files.map(({ bytes, ...file }) => ({ ...file, length: bytes.length })), input: input.buffer };
}

/** The thread's whole duty. */
export async function answerDiskJob(together: Together, job: DiskJob): Promise<readonly unknown[]> {
  switch (job.verb) {
    case 'write':
      return (await together.write(unpackFiles(job))).map(packAnswer);
    case 'move':
      return (await together.move(job.moves)).map(packAnswer);
    case 'read':
      return together.read(job.files);
  }
}

function unpackFiles({ files, input }: Extract<DiskJob, { readonly verb: 'write' }>): WholeFile[] {
  let at = 0;
  return files.map(({ length, ...file }) => {
    const bytes = new Uint8Array(input, at, length);
    at += length;
    return { ...file, bytes };
  });
}

function packAnswer(answer: Written | DiskStamp | null | DiskRefusal): unknown {
  return answer instanceof DiskRefusal ? ({ refused: answer.reason, path: answer.path } satisfies Packed) : answer;
}

export function unpackAnswer(answer: unknown): Written | DiskStamp | Read | null | DiskRefusal {
  const refused = answer as Packed | null;
  return refused !== null && 'refused' in refused ? new DiskRefusal(refused.refused, refused.path) : (answer as Written | DiskStamp | Read);
}
