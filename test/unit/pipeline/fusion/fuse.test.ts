import { describe, expect, it } from "vitest";
import { FusionOptions, fuseMetrics, fuseServices } from "../../../../pipeline/fusion/fuse.ts";
import type { Candidate, Ranking } from "../../../../pipeline/types.ts";

const strength = FusionOptions.parse({});
const ranks = FusionOptions.parse({ method: "reciprocal-rank" });

function candidate(service: string, score: number, metric: string | null = null): Candidate {
  return {
    service,
    instance: null,
    metric,
    symptom: metric === "latency",
    score,
    evidence: [`${service}-${metric ?? "s"}`],
    why: `${service}.`,
  };
}

function ranking(localizer: string, ...candidates: Candidate[]): Ranking {
  return { localizer, level: "service", candidates };
}

describe("fuseServices", () => {
  it("adds a quarter of every further localizer's strength to the strongest", () => {
    const fused = fuseServices(
      [
        ranking("a", candidate("geo", 4)),
        ranking("b", candidate("geo", 4)),
        ranking("c", candidate("rate", 4.2)),
      ],
      strength,
    );

    expect(fused.map(({ service, score }) => [service, score])).toEqual([
      ["geo", 4.5],
      ["rate", 4.2],
    ]);
  });

  it("adds nothing for support that is weaker than three standard deviations", () => {
    const fused = fuseServices(
      [
        ranking("a", candidate("geo", 4)),
        ranking("b", candidate("geo", 2)),
        ranking("c", candidate("geo", 1)),
      ],
      strength,
    );

    expect(fused[0]!.score).toBe(4);
  });

  it("counts half of what speaks against a caller whose callee fell silent", () => {
    const pairs = ranking("event-pairs", candidate("rate", 5), {
      ...candidate("search", 2),
      waitsFor: "rate",
    });
    const votes = ranking("simple-rca", { ...candidate("search", 6), symptom: true });

    const fused = fuseServices([pairs, votes], strength);

    expect(fused.map(({ service, score }) => [service, score])).toEqual([
      ["rate", 5],
      ["search", 3],
    ]);
  });

  it("counts in full what no callee can do to its caller", () => {
    const origins = ranking("failure-origin", { ...candidate("search", 0), waitsFor: "rate" });
    const metrics = ranking("robust-scorer", candidate("search", 6), candidate("rate", 5));

    expect(fuseServices([origins, metrics], strength).map(({ service, score }) => [service, score])).toEqual([
      ["search", 6],
      ["rate", 5],
    ]);
  });

  it("halves all of a service that cannot stay up without another one, its restarts too", () => {
    const lost = ranking("lost-callees", candidate("store", 5), {
      ...candidate("geo", 0),
      waitsFor: "store",
      waitsWholly: true,
    });
    const restarts = ranking("robust-scorer", candidate("geo", 6));

    expect(fuseServices([lost, restarts], strength).map(({ service, score }) => [service, score])).toEqual([
      ["store", 5],
      ["geo", 3],
    ]);
  });

  it("counts places only, by reciprocal rank", () => {
    const fused = fuseServices(
      [ranking("a", candidate("geo", 9), candidate("rate", 8)), ranking("b", candidate("rate", 1))],
      ranks,
    );

    expect(fused.map(({ service }) => service)).toEqual(["rate", "geo"]);
    expect(fused[0]!.score).toBeCloseTo(1 / 11 + 1 / 12, 12);
  });

  it("lets a localizer of metrics vote once per service, with its best", () => {
    const fused = fuseServices(
      [ranking("m", candidate("geo", 3, "cpu"), candidate("geo", 2, "mem"))],
      strength,
    );

    expect(fused).toHaveLength(1);
    expect(fused[0]).toMatchObject({ service: "geo", score: 3, metric: null });
  });

  it("breaks ties by name and ranks nothing out of nothing", () => {
    const fused = fuseServices([ranking("a", candidate("b", 1), candidate("a", 1))], strength);

    expect(fused.map(({ service }) => service)).toEqual(["a", "b"]);
    expect(fuseServices([ranking("a")], strength)).toEqual([]);
    expect(fuseServices([ranking("a", candidate("geo", 0))], strength)).toEqual([]);
  });

  it("does not depend on the order of the localizers", () => {
    const rankings = [
      ranking("a", candidate("geo", 4)),
      ranking("b", candidate("rate", 4), candidate("geo", 1)),
    ];

    expect(fuseServices([...rankings].reverse(), strength)).toEqual(fuseServices(rankings, strength));
  });
});

describe("fuseMetrics", () => {
  it("puts the strongest metric of the most suspected service first, and symptoms behind causes", () => {
    const rankings = [
      ranking(
        "m",
        candidate("geo", 4, "cpu_percent"),
        candidate("geo", 5, "latency"),
        candidate("rate", 3, "cpu_percent"),
      ),
    ];
    const services = fuseServices(rankings, strength);

    const fused = fuseMetrics(rankings, services, []);

    expect(fused.map(({ service, metric }) => `${service} ${metric}`)).toEqual([
      "geo cpu_percent",
      "rate cpu_percent",
      "geo latency",
    ]);
  });

  it.each([
    ["the processor before the queue in front of it", ["event_loop_delay_p99", 5], ["cpu_usage", 3]],
    ["a time that was measured before one derived from spans", ["SelfTimeP90(ms)", 5], ["latency", 3]],
  ] as const)("puts %s", (_what, [second, strong], [first, weak]) => {
    const symptom = second === "SelfTimeP90(ms)";
    const rankings = [
      ranking("m", { ...candidate("geo", strong, second), symptom }, candidate("geo", weak, first)),
    ];

    const fused = fuseMetrics(rankings, fuseServices(rankings, strength), []);

    expect(fused.map(({ metric }) => metric)).toEqual([first, second]);
  });

  it("takes errors for what is wrong where failures begin, behind the code that broke", () => {
    const errors = { ...candidate("geo", 3, "request_errors_total"), symptom: true };
    const rankings = [
      ranking("m", errors, candidate("geo", 4, "open_handles")),
      ranking("event-pairs", candidate("geo", 6, "a_b")),
    ];
    const metricsOf = (given: readonly Ranking[]) =>
      fuseMetrics(given, fuseServices(given, strength), []).map(({ metric }) => metric);

    expect(metricsOf(rankings)).toEqual(["a_b", "open_handles", "request_errors_total"]);
    expect(metricsOf([...rankings, ranking("failure-origin", candidate("geo", 5))])).toEqual([
      "a_b",
      "request_errors_total",
      "open_handles",
    ]);
  });

  it("names what a service says of itself before calls to it that do not come back", () => {
    const metricsOf = (measured: string) => {
      const lost = { ...candidate("store", 5, "failed return"), symptom: true };
      const rankings = [ranking("event-pairs", lost), ranking("m", candidate("store", 3, measured))];
      return fuseMetrics(rankings, fuseServices(rankings, strength), []).map(({ metric }) => metric);
    };

    expect(metricsOf("up")[0]).toBe("up");
    expect(metricsOf("store_error_replies_total")[0]).toBe("store_error_replies_total");
  });

  it("counts errors behind the code that broke, also where they are further out", () => {
    const errors = { ...candidate("geo", 3, "request_errors_total"), symptom: true };
    const rankings = [
      ranking("m", errors),
      ranking("event-pairs", candidate("geo", 4, "a_b")),
      ranking("failure-origin", candidate("geo", 6)),
    ];

    expect(fuseMetrics(rankings, fuseServices(rankings, strength), [])[0]?.metric).toBe("a_b");
  });

  it("puts what a caller measures of its calls before the delay derived from spans", () => {
    const derived = { ...candidate("geo", 6, "NetworkP90(ms)"), evidence: ["metric-9"] };
    const measured = { ...candidate("search", 3, "call_duration_to_geo_p95"), symptom: true };
    const others = [
      { ...candidate("search", 3, "call_duration_to_geo-store_p95"), symptom: true },
      { ...candidate("geo", 3, "request_duration_p95"), symptom: true },
    ];
    const rankings = [ranking("edge-delay", derived), ranking("m", measured, ...others)];

    const [first, second] = fuseMetrics(rankings, fuseServices(rankings, strength), ["geo"]);

    expect(first).toMatchObject({ service: "search", metric: "call_duration_to_geo_p95" });
    expect(first?.evidence).toContain("metric-9");
    expect(second).toMatchObject({ service: "geo", metric: "NetworkP90(ms)" });
  });

  it("keeps the derived delay first where nobody measures that way, or hardly anything of it", () => {
    const derived = candidate("geo", 6, "NetworkP90(ms)");
    const faint = { ...candidate("search", 1, "call_duration_to_geo_p95"), symptom: true };
    const rankings = [ranking("edge-delay", derived), ranking("m", faint)];

    expect(fuseMetrics(rankings, fuseServices(rankings, strength), [])[0]?.metric).toBe("NetworkP90(ms)");
  });

  it("moves the services of Filter 2 to the front", () => {
    const rankings = [ranking("m", candidate("geo", 4, "cpu_percent"), candidate("rate", 3, "cpu_percent"))];

    const fused = fuseMetrics(rankings, fuseServices(rankings, strength), ["rate"]);

    expect(fused.map(({ service }) => service)).toEqual(["rate", "geo"]);
  });
});
