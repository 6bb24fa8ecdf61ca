import type { MetricSeries, Samples } from "../../types.ts";

/** The metrics of one instance, or those of a service that belong to no instance. */
export interface Entity {
  readonly service: string;
  readonly instance: string | null;
  readonly series: ReadonlyMap<string, MetricSeries>;
}

export function entitiesOf(metrics: readonly MetricSeries[]): Entity[] {
  const found = new Map<
    string,
    { service: string; instance: string | null; series: Map<string, MetricSeries> }
  >();
  for (const one of metrics) {
    const { service, instance, metric } = one.key;
    const id = JSON.stringify([service, instance]);
    const known = found.get(id) ?? { service, instance, series: new Map<string, MetricSeries>() };
    known.series.set(metric, one);
    found.set(id, known);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entity]) => entity);
}

/** Samples of several metrics on one grid: a row each, NaN where one is missing. */
export interface Table {
  readonly stepMs: number;
  /** Ascending, in whole steps. */
  readonly steps: readonly number[];
  readonly rows: readonly Float64Array[];
}

/** The parts of some metrics of an entity as one table; a metric that it does not have is missing throughout. */
export function tableOf(
  { series }: Entity,
  metrics: readonly string[],
  partsOf: (series: MetricSeries) => readonly Samples[],
): Table {
  const known = metrics.map((metric) => series.get(metric));
  const stepMs = Math.max(1, ...known.flatMap((one) => (one === undefined ? [] : [one.stepMs])));
  const rows = new Map<number, Float64Array>();
  known.forEach((one, column) => {
    if (one === undefined) return;
    for (const { t, v } of partsOf(one)) {
      t.forEach((at, index) => {
        const value = v[index] ?? Number.NaN;
        if (!Number.isFinite(value)) return;
        const step = Math.floor(at / stepMs);
        const row = rows.get(step) ?? new Float64Array(metrics.length).fill(Number.NaN);
        row[column] = value;
        rows.set(step, row);
      });
    }
  });
  const steps = [...rows.keys()].sort((a, b) => a - b);
  return { stepMs, steps, rows: steps.map((step) => rows.get(step) ?? new Float64Array(0)) };
}

/** A metric that is not measured for a moment is where it was. */
const longestHold = 3;

/** The rows with short gaps bridged by the last value; longer ones stay NaN. */
export function heldRows({ steps, rows }: Table): Float64Array[] {
  const last = Array.from(rows[0] ?? [], () => ({ value: Number.NaN, step: Number.NEGATIVE_INFINITY }));
  return rows.map((row, index) =>
    row.map((value, column) => {
      const step = steps[index] ?? 0;
      const held = last[column];
      if (held === undefined) return value;
      if (Number.isNaN(value)) return step - held.step <= longestHold ? held.value : value;
      last[column] = { value, step };
      return value;
    }),
  );
}

/** Where windows of `length` rows end that neither time nor a value is missing in. */
export function windowEnds(
  steps: readonly number[],
  rows: readonly Float64Array[],
  length: number,
): number[] {
  let whole = 0;
  return steps.flatMap((step, index) => {
    whole = rows[index]?.some(Number.isNaN) === true ? 0 : whole + 1;
    const first = steps[index - length + 1];
    return whole >= length && first !== undefined && step - first < length + longestHold ? [index] : [];
  });
}

/** The rows up to `end` in one, the oldest first. */
export function windowAt(rows: readonly Float64Array[], end: number, length: number): Float64Array {
  const columns = rows[end]?.length ?? 0;
  const window = new Float64Array(length * columns);
  for (let i = 0; i < length; i++) window.set(rows[end - length + 1 + i] ?? [], i * columns);
  return window;
}
