// NUT-10, 11, 14: secrets that say who may spend a coin. Whatever is not exactly as written there cannot be spent, since a lock that is
// read two ways is no lock.

export type Pathway = {
  /** x coordinates in lower-case hex, each once: `02…` and `03…` of one x are one key. */
  readonly keys: readonly string[];
  /** How many of them must sign. */
  readonly signatures: number;
};

export type Lock = {
  readonly kind: 'P2PK' | 'HTLC';
  readonly data: string;
  /** As text, to compare with other inputs. */
  readonly tags: string;
  readonly signsAll: boolean;
  readonly main: Pathway;
  /** Seconds since 1970; null: for ever. */
  readonly locktime: number | null;
  /** null: once the lock has expired, anybody may. */
  readonly refund: Pathway | null;
};

/** @returns null for a secret that locks nothing; 'malformed' for a lock that nothing opens */
export function readLock(secret: string): Lock | null | 'malformed' {
  const [kind, body] = readWellKnown(secret) ?? [];
  if (kind !== 'P2PK' && kind !== 'HTLC') return null;
  return lockOf(kind, body) ?? 'malformed';
}

function readWellKnown(secret: string): readonly unknown[] | undefined {
  if (!/^\s*\[/.test(secret)) return undefined;
  try {
    const value: unknown = JSON.parse(secret);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const known = new Set(['sigflag', 'pubkeys', 'n_sigs', 'locktime', 'refund', 'n_sigs_refund']);

function lockOf(kind: 'P2PK' | 'HTLC', body: unknown): Lock | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { nonce, data, tags = [] } = body as Record<string, unknown>;
  if (typeof nonce !== 'string' || typeof data !== 'string' || !isTags(tags)) return undefined;
  const values = new Map<string, readonly string[]>();
  for (const [name, ...rest] of tags) {
    if (!known.has(name)) continue;
    if (values.has(name)) return undefined;
    values.set(name, rest);
  }
  const flag = oneOf(values, 'sigflag', 'SIG_INPUTS');
  if (flag !== 'SIG_INPUTS' && flag !== 'SIG_ALL') return undefined;
  if (kind === 'HTLC' && !/^[0-9a-f]{64}$/i.test(data)) return undefined;
  const main = pathway([...(kind === 'P2PK' ? [data] : []), ...(values.get('pubkeys') ?? [])], values, 'n_sigs');
  const refund = pathway(values.get('refund') ?? [], values, 'n_sigs_refund');
  if (!main || !refund) return undefined;
  return {
    kind,
    data: data.toLowerCase(),
    tags: JSON.stringify(tags),
    signsAll: flag === 'SIG_ALL',
    main,
    locktime: readLocktime(values.get('locktime')),
    refund: values.has('refund') ? refund : null,
  };
}

function isTags(tags: unknown): tags is readonly (readonly [string, ...string[]])[] {
  return (
    Array.isArray(tags) &&
    tags.every((tag) => Array.isArray(tag) && tag.length > 0 && tag.every((value) => typeof value === 'string' && value !== ''))
  );
}

function oneOf(values: ReadonlyMap<string, readonly string[]>, name: string, otherwise: string): string | undefined {
  const found = values.get(name);
  if (found === undefined) return otherwise;
  return found.length === 1 ? found[0] : undefined;
}

function pathway(keys: readonly string[], values: ReadonlyMap<string, readonly string[]>, countName: string): Pathway | undefined {
  if (!keys.every((key) => /^0[23][0-9a-f]{64}$/i.test(key))) return undefined;
  const xs = keys.map((key) => key.slice(2).toLowerCase());
  if (new Set(xs).size < xs.length) return undefined;
  if (!values.has(countName)) return { keys: xs, signatures: 1 };
  const count = oneOf(values, countName, '') ?? '';
  if (!/^[1-9]\d{0,3}$/.test(count) || Number(count) > xs.length) return undefined;
  return { keys: xs, signatures: Number(count) };
}

/** What is no time locks for ever. */
function readLocktime(values: readonly string[] | undefined): number | null {
  const [text] = values ?? [];
  return values?.length === 1 && text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
