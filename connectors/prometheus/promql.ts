import type { MetricEntry } from "./options.ts";

/** A PromQL string literal. The only way a value from outside gets into a query. */
export function promqlText(value: string): string {
  // JSON's escapes are a part of PromQL's (Go's) once no half of a surrogate pair is left, which UTF-8 cannot hold.
  return JSON.stringify(Buffer.from(value, "utf8").toString("utf8"));
}

/** A matcher for exactly these values of a label. */
export function labelIs(label: string, values: readonly string[]): string {
  const [only] = values;
  if (only !== undefined && values.length === 1) return `${label}=${promqlText(only)}`;
  return `${label}=~${promqlText(values.map(literally).join("|"))}`;
}

/** A regular expression (RE2) that matches exactly `value`. */
function literally(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** PromQL for one entry, one series per instance. `matchers` and `range` ("60s") are made by us. */
export function queryOf(
  entry: MetricEntry,
  { matchers, range, labels }: { matchers: readonly string[]; range: string; labels: readonly string[] },
): string {
  const by = labels.join(", ");
  const { metric, aggregate } = entry;
  const select = (...extra: (string | undefined)[]) =>
    `{${[...extra, entry.where, ...matchers].filter((one) => one !== undefined && one !== "").join(",")}}`;
  const rate = (...extra: string[]) => `sum by (${by}) (rate(${metric}${select(...extra)}[${range}]))`;
  switch (entry.kind) {
    case "counter":
      return `${aggregate} by (${by}) (rate(${metric}${select()}[${range}]))`;
    case "gauge":
      return `${aggregate} by (${by}) (${metric}${select()})`;
    case "histogram":
      return `histogram_quantile(${entry.quantile}, sum by (${[...labels, "le"].join(", ")}) (rate(${metric}${select()}[${range}])))`;
    case "share":
      // Without the "or", what never failed would have no series to compare with.
      return `100 * (${rate(entry.failing ?? "")} or 0 * ${rate()}) / ${rate()}`;
    case "query":
      return (entry.query ?? "")
        .replaceAll("$by", () => by)
        .replaceAll("$selector", () => select().slice(1, -1))
        .replaceAll("$range", () => range);
  }
}
