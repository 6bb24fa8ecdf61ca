import { trainUntilBest } from "../../learn/early-stopping.ts";
import { copyParameters, restoreParameters, savedParameters } from "../../learn/saved-parameters.ts";
import { batchesOf, shuffled, stackedRows } from "../../learn/stacked-rows.ts";
import type { Tensor } from "../../learn/tape.ts";
import { type Random, xoshiro } from "../../learn/xoshiro.ts";
import type { Course, Lessons } from "../../ports.ts";
import { mean, standardDeviation } from "../../statistics/moments.ts";
import { spot } from "../../statistics/spot.ts";
import type { MetricSeries } from "../../types.ts";
import { floored } from "../three-sigma.ts";
import { type Entity, entitiesOf, heldRows, tableOf, windowAt, windowEnds } from "./entities.ts";
import { type MetricGroup, type MetricModel, scaled, unscaled } from "./metric-model.ts";
import type { WindowNetwork, WindowScores } from "./window-network.ts";

/** More metrics in one network cost more than in proportion; a service that has more gets several. */
const mostColumns = 12;
const mostWindows = 1_000;
const validationShare = 0.2;
/** Instances without one of the metrics teach nothing, so what fewer of them have is left out. */
const leastPresent = 0.9;
/** Normal windows whose score is this high are one in a thousand. */
const risk = 1e-3;
/** With fewer scores no tail can be fitted to them. */
const fewestForTail = 500;
const sigmas = 3;
/** The squares of larger values are no numbers any more. */
const largest = 1e150;

/** The metrics of one kind of entity: of a service's instances, or of the service. */
interface Lesson {
  readonly service: string;
  readonly perInstance: boolean;
  readonly entities: Entity[];
}

/**
 * Fits one network to each dozen metrics of a service, over all its instances.
 *
 * Shape:  services with too few metrics or normal windows get none. Metrics that do not vary are left out.
 *         Of more than 1,000 windows an even share is taken. Goes on from the weights of `previous` where a
 *         group has the same metrics.
 * Throws: never. Same lessons, seed and previous model, same numbers.
 */
export function learnGroups(
  name: string,
  network: WindowNetwork,
  { normal }: Lessons,
  seed: number,
  { previous, tell }: Course<MetricModel>,
): MetricModel {
  const lessons = new Map<string, Lesson>();
  for (const { metrics } of normal) {
    for (const entity of entitiesOf(metrics)) {
      const perInstance = entity.instance !== null;
      const id = JSON.stringify([entity.service, perInstance]);
      const known = lessons.get(id) ?? { service: entity.service, perInstance, entities: [] };
      known.entities.push(entity);
      lessons.set(id, known);
    }
  }
  const groups = [...lessons]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, lesson]) =>
      dozens(lesson).flatMap((metrics) => {
        const group = learnGroup(name, network, lesson, metrics, seed, { previous, tell });
        return group === null ? [] : [group];
      }),
    );
  return { groups };
}

/** The lesson's metrics that vary and are mostly there, by name, in groups of at most twelve of one size. */
function dozens({ entities }: Lesson): string[][] {
  const metrics = new Set(entities.flatMap(({ series }) => [...series.keys()]));
  const taught = [...metrics].sort().filter((metric) => {
    const all = entities.flatMap(({ series }) => series.get(metric) ?? []);
    return all.length >= leastPresent * entities.length && varies(all);
  });
  const count = Math.ceil(taught.length / mostColumns);
  const size = Math.ceil(taught.length / Math.max(1, count));
  return Array.from({ length: count }, (_, index) => taught.slice(index * size, (index + 1) * size));
}

function varies(series: readonly MetricSeries[]): boolean {
  const { low, high } = rangeOf(series.flatMap(normalParts).map(({ v }) => v));
  const size = Math.max(Math.abs(low), Math.abs(high));
  return high - low > floored(0, size) && size < largest;
}

function rangeOf(parts: readonly Float64Array[]): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const part of parts) {
    for (const value of part) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return { low, high };
}

/** All of a fault-free period is normal, and its window may be part of its reference. */
const normalParts = ({ reference, window }: MetricSeries) => [reference, window];

function learnGroup(
  name: string,
  network: WindowNetwork,
  { service, perInstance, entities }: Lesson,
  metrics: readonly string[],
  seed: number,
  { previous, tell }: Course<MetricModel>,
): MetricGroup | null {
  if (metrics.length < network.fewestColumns) return null;
  const tables = entities.map((entity) => tableOf(entity, metrics, normalParts));
  const columns = metrics.map((_, column) =>
    Float64Array.from(tables.flatMap(({ rows }) => rows.map((row) => row[column] ?? Number.NaN))).filter(
      (value) => !Number.isNaN(value),
    ),
  );
  const ranges = columns.map((values) => rangeOf([values]));
  const scaling = {
    low: ranges.map(({ low }) => low),
    high: ranges.map(({ high }) => high),
    usual: columns.map((values) => mean(values)),
  };
  const all = tables.flatMap((table) => {
    const rows = scaledRows(heldRows(table), scaling);
    return windowEnds(table.steps, rows, network.length).map((end) => windowAt(rows, end, network.length));
  });
  if (all.length < network.fewestWindows) return null;
  const random = xoshiro(seed, `${name} ${service} ${perInstance} ${metrics.join(" ")}`);
  const windows = shuffled(evenShare(all, mostWindows), random);
  const parameters = network.create(metrics.length, random);
  const isWarm = goesOn(network, parameters, metrics, known(previous, service, perInstance, metrics));
  const part = `${service}: ${metrics.length} metrics from ${metrics[0] ?? ""}`;
  const held = Math.ceil(validationShare * windows.length);
  const [validation, taught] = [stackedRows(windows.slice(0, held)), windows.slice(held)];
  const schooling = network.school(parameters, metrics.length, random);
  const schooled = trainUntilBest(
    parameters,
    { epochs: network.epochs, checkEvery: 1, patience: network.patience },
    (epoch) => schooling.trainEpoch(epochOf(taught, network, epoch, random), epoch),
    (epoch) => schooling.validate(validation, epoch),
    (epoch, loss) => tell({ kind: "epoch", part, epoch, loss }),
  );
  if (schooled === null) return null;
  tell({ kind: "part", part, ...schooled, isWarm });
  const seen = stackedRows(windows);
  const scores = scoresOf(network, parameters, seen, metrics.length);
  return {
    service,
    perInstance,
    metrics: [...metrics],
    ...scaling,
    residual: residuals(seen, scores, scaling),
    threshold: usualLimit(scores.whole),
    thresholds: metrics.map((_, column) => usualLimit(everyNth(scores.columns, column, metrics.length))),
    weights: savedParameters(parameters),
  };
}

/** Batches of the windows, again and again in another order until there are enough. */
function epochOf(
  windows: readonly Float64Array[],
  { batch, fewestBatches }: WindowNetwork,
  epoch: number,
  random: Random,
): Tensor[] {
  const batches: Tensor[] = [];
  do batches.push(...batchesOf(shuffled(windows, random), batch));
  while (batches.length < fewestBatches(epoch));
  return batches;
}

export function scaledRows(
  rows: readonly Float64Array[],
  { low, high }: Pick<MetricGroup, "low" | "high">,
): Float64Array[] {
  return rows.map((row) => row.map((value, column) => scaled(value, low[column] ?? 0, high[column] ?? 1)));
}

/** So many windows at once: what a network computes of them must fit into memory. */
const scoredAtOnce = 256;

export function scoresOf(
  network: WindowNetwork,
  parameters: readonly Tensor[],
  windows: Tensor,
  columns: number,
): WindowScores {
  const whole = new Float64Array(windows.rows);
  const echo = new Float64Array(windows.rows);
  const ofColumns = new Float64Array(windows.rows * columns);
  const expected = new Float64Array(windows.rows * columns);
  for (let from = 0; from < windows.rows; from += scoredAtOnce) {
    const rows = Math.min(scoredAtOnce, windows.rows - from);
    const data = windows.data.subarray(from * windows.cols, (from + rows) * windows.cols);
    const part = network.score(parameters, { ...windows, rows, data, grad: data }, columns);
    whole.set(part.whole, from);
    echo.set(part.echo, from);
    ofColumns.set(part.columns, from * columns);
    expected.set(part.expected, from * columns);
  }
  return { whole, echo, columns: ofColumns, expected };
}

function known(
  previous: MetricModel | null,
  service: string,
  perInstance: boolean,
  metrics: readonly string[],
): MetricGroup | null {
  const same = previous?.groups.find(
    (group) =>
      group.service === service &&
      group.perInstance === perInstance &&
      group.metrics.join("\n") === metrics.join("\n"),
  );
  return same ?? null;
}

function goesOn(
  network: WindowNetwork,
  parameters: readonly Tensor[],
  metrics: readonly string[],
  before: MetricGroup | null,
): boolean {
  const restored = before === null ? null : parametersOf(network, metrics.length, before.weights);
  return restored !== null && copyParameters(restored, parameters);
}

/** null where the weights are not as many as the network has. */
export function parametersOf(
  network: WindowNetwork,
  columns: number,
  weights: readonly number[],
): Tensor[] | null {
  const parameters = network.create(columns, () => 0.5);
  return restoreParameters(parameters, weights) ? parameters : null;
}

/** What one normal window in a thousand exceeds. */
function usualLimit(scores: Float64Array): number {
  if (scores.length < fewestForTail) return mean(scores) + sigmas * standardDeviation(scores);
  return spot(scores, [], { risk }).calibrated;
}

function residuals(
  windows: Tensor,
  { expected }: WindowScores,
  { low, high }: Pick<MetricGroup, "low" | "high">,
): number[] {
  const columns = low.length;
  return low.map((from, column) => {
    const to = high[column] ?? 1;
    const away = everyNth(expected, column, columns).map((value, row) => {
      const seen = windows.data[row * windows.cols + windows.cols - columns + column] ?? 0;
      return unscaled(seen, from, to) - unscaled(value, from, to);
    });
    return Math.sqrt(mean(away.map((one) => one * one)));
  });
}

function everyNth(values: Float64Array, from: number, step: number): Float64Array {
  return Float64Array.from(
    { length: Math.floor(values.length / step) },
    (_, i) => values[i * step + from] ?? 0,
  );
}

function evenShare<Item>(items: readonly Item[], most: number): Item[] {
  const step = Math.max(1, items.length / most);
  return Array.from({ length: Math.min(items.length, most) }, (_, i) => items[Math.floor(i * step)]).flatMap(
    (item) => (item === undefined ? [] : [item]),
  );
}
