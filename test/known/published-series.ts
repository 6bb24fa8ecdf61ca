/** The linear congruential generator that the published known answers are drawn with: [0, 1). */
export function congruential(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
