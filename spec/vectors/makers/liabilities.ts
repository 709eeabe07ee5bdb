// The file liabilities: sum trees, lines, epochs and their chain, put together by a reference that shares no code with the implementation.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { type DcborValue, encodeDcbor } from '@reprise/protocol/formats';
import { ascii, fixed, hash, hex, type VectorCase, type VectorFile } from './reference.ts';

type Node = { readonly hash: Uint8Array; readonly sum: bigint };
type Leaf = { readonly key: Uint8Array; readonly amount: bigint };

const join = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const tagged = (label: string, ...parts: readonly Uint8Array[]) => hash(ascii(label), Uint8Array.of(0), ...parts);
const u64 = (value: bigint) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(value);
  return new Uint8Array(buffer);
};

/** RFC 9162, section 2.1.1, with sums. */
function tree(leaves: readonly Leaf[]): Node {
  if (leaves.length === 0) return { hash: tagged('rp1/hash/liability-leaf'), sum: 0n };
  const [first] = leaves as readonly [Leaf];
  if (leaves.length === 1) return { hash: tagged('rp1/hash/liability-leaf', first.key, u64(first.amount)), sum: first.amount };
  const [left, right] = halves(leaves).map(tree) as [Node, Node];
  const sum = left.sum + right.sum;
  return { hash: tagged('rp1/hash/liability-node', left.hash, u64(left.sum), right.hash, u64(right.sum)), sum };
}

function halves(leaves: readonly Leaf[]): readonly [readonly Leaf[], readonly Leaf[]] {
  const at = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return [leaves.slice(0, at), leaves.slice(at)];
}

function path(leaves: readonly Leaf[], index: number): readonly Node[] {
  if (leaves.length <= 1) return [];
  const [left, right] = halves(leaves);
  return index < left.length ? [...path(left, index), tree(right)] : [...path(right, index - left.length), tree(left)];
}

const written = ({ hash: of, sum }: Node) => [hex(of), String(sum)];
const rootOf = (leaves: readonly Leaf[]) => {
  const { hash: of, sum } = tree(leaves);
  return [leaves.length, String(sum), hex(of)] as const;
};

export function makeLiabilities(): VectorFile {
  return {
    about: 'What a mint says it owes: trees that sum, lines in them, epochs, and what follows what. `what` says which.',
    spec: 'liabilities.md',
    cases: [...trees(), ...lines(), ...epochs(), ...chains()],
  };
}

// ------------------------------------------------------------------------------------------------------------------ trees

const coins = (count: number): readonly Leaf[] =>
  Array.from({ length: count }, (_, i) => ({ key: join(Uint8Array.of(2), fixed(`coin ${i}`)), amount: 1n << BigInt(i % 32) }));

function trees(): VectorCase[] {
  return [0, 1, 2, 3, 4, 5, 7, 8, 13, 33].map((count) => ({
    name: `a tree of ${count}`,
    verdict: 'accepted' as const,
    what: 'tree',
    leaves: coins(count).map(({ key, amount }) => [hex(key), String(amount)]),
    root: rootOf(coins(count)),
    paths: coins(count).map((_, i) => path(coins(count), i).map(written)),
  }));
}

// ------------------------------------------------------------------------------------------------------------------ lines

const epoch = 7;
const names = ['account:ab', 'pending:00', 'payout:11', 'escrow:22', 'refund:33'];
const salts = names.map((name) => fixed(`salt ${name}`));
const keyOf = (number: number, name: string, salt: Uint8Array) =>
  tagged('rp1/hash/liability-line', salt, u64(BigInt(number)), ascii(name));
const amounts = [21_000n, 1n, 2_099_999_999_999_000_000n, 500n, 77_000n];
const leaves: readonly Leaf[] = names.map((name, i) => ({
  key: keyOf(epoch, name, salts[i] as Uint8Array),
  amount: amounts[i] as bigint,
}));

function lines(): VectorCase[] {
  const good = names.map(
    (name, index): VectorCase => ({
      name: `the line ${name}`,
      verdict: 'accepted',
      what: 'line',
      epoch,
      line: name,
      salt: hex(salts[index] as Uint8Array),
      amount: String(amounts[index]),
      index,
      path: path(leaves, index).map(written),
      root: rootOf(leaves),
    }),
  );
  const [first, , third] = good as [VectorCase, VectorCase, VectorCase];
  const beside = path(leaves, 0).map(written);
  const change = (name: string, step: string, what: object, of = first): VectorCase => ({
    ...of,
    name,
    verdict: 'refused',
    step,
    code: 'bad-object',
    ...what,
  });
  const node = beside[0] as string[];
  return [
    ...good,
    change('a line of another epoch', 'leaf', { epoch: 8 }),
    change('a line of somebody else', 'leaf', { line: 'account:ac' }),
    change('a line with another salt', 'leaf', { salt: hex(fixed('another salt')) }),
    change('a salt that is too short', 'salt', { salt: hex(fixed('salt account:ab', 31)) }),
    change('a smaller line', 'sum', { amount: '20999' }),
    change('a smaller line, made up for beside it', 'path', { amount: '20000', path: [[node[0], '1001'], ...beside.slice(1)] }),
    change('a neighbour below zero', 'sum', { amount: '21005', path: [[node[0], '-4'], ...beside.slice(1)] }),
    change('a line below zero', 'sum', { amount: '-1' }),
    change('a line beyond all bitcoin', 'sum', { amount: '2100000000000000001' }, third),
    change('a way that is too short', 'sum', { path: beside.slice(0, -1) }),
    change('a way that is too long', 'path', { path: [...beside, [hex(fixed('more')), '0']] }),
    change('another place', 'path', { index: 1 }),
    change('a place beyond the tree', 'place', { index: 5 }),
    change('a place before the tree', 'place', { index: -1 }),
    change('another total', 'sum', { root: [5, '1', rootOf(leaves)[2]] }),
    change('another root', 'path', { root: [5, rootOf(leaves)[1], hex(fixed('another root'))] }),
    change('a tree of another size', 'path', { root: [9, rootOf(leaves)[1], rootOf(leaves)[2]] }),
  ];
}

// ----------------------------------------------------------------------------------------------------------------- epochs

const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const keyFrom = (name: string) =>
  createPrivateKey({ key: Buffer.concat([pkcs8, fixed(name)]), format: 'der', type: 'pkcs8' });
const publicOf = (name: string) =>
  hex(new Uint8Array(Buffer.from(createPublicKey(keyFrom(name)).export({ format: 'jwk' }).x ?? '', 'base64url')));
const mint = 'liabilities mint';
const key = publicOf(mint);

function sealed(body: DcborValue, { by = mint, label = 'rp1/sig/liabilities', after = body }: { by?: string; label?: string; after?: DcborValue } = {}) {
  const signature = sign(null, join(ascii(label), Uint8Array.of(0), encodeDcbor(body)), keyFrom(by));
  return hex(encodeDcbor([encodeDcbor(after), new Uint8Array(signature)]));
}

const root = (of: readonly Leaf[]): DcborValue => {
  const { hash: top, sum } = tree(of);
  return [of.length, sum <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sum) : sum, top];
};
const keyset = (name: string) => join(Uint8Array.of(1), fixed(`keyset ${name}`));
const ids = [keyset('a'), keyset('b')].toSorted((a, b) => Buffer.compare(a, b)) as [Uint8Array, Uint8Array];
const at = 1_790_000_000_000;

type Body = [number, number, number, Uint8Array | null, string, DcborValue, DcborValue, DcborValue];
const firstBody: Body = [1, 1, at, null, 'regtest', [[ids[0], root(coins(5)), root(coins(2))]], root(leaves), ['sandbox', 3_000_000]];
const hashOf = (body: DcborValue) => tagged('rp1/hash/liabilities', encodeDcbor(body));
const secondBody: Body = [
  1,
  2,
  at + 86_400_000,
  hashOf(firstBody),
  'regtest',
  [
    [ids[0], root(coins(7)), root(coins(2))],
    [ids[1], root(coins(1)), root([])],
  ],
  root([]),
  null,
];

const told = (value: DcborValue): unknown => {
  const [count, sum, top] = value as [number, number | bigint, Uint8Array];
  return [count, String(sum), hex(top)];
};
const says = ([, number, time, previous, network, keysets, owed, reserves]: Body) => ({
  ...{ number, at: time, previous: previous && hex(previous), network },
  keysets: (keysets as DcborValue[][]).map(([id, promised, spent]) => [hex(id as Uint8Array), told(promised ?? null), told(spent ?? null)]),
  lines: told(owed),
  reserves: reserves && [(reserves as DcborValue[])[0], String((reserves as DcborValue[])[1])],
});

function withPart(body: Body, index: number, part: DcborValue): DcborValue {
  return body.map((one, i) => (i === index ? part : one));
}

function epochs(): VectorCase[] {
  const accept = (name: string, body: Body): VectorCase => ({
    ...{ name, verdict: 'accepted', what: 'epoch', key, sealed: sealed(body) },
    ...{ hash: hex(hashOf(body)), says: says(body) },
  });
  const refuse = (name: string, step: string, text: string, code = 'bad-object'): VectorCase => ({
    ...{ name, verdict: 'refused', step, code, what: 'epoch', key, sealed: text },
  });
  const form = (name: string, index: number, part: DcborValue) => refuse(name, 'form', sealed(withPart(firstBody, index, part)));
  const [five, two] = [root(coins(5)), root(coins(2))];
  return [
    accept('the first epoch', firstBody),
    accept('an epoch with a new keyset and no node', secondBody),
    refuse('an epoch that another key has signed', 'signature', sealed(firstBody, { by: 'somebody' }), 'signature-refused'),
    refuse('an epoch signed as a receipt', 'signature', sealed(firstBody, { label: 'rp1/sig/receipt' }), 'signature-refused'),
    refuse('an epoch changed after it was signed', 'signature', sealed(firstBody, { after: secondBody }), 'signature-refused'),
    refuse('an epoch of a later version', 'version', sealed(withPart(firstBody, 0, 2))),
    refuse('an epoch without reserves', 'form', sealed(firstBody.slice(0, 7))),
    form('an epoch of number 0', 1, 0),
    form('a hash of 31 bytes', 3, fixed('short', 31)),
    form('a network that is none', 4, 'moonnet'),
    form('keysets out of order', 5, [[ids[1], five, two], [ids[0], five, two]]),
    form('a keyset twice', 5, [[ids[0], five, two], [ids[0], five, two]]),
    form('a keyset of 32 bytes', 5, [[ids[0].slice(1), five, two]]),
    form('more spent than promised', 5, [[ids[0], two, five]]),
    form('a sum below zero', 6, [1, -1, fixed('root')]),
    form('a sum beyond all bitcoin', 6, [1, 2_100_000_000_000_000_001n, fixed('root')]),
    form('a sum of nothing', 6, [0, 5, fixed('root')]),
    form('reserves below zero', 7, ['sandbox', -1]),
  ];
}

// ------------------------------------------------------------------------------------------------------------------ chain

function chains(): VectorCase[] {
  const base = { what: 'chain', key };
  const refuse = (name: string, step: string, index: number, part: DcborValue): VectorCase => ({
    ...{ name, verdict: 'refused', step, code: 'bad-object', ...base },
    before: sealed(firstBody),
    sealed: sealed(withPart(secondBody, index, part)),
  });
  const [, more] = secondBody[5] as [DcborValue, DcborValue];
  return [
    { name: 'the first of a chain', verdict: 'accepted', ...base, before: null, sealed: sealed(firstBody) },
    { name: 'the second of a chain', verdict: 'accepted', ...base, before: sealed(firstBody), sealed: sealed(secondBody) },
    {
      ...{ name: 'a chain that begins in its middle', verdict: 'refused', step: 'number', code: 'bad-object' },
      ...{ ...base, before: null, sealed: sealed(secondBody) },
    },
    refuse('an epoch left out', 'number', 1, 3),
    refuse('an epoch after another one', 'previous', 3, fixed('another epoch')),
    refuse('an epoch after none', 'previous', 3, null),
    refuse('an epoch of the same time', 'time', 2, at),
    refuse('an epoch of another network', 'network', 4, 'mainnet'),
    refuse('a keyset that is gone', 'keyset-gone', 5, [more]),
    refuse('fewer promises than before', 'shrunk', 5, [[ids[0], root(coins(4)), root(coins(2))]]),
    refuse('fewer spent than before', 'shrunk', 5, [[ids[0], root(coins(7)), root(coins(1))]]),
    refuse('as many promises, of less', 'shrunk', 5, [
      [ids[0], root(coins(5).map(({ key: of }) => ({ key: of, amount: 1n }))), root(coins(2))],
    ]),
  ];
}
