import { studentTwoSided } from "../statistics/student-t.ts";

/** A residual with less than this share of its variance left is fully explained by the conditions. */
const leastRest = 1e-10;

export interface PartialCorrelation {
  readonly r: number;
  readonly t: number;
  readonly degrees: number;
  /** Two-sided; 1 where nothing can be told. */
  readonly p: number;
}

/** Correlations of variables that were seen at the same `count` points. */
export interface Correlations {
  readonly count: number;
  readonly at: (a: number, b: number) => number;
  /** Constants correlate with nothing and count as no condition. */
  readonly isConstant: (variable: number) => boolean;
}

/** Pearson correlations of columns of equal length, all of them at once. */
export function correlationsOf(columns: readonly Float64Array[]): Correlations {
  const count = columns[0]?.length ?? 0;
  const size = columns.length;
  const unit = columns.map(standardized);
  const matrix = new Float64Array(size * size);
  for (let a = 0; a < size; a++) {
    for (let b = a; b < size; b++) {
      const value = a === b ? 1 : dot(unit[a], unit[b]);
      matrix[a * size + b] = value;
      matrix[b * size + a] = value;
    }
  }
  return {
    count,
    at: (a, b) => matrix[a * size + b] ?? 0,
    isConstant: (variable) => unit[variable] === null,
  };
}

/**
 * Tests whether x and y still go together once the conditions are accounted for, linearly.
 *
 * Shape:  r 0 and p 1 where x or y is constant or fully explained, or fewer than one degree of freedom
 *         is left; a condition that others explain already changes nothing but costs its degree.
 * Source: ParCorr as in PCMCI (Runge et al., Sci. Adv. 2019), written from its definition: df = n - 2 -
 *         conditions, t = r √(df / (1 - r²)). Conditions are taken out by a Cholesky factor of the
 *         correlations in place of a regression on the samples, since all tests share their points.
 */
export function partialCorrelation(
  correlations: Correlations,
  x: number,
  y: number,
  conditions: readonly number[],
): PartialCorrelation {
  const used = conditions.filter((variable) => !correlations.isConstant(variable));
  const degrees = correlations.count - 2 - used.length;
  const r = degrees < 1 ? 0 : restCorrelation(correlations, x, y, used);
  if (r === 0) return { r: 0, t: 0, degrees, p: 1 };
  if (Math.abs(r) >= 1) return { r: Math.sign(r), t: r * Number.POSITIVE_INFINITY, degrees, p: 0 };
  const t = r * Math.sqrt(degrees / (1 - r * r));
  return { r, t, degrees, p: studentTwoSided(t, degrees) };
}

/** The correlation of what the conditions leave of x and y: the last block of the Cholesky factor. */
function restCorrelation(
  correlations: Correlations,
  x: number,
  y: number,
  conditions: readonly number[],
): number {
  if (correlations.isConstant(x) || correlations.isConstant(y)) return 0;
  const order = [...conditions, x, y];
  const size = order.length;
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = correlations.at(order[row] ?? 0, order[column] ?? 0);
      for (let k = 0; k < column; k++) {
        rest -= (factor[row * size + k] ?? 0) * (factor[column * size + k] ?? 0);
      }
      const pivot = factor[column * size + column] ?? 0;
      if (row === column) factor[row * size + row] = rest > leastRest ? Math.sqrt(rest) : 0;
      else factor[row * size + column] = pivot > 0 ? rest / pivot : 0;
    }
  }
  const last = size - 1;
  const ofX = factor[(last - 1) * size + last - 1] ?? 0;
  const shared = factor[last * size + last - 1] ?? 0;
  const alone = factor[last * size + last] ?? 0;
  if (ofX === 0 || Math.hypot(shared, alone) ** 2 <= leastRest) return 0;
  return shared / Math.hypot(shared, alone);
}

/** Centred and of length one; null for a constant. */
function standardized(column: Float64Array): Float64Array | null {
  let mean = 0;
  for (const value of column) mean += value / column.length;
  let squares = 0;
  for (const value of column) squares += (value - mean) ** 2;
  const length = Math.sqrt(squares);
  if (!(length > 1e-12 * Math.abs(mean) * Math.sqrt(column.length))) return null;
  return column.map((value) => (value - mean) / length);
}

function dot(a: Float64Array | null | undefined, b: Float64Array | null | undefined): number {
  if (!a || !b) return 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
