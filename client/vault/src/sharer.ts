// Who a link names: its fingerprint must lead to the device that signed. One visitor and the server together cannot forge what others see.
// spec/link.md "Record".
import { type Bytes, equalBytes } from '@reprise/kit';
import { type Certificate, type DcborValue, Failure, readBytes, userIdOf, verifyCertificate } from '@reprise/protocol/formats';

/** @param fingerprint of the link's URL, 16 bytes @throws Failure link-forged with facts.reason fingerprint or certificate; bad-object */
export async function sharerDevice(
  fingerprint: Bytes,
  identity: DcborValue | undefined,
  certificate: DcborValue | undefined,
): Promise<Certificate> {
  const identityKey = readBytes(identity, 32);
  const userId = await userIdOf(identityKey);
  if (!equalBytes(userId.subarray(0, fingerprint.length), fingerprint)) throw forged('fingerprint');
  try {
    return await verifyCertificate(certificate, identityKey);
  } catch (cause) {
    throw forged('certificate', cause);
  }
}

export function forged(reason: string, cause?: unknown): Failure {
  return new Failure('link-forged', { reason }, cause === undefined ? undefined : { cause });
}
