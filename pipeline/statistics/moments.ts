import { quantile } from "./quantiles.ts";

/** Moments and robust centre and scale over arrays in which NaN marks a missing value. */

/** How many values are not missing. */
export function presentCount(values: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i] ?? Number.NaN)) count++;
  return count;
}

/** Arithmetic mean; NaN for none. */
export function mean(values: ArrayLike<number>): number {
  let count = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
  }
  return count === 0 ? Number.NaN : sum / count;
}

/** Standard deviation with `ddof` degrees of freedom taken off; NaN with no more values than that. */
export function standardDeviation(values: ArrayLike<number>, ddof = 0): number {
  const centre = mean(values);
  let count = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    count++;
    const distance = value - centre;
    squares += distance * distance;
  }
  return count > ddof ? Math.sqrt(squares / (count - ddof)) : Number.NaN;
}

/** Middle value, between the two middle ones of an even number; NaN for none. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** Median distance from the median, times 1.4826: one standard deviation for normal data. NaN for none. */
export function medianAbsoluteDeviation(values: ArrayLike<number>): number {
  const centre = median(values);
  const distances = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) distances[i] = Math.abs((values[i] ?? Number.NaN) - centre);
  return 1.4826 * median(distances);
}

/** Third standardized moment, population form; NaN for none, 0 for values that are all equal. */
export function skewness(values: ArrayLike<number>): number {
  const centre = mean(values);
  const scale = standardDeviation(values);
  if (scale === 0) return 0;
  let count = 0;
  let cubes = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    count++;
    const distance = (value - centre) / scale;
    cubes += distance * distance * distance;
  }
  return cubes / count;
}
