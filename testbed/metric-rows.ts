import type { Attributes } from "@opentelemetry/api";
import {
  type DataPoint,
  DataPointType,
  type Histogram,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";

export interface MetricRow {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
}

/**
 * One export as rows of the layout: dots become underscores, counters end in `_total`, and a histogram
 * of the last step becomes its mean and its 95th percentile. A call's peer becomes part of the name.
 *
 * Units: those of the instrument. A histogram that nothing was recorded in gives no row.
 */
export function metricRows({ scopeMetrics }: ResourceMetrics): MetricRow[] {
  const rows: MetricRow[] = [];
  for (const { metrics } of scopeMetrics) {
    for (const data of metrics) {
      const { name, unit } = data.descriptor;
      switch (data.dataPointType) {
        case DataPointType.SUM:
          for (const point of data.dataPoints) {
            rows.push(row(point, `${nameOf(name, point.attributes)}_total`, point.value, unit));
          }
          break;
        case DataPointType.GAUGE:
          for (const point of data.dataPoints) {
            rows.push(row(point, nameOf(name, point.attributes), point.value, unit));
          }
          break;
        case DataPointType.HISTOGRAM:
          for (const point of data.dataPoints) {
            const { count, sum } = point.value;
            if (count === 0) continue;
            const metric = nameOf(name, point.attributes);
            rows.push(row(point, `${metric}_mean`, (sum ?? 0) / count, unit));
            rows.push(row(point, `${metric}_p95`, quantileOf(point.value, 0.95), unit));
          }
          break;
        case DataPointType.EXPONENTIAL_HISTOGRAM:
          break;
      }
    }
  }
  return rows;
}

function row(point: DataPoint<unknown>, metric: string, value: number, unit: string): MetricRow {
  const [seconds, nanos] = point.endTime;
  return {
    time: seconds * 1000 + Math.trunc(nanos / 1e6),
    metric,
    value: Number(value.toPrecision(6)),
    unit,
  };
}

function nameOf(name: string, attributes: Attributes): string {
  const peer = attributes["peer.service"];
  return `${name.replaceAll(".", "_")}${typeof peer === "string" ? `_to_${peer}` : ""}`;
}

/** Linear within the bucket, as Prometheus' `histogram_quantile`; the last bucket ends at the maximum. */
export function quantileOf({ buckets, count, max }: Histogram, q: number): number {
  const target = q * count;
  let below = 0;
  for (const [index, inBucket] of buckets.counts.entries()) {
    if (inBucket > 0 && below + inBucket >= target) {
      const low = index === 0 ? 0 : (buckets.boundaries[index - 1] ?? 0);
      const high = Math.min(buckets.boundaries[index] ?? Number.POSITIVE_INFINITY, max ?? low);
      return low + Math.max(0, high - low) * ((target - below) / inBucket);
    }
    below += inBucket;
  }
  return max ?? 0;
}
