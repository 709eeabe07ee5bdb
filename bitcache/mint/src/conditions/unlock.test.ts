import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import { formatHex } from '@reprise/kit';
import vectors from '../testing/nut-vectors.json' with { type: 'json' };
import type { SchnorrCheck } from '../signer/signer.ts';
import { readLock } from './locked-secret.ts';
import { type LockedInput, type Transaction, unlock } from './unlock.ts';

const now = 1_800_000_000;

function opens(transaction: Transaction, nowSeconds = now): boolean {
  const plan = unlock(transaction, nowSeconds);
  return typeof plan === 'object' && plan.opens(plan.checks.map(isValid));
}

/** Another implementation than the one that mints check with. */
function isValid({ x, digest, signature }: SchnorrCheck): boolean {
  try {
    return schnorr.verify(Buffer.from(signature, 'hex'), Buffer.from(digest, 'hex'), Buffer.from(x, 'hex'));
  } catch {
    return false;
  }
}

const [alice, bob, carol] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array, Uint8Array];
const keyOf = (secret: Uint8Array): string => formatHex(secp256k1.getPublicKey(secret, true));
const otherForm = (key: string): string => `${key.startsWith('02') ? '03' : '02'}${key.slice(2).toUpperCase()}`;
const lock = (kind: string, data: string, tags?: unknown): string =>
  JSON.stringify([kind, { nonce: 'n', data, ...(tags === undefined ? {} : { tags }) }]);
const sign = (message: string, ...signers: readonly Uint8Array[]): string[] =>
  signers.map((signer) => formatHex(schnorr.sign(createHash('sha256').update(message).digest(), signer)));
const witnessed = (secret: string, signatures: readonly string[], preimage?: string): LockedInput => ({
  secret,
  c: `02${'11'.repeat(32)}`,
  witness: JSON.stringify({ signatures, ...(preimage === undefined ? {} : { preimage }) }),
});
const alone = (input: LockedInput): Transaction => ({ inputs: [input], outputs: [] });

describe('the vectors of NUT-11', () => {
  for (const { says, opens: expected, request } of vectors.locks) {
    it(says.replace(/^The following is /, ''), () => {
      const inputs = request.inputs.map(({ secret, C, witness }) => ({ secret, c: C, witness: witness ?? null }));
      const outputs = request.outputs.map(({ amount, B_ }) => ({ amount: BigInt(amount), b: B_ }));
      assert.equal(opens({ inputs, outputs, ...('quote' in request ? { quote: request.quote } : {}) }), expected);
    });
  }
});

describe('locks', () => {
  const plain = '9a6dbb847bd232ba76db0df197216b29d3b8cc14553cd27827fc1cc942fedb4e';
  it('are none for other secrets', () => {
    const secrets = [plain, '', '[', '["P2PK"', '{"kind":"P2PK"}', '[1,2]', lock('FUTURE', 'x'), ' ["a", {}]'];
    for (const secret of secrets) assert.equal(readLock(secret), null, secret);
    assert.ok(opens(alone({ secret: plain, c: '', witness: null })));
  });

  const key = keyOf(alice);
  const malformed: readonly (readonly [string, string])[] = [
    ['no body', '["P2PK"]'],
    ['no nonce', JSON.stringify(['P2PK', { data: key }])],
    ['data that is no key', lock('P2PK', 'abc')],
    ['a key that is not compressed', lock('P2PK', `04${'11'.repeat(64)}`)],
    ['tags that are no list', lock('P2PK', key, {})],
    ['an empty tag', lock('P2PK', key, [[]])],
    ['a number in a tag', lock('P2PK', key, [['locktime', 5]])],
    ['an empty value', lock('P2PK', key, [['locktime', '']])],
    [
      'a tag twice',
      lock('P2PK', key, [
        ['n_sigs', '1'],
        ['n_sigs', '1'],
      ]),
    ],
    ['an unknown flag', lock('P2PK', key, [['sigflag', 'SIG_NONE']])],
    ['two flags', lock('P2PK', key, [['sigflag', 'SIG_INPUTS', 'SIG_ALL']])],
    ['no signatures wanted', lock('P2PK', key, [['n_sigs', '0']])],
    ['part of a signature', lock('P2PK', key, [['n_sigs', '1.5']])],
    ['more signatures than keys', lock('P2PK', key, [['n_sigs', '2']])],
    [
      'more refund signatures than keys',
      lock('P2PK', key, [
        ['refund', keyOf(bob)],
        ['n_sigs_refund', '2'],
      ]),
    ],
    [
      'one key in both forms',
      lock('P2PK', key, [
        ['pubkeys', otherForm(key)],
        ['n_sigs', '2'],
      ]),
    ],
    ['one refund key twice', lock('P2PK', key, [['refund', keyOf(bob), otherForm(keyOf(bob))]])],
    ['a hash that is none', lock('HTLC', 'abc')],
  ];
  for (const [what, secret] of malformed) {
    it(`that are malformed open for nobody: ${what}`, () => {
      assert.equal(readLock(secret), 'malformed');
      assert.ok(!opens(alone(witnessed(secret, sign(secret, alice, bob)))));
    });
  }

  it('count a signer once, however often it signs', () => {
    const secret = lock('P2PK', key, [
      ['pubkeys', keyOf(bob)],
      ['n_sigs', '2'],
    ]);
    assert.ok(!opens(alone(witnessed(secret, [...sign(secret, alice), ...sign(secret, alice), ...sign(secret, alice)]))));
    assert.ok(opens(alone(witnessed(secret, sign(secret, bob, alice)))));
  });

  it('open for refund keys after their time only, and for the first keys always', () => {
    const secret = lock('P2PK', key, [
      ['locktime', String(now)],
      ['refund', keyOf(bob)],
    ]);
    const by = (signer: Uint8Array) => alone(witnessed(secret, sign(secret, signer)));
    assert.deepEqual([opens(by(bob), now), opens(by(bob), now + 1)], [false, true]);
    assert.deepEqual([opens(by(alice), now), opens(by(alice), now + 1)], [true, true]);
    assert.ok(!opens(by(carol), now + 1));
    // Signatures of both pathways together are none of either.
    const two = lock('P2PK', key, [
      ['pubkeys', keyOf(carol)],
      ['n_sigs', '2'],
      ['locktime', '1'],
      ['refund', keyOf(bob), keyOf(carol)],
      ['n_sigs_refund', '2'],
    ]);
    assert.ok(!opens(alone(witnessed(two, sign(two, alice, bob)))));
    assert.ok(opens(alone(witnessed(two, sign(two, bob, carol)))));
  });

  it('without refund keys open for anybody after their time', () => {
    const secret = lock('P2PK', key, [['locktime', '5']]);
    assert.ok(opens(alone({ secret, c: '', witness: null })));
    const never = lock('P2PK', key, [['locktime', 'soon']]);
    assert.ok(!opens(alone({ secret: never, c: '', witness: null })));
    // A tag without a key names nobody, which is not anybody.
    const nobody = lock('P2PK', key, [['locktime', '5'], ['refund']]);
    assert.ok(!opens(alone(witnessed(nobody, []))));
  });

  it('of a hash want its preimage, and the signature too where keys are named', () => {
    const preimage = '07'.repeat(32);
    const hash = createHash('sha256').update(Buffer.from(preimage, 'hex')).digest('hex');
    const bare = lock('HTLC', hash);
    assert.ok(opens(alone(witnessed(bare, [], preimage))));
    for (const wrong of [undefined, '08'.repeat(32), preimage.slice(2), `${preimage}00`, ''])
      assert.ok(!opens(alone(witnessed(bare, [], wrong))));
    const keyed = lock('HTLC', hash, [
      ['pubkeys', key],
      ['locktime', '99999999999'],
      ['refund', keyOf(bob)],
    ]);
    assert.ok(!opens(alone(witnessed(keyed, [], preimage))));
    assert.ok(!opens(alone(witnessed(keyed, sign(keyed, alice)))));
    assert.ok(!opens(alone(witnessed(keyed, sign(keyed, bob), preimage))));
    assert.ok(opens(alone(witnessed(keyed, sign(keyed, alice), preimage))));
  });

  it('that sign all are opened by the first input, for these outputs only', () => {
    const secrets = ['1', '2'].map((nonce) => JSON.stringify(['P2PK', { nonce, data: key, tags: [['sigflag', 'SIG_ALL']] }]));
    const outputs = [{ amount: 2n, b: `02${'22'.repeat(32)}` }];
    const message = (amount: bigint) => `${secrets.map((secret) => `${secret}02${'11'.repeat(32)}`).join('')}${amount}${outputs[0]?.b}`;
    const inputs = (amount: bigint) => [
      witnessed(secrets[0] ?? '', sign(message(amount), alice)),
      { ...witnessed(secrets[1] ?? '', []), witness: null },
    ];
    assert.ok(opens({ inputs: inputs(2n), outputs }));
    assert.ok(!opens({ inputs: inputs(3n), outputs }));
    assert.ok(!opens({ inputs: inputs(2n), outputs, quote: 'q' }));
    assert.ok(!opens({ inputs: inputs(2n).toReversed(), outputs }));
    assert.ok(!opens({ inputs: [...inputs(2n), { secret: plain, c: '', witness: null }], outputs }));
  });

  it('want no more work than a bound', () => {
    const secret = lock('P2PK', key);
    const many = Array.from({ length: 10 }, () =>
      witnessed(
        secret,
        Array.from({ length: 101 }, (_, at) => at.toString(16).padStart(128, '0')),
      ),
    );
    assert.equal(unlock({ inputs: many, outputs: [] }, now), 'too-many-signatures');
  });

  it('stay shut for witnesses that are none', () => {
    const secret = lock('P2PK', key);
    const witnesses = [
      null,
      '',
      '[]',
      'null',
      '{"signatures":5}',
      '{"signatures":[5]}',
      '{"signatures":["zz"]}',
      `{"signatures":["${'0'.repeat(128)}"]}`,
    ];
    for (const witness of witnesses) assert.ok(!opens(alone({ secret, c: '', witness })), String(witness));
  });
});
