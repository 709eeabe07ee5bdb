// Whether what is sold lies on the server, as far as somebody can see who has not bought it: the ids are those that the seller signed, and
// some objects have the bytes that their ids say. spec/paid-links.md "The two halves".
import { type Bytes, equalBytes, formatHex, parseHex } from '@reprise/kit';
import { formatId, linkListIdsMax, linkObjectsMax, type ObjectId, splitIds } from '@reprise/protocol';
import { Failure, sha256 } from '@reprise/protocol/formats';
import { objectBytesMax } from '@reprise/protocol/objects';
import { listHash } from '@reprise/vault/paid';
import { type Connection, throwIfFailed } from '../connect.ts';
import type { LinkObjects } from '../objects.ts';

export type SoldContent = {
  readonly connection: Connection;
  readonly objects: LinkObjects /** `listHash` that was signed. */;
  readonly list: Bytes;
};

const drawn = 4;

/** @throws Failure link-forged with reason list or object, object-missing, network … */
export async function assertSold({ connection, objects, list }: SoldContent, signal?: AbortSignal): Promise<void> {
  const ids = await listedIds(connection, objects, signal);
  if (!equalBytes(await listHash(ids), list)) throw new Failure('link-forged', { reason: 'list' });
  const sample = draw(ids, connection.random);
  await objects.locate(sample, signal);
  await Promise.all(sample.map((id) => assertThere(connection, objects, id, signal)));
}

async function listedIds(connection: Connection, objects: LinkObjects, signal: AbortSignal | undefined): Promise<Bytes[]> {
  const ids: ObjectId[] = [];
  for (;;) {
    const after = ids.at(-1);
    const body = { ...objects.body, ...(after !== undefined && { after }) };
    const page = splitIds(await connection.call('links.ids', { params: { link: objects.link }, body, signal }), linkListIdsMax);
    ids.push(...page);
    if (ids.length > linkObjectsMax) throw new Failure('limit-exceeded', { limit: 'objects of a link' });
    if (page.length < linkListIdsMax) return ids.map((id) => parseHex(id) as Bytes);
  }
}

function draw(ids: readonly Bytes[], random: Connection['random']): Bytes[] {
  const left = [...ids];
  const sample: Bytes[] = [];
  while (sample.length < drawn && left.length > 0) {
    // Which of them is asked for is nobody's secret: the small bias of a remainder costs nothing.
    const at = new DataView(random(4).buffer).getUint32(0) % left.length;
    sample.push(...left.splice(at, 1));
  }
  return sample;
}

async function assertThere(connection: Connection, objects: LinkObjects, id: Bytes, signal: AbortSignal | undefined): Promise<void> {
  const url = await objects.urlOf(id, signal);
  const response = await connection.send({ method: 'GET', url, signal });
  if (response.status === 404) throw new Failure('object-missing', { id: formatHex(id) });
  await throwIfFailed(response);
  if (!equalBytes(await sha256(await response.bytes(objectBytesMax)), id))
    throw new Failure('link-forged', { reason: 'object', id: formatId<ObjectId>(id) });
}
