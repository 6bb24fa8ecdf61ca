/**
 * Least squares with a little ridge, so that twin columns share their weight rather than blow up.
 *
 * Shape:  weights of the columns and an intercept; `rows` are the positions to learn from.
 */
export interface LinearFit {
  readonly intercept: number;
  readonly weights: readonly number[];
}

/** Ridge as a share of each column's own squares. */
const ridge = 1e-3;

export function linearFit(
  target: Float64Array,
  columns: readonly Float64Array[],
  rows: readonly number[],
): LinearFit {
  const means = columns.map((column) => meanAt(column, rows));
  const centre = meanAt(target, rows);
  const size = columns.length;
  const normal = columns.map(() => new Float64Array(size + 1));
  for (const row of rows) {
    const away = columns.map((column, index) => (column[row] ?? 0) - (means[index] ?? 0));
    const ofTarget = (target[row] ?? 0) - centre;
    normal.forEach((equation, i) => {
      for (let j = 0; j < size; j++) equation[j] = (equation[j] ?? 0) + (away[i] ?? 0) * (away[j] ?? 0);
      equation[size] = (equation[size] ?? 0) + (away[i] ?? 0) * ofTarget;
    });
  }
  normal.forEach((equation, i) => {
    equation[i] = (equation[i] ?? 0) * (1 + ridge);
  });
  const weights = solved(normal);
  return { weights, intercept: centre - weights.reduce((sum, w, i) => sum + w * (means[i] ?? 0), 0) };
}

/** The fit's value at one row; NaN where a column is missing there. */
export function fittedAt(
  { intercept, weights }: LinearFit,
  columns: readonly Float64Array[],
  row: number,
): number {
  let value = intercept;
  weights.forEach((weight, index) => {
    value += weight * (columns[index]?.[row] ?? Number.NaN);
  });
  return value;
}

/** Gauss-Jordan elimination; an equation without a pivot (a constant column) gets weight 0. */
function solved(equations: Float64Array[]): number[] {
  const size = equations.length;
  for (let i = 0; i < size; i++) {
    const pivotRow = equations[i];
    const pivot = pivotRow?.[i] ?? 0;
    if (pivotRow === undefined || !(pivot > 1e-12)) continue;
    for (let k = 0; k < size; k++) {
      const row = equations[k];
      if (k === i || row === undefined) continue;
      const factor = (row[i] ?? 0) / pivot;
      for (let j = i; j <= size; j++) row[j] = (row[j] ?? 0) - factor * (pivotRow[j] ?? 0);
    }
  }
  return equations.map((row, i) => ((row[i] ?? 0) > 1e-12 ? (row[size] ?? 0) / (row[i] ?? 1) : 0));
}

function meanAt(column: Float64Array, rows: readonly number[]): number {
  let sum = 0;
  for (const row of rows) sum += column[row] ?? 0;
  return rows.length === 0 ? 0 : sum / rows.length;
}
