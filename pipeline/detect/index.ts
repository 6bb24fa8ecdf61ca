import type { AnomalyDetector, FittedModels } from "../ports.ts";
import type { Anomaly, Gap, MetricSeries, SeriesKey, TelemetrySlice } from "../types.ts";
import { automatic } from "./automatic.ts";
import { brokenSequences } from "./broken-sequences.ts";
import { callDelays } from "./call-delays.ts";
import { dbscan } from "./dbscan.ts";
import { endedServices } from "./ended-services.ts";
import { logTemplates } from "./log-templates.ts";
import { lostRequests } from "./lost-requests.ts";
import { omniAnomaly, usad } from "./multivariate/multivariate.ts";
import { percentile } from "./percentile.ts";
import { callRepeats } from "./repeated-calls.ts";
import { robustSpread } from "./robust-spread.ts";
import { markSignals } from "./significance.ts";
import { slidingSigma } from "./sliding-sigma.ts";
import { dspot, spot } from "./tail-detectors.ts";
import { medianMad, threeSigma } from "./three-sigma.ts";
import { traceAnomaly } from "./trace-anomaly/trace-anomaly.ts";
import { traceRules } from "./trace-rules.ts";

export const metricDetectors = {
  "three-sigma": threeSigma,
  "robust-spread": robustSpread,
  "lost-requests": lostRequests,
  automatic,
  "median-mad": medianMad,
  "sliding-sigma": slidingSigma,
  percentile,
  dbscan,
  spot,
  dspot,
  usad,
  "omni-anomaly": omniAnomaly,
} as const;
export const traceDetectors = {
  "trace-rules": traceRules,
  "call-delays": callDelays,
  "repeated-calls": callRepeats,
  "trace-anomaly": traceAnomaly,
} as const;
export const logDetectors = {
  "log-templates": logTemplates,
  "broken-sequences": brokenSequences,
  "ended-services": endedServices,
} as const;

/** The detectors to run, by the names of the registries. */
export interface DetectorNames {
  readonly metric: readonly (keyof typeof metricDetectors)[];
  readonly trace: readonly (keyof typeof traceDetectors)[];
  readonly log: readonly (keyof typeof logDetectors)[];
  /** The operator's choices; of several that fit a metric the first counts. */
  readonly perMetric?: readonly MetricChoice[];
}

/** Metrics that one detector alone judges. `*` stands for any characters; no service means every one. */
export interface MetricChoice {
  readonly metric: string;
  readonly service?: string | undefined;
  readonly detector: keyof typeof metricDetectors;
}

/**
 * Runs the detectors, each with its fitted model where there is one, and numbers what they find: "metric-1" is the most severe metric anomaly.
 *
 * Shape:  metrics, then traces, then logs, each by severity; equal ones by service, instance, start
 *         and content, so that the same slice always gives the same ids. Metric anomalies that are no
 *         events are marked as signals (significance.ts).
 */
export function detect(
  slice: TelemetrySlice,
  names: DetectorNames,
  models: FittedModels["models"] = {},
): readonly Anomaly[] {
  const { chosen, others } = chosenSeries(slice.metrics, names.perMetric ?? []);
  const rest = { ...slice, metrics: others };
  const detectors = detectorsOf(names);
  const byChoice = [...chosen].flatMap(([name, metrics]) =>
    judgedBy(metricDetectors[name], metrics, slice, models),
  );
  const bySlice = detectors.map((detector) => detector.detect(rest, models[detector.name] ?? null));
  return combined([...byChoice, ...onePerSeries(bySlice.flat())], slice.metrics);
}

/** All that was found, in order and numbered, and metric anomalies told apart as events and signals. */
function combined(found: readonly Anomaly[], metrics: readonly MetricSeries[]): readonly Anomaly[] {
  const ordered = (["metric", "trace", "log"] as const).flatMap((modality) =>
    found
      .filter((anomaly) => anomaly.modality === modality)
      .map((anomaly) => ({ anomaly, order: orderKey(anomaly) }))
      .sort((a, b) => b.anomaly.severity - a.anomaly.severity || (a.order < b.order ? -1 : 1))
      .map(({ anomaly }, index) => ({ ...anomaly, id: `${modality}-${index + 1}` })),
  );
  return markSignals(ordered, metrics);
}

/**
 * What `detect` gives, put together from what its detectors found before, in their order: so that each runs once
 * where several choices of them are compared.
 */
export function detected(
  found: readonly (readonly Anomaly[])[],
  metrics: readonly MetricSeries[],
): readonly Anomaly[] {
  return combined(onePerSeries(found.flat()), metrics);
}

/** What the named detectors did without: a model that cannot be used, or none where one is needed. */
export function detectorGaps(slice: TelemetrySlice, names: DetectorNames, fitted?: FittedModels): Gap[] {
  const perMetric = (names.perMetric ?? []).map(({ detector }) => metricDetectors[detector]);
  const used = new Set<AnomalyDetector<unknown>>([...detectorsOf(names), ...perMetric]);
  return [...used].flatMap((detector): Gap[] => {
    const refused = fitted?.gaps[detector.name];
    if (refused !== undefined) return [refused];
    const detail = detector.whyLess?.(slice, fitted?.models[detector.name] ?? null) ?? null;
    return detail === null ? [] : [{ from: detector.name, reason: "missing", detail }];
  });
}

function detectorsOf(names: DetectorNames): readonly AnomalyDetector<unknown>[] {
  return [
    ...names.metric.map((name) => metricDetectors[name]),
    ...withoutTwins(names.trace).map((name) => traceDetectors[name]),
    ...names.log.map((name) => logDetectors[name]),
  ];
}

/** `trace-anomaly` has what `trace-rules` has: where both are named, the rules would tell everything twice. */
function withoutTwins(names: DetectorNames["trace"]): DetectorNames["trace"] {
  return names.includes("trace-anomaly") ? names.filter((name) => name !== "trace-rules") : names;
}

/** The series that the operator named a detector for, by detector, and all the others. */
function chosenSeries(
  metrics: readonly MetricSeries[],
  choices: readonly MetricChoice[],
): {
  readonly chosen: ReadonlyMap<MetricChoice["detector"], readonly MetricSeries[]>;
  readonly others: readonly MetricSeries[];
} {
  if (choices.length === 0) return { chosen: new Map(), others: metrics };
  const rules = choices.map((choice) => ({ ...choice, fits: matcherOf(choice) }));
  const chosen = new Map<MetricChoice["detector"], MetricSeries[]>();
  const others: MetricSeries[] = [];
  for (const series of metrics) {
    const rule = rules.find(({ fits }) => fits(series.key));
    if (rule === undefined) {
      others.push(series);
      continue;
    }
    const known = chosen.get(rule.detector);
    if (known === undefined) chosen.set(rule.detector, [series]);
    else known.push(series);
  }
  return { chosen, others };
}

function matcherOf({ metric, service }: MetricChoice): (key: SeriesKey) => boolean {
  const pattern = (glob: string) =>
    new RegExp(`^${glob.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`, "s");
  const [metricPattern, servicePattern] = [pattern(metric), pattern(service ?? "*")];
  return (key) => metricPattern.test(key.metric) && servicePattern.test(key.service);
}

function judgedBy(
  detector: AnomalyDetector<unknown>,
  chosen: readonly MetricSeries[],
  slice: TelemetrySlice,
  models: FittedModels["models"],
): Anomaly[] {
  const ids = new Set(chosen.map(({ key }) => seriesId(key)));
  const services = new Set(chosen.map(({ key }) => key.service));
  const metrics =
    detector.isMultivariate === true ? slice.metrics.filter(({ key }) => services.has(key.service)) : chosen;
  return detector.detect({ ...slice, metrics }, models[detector.name] ?? null).flatMap((anomaly) => {
    if (anomaly.modality !== "metric" || !ids.has(seriesId(anomaly.key))) return [];
    return [{ ...anomaly, chosenSince: anomaly.chosenSince ?? "the configuration says so" }];
  });
}

/** Where several metric detectors flag the same series, the first one's events stand. */
function onePerSeries(anomalies: readonly Anomaly[]): Anomaly[] {
  const flaggedBy = new Map<string, string>();
  return anomalies.filter((anomaly) => {
    if (anomaly.modality !== "metric") return true;
    const series = seriesId(anomaly.key);
    const first = flaggedBy.get(series) ?? anomaly.detector;
    flaggedBy.set(series, first);
    return first === anomaly.detector;
  });
}

function seriesId({ service, instance, metric }: SeriesKey): string {
  return [service, instance ?? "", metric].join("\n");
}

function orderKey(anomaly: Anomaly): string {
  const { service, instance, start } = anomaly;
  return [service, instance ?? "", String(start).padStart(16, "0"), ...contentOf(anomaly)].join("\n");
}

function contentOf(anomaly: Anomaly): string[] {
  switch (anomaly.modality) {
    case "metric":
      return [anomaly.key.metric];
    case "trace":
      return [anomaly.kind, anomaly.traceId];
    case "log":
      return [anomaly.kind, anomaly.template, anomaly.expectedNext ?? ""];
  }
}
