import { describe, expect, it } from "vitest";
import { FusionOptions, fuseServices } from "../../../../pipeline/fusion/fuse.ts";
import { callGraph } from "../../../../pipeline/localize/call-graph.ts";
import { requestLosses } from "../../../../pipeline/localize/request-losses.ts";
import { fullStrength } from "../../../../pipeline/localize/strength.ts";
import type { Candidate, MetricSeries, TelemetrySlice } from "../../../../pipeline/types.ts";
import { metricAnomaly, series, slice, span } from "../../../fakes/telemetry.ts";

const quiet = Array.from({ length: 40 }, (_, index) => index % 5);

interface Red {
  /** Requests in each sample. */
  readonly requests?: number;
  /** Seconds; 0.1 is usual. */
  readonly latency?: readonly number[];
  /** Percent; 100 is usual. */
  readonly availability?: readonly number[];
}

/** The three metrics of a service: load, mean latency and availability, all but constant before. */
function red(service: string, { requests = 100, latency, availability }: Red): MetricSeries[] {
  const still = [0.1, 0.1, 0.1];
  return [
    series({
      service,
      metric: "requests",
      reference: quiet.map((n) => requests + n),
      window: Array(3).fill(requests),
    }),
    series({
      service,
      metric: "latency Average",
      unit: "s",
      class: "symptom",
      reference: quiet.map((n) => 0.1 + n / 1000),
      window: latency ?? still,
    }),
    series({
      service,
      metric: "availability",
      unit: "%",
      class: "symptom",
      reference: quiet.map(() => 100),
      window: availability ?? [100, 100, 100],
    }),
  ];
}

const edges = (...pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([caller, callee]) => ({ caller, callee, calls: 1 }));

function ranked(part: TelemetrySlice): Candidate[] {
  return [...callGraph.localize(part, [])].sort((a, b) => b.score - a.score);
}

const chain = edges(["front", "cart"], ["cart", "store"]);

describe("call-graph", () => {
  it("counts half what one sample of several shows", () => {
    const scoreOf = (latency: readonly number[]) =>
      ranked(
        slice({
          metrics: [...red("front", {}), ...red("store", { latency })],
          edges: edges(["front", "store"]),
        }),
      )[0]?.score ?? 0;

    expect(scoreOf([0.1, 5, 0.1])).toBeCloseTo(0.5 * fullStrength, 1);
    expect(scoreOf([0.1, 5, 5])).toBeCloseTo(fullStrength, 1);
  });

  it("names the deepest service of a chain that fails, not its callers", () => {
    const availability = [100, 80, 80];
    const metrics = ["front", "cart", "store"].flatMap((service) => red(service, { availability }));
    const found = ranked(slice({ metrics, edges: chain }));
    expect(found.map(({ service }) => service)).toEqual(["store"]);
    expect(found[0]?.metric).toBe("availability");
    expect(found[0]?.symptom).toBe(true);
    expect(found[0]?.score).toBeGreaterThan(5);
    expect(found[0]?.score).toBeLessThanOrEqual(fullStrength);
    expect(found[0]?.why).toBe(
      "About 40 more of its requests failed than usual; nothing that it calls accounts for that.",
    );
  });

  it("names a slow caller whose callee is only a little slow", () => {
    const metrics = [
      ...red("front", { latency: [0.1, 0.5, 0.5] }),
      ...red("cart", { latency: [0.1, 0.5, 0.5] }),
      ...red("store", { latency: [0.1, 0.14, 0.14] }),
    ];
    expect(ranked(slice({ metrics, edges: chain }))[0]).toMatchObject({
      service: "cart",
      metric: "latency Average",
    });
  });

  it("compares what was lost, not how unusual it is: many slow requests outweigh a few", () => {
    const metrics = [
      ...red("busy", { requests: 1000, latency: [0.1, 0.3, 0.3] }),
      ...red("idle", { requests: 2, latency: [0.1, 5, 5] }),
    ];
    const part = slice({ metrics, edges: edges(["front", "busy"], ["front", "idle"]) });
    expect(ranked(part)[0]?.service).toBe("busy");
  });

  it("looks through services without figures of their own", () => {
    const availability = [100, 70, 70];
    const metrics = [...red("front", { availability }), ...red("store", { availability })];
    expect(ranked(slice({ metrics, edges: chain })).map(({ service }) => service)).toEqual(["store"]);
  });

  it("keeps both services of a circle: neither explains the other", () => {
    const metrics = [
      ...red("a", { availability: [100, 60, 60] }),
      ...red("b", { availability: [100, 80, 80] }),
    ];
    const found = ranked(slice({ metrics, edges: edges(["a", "b"], ["b", "a"]) }));
    expect(found.map(({ service }) => service)).toEqual(["a", "b"]);
  });

  it("ranks several origins by what they lost", () => {
    const metrics = [
      ...red("front", { availability: [100, 50, 50] }),
      ...red("one", { availability: [100, 70, 70] }),
      ...red("two", { availability: [100, 80, 80] }),
    ];
    const found = ranked(slice({ metrics, edges: edges(["front", "one"], ["front", "two"]) }));
    expect(found.map(({ service }) => service)).toEqual(["one", "two"]);
  });

  it("takes no notice of load that falls and of latency that falls", () => {
    const metrics = [
      ...red("front", { latency: [0.01, 0.01, 0.01] }),
      series({
        service: "store",
        metric: "requests",
        reference: quiet.map((n) => 100 + n),
        window: [0, 0, 0],
      }),
    ];
    expect(ranked(slice({ metrics, edges: chain }))).toEqual([]);
  });

  it("says nothing where traces were seen, nor without a call graph, nor without a past", () => {
    const metrics = red("store", { availability: [100, 50, 50] });
    const spans = [span({ traceId: "t", spanId: "s", service: "store" })];
    expect(ranked(slice({ metrics, edges: chain, spans }))).toEqual([]);
    expect(ranked(slice({ metrics }))).toEqual([]);
    const short = metrics.map((one) => ({
      ...one,
      reference: { t: one.reference.t.slice(0, 9), v: one.reference.v.slice(0, 9) },
    }));
    expect(ranked(slice({ metrics: short, edges: chain }))).toEqual([]);
    expect(ranked(slice({ edges: chain }))).toEqual([]);
  });

  it("cites the metric's own anomalies, and else the service's other symptoms", () => {
    const metrics = red("store", { availability: [100, 50, 50] });
    const key = { service: "store", instance: null, metric: "availability" };
    const own = metricAnomaly({ id: "metric-1", service: "store", class: "symptom", key });
    const other = metricAnomaly({ id: "metric-2", service: "store", class: "symptom" });
    const elsewhere = metricAnomaly({
      id: "metric-3",
      service: "cart",
      class: "symptom",
      key: { ...key, service: "cart" },
    });
    const part = slice({ metrics, edges: chain });
    expect(callGraph.localize(part, [own, other, elsewhere])[0]?.evidence).toEqual(["metric-1"]);
    expect(callGraph.localize(part, [other, elsewhere])[0]?.evidence).toEqual(["metric-2"]);
  });
});

describe("request losses", () => {
  it("are failed requests: load times the share that fails, in percent or as a ratio", () => {
    const percent = requestLosses(red("store", { availability: [100, 80, 80] }));
    expect(percent.failures.get("store")?.amount).toBeCloseTo(40, 9);
    const ratio = requestLosses([
      series({
        service: "store",
        metric: "requests",
        reference: quiet.map((n) => 100 + n),
        window: [100, 100, 100],
      }),
      series({
        service: "store",
        metric: "success_ratio",
        reference: quiet.map(() => 1),
        window: [1, 0.8, 0.8],
      }),
    ]);
    expect(ratio.failures.get("store")?.amount).toBeCloseTo(40, 9);
  });

  it("are counts already where errors are counted, and rates times the step where they are rates", () => {
    const counted = series({ service: "store", metric: "errors", reference: quiet, window: [2, 22, 22] });
    expect(requestLosses([counted]).failures.get("store")?.amount).toBeCloseTo(40, 9);
    const rate = { ...counted, unit: "errors/s" };
    expect(requestLosses([rate]).failures.get("store")?.amount).toBeCloseTo(40 * 60, 9);
  });

  it("are seconds, whatever the unit of the latency", () => {
    const inSeconds = requestLosses(red("store", { latency: [0.102, 0.302, 0.302] }));
    expect(inSeconds.time.get("store")?.amount).toBeCloseTo(40, 6);
    const inMs = requestLosses([
      series({
        service: "store",
        metric: "requests",
        reference: quiet.map((n) => 100 + n),
        window: [100, 100, 100],
      }),
      series({
        service: "store",
        metric: "latency",
        unit: "ms",
        reference: quiet.map((n) => 100 + n),
        window: [102, 302, 302],
      }),
    ]);
    expect(inMs.time.get("store")?.amount).toBeCloseTo(40, 6);
  });

  it("prefer the mean to quantiles, and the lower quantile to the higher", () => {
    const of = (metric: string) =>
      series({ service: "store", metric, reference: quiet.map((n) => 1 + n / 100), window: [1, 9, 9] });
    expect(
      requestLosses([of("latency p99"), of("latency p50"), of("latency Average")]).time.get("store")?.metric,
    ).toBe("latency Average");
    expect(requestLosses([of("latency p99"), of("latency p50")]).time.get("store")?.metric).toBe(
      "latency p50",
    );
  });

  it("of one failed request among thousands are none, and missing samples are passed over", () => {
    const requests = 10_000;
    const one = requestLosses(red("store", { requests, availability: [100, 99.99, 100] }));
    expect(one.failures.size).toBe(0);
    const gaps = requestLosses(red("store", { availability: [Number.NaN, 80, Number.NaN] }));
    expect(gaps.failures.get("store")?.amount).toBeCloseTo(20, 9);
    const nothing = requestLosses(red("store", { availability: [Number.NaN, Number.NaN, Number.NaN] }));
    expect(nothing.failures.size).toBe(0);
  });

  it("add up over the instances of a service", () => {
    const both = ["store-1", "store-2"].flatMap((instance) =>
      red("store", { availability: [100, 80, 80] }).map((one) => ({ ...one, key: { ...one.key, instance } })),
    );
    expect(requestLosses(both).failures.get("store")?.amount).toBeCloseTo(80, 9);
  });

  it("take a long tail of the past for usual", () => {
    const bursts = Array.from({ length: 100 }, (_, index) => (index % 20 === 0 ? 80 : 100));
    const spiky = series({
      service: "store",
      metric: "availability",
      unit: "%",
      reference: bursts,
      window: [100, 80, 100],
    });
    const steady = {
      ...spiky,
      reference: series({ service: "store", reference: bursts.map(() => 100), window: [] }).reference,
    };
    const z = (one: MetricSeries) => requestLosses([one]).failures.get("store")?.z ?? 0;
    expect(z(spiky)).toBeLessThan(3);
    expect(z(steady)).toBeGreaterThan(20);
  });

  it("are not read from restarts", () => {
    const restarts = series({
      service: "store",
      metric: "restarts",
      reference: quiet.map(() => 0),
      window: [0, 5, 5],
    });
    expect(requestLosses([restarts]).failures.size).toBe(0);
  });
});

describe("fusion with call-graph", () => {
  const candidate = (service: string, score: number, symptom: boolean): Candidate => ({
    service,
    instance: null,
    metric: "m",
    symptom,
    score,
    evidence: ["metric-1"],
    why: "",
  });
  const alone = (symptom: boolean) => ({
    localizer: "robust-scorer",
    level: "metric" as const,
    candidates: [candidate("victim", 3, symptom)],
  });
  const graph = (candidates: readonly Candidate[]) => ({
    localizer: "call-graph",
    level: "metric" as const,
    candidates,
  });
  const first = (rankings: Parameters<typeof fuseServices>[0]) =>
    fuseServices(rankings, FusionOptions.parse({}))[0];

  it("lets single symptoms count half once they were weighed along the call graph", () => {
    expect(first([alone(true), graph([candidate("origin", 2, true)])])?.service).toBe("origin");
  });

  it("leaves them, and resources, in full where the call graph says nothing", () => {
    expect(first([alone(true), graph([])])).toMatchObject({ service: "victim", score: 3 });
    expect(first([alone(false), graph([candidate("origin", 2, true)])])?.service).toBe("victim");
  });

  it("takes the window's own best values for normal where no past is known", () => {
    const cold = (service: string, values: readonly number[]) =>
      series({ service, metric: "availability", unit: "%", class: "symptom", window: values });
    const metrics = [
      cold("front", [100, 100, 90, 80, 90]),
      cold("cart", [100, 100, 88, 78, 88]),
      cold("store", [100, 100, 100, 100, 100]),
    ];

    const found = ranked(slice({ metrics, edges: chain }));

    expect(found[0]?.service).toBe("cart");
    expect(found.map(({ service }) => service)).not.toContain("store");
  });

  it("guesses no normal from fewer than four samples", () => {
    const metrics = [series({ service: "cart", metric: "availability", window: [100, 80, 80] })];

    expect(ranked(slice({ metrics, edges: chain }))).toEqual([]);
  });

  it("puts what the front's callers feel before a larger loss of a kind that they do not", () => {
    const metrics = [
      ...red("front", { availability: [100, 80, 80] }),
      ...red("cart", { availability: [100, 80, 80] }),
      ...red("aside", { latency: [0.1, 0.5, 0.5] }),
    ];
    const all = edges(["front", "cart"], ["front", "aside"]);

    const found = ranked(slice({ metrics, edges: all }));

    const aside = found.find(({ service }) => service === "aside");
    expect(found[0]?.service).toBe("cart");
    expect(aside?.score).toBeLessThan(0.6 * (found[0]?.score ?? 0));
  });
});
