// What we use of the addon, whose package has no types.
declare module 'secp256k1/bindings.js' {
  type Bytes = Uint8Array<ArrayBuffer>;
  type Ecdh = { readonly hashfn: (x: Uint8Array, y: Uint8Array) => Uint8Array; readonly xbuf: Uint8Array; readonly ybuf: Uint8Array };
  const curve: {
    contextRandomize(seed: Uint8Array): void;
    privateKeyVerify(scalar: Uint8Array): boolean;
    privateKeyTweakAdd(scalar: Bytes, tweak: Uint8Array): Bytes;
    privateKeyTweakMul(scalar: Bytes, tweak: Uint8Array): Bytes;
    publicKeyVerify(point: Uint8Array): boolean;
    publicKeyCreate(scalar: Uint8Array, compressed: boolean): Bytes;
    publicKeyConvert(point: Uint8Array, compressed: boolean): Bytes;
    publicKeyTweakAdd(point: Bytes, tweak: Uint8Array, compressed: boolean): Bytes;
    publicKeyTweakMul(point: Bytes, tweak: Uint8Array, compressed: boolean): Bytes;
    publicKeyNegate(point: Bytes, compressed: boolean): Bytes;
    publicKeyCombine(points: readonly Bytes[], compressed: boolean): Bytes;
    ecdh(point: Uint8Array, scalar: Uint8Array, options: Ecdh, output: Bytes): Bytes;
  };
  export default curve;
}
