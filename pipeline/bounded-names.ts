import type { MetricSeries, TelemetrySlice, Trace } from "./types.ts";

/** Longer than any name that people or tools give; a label that is longer holds something else. */
const longestName = 300;

/**
 * The slice with overlong names of metrics, instances, units and operations cut: they stand in answers and
 * prompts, and a label of 50,000 letters would bury both.
 *
 * Shape:  series and traces without such a name are the very same objects.
 */
export function boundNames(slice: TelemetrySlice): TelemetrySlice {
  const { logs, traces } = slice;
  const lines = logs.window.map((line) => {
    const instance = bounded(line.instance);
    return instance === line.instance ? line : { ...line, instance };
  });
  return {
    ...slice,
    metrics: slice.metrics.map(boundSeries),
    logs: { ...logs, window: lines },
    traces: { window: traces.window.map(boundTrace), reference: traces.reference.map(boundTrace) },
  };
}

function boundSeries(series: MetricSeries): MetricSeries {
  const { key } = series;
  const unit = bounded(series.unit);
  const metric = bounded(key.metric);
  const instance = bounded(key.instance);
  if (unit === series.unit && metric === key.metric && instance === key.instance) return series;
  return { ...series, unit, key: { ...key, metric, instance } };
}

function boundTrace(trace: Trace): Trace {
  const fits = trace.spans.every(
    ({ operation, instance }) => operation.length <= longestName && (instance?.length ?? 0) <= longestName,
  );
  if (fits) return trace;
  const spans = trace.spans.map((span) => ({
    ...span,
    operation: bounded(span.operation),
    instance: bounded(span.instance),
  }));
  return { ...trace, spans };
}

function bounded<Name extends string | null>(name: Name): Name | string {
  return name !== null && name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name;
}
