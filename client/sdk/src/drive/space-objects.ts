// Sealed objects of a space, asked for as one of its members: one unguessable place serves every object until it expires.
// spec/spaces.md "Reading objects".
import { Failure, type ObjectId, type SpaceId } from '@reprise/protocol';
import type { Connection } from '../connect.ts';
import { type Located, type Locator, SealedObjects } from '../sealed-objects.ts';
import type { RequestDevice } from './space-service.ts';

export class SpaceObjects extends SealedObjects {
  constructor(connection: Connection, space: SpaceId, device: RequestDevice) {
    super(connection, locator(connection, space, device));
  }
}

/** A place is not used in its last seconds. */
const expiryMarginMs = 30_000;

function locator(connection: Connection, space: SpaceId, device: RequestDevice): Locator {
  let place: Promise<Place> | undefined;
  const ask = async (ids: readonly ObjectId[] | undefined, signal: AbortSignal | undefined): Promise<Place> => {
    const body = ids ? { ids: [...ids] } : {};
    return connection.call('spaces.gets', { params: { space }, body, device, signal });
  };
  return async (ids, signal): Promise<Located> => {
    const known = await place?.catch(() => undefined);
    if (!known || connection.serverNow() > known.expiresAt - expiryMarginMs) {
      place = ask(undefined, signal);
      place.catch(() => (place = undefined));
    }
    const { template, batchUrl, expiresAt } = await (place as Promise<Place>);
    if (template === null) return ask(ids, signal);
    if (!template.includes('{id}')) throw new Failure('bad-answer', { endpoint: 'spaces.gets' });
    return { urls: ids.map((id) => template.replace('{id}', id)), batchUrl, expiresAt };
  };
}

type Place = Located & { readonly template: string | null };
