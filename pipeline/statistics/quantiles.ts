/** Order statistics over plain or typed arrays. NaN marks a missing value and never takes part. */

/** Copy without missing values, in their order. */
export function present(values: ArrayLike<number>): Float64Array {
  const kept = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === undefined || Number.isNaN(value)) continue;
    kept[count] = value;
    count++;
  }
  return kept.subarray(0, count);
}

/** Ascending copy without missing values. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return present(values).sort();
}

/** Quantile `q` (0 to 1) of ascending values, on a line between neighbours (type 7); NaN for none. */
export function quantileOfSorted(ascending: Float64Array, q: number): number {
  if (ascending.length === 0) return Number.NaN;
  const at = (ascending.length - 1) * q;
  const low = Math.floor(at);
  const below = ascending[low] ?? Number.NaN;
  const above = ascending[Math.min(low + 1, ascending.length - 1)] ?? below;
  // Infinite neighbours: infinity times nothing, or less infinity, is no number.
  if (at === low || above === below) return below;
  return below + (above - below) * (at - low);
}

export function quantile(values: ArrayLike<number>, q: number): number {
  return quantileOfSorted(sorted(values), q);
}

/** The interquartile range as a standard deviation: IQR / 1.349, exact for normal data. */
export function robustSpread(ascending: Float64Array): number {
  return (quantileOfSorted(ascending, 0.75) - quantileOfSorted(ascending, 0.25)) / 1.349;
}
