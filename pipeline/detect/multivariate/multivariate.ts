import { stackedRows } from "../../learn/stacked-rows.ts";
import type { AnomalyDetector, Course, Lessons } from "../../ports.ts";
import type { MetricAnomaly, MetricSeries, TelemetrySlice } from "../../types.ts";
import { automatic } from "../automatic.ts";
import { eventsOf, type Normal } from "../metric-events.ts";
import { floored } from "../three-sigma.ts";
import { type Entity, entitiesOf, heldRows, tableOf, windowAt, windowEnds } from "./entities.ts";
import { learnGroups, parametersOf, scaledRows, scoresOf } from "./learn-groups.ts";
import { type MetricGroup, MetricModel, unscaled } from "./metric-model.ts";
import { omniNetwork } from "./omni-network.ts";
import { usadNetwork } from "./usad-network.ts";
import type { WindowNetwork } from "./window-network.ts";

/**
 * Judges the metrics of an instance together: they are abnormal where the last twelve samples of all of them
 * cannot be rebuilt as normal ones can, by USAD's two autoencoders.
 *
 * Source: USAD (usad-network.ts).
 */
export const usad = multivariate("usad", usadNetwork, ["twelve samples", "0 to 1 by the normal range"]);

/**
 * The same by the probability of the last sample after the twenty-nine before it, by OmniAnomaly's recurrent
 * network.
 *
 * Source: OmniAnomaly (omni-network.ts).
 */
export const omniAnomaly = multivariate("omni-anomaly", omniNetwork, [
  "thirty samples",
  "0 to 1 by the normal range",
]);

/**
 * A detector that looks at metrics together. A sample is flagged where both its window and its metric score
 * higher than one normal window in a thousand.
 *
 * Units:  `mean` is what the network expects of the sample, `std` how far normal samples are from that.
 * Throws: never. What it was not fitted for, and an instance that lacks one of its metrics, is judged by
 *         `automatic`. Not judged are samples with too little before them, or where a metric is missing for
 *         more than three steps.
 * Source: ours beside the networks: a metric's score is that of its last sample alone, so that an anomaly
 *         ends when it ends; thresholds per metric; twelve metrics at most in one network.
 */
function multivariate(name: "usad" | "omni-anomaly", network: WindowNetwork, features: readonly string[]) {
  const judge = (slice: TelemetrySlice, model: MetricModel | null) => {
    const groups = model?.groups ?? [];
    const judged = new Set<MetricSeries>();
    const found = entitiesOf(slice.metrics).flatMap((entity) =>
      groups
        .filter(
          ({ service, perInstance }) =>
            service === entity.service && perInstance === (entity.instance !== null),
        )
        .flatMap((group) => judgedGroup(name, network, entity, group, judged)),
    );
    return { found, others: slice.metrics.filter((series) => !judged.has(series)) };
  };
  return {
    name,
    modality: "metric",
    isMultivariate: true,
    learner: {
      version: 1,
      isSlow: true,
      features,
      model: MetricModel,
      fit(lessons: Lessons, seed: number, course?: Course<MetricModel>): MetricModel {
        return learnGroups(name, network, lessons, seed, course ?? { previous: null, tell: () => {} });
      },
      isEmpty: ({ groups }: MetricModel) => groups.length === 0,
    },
    detect(slice: TelemetrySlice, model: MetricModel | null = null): MetricAnomaly[] {
      const { found, others } = judge(slice, model);
      const rest = automatic.detect({ ...slice, metrics: others });
      return [...found, ...rest];
    },
    whyLess(slice: TelemetrySlice, model: MetricModel | null): string | null {
      if (slice.metrics.length === 0) return null;
      const instead = "the detector that suits their distribution judged them instead";
      if (model === null) {
        return `The detector ${name} has not been fitted, so it judged no metrics: ${instead}. Run localexpert fit --method ${name}.`;
      }
      const known = new Set(model.groups.map(({ service }) => service));
      const services = new Set(slice.metrics.map(({ key }) => key.service));
      const missing = [...services].filter((service) => !known.has(service)).length;
      if (missing === 0) return null;
      return `The detector ${name} knows nothing of the metrics of ${missing} of ${services.size} services, since there was too little of them to learn from: ${instead}.`;
    },
  } as const satisfies AnomalyDetector<MetricModel>;
}

/** The events of a group of metrics of one entity; the series that it judged go into `judged`. */
function judgedGroup(
  name: string,
  network: WindowNetwork,
  entity: Entity,
  group: MetricGroup,
  judged: Set<MetricSeries>,
): MetricAnomaly[] {
  const columns = group.metrics.length;
  const parameters = parametersOf(network, columns, group.weights);
  const here = group.metrics.map((metric) => entity.series.get(metric));
  if (parameters === null || here.includes(undefined)) return [];
  const table = tableOf(entity, group.metrics, ({ before, window }) => [before, window]);
  const rows = scaledRows(heldRows(table), group);
  const ends = windowEnds(table.steps, rows, network.length);
  if (ends.length === 0) return [];
  const windows = stackedRows(ends.map((end) => windowAt(rows, end, network.length)));
  const scores = scoresOf(network, parameters, windows, columns);
  const placeOf = new Map(ends.map((end, place) => [table.steps[end], place]));
  return here.flatMap((series, column) => {
    if (series === undefined) return [];
    judged.add(series);
    const [low, high] = [group.low[column] ?? 0, group.high[column] ?? 1];
    const usual = group.usual[column] ?? 0;
    const std = floored(group.residual[column] ?? 0, usual);
    const places = Array.from(series.window.t, (at) => placeOf.get(Math.floor(at / table.stepMs)));
    const normalOf = (index: number): Normal => {
      const place = places[index];
      const expected = place === undefined ? undefined : scores.expected[place * columns + column];
      return { mean: expected === undefined ? usual : unscaled(expected, low, high), std };
    };
    return eventsOf(series, {
      detector: name,
      z: series.window.v.map((value, index) => (value - normalOf(index).mean) / std),
      normalOf,
      isFlagged(index) {
        const place = places[index];
        if (place === undefined || Number.isNaN(series.window.v[index])) return false;
        const own = scores.columns[place * columns + column] ?? 0;
        const limit = Math.max(group.thresholds[column] ?? Number.POSITIVE_INFINITY, scores.echo[place] ?? 0);
        return (scores.whole[place] ?? 0) > group.threshold && own > limit;
      },
    });
  });
}
