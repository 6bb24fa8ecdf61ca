/** Numbers in [0, 1), the same for the same seed on every machine. */
export type Random = () => number;

/**
 * xoshiro128**, its state filled by splitmix32 from `seed` and `name`, so that two users of one seed
 * draw independent numbers.
 *
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021, reference code.
 */
export function xoshiro(seed: number, name: string): Random {
  const next = splitmix(seed ^ fnv1a(name));
  let a = next();
  let b = next();
  let c = next();
  let d = next();
  return () => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return result / 4_294_967_296;
  };
}

function rotated(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function splitmix(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
}

/** FNV-1a, 32 bits. */
export function fnv1a(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state;
}
