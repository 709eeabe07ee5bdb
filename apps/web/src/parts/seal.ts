// The seal: 32 bytes drawn as an 8×8 mirrored figure, a reminder for the eye and no proof (spec/web.md, signatures).
export type Dot = { readonly x: number; readonly y: number; readonly shape: 'signal' | 'dot' | 'square' };

/** `bytes`: 32, a hash of the public fingerprint. Each modulo 7: 0 yellow square, 1 dot, 2–3 square, 4–6 empty. */
export function sealDots(bytes: Uint8Array): readonly Dot[] {
  const dots: Dot[] = [];
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 4; x++) {
      const value = (bytes[y * 4 + x] ?? 6) % 7;
      if (value > 3) continue;
      const shape = value === 0 ? 'signal' : value === 1 ? 'dot' : 'square';
      dots.push({ x, y, shape }, { x: 7 - x, y, shape });
    }
  }
  return dots;
}

const round = (x: number, y: number, r: number): string => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
const box = (x: number, y: number, side: number): string => `M${x} ${y}h${side}v${side}h${-side}z`;

/** Path data on a 64×64 ground, for one ink. */
export function dotsPath(dots: readonly { readonly x: number; readonly y: number; readonly round: boolean }[], pitch = 8): string {
  const inset = pitch / 16;
  return dots
    .map((d) =>
      d.round
        ? round(d.x * pitch + pitch / 2, d.y * pitch + pitch / 2, pitch * 0.42)
        : box(d.x * pitch + inset, d.y * pitch + inset, pitch - 2 * inset),
    )
    .join('');
}
