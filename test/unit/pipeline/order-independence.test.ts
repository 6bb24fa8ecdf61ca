import { describe, expect, it } from "vitest";
import { assembleTraces } from "../../../pipeline/detect/assemble-traces.ts";
import { detect } from "../../../pipeline/detect/index.ts";
import { diagnose } from "../../../pipeline/diagnose.ts";
import { Diagnosis } from "../../../pipeline/diagnosis.ts";
import { fuseMetrics, fuseServices } from "../../../pipeline/fusion/fuse.ts";
import { type LocalizerName, localize, localizers } from "../../../pipeline/localize/index.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";
import { callEdges } from "../../../pipeline/topology.ts";
import type {
  CallEdge,
  LogLine,
  MetricSeries,
  Ranking,
  Span,
  TelemetrySlice,
} from "../../../pipeline/types.ts";
import { line, minute, samples, series, slice, span, window } from "../../fakes/telemetry.ts";
import { type FakeTelemetry, fakeToolbox } from "../../fakes/toolbox.ts";
import { randomOf } from "./detect/inputs.ts";

/** What rankings must not depend on: the order in which telemetry comes, and what services are called. */

const options = PipelineOptions.parse({});
const seeds = [1, 2, 3];
const everyName = Object.keys(localizers) as LocalizerName[];

interface Telemetry {
  readonly metrics: readonly MetricSeries[];
  readonly spans: readonly Span[];
  readonly referenceSpans: readonly Span[];
  readonly logs: readonly LogLine[];
  readonly referenceLogs: readonly LogLine[];
  readonly edges: readonly CallEdge[];
}

/** web calls geo and rate, geo calls store; geo's own work is slow, breaks off and uses up its CPU. */
function incident(seed: number): Telemetry {
  const random = randomOf(seed);
  const requests = (count: number, prefix: string, isBroken: boolean) => {
    const spans: Span[] = [];
    const lines: LogLine[] = [];
    for (let index = 0; index < count; index++) {
      const traceId = `${prefix}${index}`;
      const at = window.start + index * 1000 + random() * 100;
      const own = 20 + random() * 5 + (isBroken ? 200 : 0);
      const call = (spanId: string, parentId: string | null, service: string, start: number, ms: number) =>
        spans.push(span({ traceId, spanId, parentId, service, start, durationMs: ms }));
      call("1", null, "web", at, own + 30 + random() * 3);
      call("2", "1", "geo", at + 2, own + 10);
      if (!isBroken || index % 3 > 0) call("3", "2", "store", at + 4, 5 + random());
      call("4", "1", "rate", at + own + 14, 8 + random());
      const say = (after: number, body: string, level = "INFO") =>
        lines.push(line({ service: "geo", traceId, spanId: "2", t: at + after, body, level }));
      say(3, "geo.go:31 looking");
      if (isBroken && index % 3 === 0) say(5, "geo.go:99 panic: no reachable servers", "ERROR");
      else say(own, "geo.go:34 found");
    }
    return { spans, lines };
  };
  const normal = requests(60, "r", false);
  const now = requests(60, "w", true);
  const metrics = ["web", "geo", "rate", "store"].map((service) =>
    series({
      service,
      reference: Array.from({ length: 80 }, () => 10 + random() * 4),
      before: Array.from({ length: 30 }, () => 10 + random() * 4),
      window: Array.from({ length: 3 }, () => (service === "geo" ? 90 : 10) + random() * 4),
    }),
  );
  return {
    metrics,
    spans: now.spans,
    referenceSpans: normal.spans,
    logs: now.lines,
    referenceLogs: normal.lines,
    edges: callEdges(assembleTraces([...normal.spans, ...now.spans])),
  };
}

function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const random = randomOf(seed);
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function ranked(data: TelemetrySlice, reorder: <Item>(items: readonly Item[]) => readonly Item[] = (a) => a) {
  const anomalies = reorder(detect(data, options.detectors));
  const rankings = localize(data, anomalies, everyName);
  const services = fuseServices(rankings, options.fusion);
  return { rankings, services, metrics: fuseMetrics(rankings, services, []), anomalies };
}

/** Scores in the order of the ranking, without the last digits that the order of adding up changes. */
function scores(rankings: readonly Ranking[], rename: (service: string) => string = (a) => a) {
  return rankings.map(({ localizer, candidates }) => [
    localizer,
    candidates.map(({ service, metric, score }) => [rename(service), metric, Number(score.toPrecision(9))]),
  ]);
}

describe("rankings", () => {
  it("rank something by every localizer that looks at traces, logs or metrics of the incident", () => {
    const { rankings, services } = ranked(slice(incident(1)));

    const silent = rankings.filter(({ candidates }) => candidates.length === 0);
    // Nobody repeats a call, goes away or ends; where traces were seen, the call graph has nothing to add; nothing was fitted.
    expect(silent.map(({ localizer }) => localizer)).toEqual([
      "repeated-calls",
      "call-graph",
      "lost-callees",
      "error-lines",
      "mepfl",
    ]);
    expect(services[0]!.service).toBe("geo");
  });

  it.each(seeds)("do not depend on the order of spans, lines and series (seed %i)", (seed) => {
    const data = incident(seed);
    const mixed = {
      metrics: shuffled(data.metrics, seed),
      spans: shuffled(data.spans, seed + 1),
      referenceSpans: shuffled(data.referenceSpans, seed + 2),
      logs: shuffled(data.logs, seed + 3),
      referenceLogs: shuffled(data.referenceLogs, seed + 4),
      edges: shuffled(data.edges, seed + 5),
    };
    const byTime = (lines: readonly LogLine[]) => [...lines].sort((a, b) => a.t - b.t);
    const collected = { ...mixed, logs: byTime(mixed.logs), referenceLogs: byTime(mixed.referenceLogs) };

    expect(scores(ranked(slice(collected)).rankings)).toEqual(scores(ranked(slice(data)).rankings));
  });

  it.each(seeds)("do not depend on the order of anomalies (seed %i)", (seed) => {
    const data = slice(incident(seed));

    const mixed = ranked(data, (items) => shuffled(items, seed));

    expect(scores(mixed.rankings)).toEqual(scores(ranked(data).rankings));
  });

  it.each(seeds)("only swap names when services are renamed (seed %i)", (seed) => {
    const names = new Map([
      ["web", "zeta"],
      ["geo", "alpha"],
      ["rate", "mid"],
      ["store", "beta"],
    ]);
    const renamed = (service: string) => names.get(service) ?? service;
    const rename = <Item extends { readonly service: string }>(item: Item): Item => ({
      ...item,
      service: renamed(item.service),
    });
    const data = incident(seed);
    const other = {
      metrics: data.metrics.map((one) => ({ ...one, key: rename(one.key) })),
      spans: data.spans.map(rename),
      referenceSpans: data.referenceSpans.map(rename),
      logs: data.logs.map(rename),
      referenceLogs: data.referenceLogs.map(rename),
      edges: data.edges.map(({ caller, callee, calls }) => ({
        caller: renamed(caller),
        callee: renamed(callee),
        calls,
      })),
    };
    const byName = (all: ReturnType<typeof scores>) => all.map((one) => JSON.stringify(one)).sort();
    const sortTies = (rankings: readonly Ranking[], to: (service: string) => string) =>
      byName(
        scores(
          rankings.map((ranking) => ({
            ...ranking,
            candidates: [...ranking.candidates].sort(
              (a, b) =>
                Number(b.score.toPrecision(9)) - Number(a.score.toPrecision(9)) ||
                (to(a.service) + a.metric < to(b.service) + b.metric ? -1 : 1),
            ),
          })),
          to,
        ),
      );

    const before = ranked(slice(data)).rankings;
    const after = ranked(slice(other)).rankings;

    expect(sortTies(after, (service) => service)).toEqual(sortTies(before, renamed));
  });
});

describe("diagnose on what is left", () => {
  const normal = { start: window.start - 70 * minute, end: window.start - 10 * minute };

  /** The incident as sources hold it: reference spans and lines lie in the normal period. */
  function telemetry(): Required<Pick<FakeTelemetry, "metrics" | "logs" | "spans">> & FakeTelemetry {
    const data = incident(1);
    const back = normal.start - window.start;
    return {
      services: ["web", "geo", "rate", "store"],
      declared: { metric: [normal], log: [normal], trace: [normal] },
      spans: [...data.referenceSpans.map((one) => ({ ...one, start: one.start + back })), ...data.spans],
      logs: [...data.referenceLogs.map((one) => ({ ...one, t: one.t + back })), ...data.logs],
      metrics: data.metrics.map(({ key, unit, reference, window: now }) => ({
        key,
        unit,
        samples: samples(
          [
            ...reference.v.slice(0, 45),
            ...Array.from({ length: 25 }, (_, index) => 10 + (index % 4)),
            ...now.v,
          ],
          normal.start,
        ),
      })),
    };
  }

  function run(held: FakeTelemetry) {
    const question = {
      id: "q",
      text: "what broke in the last 3 minutes",
      askedAt: window.end,
      timeZone: "UTC",
      askedWindow: null,
    };
    return diagnose(question, fakeToolbox(held), options, new AbortController().signal);
  }

  it("names the cause as long as one kind of telemetry is left", async () => {
    const all = telemetry();
    const { metrics, ...withoutMetrics } = all;
    const { logs, ...withoutLogs } = all;
    const { spans, ...withoutTraces } = all;
    const none = { metrics: [], logs: [], spans: [] };
    for (const held of [
      all,
      withoutMetrics,
      withoutLogs,
      withoutTraces,
      { ...all, ...none, metrics },
      { ...all, ...none, spans },
    ]) {
      const diagnosis = await run(held);

      expect(diagnosis.verdict).toBe("found");
      expect(diagnosis.causes[0]!.service).toBe("geo");
    }
    expect(logs.length).toBeGreaterThan(0);
  });

  it("answers without a window, without a past, and with broken numbers", async () => {
    const all = telemetry();
    const inWindow = (t: number) => t >= window.start;
    const half = (keep: (t: number) => boolean): FakeTelemetry => ({
      ...all,
      spans: all.spans.filter(({ start }) => keep(start)),
      logs: all.logs.filter(({ t }) => keep(t)),
      metrics: all.metrics.map((one) => ({
        ...one,
        samples: samples(
          [...one.samples.v].filter((_, index) => keep(one.samples.t[index]!)),
          one.samples.t[[...one.samples.t].findIndex(keep)]!,
        ),
      })),
    });
    const infinite = all.metrics.map((one) => ({
      ...one,
      samples: { ...one.samples, v: one.samples.v.map((value, index) => (index % 7 === 0 ? 1 / 0 : value)) },
    }));

    expect((await run(half((t) => !inWindow(t)))).verdict).toBe("cannot-tell");
    expect((await run(half(inWindow))).causes.every(({ confidence }) => confidence >= 0)).toBe(true);
    const broken = await run({ ...all, metrics: infinite });
    expect(broken.causes[0]!.service).toBe("geo");
    expect(Diagnosis.parse(JSON.parse(JSON.stringify(broken)))).toEqual(broken);
  });

  it("names no cause in words where the verdict names none", async () => {
    const all = telemetry();
    const errors = Array.from({ length: 4 }, (_, index) =>
      line({ service: "rate", t: window.start + index, level: "ERROR", body: "retrying, as ever" }),
    );

    const diagnosis = await run({ ...all, metrics: [], spans: [], logs: errors });

    expect(diagnosis.causes).toEqual([]);
    expect(diagnosis.rankings[0]!.candidates).toHaveLength(1);
    expect(diagnosis.explanation).not.toContain("most likely root cause");
  });
});
