import { z } from "zod";
import { OtlpAttributes, OtlpInteger } from "./otlp-values.ts";

const Integers = z.array(OtlpInteger);
/** NaN and infinities are strings in protobuf's JSON. */
const Double = z.union([z.number(), z.string()]);

const point = {
  attributes: OtlpAttributes,
  startTimeUnixNano: OtlpInteger.nullish(),
  timeUnixNano: OtlpInteger,
};

export const NumberPoint = z.object({
  ...point,
  asDouble: Double.nullish(),
  asInt: OtlpInteger.nullish(),
});
export type NumberPoint = z.infer<typeof NumberPoint>;

export const HistogramPoint = z.object({
  ...point,
  count: OtlpInteger,
  sum: Double.nullish(),
  bucketCounts: Integers.nullish(),
  explicitBounds: z.array(Double).nullish(),
});
export type HistogramPoint = z.infer<typeof HistogramPoint>;

const Buckets = z.object({ offset: z.number().nullish(), bucketCounts: Integers.nullish() });
export const ExponentialPoint = z.object({
  ...point,
  count: OtlpInteger,
  sum: Double.nullish(),
  scale: z.number().nullish(),
  zeroCount: OtlpInteger.nullish(),
  positive: Buckets.nullish(),
});
export type ExponentialPoint = z.infer<typeof ExponentialPoint>;

export const SummaryPoint = z.object({
  ...point,
  count: OtlpInteger,
  sum: Double.nullish(),
  quantileValues: z.array(z.object({ quantile: z.number().nullish(), value: Double.nullish() })).nullish(),
});
export type SummaryPoint = z.infer<typeof SummaryPoint>;

const Temporality = z.union([z.number(), z.string()]).nullish();
const dataPoints = z.array(z.unknown()).nullish();

export const OtlpMetric = z.object({
  name: z.string().min(1),
  unit: z.string().nullish(),
  gauge: z.object({ dataPoints }).nullish(),
  sum: z
    .object({ dataPoints, aggregationTemporality: Temporality, isMonotonic: z.boolean().nullish() })
    .nullish(),
  histogram: z.object({ dataPoints, aggregationTemporality: Temporality }).nullish(),
  exponentialHistogram: z.object({ dataPoints, aggregationTemporality: Temporality }).nullish(),
  summary: z.object({ dataPoints }).nullish(),
});
export type OtlpMetric = z.infer<typeof OtlpMetric>;

export function isDelta(temporality: z.infer<typeof Temporality>): boolean {
  return temporality === 1 || temporality === "AGGREGATION_TEMPORALITY_DELTA";
}
