import { describe, expect, it } from "vitest";
import { circa } from "../../../../pipeline/localize/circa.ts";
import { series, slice } from "../../../fakes/telemetry.ts";
import { randomOf } from "../detect/inputs.ts";

const edges = [{ caller: "web", callee: "geo", calls: 10 }];

/** web's latency is geo's plus 5; geo's own goes up from the third sample of the window on. */
function incident(seed: number) {
  const random = randomOf(seed);
  const ofGeo = (count: number, level: number) => Array.from({ length: count }, () => level + 4 * random());
  const ofWeb = (geo: readonly number[]) => geo.map((value) => value + 5 + 0.2 * random());
  const parts = {
    reference: ofGeo(60, 20),
    before: ofGeo(30, 20),
    window: [...ofGeo(2, 20), ...ofGeo(6, 80)],
  };
  const latency = (service: string, of: (values: readonly number[]) => readonly number[]) =>
    series({
      service,
      metric: "latency_p95",
      class: "symptom",
      reference: of(parts.reference),
      before: of(parts.before),
      window: of(parts.window),
    });
  return [latency("web", ofWeb), latency("geo", (values) => values)];
}

describe("circa", () => {
  it.each([1, 2, 3])("blames the callee whose latency explains its caller's (seed %i)", (seed) => {
    const ranked = circa.localize(slice({ metrics: incident(seed), edges }), []);

    const score = (service: string) => ranked.find((one) => one.service === service)?.score ?? 0;
    expect(score("geo")).toBeGreaterThan(3);
    expect(score("web")).toBeLessThan(score("geo") * 0.8);
  });

  it("cannot tell them apart without the call between them", () => {
    const other = [{ caller: "web", callee: "rate", calls: 1 }];

    const ranked = circa.localize(slice({ metrics: incident(1), edges: other }), []);

    expect(ranked.map(({ service }) => service).sort()).toEqual(["geo", "web"]);
    expect(Math.abs(ranked[0]!.score - ranked[1]!.score)).toBeLessThan(1);
  });

  it("ranks nothing without a call graph", () => {
    expect(circa.localize(slice({ metrics: incident(1) }), [])).toEqual([]);
  });

  it("ranks a resource that its own traffic accounts for below one that it does not", () => {
    const random = randomOf(4);
    const load = Array.from({ length: 90 }, () => 100 + 50 * random());
    const surge = Array.from({ length: 8 }, () => 400 + 50 * random());
    const busy = (values: readonly number[]) => values.map((value) => value / 5 + random());
    const metric = (service: string, name: string, past: readonly number[], now: readonly number[]) =>
      series({ service, metric: name, reference: past.slice(0, 60), before: past.slice(60), window: now });
    const metrics = [
      metric("geo", "requests", load, surge),
      metric("geo", "cpu_millicores", busy(load), busy(surge)),
      metric("rate", "requests", load, load.slice(0, 8)),
      metric("rate", "cpu_millicores", busy(load), busy(surge)),
    ];

    const ranked = circa.localize(
      slice({ metrics, edges: [{ caller: "web", callee: "geo", calls: 1 }] }),
      [],
    );

    const cpu = (service: string) =>
      ranked.find((one) => one.service === service && one.metric === "cpu_millicores")?.score ?? 0;
    expect(cpu("rate")).toBeGreaterThan(2 * cpu("geo"));
  });
});
