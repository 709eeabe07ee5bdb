// Where a decrypted file goes, as one contract with four makers: the service worker's stream, a file the person chose, private
// storage, memory. spec/web.md "Saving decrypted files".
import type { Bytes } from '@reprise/kit';

export interface Sink {
  /** Resolves when bytes may be written. @throws EngineError */
  readonly ready: Promise<void>;
  /** Resolves when the next chunk may come; until then the bytes are the sink's, which may hand them on for good. @throws EngineError when they could not be taken */
  write(chunk: Bytes): Promise<void>;
  /**
   * Resolves only when the target is whole: the bytes that the sink can prove to have reached it.
   * @throws EngineError
   */
  close(): Promise<number>;
  /** Leaves nothing that looks like a finished file. Never throws. */
  abort(): Promise<void>;
  /** The sink's own end, apart from any write: the stream was cancelled or its worker died. Never settles otherwise. */
  readonly broken: Promise<never>;
}

/** A promise of `broken` for sinks that break only while they write. */
export const neverBroken: Promise<never> = new Promise<never>(() => undefined);
