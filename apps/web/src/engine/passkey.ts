// The browser's passkey dialogs. What a passkey computes from the constant input opens the account; it is handed to the worker at once and
// kept nowhere else. spec/accounts.md "Slots".
import type { PasskeyFacts } from './account-calls.ts';
import { EngineError } from './rpc.ts';

/** ES256, EdDSA, RS256: whatever it signs with, only its secret function is used. */
const algorithms = [-7, -8, -257];

/** Whether a passkey may be worth asking for. A browser that does not tell is asked by trying: `passkey-unfit` is its answer then. */
export async function canPasskey(): Promise<boolean> {
  // They belong to a name: a server that is reached by an address of numbers can have none.
  if (typeof PublicKeyCredential !== 'function' || /^[\d.]+$|:/.test(location.hostname)) return false;
  const told = (await PublicKeyCredential.getClientCapabilities?.().catch(() => undefined)) as Record<string, boolean> | undefined;
  return told?.['extension:prf'] !== false;
}

/**
 * Makes a passkey, and asks it until it has answered twice alike: one that computes something else each time would lock its owner out.
 * Whoever keeps it learns this name, and nothing else of the account.
 * @param known those of this account that this browser has used
 * @throws EngineError cancelled; passkey-known; passkey-unfit if it cannot compute secrets, or not the same again
 */
export async function makePasskey(name: string, known: readonly Uint8Array<ArrayBuffer>[]): Promise<PasskeyFacts> {
  const made = await dialog(async () =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: 'Reprise', id: location.hostname },
        user: { id: crypto.getRandomValues(new Uint8Array(16)), name, displayName: name },
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
        excludeCredentials: named(known),
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        extensions: { prf: { eval: { first: await input() } } },
      },
    }),
  );
  if (!made.getClientExtensionResults().prf?.enabled) throw failure('passkey-unfit');
  const allowed = [new Uint8Array(made.rawId)];
  const first = outputOf(made) ?? (await askPasskey(allowed)).prf;
  const again = await askPasskey(allowed);
  if (!first.every((byte, i) => byte === again.prf[i])) throw failure('passkey-unfit');
  return again;
}

/** @param allowed those that would do; without any the person chooses @throws EngineError cancelled, passkey-unfit */
export async function askPasskey(allowed: readonly Uint8Array<ArrayBuffer>[] = []): Promise<PasskeyFacts> {
  const told = await dialog(async () =>
    navigator.credentials.get({
      publicKey: {
        rpId: location.hostname,
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        userVerification: 'required',
        allowCredentials: named(allowed),
        extensions: { prf: { eval: { first: await input() } } },
      },
    }),
  );
  const prf = outputOf(told);
  if (!prf) throw failure('passkey-unfit');
  return { prf, credentialId: new Uint8Array(told.rawId) };
}

function named(ids: readonly Uint8Array<ArrayBuffer>[]): PublicKeyCredentialDescriptor[] {
  return ids.map((id) => ({ type: 'public-key', id }));
}

/** H("rp1/prf"), the same for everybody. */
async function input(): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode('rp1/prf'));
}

function outputOf(credential: PublicKeyCredential): Uint8Array<ArrayBuffer> | null {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (first === undefined) return null;
  const bytes = ArrayBuffer.isView(first)
    ? new Uint8Array(first.buffer, first.byteOffset, first.byteLength).slice()
    : new Uint8Array(first);
  return bytes.length === 32 ? (bytes as Uint8Array<ArrayBuffer>) : null;
}

async function dialog(open: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    return (await open()) as PublicKeyCredential;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    if (error.name === 'InvalidStateError') throw failure('passkey-known');
    // Closed, refused or too late: browsers do not say which.
    throw failure(error.name === 'NotSupportedError' || error.name === 'SecurityError' ? 'passkey-unfit' : 'cancelled');
  }
}

function failure(code: string): EngineError {
  return new EngineError({ code, facts: {} });
}
