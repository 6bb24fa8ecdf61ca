import { z } from "zod";

/** What is learnt of some metrics of a service that are judged together; lists are in the order of `metrics`. */
export const MetricGroup = z.object({
  service: z.string(),
  /** Of its instances, rather than of the service as a whole. */
  perInstance: z.boolean(),
  metrics: z.array(z.string()),
  /** The normal range, which is 0 to 1 for the network. */
  low: z.array(z.number()),
  high: z.array(z.number()),
  /** The mean of normal samples. */
  usual: z.array(z.number()),
  /** How far normal samples are from what the network expects, in the metric's unit. */
  residual: z.array(z.number()),
  /** Scores above these are abnormal: of the window, and of each metric. */
  threshold: z.number(),
  thresholds: z.array(z.number()),
  weights: z.array(z.number()),
});
export type MetricGroup = z.infer<typeof MetricGroup>;

export const MetricModel = z.object({ groups: z.array(MetricGroup) });
export type MetricModel = z.infer<typeof MetricModel>;

/** Beyond the normal range by so much, further makes no difference: one wild value must not hide the others. */
const [least, most] = [-0.5, 1.5];

/** A value as the network sees it. */
export function scaled(value: number, low: number, high: number): number {
  return Math.min(most, Math.max(least, (value - low) / (high - low)));
}

export function unscaled(value: number, low: number, high: number): number {
  return low + value * (high - low);
}
