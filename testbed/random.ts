/** A stream of pseudo-random numbers that is the same on every machine. */
export interface Random {
  /** In [0, 1). */
  uniform(): number;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
}

/**
 * xoshiro128**, seeded through SplitMix32.
 *
 * Source: Blackman and Vigna 2021, ACM TOMS 47(4), and their public-domain code.
 */
export function xoshiro128(seed: number): Random {
  let mix = seed >>> 0;
  const next32 = () => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [next32(), next32(), next32(), next32()];
  const rotate = (x: number, bits: number) => ((x << bits) | (x >>> (32 - bits))) >>> 0;
  const next = () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
  const uniform = () => next() / 2 ** 32;
  return {
    uniform,
    pick: (items) => items[Math.floor(uniform() * items.length)] ?? items[0],
  };
}
