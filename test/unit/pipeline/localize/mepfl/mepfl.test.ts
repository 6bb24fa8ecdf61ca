import { describe, expect, it } from "vitest";
import { assembleTraces } from "../../../../../pipeline/detect/assemble-traces.ts";
import { fitModel, openModel } from "../../../../../pipeline/fitted-model.ts";
import { xoshiro } from "../../../../../pipeline/learn/xoshiro.ts";
import { localize } from "../../../../../pipeline/localize/index.ts";
import { traceBaseline } from "../../../../../pipeline/localize/mepfl/baseline.ts";
import {
  serviceFeatures,
  serviceVectors,
  traceFeatures,
  traceVector,
} from "../../../../../pipeline/localize/mepfl/features.ts";
import { mepflLessons } from "../../../../../pipeline/localize/mepfl/lessons.ts";
import { mepfl } from "../../../../../pipeline/localize/mepfl/mepfl.ts";
import { simulatedKinds, withFault } from "../../../../../pipeline/localize/mepfl/simulated-faults.ts";
import type { Span, Trace } from "../../../../../pipeline/types.ts";
import { slice, span, traceAnomaly, window } from "../../../../fakes/telemetry.ts";
import { randomOf } from "../../detect/inputs.ts";

interface Fault {
  readonly slow?: string;
  readonly gone?: string;
}

/** web calls geo and rate; geo calls store. Each works about 10 ms of its own; `slow` works 300 ms longer. */
function request(
  traceId: string,
  random: () => number,
  { slow, gone }: Fault = {},
  rename = (name: string) => name,
): Span[] {
  const own = (service: string) => 8 + 4 * random() + (service === slow ? 300 : 0);
  const spans: Span[] = [];
  const call = (
    service: string,
    parentId: string | null,
    start: number,
    inner: (start: number) => number,
  ): number => {
    const spanId = `${traceId}-${service}`;
    const work = own(service);
    const ends = inner(start + work / 2) + work / 2;
    spans.push(
      span({ traceId, spanId, parentId, service: rename(service), start, durationMs: ends - start }),
    );
    return ends;
  };
  const at = window.start + random() * 1000;
  call("web", null, at, (first) => {
    const second = call("geo", `${traceId}-web`, first, (inner) =>
      gone === "store" ? inner : call("store", `${traceId}-geo`, inner, (end) => end),
    );
    return call("rate", `${traceId}-web`, second, (end) => end);
  });
  return spans;
}

const random = randomOf(4);
const requests = (count: number, prefix: string, fault?: Fault) =>
  Array.from({ length: count }, (_, at) => request(`${prefix}${at}`, random, fault)).flat();
const referenceSpans = requests(60, "r");
const normal = slice({ referenceSpans });
const model = mepfl.learner.fit({ normal: [normal], incidents: [] }, 7);
const anomalies = [
  traceAnomaly({
    id: "trace-1",
    service: "web",
    traceIds: ["w0", "w1", "w2"],
    callPath: ["web", "geo", "store"],
  }),
];

describe("mepfl, fitted on simulated faults", () => {
  it.each([
    ["slow geo", { slow: "geo" }, "geo"],
    ["slow store", { slow: "store" }, "store"],
    ["missing store", { gone: "store" }, "store"],
  ])("blames the right service for a %s, and says what it was fitted on", (_, fault: Fault, service) => {
    const data = slice({ referenceSpans, spans: requests(30, "w", fault) });

    const [first] = localize(data, anomalies, ["mepfl"], { mepfl: model })[0]!.candidates;

    // A service that is gone and one that no longer calls it look alike.
    expect(fault.gone === undefined ? [service] : [service, "geo"]).toContain(first!.service);
    expect(first!.score).toBeGreaterThan(1);
    expect(first!.why).toMatch(
      /^Classifiers fitted on simulated faults put \d+ % of the blame for \d+ abnormal traces on it, most like \w+\.$/,
    );
  });

  it("blames nobody for traces like any others", () => {
    const data = slice({ referenceSpans, spans: requests(30, "w") });

    expect(localize(data, [], ["mepfl"], { mepfl: model })[0]!.candidates).toEqual([]);
  });

  it("names the kinds that it simulated", () => {
    expect(model.kinds).toEqual([...simulatedKinds]);
    expect(model.services).toEqual(["geo", "rate", "store", "web"]);
    expect(model.simulated).toBeGreaterThan(100);
  });
});

describe("mepfl, when it cannot rank", () => {
  const note = (data: ReturnType<typeof slice>, models = {}) => {
    const [ranking] = localize(data, anomalies, ["mepfl"], models);
    expect(ranking!.candidates).toEqual([]);
    return ranking!.note;
  };
  const fitted = { mepfl: model };

  it("says that it has learnt nothing", () => {
    expect(note(slice({ referenceSpans, spans: requests(30, "w") }))).toContain("run localexpert fit once");
  });

  it("says that it was fitted on another system", () => {
    const other = (prefix: string) =>
      Array.from({ length: 40 }, (_, at) =>
        request(`${prefix}${at}`, random, { slow: "geo" }, (name) => `their-${name}`),
      ).flat();

    expect(note(slice({ referenceSpans: other("r"), spans: other("w") }), fitted)).toBe(
      "MEPFL was fitted on other services (0 of 4 are known), so it did not rank these: run localexpert fit again.",
    );
  });

  it("says how many traces it lacks", () => {
    expect(note(slice({ referenceSpans, spans: requests(5, "w") }), fitted)).toContain(
      "5 traces are too few",
    );
    expect(note(slice({ referenceSpans: requests(5, "s"), spans: requests(20, "w") }), fitted)).toContain(
      "5 normal traces are too few",
    );
    expect(note(slice({}), fitted)).toBeUndefined();
  });
});

describe("a service that the model cannot know", () => {
  it("is left to the spectrum", () => {
    const spans = requests(30, "w", { slow: "geo" }).flatMap((one) =>
      one.service === "geo"
        ? [
            one,
            span({
              ...one,
              spanId: `${one.spanId}-new`,
              parentId: one.spanId,
              service: "new",
              durationMs: 200,
            }),
          ]
        : [one],
    );
    const ids = Array.from({ length: 30 }, (_, at) => `w${at}`);

    const ranked = mepfl.localize(
      slice({ referenceSpans, spans }),
      [traceAnomaly({ id: "trace-1", service: "geo", traceIds: ids })],
      model,
    );

    expect(ranked.find(({ service }) => service === "new")!.why).toContain("do not know it");
  });
});

describe("mepflLessons", () => {
  it("learns from labelled incidents, with their kinds of fault", () => {
    const incident = {
      id: "one",
      slice: slice({ referenceSpans, spans: requests(20, "w", { slow: "rate" }) }),
      services: ["rate"],
      faultType: "noisy neighbour",
    };

    const lessons = mepflLessons({ normal: [], incidents: [incident] }, 7);

    expect(lessons.kinds).toContain("noisy neighbour");
    expect(lessons.incidents).toBe(1);
    const own = lessons.kind.labels.filter((_, at) => lessons.kind.groups[at] === "one");
    expect(own.length).toBeGreaterThan(10);
    expect(new Set(own)).toEqual(new Set([lessons.kinds.indexOf("noisy neighbour")]));
  });
});

describe("features", () => {
  const baseline = traceBaseline(assembleTraces(referenceSpans));

  it("are as many as their names, and finite", () => {
    const [trace] = assembleTraces(request("x", random, { slow: "geo" }));
    const measured = baseline.measure(trace!);

    expect(traceVector(measured)).toHaveLength(traceFeatures.length);
    for (const { values } of serviceVectors(measured, new Map())) {
      expect(values).toHaveLength(serviceFeatures.length);
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  it("do not depend on what services are called", () => {
    const names = new Map([
      ["web", "a"],
      ["geo", "z"],
      ["rate", "m"],
      ["store", "b"],
    ]);
    const renamed = (one: Span): Span => ({ ...one, service: names.get(one.service)! });
    const faulty = request("x", randomOf(8), { slow: "geo" });
    const other = traceBaseline(assembleTraces(referenceSpans.map(renamed)));
    const vectors = (trace: Trace, from: typeof baseline) =>
      new Map(
        serviceVectors(from.measure(trace), new Map()).map(({ service, values }) => [service, [...values]]),
      );

    const before = vectors(assembleTraces(faulty)[0]!, baseline);
    const after = vectors(assembleTraces(faulty.map(renamed))[0]!, other);

    for (const [service, values] of before) expect(after.get(names.get(service)!)).toEqual(values);
  });
});

describe("withFault", () => {
  const [trace] = assembleTraces(request("x", randomOf(2)));
  const duration = (of: Trace, service: string) =>
    of.spans.find((one) => one.service === service)!.durationMs;

  it("delays whoever waits, and nobody else", () => {
    const slower = withFault(trace!, "store", "latency", false, xoshiro(1, "t"))!;

    const delay = duration(slower, "store") - duration(trace!, "store");
    expect(delay).toBeGreaterThan(10);
    expect(duration(slower, "geo") - duration(trace!, "geo")).toBeCloseTo(delay, 6);
    expect(duration(slower, "web") - duration(trace!, "web")).toBeCloseTo(delay, 6);
    expect(duration(slower, "rate")).toBe(duration(trace!, "rate"));
  });

  it("delays the caller of a service that is slow to reach, not the service", () => {
    const slower = withFault(trace!, "store", "network", false, xoshiro(1, "t"))!;

    expect(duration(slower, "store")).toBe(duration(trace!, "store"));
    expect(duration(slower, "geo")).toBeGreaterThan(duration(trace!, "geo") + 10);
  });

  it("takes a crashed service out, and marks errors only where they are recorded", () => {
    const crashed = withFault(trace!, "geo", "crash", true, xoshiro(1, "t"))!;
    const unmarked = withFault(trace!, "geo", "crash", false, xoshiro(1, "t"))!;

    expect(crashed.spans.map(({ service }) => service).sort()).toEqual(["rate", "web"]);
    expect(crashed.spans.find(({ service }) => service === "web")!.status).toBe("error");
    expect(unmarked.spans.every(({ status }) => status === "unset")).toBe(true);
  });

  it("is none of a service that is not there", () => {
    expect(withFault(trace!, "gone", "latency", false, xoshiro(1, "t"))).toBeNull();
    expect(withFault(trace!, "web", "crash", false, xoshiro(1, "t"))).toBeNull();
  });
});

describe("a fitted model", () => {
  const fitted = {
    ...fitModel("mepfl", { ...mepfl.learner, fit: () => model }, { normal: [normal], incidents: [] }, 7),
  };

  it("says what it was made from, and is read again as it was", () => {
    const read = openModel("mepfl", mepfl.learner, JSON.parse(JSON.stringify(fitted)));

    expect(fitted.trainedOn).toMatchObject({ normalPeriods: 1, incidents: 0, traces: 60 });
    expect(read.problem).toBeNull();
    expect(read.model).toEqual(model);
  });

  it.each([
    [{ version: 0 }, "is of version 0, not 1"],
    [{ schemaHash: "00000000" }, "was made from other features"],
    [{ algorithm: "other" }, "was made by other"],
    [{ model: { latent: 1 } }, "is damaged"],
    [{ trainedOn: null }, "is damaged"],
  ])("is refused with %j", (change, why) => {
    const read = openModel("mepfl", mepfl.learner, { ...fitted, ...change });

    expect(read.model).toBeNull();
    expect(read.problem).toContain(why);
    expect(read.problem).toContain("run localexpert fit again");
  });
});
