import { z } from "zod";
import { httpOptions } from "../http/options.ts";

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** A metric to look at; the presets are entries of the same form. */
export const MetricEntry = z
  .strictObject({
    /** What it is called in answers. */
    name: z.string().min(1),
    /** It is asked for where this name exists. */
    metric: z.string().regex(metricName, "must be the name of a metric"),
    /**
     * `counter` becomes its rate, `gauge` stays as it is, `histogram` (a name that ends in _bucket) becomes
     * a quantile, `share` becomes what part of a counter, in percent, also matches `failing`; `query` is
     * PromQL as it stands in `query`.
     */
    kind: z.enum(["counter", "gauge", "histogram", "share", "query"]),
    /** More PromQL matchers, such as `mode!="idle"`. */
    where: z.string().optional(),
    failing: z.string().optional(),
    /** With $by, $selector and $range in it: `sum by ($by) (rate(jobs_total{$selector}[$range]))`. */
    query: z.string().optional(),
    quantile: z.number().gt(0).lt(1).default(0.95),
    /** How the series of one instance become one. */
    aggregate: z.enum(["sum", "avg", "max", "min"]).default("sum"),
    unit: z.string().nullable().default(null),
    /** A cause (`resource`), what users feel (`symptom`), or how much there is to do (`workload`). */
    class: z.enum(["resource", "symptom", "workload"]).default("resource"),
    /** Whom it is about: the process it was taken from, or a pod or container that an exporter reports on. */
    subject: z.enum(["target", "pod"]).default("target"),
  })
  .superRefine((entry, context) => {
    if ((entry.kind === "share") !== (entry.failing !== undefined)) {
      context.addIssue({ code: "custom", message: "failing belongs to kind share, which needs it" });
    }
    if ((entry.kind === "query") !== (entry.query !== undefined)) {
      context.addIssue({ code: "custom", message: "query belongs to kind query, which needs it" });
    }
  });
export type MetricEntry = z.infer<typeof MetricEntry>;

export const presetNames = [
  "opentelemetry",
  "http",
  "kubernetes",
  "docker",
  "node",
  "jvm",
  "redis",
  "mongodb",
  "postgresql",
] as const;

export const PrometheusOptions = z.strictObject({
  type: z.literal("prometheus"),
  /** What the source is called in answers; the host's name where it is not given. */
  name: z.string().min(1).optional(),
  ...httpOptions,
  /** Only series with these labels, such as `{ namespace: hotel }`; a list means any of them. */
  selector: z
    .record(
      z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "must be the name of a label"),
      z.union([z.string(), z.array(z.string()).min(1)], { error: "must be text or a list of texts" }),
    )
    .default({}),
  /** The label that names the service, before the usual ones. */
  serviceLabel: z
    .string()
    .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "must be the name of a label")
    .optional(),
  presets: z.array(z.enum(presetNames)).default([...presetNames]),
  metrics: z.array(MetricEntry).default([]),
  /** Between two samples; found out where it is not given. */
  scrapeSeconds: z.number().int().min(1).max(3_600).optional(),
  /** Services that were seen within so many hours are known by name. */
  lookbackHours: z.number().positive().max(744).default(24),
});
export type PrometheusOptions = z.infer<typeof PrometheusOptions>;
