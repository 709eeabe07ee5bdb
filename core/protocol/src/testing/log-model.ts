// A second judge of logs, written from spec/log.md alone: slow, without a state of its own, it replays all entries for each one.
// It shares with the implementation only what decides about keys and signatures; CBOR is another library's.
import { createHash } from 'node:crypto';
import { decode, encode } from 'cborg';
import { isAdmissibleKey, verifyEd25519 } from '../signature.ts';

type Value = unknown;
type Fields = ReadonlyMap<number, Value>;
type Octets = Uint8Array;

/** An entry that was found valid, as the model remembers it. */
type Past = { readonly id: string; readonly fields: Fields; readonly body: Fields; readonly type: number };
type Person = { readonly key: Octets; readonly role: number; readonly kem: string | null };
type Known = { readonly user: string; readonly key: Octets; readonly caps: number; readonly revoked: boolean };

export type ModelVerdict = { readonly id: string } | { readonly step: string };

class Refusal extends Error {
  readonly step: string;
  constructor(step: string) {
    super(step);
    this.step = step;
  }
}

const hex = (bytes: Octets): string => Buffer.from(bytes).toString('hex');
const must = (step: string, condition: boolean): void => {
  if (!condition) throw new Refusal(step);
};
function tagged(label: string, ...parts: readonly Octets[]): string {
  const digest = createHash('sha256').update(label).update(Uint8Array.of(0));
  for (const part of parts) digest.update(part);
  return digest.digest('hex');
}
const isSigned = (label: string, key: Octets, message: Octets, signature: Octets): boolean =>
  verifyEd25519(key, Buffer.concat([Buffer.from(`${label}\0`), message]), signature);

/** Strict: what does not come back as the same bytes was not deterministic. */
function read(bytes: Octets, step: string): Value {
  let value: Value;
  try {
    value = decode(bytes, { useMaps: true, strict: true, rejectDuplicateMapKeys: true, allowIndefinite: false, allowUndefined: false });
    if (Buffer.compare(encode(value), bytes) !== 0) throw new Error('another encoding');
  } catch {
    throw new Refusal(step);
  }
  must(step, isPlain(value, 0));
  return value;
}
function isPlain(value: Value, depth: number): boolean {
  if (depth > 16) return false;
  if (typeof value === 'number') return Number.isInteger(value);
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1));
  if (!(value instanceof Map)) return true;
  return [...value].every(([key, item]) => Number.isSafeInteger(key) && (key as number) >= 0 && isPlain(item, depth + 1));
}
const isUint = (value: Value, max = Number.MAX_SAFE_INTEGER, min = 0): value is number =>
  typeof value === 'number' && value >= min && value <= max;
const isOctets = (value: Value, length?: number): value is Octets =>
  value instanceof Uint8Array && (length ?? value.length) === value.length;
const isMapOf = (value: Value, keys: readonly number[]): value is Fields =>
  value instanceof Map && [...value.keys()].every((key) => (key as number) >= 100 || keys.includes(key as number));
const isTuple = (value: Value, length: number): value is Value[] => Array.isArray(value) && value.length === length;
const isAscending = (items: readonly Octets[]): boolean =>
  items.every((item, i) => i === 0 || Buffer.compare(items[i - 1] as Octets, item) < 0);
const isPolicy = (value: Value): boolean =>
  isMapOf(value, [1, 2, 3, 4]) && value.get(1) === 1 && value.get(2) === 1 && isUint(value.get(3), 36_500) && value.get(4) === 0;

export class LogModel {
  readonly #past: Past[] = [];

  /** Judges what would come next, and remembers it if it is valid. */
  judge(envelope: Octets, withAll: boolean): ModelVerdict {
    try {
      must('size', envelope.length <= 4_456_448);
      const parts = read(envelope, 'form');
      must('form', isTuple(parts, 3));
      const [entry, signature, attachments] = parts as [Value, Value, Value];
      must('form', isOctets(entry) && isOctets(signature, 64) && attachments instanceof Map);
      must(
        'form',
        [...(attachments as Map<Value, Value>).values()].every((bytes) => isOctets(bytes)),
      );
      must('size', (entry as Octets).length <= 131_072);
      const past = this.#entry(entry as Octets, signature as Octets);
      this.#attachments(past, attachments as ReadonlyMap<number, Octets>, withAll);
      this.#past.push(past);
      return { id: past.id };
    } catch (error) {
      if (error instanceof Refusal) return { step: error.step };
      throw error;
    }
  }

  #entry(bytes: Octets, signature: Octets): Past {
    const fields = read(bytes, 'form') as Fields;
    must('form', isMapOf(fields, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
    must('version', fields.get(1) === 1 && fields.get(2) === 1);
    must('form', !fields.has(3) || isOctets(fields.get(3), 32));
    must('form', isUint(fields.get(4)) && isOctets(fields.get(5), 32) && isOctets(fields.get(9), 32));
    const skips = fields.get(6);
    must('form', Array.isArray(skips) && skips.length <= 53 && skips.every((id) => isOctets(id, 32)));
    must('form', isUint(fields.get(8), 2 ** 32 - 1) && isUint(fields.get(10)));
    const type = fields.get(7) as number;
    must('type', isUint(type, 7));
    const body = fields.get(11) as Fields;
    must('body', isBody(type, body));
    must('type', (type === 0) === (this.#past.length === 0));
    this.#place(fields, skips as Octets[]);
    const past = { id: tagged('rp1/hash/entry', bytes), fields, body, type };
    const key = this.#signer(past);
    must('signature', isSigned('rp1/sig/log', key, bytes, signature));
    if (type > 0) this.#right(past);
    this.#change(past);
    if (type === 0) this.#space = tagged('rp1/hash/space', bytes);
    return past;
  }

  #space = '';

  #place(fields: Fields, skips: readonly Octets[]): void {
    const seq = this.#past.length;
    const space = fields.get(3) as Octets | undefined;
    must('space', seq === 0 ? space === undefined : space !== undefined && hex(space) === this.#space);
    must('seq', fields.get(4) === seq);
    must('prev', hex(fields.get(5) as Octets) === (this.#past[seq - 1]?.id ?? '00'.repeat(32)));
    const wanted = [];
    for (let power = 2; seq > 0 && seq % power === 0; power *= 2) wanted.push(this.#past[seq - power]?.id);
    must('skips', wanted.join() === skips.map(hex).join());
    must('epoch', fields.get(8) === (seq === 0 ? 0 : this.#epoch()));
  }

  #epoch(): number {
    return 1 + this.#past.filter(({ type }) => type === 2).length;
  }

  #people(): Map<string, Person> {
    const people = new Map<string, Person>();
    for (const { type, body } of this.#past) {
      if (type === 0) {
        const kem = body.get(7) as Octets | undefined;
        people.set(tagged('rp1/hash/user', body.get(1) as Octets), { key: body.get(1) as Octets, role: 4, kem: kem ? hex(kem) : null });
      }
      if (type === 2) changePeople(people, body);
    }
    return people;
  }

  #known(): Map<string, Known> {
    const known = new Map<string, Known>();
    for (const { type, body } of this.#past) {
      const certificate = (type === 0 ? body.get(2) : type === 3 ? body.get(1) : undefined) as [Octets, Octets] | undefined;
      if (certificate) {
        const [, user, key, , caps] = decode(certificate[0]) as [number, Octets, Octets, number, number];
        known.set(tagged('rp1/hash/device', key), { user: hex(user), key, caps, revoked: false });
      }
      if (type === 3 && body.has(2)) {
        const id = hex((decode((body.get(2) as [Octets, Octets])[0]) as Octets[])[2] as Octets);
        known.set(id, { ...(known.get(id) as Known), revoked: true });
      }
    }
    return known;
  }

  /** The key that must have signed. */
  #signer({ type, fields, body }: Past): Octets {
    const id = hex(fields.get(9) as Octets);
    const known = this.#known().get(id);
    if (type !== 0 && !(type === 3 && body.has(1))) {
      must('device', known !== undefined && !known.revoked);
      return (known as Known).key;
    }
    must('device', known === undefined);
    const { user, key, caps } = readCertificate(body.get(type === 0 ? 2 : 1), (name) =>
      type === 0 ? { key: body.get(1) as Octets, user: tagged('rp1/hash/user', body.get(1) as Octets) } : this.#member(name),
    );
    must('device', tagged('rp1/hash/device', key) === id && user !== '' && (type !== 0 || caps === 15));
    return key;
  }

  #member(user: string): { key: Octets; user: string } | undefined {
    const person = this.#people().get(user);
    return person && { key: person.key, user };
  }

  #right({ type, fields, body }: Past): void {
    const device = this.#known().get(hex(fields.get(9) as Octets));
    const user = device?.user ?? hex((decode((body.get(1) as [Octets, Octets])[0]) as Octets[])[1] as Octets);
    const least = [4, 2, 4, 1, 4, 1, 3, 4][type] as number;
    must('role', (this.#people().get(user)?.role ?? 0) >= least);
    const capability = [0, 1, 2, 0, 2, 0, 4, 4][type] as number;
    must('capability', device === undefined || (device.caps & capability) === capability);
  }

  #change({ type, fields, body }: Past): void {
    const seq = this.#past.length;
    const hasRoot = this.#past.some((one) => one.type === 1);
    if (type === 1)
      for (const [device, at] of (body.get(5) ?? []) as [Octets, number, Octets][])
        must('change', at < seq && this.#known().has(hex(device)));
    if (type === 2) this.#rekey(body, hasRoot);
    if (type === 3) this.#device(fields, body);
    if (type === 6) {
      const swept = this.#past.filter((one) => one.type === 6).map((one) => one.body.get(1) as number);
      const n = body.get(1) as number;
      must('change', hasRoot && n < seq && n >= Math.max(0, ...swept));
    }
  }

  #rekey(body: Fields, hasRoot: boolean): void {
    const kind = this.#past[0]?.body.get(6);
    const changes = body.get(3) as [Octets, number, Octets | null][];
    must('change', body.get(1) === this.#epoch() + 1 && body.has(5) === hasRoot && body.has(4) === (kind !== 1));
    must('change', body.has(7) === changes.some(([, role]) => role > 0));
    const people = this.#people();
    for (const [key, role] of changes) must('change', role > 0 ? isAdmissibleKey(key) : people.has(tagged('rp1/hash/user', key)));
    changePeople(people, body);
    const left = [...people.values()];
    must('change', left.length <= (kind === 1 ? 1 : 1_000) && left.some(({ role }) => role === 4));
    must('change', kind === 1 || left.every(({ kem }) => kem !== null));
  }

  #device(fields: Fields, body: Fields): void {
    const known = this.#known();
    const author = known.get(hex(fields.get(9) as Octets));
    if (body.has(1)) {
      const user = hex((decode((body.get(1) as [Octets, Octets])[0]) as Octets[])[1] as Octets);
      const theirs = [...known.values()].filter((device) => device.user === user);
      must('change', theirs.filter(({ revoked }) => !revoked).length < 64 && theirs.length < 4_096);
      return;
    }
    const person = this.#people().get((author as Known).user) as Person;
    const target = readRevocation(body.get(2), person.key, (author as Known).user);
    const ended = known.get(target);
    must('change', ended !== undefined && ended.user === (author as Known).user && !ended.revoked);
    must('change', target === hex(fields.get(9) as Octets) || ((author as Known).caps & 8) !== 0);
  }

  #attachments({ type, body }: Past, given: ReadonlyMap<number, Octets>, withAll: boolean): void {
    const step = 'attachment';
    const named = new Map<number, Octets>();
    const name = (number: number, hash: Value): void => void (hash instanceof Uint8Array && named.set(number, hash));
    if (type === 0) name(4, body.get(7));
    if (type === 1) {
      name(1, body.get(2));
      name(2, body.get(4));
    }
    if (type === 2) {
      name(3, body.get(4));
      name(4, body.get(7));
    }
    if (type === 6) {
      name(5, body.get(3));
      name(6, body.get(5));
    }
    if (type === 7) name(5, body.get(1));
    for (const [number, bytes] of given) {
      must(step, named.has(number));
      if (type > 0) must(step, tagged('rp1/hash/attach', Uint8Array.of(number), bytes) === hex(named.get(number) as Octets));
    }
    const records = given.get(4);
    if (type === 0 && records) checkRecords(records, [[body.get(1) as Octets, 4, body.get(7) as Octets]]);
    if (!withAll) return;
    for (const number of named.keys()) must(step, given.has(number));
    const count = type === 1 ? body.get(3) : type === 6 ? body.get(4) : type === 7 ? body.get(2) : 0;
    const ids = given.get(type === 1 ? 1 : 5) ?? new Uint8Array();
    must(step, ids.length === 32 * (count as number));
    must(step, isAscending(Array.from({ length: count as number }, (_, i) => ids.subarray(32 * i, 32 * i + 32))));
    must(step, (given.get(2)?.length ?? 0) <= 65_536 && (type !== 6 || given.get(6)?.length === 9_216));
    if (type !== 2) return;
    checkRecords(
      records,
      (body.get(3) as [Octets, number, Octets][]).filter(([, role]) => role > 0),
    );
    const wraps = given.get(3);
    if (!wraps) return;
    const list = read(wraps, step) as Value[];
    must(step, Array.isArray(list) && list.length <= 1_000);
    for (const wrap of list) must(step, isTuple(wrap, 3) && isOctets(wrap[0], 32) && isOctets(wrap[1], 1_120) && isOctets(wrap[2], 48));
    const users = list.map((wrap) => (wrap as Octets[])[0] as Octets);
    const people = this.#people();
    changePeople(people, body);
    must(step, isAscending(users) && users.map(hex).join() === [...people.keys()].toSorted().join());
  }
}

function changePeople(people: Map<string, Person>, body: Fields): void {
  for (const [key, role, kem] of body.get(3) as [Octets, number, Octets | null][]) {
    const user = tagged('rp1/hash/user', key);
    if (role === 0) people.delete(user);
    else people.set(user, { key, role, kem: hex(kem as Octets) });
  }
}

function readCertificate(
  value: Value,
  owner: (user: string) => { key: Octets; user: string } | undefined,
): { user: string; key: Octets; caps: number } {
  const step = 'device';
  must(step, isTuple(value, 2) && isOctets(value[0]) && isOctets(value[1]));
  const [x, signature] = value as [Octets, Octets];
  const parts = read(x, step);
  must(step, isTuple(parts, 5));
  const [version, user, key, created, caps] = parts as [Value, Octets, Octets, Value, number];
  must(step, version === 1 && isOctets(user, 32) && isOctets(key, 32) && isUint(created) && isUint(caps, 15));
  const found = owner(hex(user));
  must(step, found !== undefined && found.user === hex(user) && isAdmissibleKey(found.key) && isAdmissibleKey(key));
  must(step, isSigned('rp1/sig/device', (found as { key: Octets }).key, x, signature));
  return { user: hex(user), key, caps };
}

function readRevocation(value: Value, identity: Octets, user: string): string {
  const step = 'change';
  must(step, isTuple(value, 2) && isOctets(value[0]) && isOctets(value[1]));
  const [x, signature] = value as [Octets, Octets];
  const parts = read(x, step);
  must(step, isTuple(parts, 4));
  const [version, named, device, time] = parts as [Value, Octets, Octets, Value];
  must(step, version === 1 && isOctets(named, 32) && hex(named) === user && isOctets(device, 32) && isUint(time));
  must(step, isSigned('rp1/sig/device-end', identity, x, signature));
  return hex(device);
}

function checkRecords(bytes: Octets | undefined, owners: readonly (readonly [Octets, number, Octets])[]): void {
  const step = 'attachment';
  const records = bytes ? read(bytes, step) : [];
  must(step, isTuple(records, owners.length));
  for (const [i, [identity, , hash]] of owners.entries()) {
    const record = (records as Value[])[i];
    must(step, isOctets(record) && record.length <= 1_344 && tagged('rp1/hash/kem', record) === hex(hash));
    const pair = read(record as Octets, step);
    must(step, isTuple(pair, 2) && isOctets(pair[0]) && isOctets(pair[1]));
    const [x, signature] = pair as [Octets, Octets];
    const parts = read(x, step);
    must(step, isTuple(parts, 4));
    const [version, user, key, number] = parts as Value[];
    must(step, version === 1 && isOctets(user, 32) && isOctets(key, 1_216) && isUint(number, 2 ** 32 - 1));
    must(step, hex(user as Octets) === tagged('rp1/hash/user', identity) && isSigned('rp1/sig/kem', identity, x, signature));
  }
}

const list = (hash: Value, count: Value): boolean => isUint(count, 131_072) && (count === 0 ? hash === undefined : isOctets(hash, 32));
const absentOr = (value: Value, length: number): boolean => value === undefined || isOctets(value, length);

function isBody(type: number, body: Value): boolean {
  const keys =
    [[1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6, 7], [1, 2], [1, 2, 3, 4], [], [1, 2, 3, 4, 5], [1, 2]][type] ?? [];
  if (!isMapOf(body, keys)) return false;
  const get = (key: number): Value => body.get(key);
  if (type === 0) {
    const isForm = isOctets(get(1), 32) && body.has(2) && isOctets(get(3), 32) && isPolicy(get(4)) && isOctets(get(5), 32);
    return isForm && [0, 1, 3, 4].includes(get(6) as number) && (get(6) === 3 ? !body.has(7) : isOctets(get(7), 32));
  }
  if (type === 1) return isOctets(get(1), 340) && list(get(2), get(3)) && absentOr(get(4), 32) && (!body.has(5) || isSeen(get(5)));
  if (type === 2) return isRekey(body);
  if (type === 3) return body.has(1) !== body.has(2);
  if (type === 4) return isPolicy(body);
  if (type === 6) return isUint(get(1)) && isOctets(get(2), 32) && list(get(3), get(4)) && isOctets(get(5), 32);
  if (type === 7) return isOctets(get(1), 32) && isUint(get(2), 131_072, 1);
  return true;
}

function isSeen(value: Value): boolean {
  if (!Array.isArray(value) || value.length < 1 || value.length > 64) return false;
  const isForm = value.every((item) => isTuple(item, 3) && isOctets(item[0], 32) && isUint(item[1]) && isOctets(item[2], 32));
  return isForm && isAscending(value.map((item) => (item as Octets[])[0] as Octets));
}

function isRekey(body: Fields): boolean {
  const changes = body.get(3);
  if (!isUint(body.get(1), 2 ** 32 - 1) || !isOctets(body.get(2), 32) || !Array.isArray(changes) || changes.length > 1_000) return false;
  const isForm = changes.every(
    (change) =>
      isTuple(change, 3) &&
      isOctets(change[0], 32) &&
      isUint(change[1], 4) &&
      (change[1] === 0 ? change[2] === null : isOctets(change[2], 32)),
  );
  const isOrdered = isForm && isAscending(changes.map((change) => (change as Octets[])[0] as Octets));
  return isOrdered && absentOr(body.get(4), 32) && absentOr(body.get(5), 340) && absentOr(body.get(6), 148) && absentOr(body.get(7), 32);
}
