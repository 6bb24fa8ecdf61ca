import { describe, expect, it } from "vitest";
import { assembleTraces } from "../../../../../pipeline/detect/assemble-traces.ts";
import { callPaths } from "../../../../../pipeline/detect/call-path.ts";
import { defaultFit, fitTraces } from "../../../../../pipeline/detect/trace-anomaly/fit.ts";
import { learnedPaths } from "../../../../../pipeline/detect/trace-anomaly/learned-paths.ts";
import { timesByPath } from "../../../../../pipeline/detect/trace-anomaly/service-vectors.ts";
import { traceAnomaly } from "../../../../../pipeline/detect/trace-anomaly/trace-anomaly.ts";
import {
  restoredTraces,
  savedTraces,
  TraceModel,
} from "../../../../../pipeline/detect/trace-anomaly/trace-model.ts";
import { logLikelihoods, newNetwork } from "../../../../../pipeline/detect/trace-anomaly/variational.ts";
import { traceRules } from "../../../../../pipeline/detect/trace-rules.ts";
import { shapeOf } from "../../../../../pipeline/detect/trace-shape.ts";
import { xoshiro } from "../../../../../pipeline/learn/xoshiro.ts";
import type { Trace } from "../../../../../pipeline/types.ts";
import { sliceOf, span } from "../inputs.ts";

const random = xoshiro(11, "trace-anomaly.test");
const bell = () => random() + random() + random() + random() - 2;

/** frontend calls search and rate; both take longer under load, together. */
function request(traceId: string, start: number, loads = { search: bell(), rate: 0 }): Trace {
  const load = loads.search;
  const search = 60 + 12 * load + bell();
  const rate = 40 + 8 * (loads.rate === 0 ? load : loads.rate) + bell();
  const make = (id: string, parent: string | null, service: string, from: number, durationMs: number) =>
    span(id, parent, service, { traceId, start: start + from, durationMs });
  const [trace] = assembleTraces([
    make("a", null, "frontend", 0, search + rate + 10),
    make("b", "a", "search", 2, search),
    make("c", "a", "rate", 4 + search, rate),
  ]);
  return trace!;
}

const normal = Array.from({ length: 400 }, (_, i) => request(`n${i}`, i * 1000));
const vectors = (traces: readonly Trace[]) => {
  const paths = callPaths();
  return traces.map((trace) => timesByPath(shapeOf(trace, paths), paths));
};
const small = { ...defaultFit, hidden: 16, latent: 3, blocks: 2, epochs: 40, batch: 32 };
const fitted = fitTraces(vectors(normal), 7, small)!;
const model = savedTraces(fitted);
const sliceWith = (window: readonly Trace[]) => sliceOf({ traces: { reference: normal, window } });

describe("fitTraces", () => {
  it("gives equal numbers for equal traces and seed, and others for another seed", () => {
    const few = { ...small, epochs: 1 };
    const lessons = vectors(normal.slice(0, 200));
    const bytes = (seed: number) => JSON.stringify(savedTraces(fitTraces(lessons, seed, few)!));

    expect(bytes(7)).toBe(bytes(7));
    expect(bytes(7)).not.toBe(bytes(8));
  });

  it("leaves fewer than 200 traces to the rules", () => {
    expect(fitTraces(vectors(normal.slice(0, 199)), 7, small)).toBeNull();
  });
});

describe("logLikelihoods", () => {
  it("agrees with the closed form where the network is linear", () => {
    const network = newNetwork({ columns: 1, hidden: 1, latent: 1, blocks: 0 }, () => 0.5);
    const far = 50;
    // q(z|x) = N(0, 1.5), whatever x is; x = 0.7 z + 0.2 + noise of 0.5. Behind `far`, leaky ReLU is a line.
    const set = (tensors: readonly { data: Float64Array }[], values: readonly number[][]) => {
      tensors.forEach(({ data }, i) => {
        data.set(values[i] ?? []);
      });
    };
    const raw = (std: number) => Math.log(Math.expm1(std - 1e-4));
    set(network.encoder, [[0], [0], [0], [0]]);
    set(network.posterior, [
      [0, 0],
      [0, raw(1.5)],
    ]);
    set(network.decoder, [[1], [far], [1], [0]]);
    set(network.likelihood, [
      [0.7, 0],
      [0.2 - 0.7 * far, raw(0.5)],
    ]);

    const x = [-1, 0.2, 1.6];
    const found = logLikelihoods(
      network,
      x.map((value) => Float64Array.of(value)),
      20_000,
      xoshiro(3, "closed form"),
    );

    const variance = 0.7 ** 2 + 0.5 ** 2;
    x.forEach((value, i) => {
      const expected = -0.5 * (Math.log(2 * Math.PI * variance) + (value - 0.2) ** 2 / variance);
      expect(found[i]).toBeCloseTo(expected, 1.7);
    });
  });
});

describe("traceAnomaly", () => {
  it("finds times that are each usual and together are not, which no limit sees", () => {
    const odd = Array.from({ length: 5 }, (_, i) =>
      request(`odd${i}`, 1_000_000 + i * 500, { search: 1.3, rate: -1.3 }),
    );
    const usual = Array.from({ length: 60 }, (_, i) => request(`w${i}`, 1_010_000 + i * 1000));

    const found = traceAnomaly.detect(sliceWith([...odd, ...usual]), model);

    const told = found.filter(({ kind }) => kind === "unclassified");
    expect(traceRules.detect(sliceWith([...odd, ...usual]))).toEqual([]);
    expect(new Set(told.flatMap(({ traceIds }) => traceIds))).toEqual(
      new Set(odd.map(({ traceId }) => traceId)),
    );
    expect(["search", "rate"]).toContain(told[0]?.service);
  });

  it("is the rules where there is no model, or one of too few traces", () => {
    const window = Array.from({ length: 20 }, (_, i) =>
      request(`w${i}`, 1_000_000 + i, { search: 40, rate: 0 }),
    );

    const found = traceAnomaly.detect(sliceWith(window), null);

    expect(found).not.toEqual([]);
    expect(found).toEqual(traceRules.detect(sliceWith(window)));
  });

  it("says the same after its model was saved and read, and nothing of normal traces", () => {
    const kept = TraceModel.parse(JSON.parse(JSON.stringify(model)));
    const window = Array.from({ length: 100 }, (_, i) => request(`w${i}`, 1_000_000 + i * 1000));

    expect(kept).toEqual(model);
    expect(traceAnomaly.detect(sliceWith(window), kept)).toEqual([]);
    expect(restoredTraces({ ...model!, weights: model!.weights.slice(1) })).toBeNull();
  });

  it("learns with the door that every method is fitted through", () => {
    const { learner } = traceAnomaly;

    const lessons = sliceOf({ traces: { reference: normal.slice(0, 200), window: [] } });
    expect(learner.fit({ normal: [lessons], incidents: [] }, 7)?.columns.paths).toEqual([
      "frontend",
      "frontend -> search",
      "frontend -> rate",
    ]);
    expect(learner.fit({ normal: [], incidents: [] }, 7)).toBeNull();
  }, 60_000);
});

describe("learnedPaths", () => {
  const minute = 60_000;
  const added = (at: number, status: "ok" | "error" = "ok") =>
    assembleTraces([
      span("a", null, "frontend", { traceId: `d${at}`, start: at, durationMs: 30 }),
      span("b", "a", "offers", { traceId: `d${at}`, start: at + 1, durationMs: 10, status }),
    ])[0]!;

  it("takes a path for normal an hour after it appeared, if three traces on two minutes had it", () => {
    expect(learnedPaths([0, minute, 2 * minute].map((at) => added(at))).get("frontend -> offers")).toBe(
      60 * minute,
    );
    expect(learnedPaths([0, 1, 2].map((at) => added(at))).size).toBe(0);
    expect(learnedPaths([0, minute].map((at) => added(at))).size).toBe(0);
    expect(learnedPaths([0, minute, 2 * minute].map((at) => added(at, "error"))).size).toBe(0);
  });

  it("so stops telling what a deployment added", () => {
    const withOffers = (start: number) => {
      const { traceId, spans } = request(`d${start}`, start);
      const offers = span("d", "a", "offers", { traceId, start: start + 1, durationMs: 1 });
      return assembleTraces([...spans, offers])[0]!;
    };
    const early = [0, 1, 2, 3, 4, 5].map((i) => withOffers(1_000_000 + i * minute));
    const late = [0, 1, 2].map((i) => withOffers(1_000_000 + 61 * minute + i));
    const structural = (window: readonly Trace[]) =>
      traceAnomaly.detect(sliceWith(window), null).filter(({ kind }) => kind === "structural");
    const slice = (window: readonly Trace[]) => structural(window).flatMap(({ traceIds }) => traceIds);

    expect(slice([...early, ...late])).toEqual(early.map(({ traceId }) => traceId));
  });
});
