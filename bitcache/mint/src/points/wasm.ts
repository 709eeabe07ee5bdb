// The same library compiled to WebAssembly: runs anywhere. It exports one multiplication, whose time tells about the scalar, so that
// secrets are hidden first: for a random r that is used once, k·P is computed as (k·r⁻¹)·(r·P).
import { CompressionFlag, ContextFlag, instantiateSecp256k1Wasm, type Secp256k1Wasm } from '@bitauth/libauth';
import { assert, type Bytes, systemRandom } from '@reprise/kit';
import type { Points, Scalar } from './points.ts';

export async function openWasmPoints(): Promise<Points> {
  const wasm = await instantiateSecp256k1Wasm();
  const context = wasm.contextCreate(ContextFlag.BOTH);
  const seed = wasm.mallocUint8Array(systemRandom(32));
  assert(wasm.contextRandomize(context, seed) === 1, 'the curve takes a seed');
  wasm.heapU8.fill(0, seed, seed + 32);
  return points(new Curve(wasm, context));
}

function points(curve: Curve): Points {
  const masks = new Masks(curve);
  return {
    name: 'wasm',
    parse: (point) => (curve.load(point) ? curve.store(false) : undefined),
    compress: (point) => {
      assert(curve.load(point), 'a point of the curve');
      return curve.store(true);
    },
    isScalar: (bytes) => bytes.length === 32 && curve.isScalar(bytes),
    publicKey: (scalar) => {
      curve.generate(scalar);
      return curve.store(false);
    },
    multiply: (point, scalar) => {
      assert(curve.load(point), 'a point of the curve');
      const { mask, inverse } = masks.next();
      curve.multiplyInVariableTime(mask);
      curve.multiplyInVariableTime(curve.times(scalar, inverse));
      return curve.store(false);
    },
    multiplyAdd: (addend, a, b) => curve.plus(curve.times(a, b), addend),
  };
}

/** The module with the few bytes of its memory that are used again and again. */
class Curve {
  readonly #wasm: Secp256k1Wasm;
  readonly #context: number;
  readonly #point: number;
  readonly #bytes: number;
  readonly #length: number;
  readonly #scalar: number;
  readonly #tweak: number;

  constructor(wasm: Secp256k1Wasm, context: number) {
    this.#wasm = wasm;
    this.#context = context;
    this.#point = wasm.malloc(64);
    this.#bytes = wasm.malloc(65);
    this.#length = wasm.mallocSizeT(65);
    this.#scalar = wasm.malloc(32);
    this.#tweak = wasm.malloc(32);
  }

  load(point: Uint8Array): boolean {
    const { length } = point;
    if (length !== 33 && (length !== 65 || point[0] !== 4)) return false;
    this.#wasm.heapU8.set(point, this.#bytes);
    return this.#wasm.pubkeyParse(this.#context, this.#point, this.#bytes, length as 33 | 65) === 1;
  }

  store(compressed: boolean): Bytes {
    const size = compressed ? 33 : 65;
    this.#wasm.heapU32[this.#length >> 2] = size;
    const form = compressed ? CompressionFlag.COMPRESSED : CompressionFlag.UNCOMPRESSED;
    this.#wasm.pubkeySerialize(this.#context, this.#bytes, this.#length, this.#point, form);
    return this.#wasm.heapU8.slice(this.#bytes, this.#bytes + size) as Bytes;
  }

  isScalar(bytes: Uint8Array): boolean {
    this.#wasm.heapU8.set(bytes, this.#scalar);
    return this.#wasm.seckeyVerify(this.#context, this.#scalar) === 1;
  }

  generate(scalar: Scalar): void {
    this.#wasm.heapU8.set(scalar, this.#scalar);
    assert(this.#wasm.pubkeyCreate(this.#context, this.#point, this.#scalar) === 1, 'a scalar of the curve');
    this.#forget();
  }

  multiplyInVariableTime(scalar: Scalar): void {
    this.#wasm.heapU8.set(scalar, this.#tweak);
    assert(this.#wasm.pubkeyTweakMul(this.#context, this.#point, this.#tweak) === 1, 'a scalar of the curve');
    this.#forget();
  }

  /** Modulo n, in constant time. */
  times(a: Scalar, b: Scalar): Scalar {
    return this.#combine(a, b, 'privkeyTweakMul');
  }

  plus(a: Scalar, b: Scalar): Scalar {
    return this.#combine(a, b, 'privkeyTweakAdd');
  }

  #combine(a: Scalar, b: Scalar, how: 'privkeyTweakMul' | 'privkeyTweakAdd'): Scalar {
    this.#wasm.heapU8.set(a, this.#scalar);
    this.#wasm.heapU8.set(b, this.#tweak);
    assert(this.#wasm[how](this.#context, this.#scalar, this.#tweak) === 1, 'scalars of the curve');
    const result = this.#wasm.heapU8.slice(this.#scalar, this.#scalar + 32) as Bytes;
    this.#forget();
    return result;
  }

  #forget(): void {
    this.#wasm.heapU8.fill(0, this.#scalar, this.#scalar + 32);
    this.#wasm.heapU8.fill(0, this.#tweak, this.#tweak + 32);
  }
}

type Mask = { readonly mask: Scalar; readonly inverse: Scalar };

/** Random scalars with their inverses, each given out once. Many are inverted for the price of one (Montgomery's trick). */
class Masks {
  static readonly #batch = 128;
  readonly #curve: Curve;
  #ready: Mask[] = [];

  constructor(curve: Curve) {
    this.#curve = curve;
  }

  next(): Mask {
    if (this.#ready.length === 0) this.#ready = this.#draw();
    return this.#ready.pop() as Mask;
  }

  #draw(): Mask[] {
    const masks = Array.from({ length: Masks.#batch }, () => this.#random());
    const products: Scalar[] = [];
    for (const mask of masks) products.push(products.length === 0 ? mask : this.#curve.times(products.at(-1) as Scalar, mask));
    let rest = this.#inverse(products.at(-1) as Scalar);
    const drawn: Mask[] = [];
    for (let at = masks.length - 1; at >= 0; at--) {
      const mask = masks[at] as Scalar;
      drawn.push({ mask, inverse: at === 0 ? rest : this.#curve.times(rest, products[at - 1] as Scalar) });
      if (at > 0) rest = this.#curve.times(rest, mask);
    }
    return drawn;
  }

  #random(): Scalar {
    for (;;) {
      const bytes = systemRandom(32);
      if (this.#curve.isScalar(bytes)) return bytes;
    }
  }

  /** a^(n−2), by squaring and multiplying along the fixed bits of n−2: the same steps for every a. */
  #inverse(a: Scalar): Scalar {
    let result = a;
    for (let bit = orderBits - 2; bit >= 0; bit--) {
      result = this.#curve.times(result, result);
      if ((exponent >> BigInt(bit)) & 1n) result = this.#curve.times(result, a);
    }
    return result;
  }
}

const order = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n;
const exponent = order - 2n;
const orderBits = 256;
