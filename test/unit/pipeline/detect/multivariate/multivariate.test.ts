import { describe, expect, it } from "vitest";
import { detect, detectorGaps } from "../../../../../pipeline/detect/index.ts";
import { learnGroups } from "../../../../../pipeline/detect/multivariate/learn-groups.ts";
import { omniAnomaly, usad } from "../../../../../pipeline/detect/multivariate/multivariate.ts";
import { omniNetwork } from "../../../../../pipeline/detect/multivariate/omni-network.ts";
import { usadNetwork } from "../../../../../pipeline/detect/multivariate/usad-network.ts";
import { fitModel, openModel } from "../../../../../pipeline/fitted-model.ts";
import type { Course, Learnt } from "../../../../../pipeline/ports.ts";
import type { MetricSeries, TelemetrySlice } from "../../../../../pipeline/types.ts";
import { randomOf, seriesOf, sliceOf } from "../inputs.ts";

/** Load goes up and down; cpu follows it, memory follows with a lag, and latency is the square of it. */
function system(samples: number, seed: number, cpuOf = (load: number, _at: number) => load) {
  const random = randomOf(seed);
  const noise = () => 0.04 * (random() - 0.5);
  const load = Array.from({ length: samples }, (_, i) => 0.5 + 0.4 * Math.sin(i / 6) + noise());
  return {
    requests: load.map((value) => 100 * value),
    cpu: load.map((value, i) => 60 * (cpuOf(value, i) + noise())),
    memory: load.map((_, i) => 500 * ((load[i - 2] ?? 0.5) + noise())),
    latency: load.map((value) => 20 + 80 * (value * value + noise())),
  };
}

function seriesFor(
  reference: ReturnType<typeof system>,
  window: ReturnType<typeof system>,
  service = "geo",
): MetricSeries[] {
  const metrics = ["requests", "cpu", "memory", "latency"] as const;
  return metrics.map((metric) =>
    seriesOf(reference[metric], window[metric], { key: { service, instance: `${service}-0`, metric } }),
  );
}

const short = { ...usadNetwork, epochs: 2 };
const normalSlice = sliceOf({ metrics: seriesFor(system(420, 1), system(60, 2)) });
const lessons = { normal: [normalSlice], incidents: [] };
const alone: Course<never> = { previous: null, tell: () => {} };
const model = learnGroups("usad", short, lessons, 7, alone);
/** From sample 30 to 36 the processor is as busy as ever, but not as the load lets expect. */
const broken = system(60, 3, (load, i) => (i >= 30 && i <= 36 ? 1 - load + 0.1 : load));
const incident = (window: ReturnType<typeof system> = broken): TelemetrySlice =>
  sliceOf({ metrics: seriesFor(system(120, 4), window) });

describe("usad", () => {
  it("finds a metric that goes against the others within its own range, while it does, and no other", () => {
    const found = usad.detect(incident(), model);

    expect(found.map(({ key }) => key.metric)).toEqual(["cpu"]);
    const start = 10_000_000;
    expect(found[0]!.start).toBeGreaterThanOrEqual(start + 29 * 60_000);
    expect(found[0]!.end).toBeLessThanOrEqual(start + 37 * 60_000);
    expect(found[0]!.detector).toBe("usad");
  });

  it("finds nothing in a normal window, and nothing in missing samples", () => {
    const quiet = system(60, 5);
    const holes = { ...quiet, cpu: quiet.cpu.map((value, i) => (i > 20 && i < 40 ? Number.NaN : value)) };

    expect(usad.detect(incident(quiet), model)).toEqual([]);
    expect(usad.detect(incident(holes), model)).toEqual([]);
  });

  it("learns the same bytes from the same lessons and seed, and others from another seed", () => {
    const bytes = (seed: number) =>
      JSON.stringify(
        learnGroups("usad", { ...usadNetwork, epochs: 1, fewestBatches: () => 20 }, lessons, seed, alone),
      );

    expect(bytes(7)).toBe(bytes(7));
    expect(bytes(7)).not.toBe(bytes(8));
  });

  it("goes on from what it learnt before where the metrics are the same", () => {
    const told: Learnt[] = [];
    const course = { previous: model, tell: (learnt: Learnt) => told.push(learnt) };
    const fewer = sliceOf({ metrics: normalSlice.metrics.slice(1) });
    const again = { ...usadNetwork, epochs: 1, fewestBatches: () => 20 };

    learnGroups("usad", again, lessons, 7, course);
    learnGroups("usad", again, { normal: [fewer], incidents: [] }, 7, course);

    const parts = told.flatMap((one) => (one.kind === "part" ? [one] : []));
    expect(parts.map(({ isWarm }) => isWarm)).toEqual([true, false]);
    const cold: Learnt[] = [];
    learnGroups("usad", again, lessons, 7, { previous: null, tell: (one) => cold.push(one) });
    expect(parts[0]!.loss).toBeLessThan(cold.flatMap((one) => (one.kind === "part" ? [one.loss] : []))[0]!);
  });

  it("is kept as JSON, and refused under other features", () => {
    const kept = JSON.parse(
      JSON.stringify(fitModel("usad", { ...usad.learner, fit: () => model }, lessons, 7)),
    );

    expect(usad.detect(incident(), openModel("usad", usad.learner, kept).model)).toEqual(
      usad.detect(incident(), model),
    );
    const other = openModel("usad", { ...usad.learner, features: ["another"] }, kept);
    expect(other.problem).toContain("was made from other features");
  });

  it("leaves what it does not know to the detector that suits the metric, and says so", () => {
    const strange = sliceOf({
      metrics: [
        seriesOf(
          Array.from({ length: 60 }, (_, i) => 10 + Math.sin(i)),
          [10, 10, 50, 50, 50, 10],
          { key: { service: "rate", instance: "rate-0", metric: "cpu" } },
        ),
      ],
    });

    expect(usad.detect(strange, model)).toMatchObject([{ service: "rate", detector: "three-sigma" }]);
    const names = { metric: ["usad"], trace: [], log: [] } as const;
    const gaps = (models: Record<string, unknown>) =>
      detectorGaps(strange, names, { models, gaps: {} }).map(({ detail }) => detail);
    expect(gaps({})[0]).toContain("has not been fitted");
    expect(gaps({ usad: model })[0]).toContain("1 of 1 services");
    expect(detectorGaps(incident(), names, { models: { usad: model }, gaps: {} })).toEqual([]);
  });

  it("sees all metrics of a service where it is to judge one of them, and tells of that one", () => {
    const choices = [{ metric: "cpu", detector: "usad" as const }];
    const found = detect(incident(), { metric: [], trace: [], log: [], perMetric: choices }, { usad: model });

    expect(found).toMatchObject([{ detector: "usad", key: { metric: "cpu" } }]);
    const other = [{ metric: "memory", detector: "usad" as const }];
    expect(detect(incident(), { metric: [], trace: [], log: [], perMetric: other }, { usad: model })).toEqual(
      [],
    );
  });

  it("learns nothing from constant, empty, huge or few samples, and does not fail on them", () => {
    const many = (value: (i: number) => number) => Array.from({ length: 300 }, (_, i) => value(i));
    const bad = [many(() => 1), many(() => Number.NaN), many((i) => (i % 2) * 1e308), [1, 2], []];
    const metrics = bad.map((values, index) =>
      seriesOf(values, values, { key: { service: "geo", instance: "geo-0", metric: `m${index}` } }),
    );

    const learnt = learnGroups("usad", short, { normal: [sliceOf({ metrics })], incidents: [] }, 7, alone);

    expect(learnt.groups).toEqual([]);
    const odd = incident({ ...broken, cpu: broken.cpu.map((_, i) => (i % 2 === 0 ? 1e308 : -1e308)) });
    for (const { peak, zPeak, severity, score, mean, std } of usad.detect(odd, model)) {
      for (const value of [peak, zPeak, severity, score, mean, std]) expect(value).not.toBeNaN();
    }
  });
});

describe("omni-anomaly", () => {
  const small = { ...omniNetwork, fewestWindows: 200, epochs: 12 };
  const learnt = learnGroups("omni-anomaly", small, lessons, 7, alone);

  it("finds a metric that goes against the others, and nothing in a normal window", () => {
    const strong = system(60, 3, (load, i) => (i >= 30 && i <= 36 ? 1.6 - load : load));

    expect(omniAnomaly.detect(incident(strong), learnt).map(({ key }) => key.metric)).toContain("cpu");
    expect(omniAnomaly.detect(incident(system(60, 5)), learnt)).toEqual([]);
  });

  it("does not learn from fewer than 1,000 windows", () => {
    expect(learnGroups("omni-anomaly", omniNetwork, lessons, 7, alone).groups).toEqual([]);
  });
});
