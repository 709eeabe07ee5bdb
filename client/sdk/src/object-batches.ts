// Collects sealed objects into batch bodies of one class and puts them where the server says. spec/batches.md.
import { type Bytes, concatBytes } from '@reprise/kit';
import { batchBytesMax, batchFramesMax } from '@reprise/protocol';
import { frameHeader } from '@reprise/protocol/formats';
import type { SealedObject } from '@reprise/vault';
import type { BatchClass, Places } from './places.ts';

export class ObjectBatches {
  /** Of every object added, in order. */
  readonly ids: Bytes[] = [];
  readonly #places: Places;
  readonly #batchClass: BatchClass;
  #body: Bytes[] = [];
  #bytes = 0;

  constructor(places: Places, batchClass: BatchClass) {
    this.#places = places;
    this.#batchClass = batchClass;
  }

  /** @throws Failure as `Places.put` */
  async add(object: SealedObject): Promise<void> {
    const frame = concatBytes(frameHeader(object.id, object.bytes.length), object.bytes);
    if (this.#bytes + frame.length > batchBytesMax || this.#body.length >= batchFramesMax) await this.flush();
    this.ids.push(object.id);
    this.#body.push(frame);
    this.#bytes += frame.length;
  }

  /** Resolves once everything added is durable at the server. */
  async flush(): Promise<void> {
    if (this.#body.length === 0) return;
    const body = this.#body;
    this.#body = [];
    this.#bytes = 0;
    await this.#places.put(this.#batchClass, body, 0);
  }
}
