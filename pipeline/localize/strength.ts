/** Beyond this many robust standard deviations, further out is no stronger evidence. */
const largestZ = 64;

/** The strength of evidence that is as far out as it can be: log2(65), about 6.02. */
export const fullStrength = Math.log2(1 + largestZ);

/**
 * How strong a deviation is as evidence, on the one scale that all localizers share: log2(1 + z),
 * 0 for none, 1 at one robust standard deviation, 2 at three, about 6 at most. The logarithm keeps
 * one wild metric from outshouting everything else.
 */
export function strengthOf(z: number): number {
  return Math.log2(1 + Math.min(Math.max(z, 0), largestZ));
}

/** The same, but what is further out than the scale goes still comes first, by a hair. */
export function farStrengthOf(z: number): number {
  return strengthOf(z) + 0.01 * (1 - largestZ / Math.max(z, largestZ));
}
