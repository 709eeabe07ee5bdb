// A request signed by a device: the header, what it covers, and the check. spec/requests.md.
import { type Bytes, formatBase64url, parseBase64url } from '@reprise/kit';
import { decodeDcbor, encodeDcbor } from './dcbor.ts';
import { Failure } from './failures.ts';
import { signatureLabels } from './labels.ts';
import { readBytes, readTuple, readUint } from './shape.ts';
import { checkSignature, type SigningKey, sign, verifySignature, type VerifyKey } from './signature.ts';

export const requestScheme = 'Reprise1';
/** Given after sign-in to who has no device yet: `Ticket1 b64u(32 bytes)`. spec/requests.md "Tickets". */
export const ticketScheme = 'Ticket1';
export const ticketBytes = 32;
/** The longest header value the scheme makes: a device id, a time, a nonce and a signature. */
const proofTextMax = 200;

export type SignedRequest = {
  /** Scheme, host and port as a browser writes them: `https://host`, no slash at the end. */
  readonly origin: string;
  /** Upper case. */
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  /** SHA-256 of the body; of nothing if there is none. */
  readonly bodyHash: Bytes;
};

export type RequestProof = {
  readonly deviceId: Bytes;
  readonly timeMs: number;
  readonly nonce: Bytes;
  readonly signature: Bytes;
};

/** @param nonce 16 random bytes, never used twice. @returns the value of the Authorization header. */
export async function signRequestProof(
  device: SigningKey & { readonly deviceId: Bytes },
  request: SignedRequest,
  stamp: { readonly timeMs: number; readonly nonce: Bytes },
): Promise<string> {
  const signature = await sign(signatureLabels.request, device, requestMessage(request, stamp));
  return `${requestScheme} ${formatBase64url(encodeDcbor([device.deviceId, stamp.timeMs, stamp.nonce, signature]))}`;
}

/** @throws Failure signature-refused unless the header has the one form of the scheme. */
export function parseAuthorization(header: string): RequestProof {
  try {
    const [scheme, text, ...rest] = header.split(' ');
    const bytes = text !== undefined && text.length <= proofTextMax ? parseBase64url(text) : undefined;
    if (scheme !== requestScheme || !bytes || rest.length > 0) throw new Failure('signature-refused');
    const [deviceId, timeMs, nonce, signature] = readTuple(decodeDcbor(bytes), 4);
    return {
      deviceId: readBytes(deviceId, 32),
      timeMs: readUint(timeMs),
      nonce: readBytes(nonce, 16),
      signature: readBytes(signature, 64),
    };
  } catch (cause) {
    throw new Failure('signature-refused', {}, { cause });
  }
}

/** The signature alone; the clock window, the nonce and whether the device is known are the caller's to check. */
export function verifyRequest(proof: RequestProof, request: SignedRequest, devicePublic: Uint8Array): boolean {
  return verifySignature(signatureLabels.request, devicePublic, requestMessage(request, proof), proof.signature);
}

/**
 * Whether the proof is for one of these requests, which differ in what the server may be called by: `verifyRequest`, sooner.
 * @param key of `importVerifyKey`
 */
export async function checkRequest(proof: RequestProof, requests: readonly SignedRequest[], key: VerifyKey): Promise<boolean> {
  for (const request of requests)
    if (await checkSignature(signatureLabels.request, key, requestMessage(request, proof), proof.signature)) return true;
  return false;
}

function requestMessage(request: SignedRequest, stamp: { readonly timeMs: number; readonly nonce: Bytes }): Bytes {
  return encodeDcbor([request.origin, request.method, request.path, stamp.timeMs, stamp.nonce, request.bodyHash]);
}
