// Requests of wallets, from text to what the mint works with. Amounts keep all their digits; whatever is not exactly of the form is
// refused before anything is looked up.
import { MintFailure } from './failures.ts';
import { limits } from './settings.ts';

export type Proof = {
  readonly amount: bigint;
  readonly keyset: string;
  readonly secret: string;
  readonly c: string;
  readonly witness: string | null;
};
export type Output = { readonly amount: bigint; readonly keyset: string; readonly b: string };

type Fields = Readonly<Record<string, unknown>>;

/** Integers become bigint, so that none is rounded. @throws MintFailure 1 */
export function parseBody(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text, (_, part: unknown, context?: { readonly source?: string }) =>
      typeof part === 'number' && /^(0|[1-9]\d{0,19})$/.test(context?.source ?? '') ? BigInt(context?.source as string) : part,
    );
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  } catch (error) {
    throw new MintFailure(1, { cause: error });
  }
  throw new MintFailure(1);
}

export function readText(fields: Fields, name: string, charactersMax: number): string {
  const value = fields[name];
  if (typeof value !== 'string' || value.length > charactersMax) throw new MintFailure(1);
  return value;
}

export function readOptionalText(fields: Fields, name: string, charactersMax: number): string | null {
  return fields[name] === undefined || fields[name] === null ? null : readText(fields, name, charactersMax);
}

export function readAmount(fields: Fields, name: string): bigint {
  const value = fields[name];
  if (typeof value !== 'bigint') throw new MintFailure(1);
  return value;
}

export function readList<Item>(value: unknown, read: (item: unknown) => Item, max: number, tooMany: 11014 | 11015 | 11017): Item[] {
  if (!Array.isArray(value)) throw new MintFailure(1);
  if (value.length > max) throw new MintFailure(tooMany);
  return value.map(read);
}

/** @throws MintFailure 1, 11014, 11007 for a secret that comes twice */
export function readProofs(fields: Fields): readonly Proof[] {
  const proofs = readList(fields['inputs'], readProof, limits.arrayMax, 11014);
  if (proofs.length === 0) throw new MintFailure(1);
  if (new Set(proofs.map(({ secret }) => secret)).size < proofs.length) throw new MintFailure(11007);
  return proofs;
}

/** @throws MintFailure 1, 11015, 11008 */
export function readOutputs(fields: Fields): readonly Output[] {
  const outputs = readList(fields['outputs'], readOutput, limits.arrayMax, 11015);
  if (new Set(outputs.map(({ b }) => b)).size < outputs.length) throw new MintFailure(11008);
  return outputs;
}

export function readPoint(value: unknown): string {
  if (typeof value !== 'string' || !/^0[23][0-9a-f]{64}$/.test(value)) throw new MintFailure(1);
  return value;
}

export function readQuoteId(value: unknown): string {
  if (typeof value !== 'string' || !/^[0-9a-f-]{36}$/.test(value)) throw new MintFailure(3);
  return value;
}

function readProof(item: unknown): Proof {
  const fields = asFields(item);
  const secret = readText(fields, 'secret', limits.textBytesMax);
  // Half a character has no UTF-8, and would be spent as another.
  if (!secret.isWellFormed() || Buffer.byteLength(secret) > limits.textBytesMax) throw new MintFailure(1);
  return {
    amount: readAmount(fields, 'amount'),
    keyset: readKeyset(fields),
    secret,
    c: readPoint(fields['C']),
    witness: readWitness(fields),
  };
}

function readOutput(item: unknown): Output {
  const fields = asFields(item);
  return { amount: readAmount(fields, 'amount'), keyset: readKeyset(fields), b: readPoint(fields['B_']) };
}

function asFields(item: unknown): Fields {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw new MintFailure(1);
  return item as Fields;
}

function readKeyset(fields: Fields): string {
  return readText(fields, 'id', 66);
}

/** A text; some wallets send what the text would say. */
function readWitness(fields: Fields): string | null {
  const value = fields['witness'];
  if (value === undefined || value === null) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(asFields(value));
  if (!text.isWellFormed() || Buffer.byteLength(text) > limits.textBytesMax) throw new MintFailure(1);
  return text;
}
