// Signs a request as a device: spec/requests.md.
import type { Bytes, RandomBytes } from '@reprise/kit';
import { sha256, type SigningKey, signRequestProof } from '@reprise/protocol/formats';

export type RequestToSign = {
  /** As a browser writes it: `https://host`, no slash at the end. */
  readonly origin: string;
  readonly method: string;
  /** Path and query as they will be sent. */
  readonly path: string;
  /** Empty if there is none. */
  readonly body: Uint8Array;
};

/** @returns the value of the Authorization header, good for one request within five minutes of `timeMs` */
export async function signRequest(
  device: SigningKey & { readonly deviceId: Bytes },
  request: RequestToSign,
  timeMs: number,
  random: RandomBytes,
): Promise<string> {
  const { origin, method, path } = request;
  return signRequestProof(device, { origin, method, path, bodyHash: await sha256(request.body) }, { timeMs, nonce: random(16) });
}
