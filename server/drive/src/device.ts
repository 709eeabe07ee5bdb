// Admits requests that the device of a space has signed: spec/requests.md.
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Database, type Row, insertRows } from '@reprise/database';
import { type Bytes, equalBytes, formatHex } from '@reprise/kit';
import { type Endpoint, Failure, type SpaceId, clockSkewMsMax, formatId, idBytes } from '@reprise/protocol';
import { parseAuthorization, type RequestProof, verifyRequest } from '@reprise/protocol/formats';
import type { DrivePorts } from './ports.ts';

export type OwnedSpace = Row<'spaces'>;

export class DeviceGate {
  readonly #ports: DrivePorts;

  constructor(ports: DrivePorts) {
    this.#ports = ports;
  }

  /**
   * The space of the path, once its own device has proved to be the sender. A space of others and no space at all are answered alike.
   * @throws Failure signature-refused, clock-skew, replayed, not-found
   */
  async admit(definition: Endpoint, incoming: IncomingMessage, space: string, body: Uint8Array): Promise<OwnedSpace> {
    const proof = parseAuthorization(incoming.headers.authorization ?? '');
    const now = this.#ports.clock.now();
    if (!isTimely(proof.timeMs, now)) throw new Failure('clock-skew', { serverTime: now });
    const row = await findSpace(this.#ports.database, space as SpaceId);
    if (!row || !equalBytes(idBytes(row.device_id), proof.deviceId)) throw new Failure('not-found');
    this.#checkSignature(proof, incoming, body, row.device_public);
    // An idempotent request may come twice; for the others the contract names the refusal.
    if (definition.failures.includes('replayed')) await this.#useOnce(proof, now);
    return row;
  }

  #checkSignature(proof: RequestProof, incoming: IncomingMessage, body: Uint8Array, devicePublic: Bytes): void {
    const { method = '', url = '', headers } = incoming;
    const bodyHash = new Uint8Array(createHash('sha256').update(body).digest());
    const origins = this.#ports.settings.origins(headers.host ?? '');
    if (!origins.some((origin) => verifyRequest(proof, { origin, method, path: url, bodyHash }, devicePublic)))
      throw new Failure('signature-refused');
  }

  async #useOnce(proof: RequestProof, now: number): Promise<void> {
    const row = { device: formatId<OwnedSpace['device_id']>(proof.deviceId), nonce: formatHex(proof.nonce), seen_at: now };
    if ((await insertRows(this.#ports.database.db, 'requests', [row], 'ignore')) === 0) throw new Failure('replayed');
  }
}

/** Whether a signature of this time is taken now. A nonce must be remembered for twice the window. */
export function isTimely(timeMs: number, now: number): boolean {
  return Math.abs(now - timeMs) <= clockSkewMsMax;
}

async function findSpace({ db }: Database, space: SpaceId): Promise<OwnedSpace | undefined> {
  return db.selectFrom('spaces').selectAll().where('space', '=', space).executeTakeFirst();
}
