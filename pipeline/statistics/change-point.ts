import { logGamma } from "./student-t.ts";

export interface ChangePointOptions {
  /** How many rows lie between changes on average. */
  readonly meanRun?: number;
}

const usualRun = 250;
/** Run lengths with less weight than this are dropped. */
const leastMass = 1e-6;
/** Prior of each column, which comes in standard deviations: mean 0, worth one row, variance about 1. */
const priorRows = 1;
const priorShape = 1.5;
const priorScale = 1;
/** A change shows when the most probable run is this much shorter than one row more than before. */
const leastReset = 3;

interface Run {
  length: number;
  logMass: number;
  /** Row count, then mean and sum of squares of each column in this run. */
  readonly means: Float64Array;
  readonly scales: Float64Array;
}

/**
 * The rows at which several columns together began to behave differently, by Bayesian online change
 * point detection.
 *
 * Shape:  rows at which a new regime began, ascending; row 0 is none. Columns are standardized by the
 *         caller; a missing value says nothing.
 * Throws: never.
 * Source: Adams and MacKay 2007, arXiv 0710.3742, as BARO uses it (Pham et al., FSE 2024): run-length
 *         recursion with a constant hazard. Departure: columns are independent given the run, each with a
 *         normal-inverse-gamma prior, since short windows do not hold a covariance; a change is where the
 *         most probable run length falls back.
 */
export function changePoints(
  columns: readonly Float64Array[],
  { meanRun = usualRun }: ChangePointOptions = {},
): number[] {
  const rows = columns[0]?.length ?? 0;
  const width = columns.length;
  const logHazard = Math.log(1 / meanRun);
  const logStay = Math.log1p(-1 / meanRun);
  let runs: Run[] = [emptyRun(width, 0)];
  let before = 0;
  const changes = new Set<number>();
  for (let row = 0; row < rows; row++) {
    let logRestart = Number.NEGATIVE_INFINITY;
    const grown: Run[] = [];
    for (const run of runs) {
      const mass = run.logMass + logPredictive(run, columns, row);
      logRestart = logSum(logRestart, mass + logHazard);
      grown.push(extended(run, columns, row, mass + logStay));
    }
    const all = [...grown, emptyRun(width, logRestart)];
    const total = all.reduce((sum, run) => logSum(sum, run.logMass), Number.NEGATIVE_INFINITY);
    runs = all.filter((run) => run.logMass - total > Math.log(leastMass));
    for (const run of runs) run.logMass -= total;
    const likely = runs.reduce((best, run) => (run.logMass > best.logMass ? run : best));
    if (likely.length <= before + 1 - leastReset) changes.add(row + 1 - likely.length);
    before = likely.length;
  }
  changes.delete(0);
  changes.delete(rows);
  return [...changes].sort((a, b) => a - b);
}

function emptyRun(width: number, logMass: number): Run {
  return {
    length: 0,
    logMass,
    means: new Float64Array(width),
    scales: new Float64Array(width).fill(priorScale),
  };
}

/** Student's t with the run's posterior, added up over the columns. */
function logPredictive(
  { length, means, scales }: Run,
  columns: readonly Float64Array[],
  row: number,
): number {
  const weight = priorRows + length;
  const shape = priorShape + length / 2;
  const degrees = 2 * shape;
  const constant = logGamma((degrees + 1) / 2) - logGamma(degrees / 2) - 0.5 * Math.log(degrees * Math.PI);
  let sum = 0;
  for (let column = 0; column < columns.length; column++) {
    const value = columns[column]?.[row] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const variance = ((scales[column] ?? 1) * (weight + 1)) / (shape * weight);
    const squared = (value - (means[column] ?? 0)) ** 2 / variance;
    sum += constant - 0.5 * Math.log(variance) - ((degrees + 1) / 2) * Math.log1p(squared / degrees);
  }
  return sum;
}

function extended(run: Run, columns: readonly Float64Array[], row: number, logMass: number): Run {
  const weight = priorRows + run.length;
  const means = run.means.slice();
  const scales = run.scales.slice();
  for (let column = 0; column < columns.length; column++) {
    const value = columns[column]?.[row] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const away = value - (means[column] ?? 0);
    means[column] = (means[column] ?? 0) + away / (weight + 1);
    scales[column] = (scales[column] ?? 0) + (weight * away * away) / (2 * (weight + 1));
  }
  return { length: run.length + 1, logMass, means, scales };
}

function logSum(a: number, b: number): number {
  const larger = Math.max(a, b);
  if (larger === Number.NEGATIVE_INFINITY) return larger;
  return larger + Math.log(Math.exp(a - larger) + Math.exp(b - larger));
}
