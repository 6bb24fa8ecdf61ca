import { describe, expect, it } from "vitest";
import { metricDetectors } from "../../../pipeline/detect/index.ts";
import { diagnose } from "../../../pipeline/diagnose.ts";
import { Diagnosis } from "../../../pipeline/diagnosis.ts";
import { localizers } from "../../../pipeline/localize/index.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";
import type { LogLine, RawSeries, Span } from "../../../pipeline/types.ts";
import { incident, normal } from "../../fakes/incident.ts";
import { line, minute, span, window } from "../../fakes/telemetry.ts";
import { type FakeTelemetry, fakeToolbox } from "../../fakes/toolbox.ts";

const question = {
  id: "q1",
  text: "what broke in the last 3 minutes",
  askedAt: window.end,
  timeZone: "UTC",
  askedWindow: null,
};

/** Every metric detector and every localizer, whatever the defaults are. */
const everything = PipelineOptions.parse({
  detectors: {
    metric: Object.keys(metricDetectors),
    trace: ["trace-anomaly", "call-delays", "repeated-calls"],
  },
  localizers: Object.keys(localizers),
});

/** The diagnosis, which must be whole: no number that is none, in the answer or in its words. */
async function answerTo(telemetry: FakeTelemetry): Promise<Diagnosis> {
  const toolbox = fakeToolbox(telemetry);
  const { signal } = new AbortController();
  const diagnosis = await diagnose(question, toolbox, everything, signal);
  expect(wrongIn(diagnosis)).toEqual([]);
  expect(() => Diagnosis.parse(JSON.parse(JSON.stringify(diagnosis)))).not.toThrow();
  return diagnosis;
}

/** Where a value is no number, or a text says so. */
function wrongIn(value: unknown, path = ""): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [`${path}: ${value}`];
  if (typeof value === "string") return /\bNaN\b|Infinity|undefined/.test(value) ? [`${path}: ${value}`] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => wrongIn(one, `${path}.${key}`));
}

const step = 60_000;
const times = Array.from({ length: 73 }, (_, i) => window.start - 70 * minute + i * step);

function seriesWith(metric: string, t: readonly number[], valueAt: (i: number) => number): RawSeries {
  return {
    key: { service: "geo", instance: "geo-1", metric },
    unit: null,
    samples: { t: Float64Array.from(t), v: Float64Array.from(t, (_, i) => valueAt(i)) },
  };
}

const broken = incident(true);
const withMetrics = (...metrics: RawSeries[]): FakeTelemetry => ({
  ...broken,
  metrics: [...(broken.metrics ?? []), ...metrics],
});
const withSpans = (spans: readonly Span[]): FakeTelemetry => ({
  ...broken,
  spans: [...(broken.spans ?? []), ...spans],
});
const withLogs = (logs: readonly LogLine[]): FakeTelemetry => ({
  ...broken,
  logs: [...(broken.logs ?? []), ...logs],
});

describe("bad input", () => {
  it.each<[string, RawSeries]>([
    ["without samples", seriesWith("empty", [], () => 0)],
    ["that never change", seriesWith("constant", times, () => 7)],
    ["without a value", seriesWith("missing", times, () => Number.NaN)],
    ["of two samples", seriesWith("two", times.slice(-2), (i) => i)],
    ["of two samples long ago", seriesWith("old", times.slice(0, 2), (i) => i)],
    ["of 1e308", seriesWith("huge", times, (i) => (i % 2 === 0 ? 1e308 : -1e308))],
    ["that go from nothing to 1e308", seriesWith("leap", times, (i) => (i > 70 ? 1e308 : 0))],
    ["that are infinite", seriesWith("infinite", times, (i) => (i > 70 ? Number.POSITIVE_INFINITY : i % 3))],
    ["that count backwards", seriesWith("requests_total", times, (i) => -i * 1000)],
    ["that count and fall below zero", seriesWith("bytes_total", times, (i) => (i > 70 ? -5e9 : i * 10))],
    ["in no order", seriesWith("unsorted", times.slice().reverse(), (i) => i % 5)],
    ["with each time twice", seriesWith("repeated", [...times, ...times].sort(), (i) => i % 5)],
    [
      "at times that are none",
      seriesWith(
        "timeless",
        times.map(() => Number.NaN),
        (i) => i,
      ),
    ],
  ])("names the cause beside metrics %s", async (_, series) => {
    const diagnosis = await answerTo(withMetrics(series));

    expect(diagnosis.causes[0]?.service).toBe("geo");
    await answerTo({ ...withMetrics(series), spans: [], logs: [], metrics: [series] });
  });

  it("says what it left out", async () => {
    const wild = seriesWith("leap", times, (i) => (i > 70 ? 1e308 : 0));

    expect((await answerTo(withMetrics(wild))).gaps).toContainEqual({
      from: "metrics",
      reason: "broken-rows",
      detail:
        "2 samples of 1 metric series have no time, or a value over 1e150 that nothing can measure: they are left out.",
    });
  });

  const place = { start: window.start + 1_000, durationMs: 30 };
  it.each<[string, Span[]]>([
    [
      "with lost parents",
      many((i) => span({ traceId: `l${i}`, spanId: "a", parentId: "gone", service: "geo", ...place })),
    ],
    [
      "that call each other in a circle",
      many((i) => [
        span({ traceId: `c${i}`, spanId: "a", parentId: "b", service: "geo", ...place }),
        span({ traceId: `c${i}`, spanId: "b", parentId: "a", service: "frontend", ...place }),
        span({ traceId: `c${i}`, spanId: "c", parentId: "c", service: "frontend", ...place }),
      ]),
    ],
    [
      "that end before they begin",
      many((i) =>
        span({
          traceId: `n${i}`,
          spanId: "a",
          service: "geo",
          ...place,
          durationMs: i % 2 === 0 ? -50 : Number.NaN,
        }),
      ),
    ],
    [
      "with one id for all spans",
      many((i) => [
        span({ traceId: `d${i}`, spanId: "a", service: "frontend", ...place }),
        span({ traceId: `d${i}`, spanId: "a", parentId: "a", service: "geo", ...place }),
      ]),
    ],
    [
      "whose clocks are an hour apart",
      many((i) => [
        span({ traceId: `s${i}`, spanId: "a", service: "frontend", ...place }),
        span({
          traceId: `s${i}`,
          spanId: "b",
          parentId: "a",
          service: "geo",
          start: normal.start,
          durationMs: 5,
        }),
      ]),
    ],
    [
      "of ten thousand spans",
      Array.from({ length: 10_000 }, (_, i) =>
        span({
          traceId: "long",
          spanId: String(i),
          parentId: i === 0 ? null : String(i % 2 === 0 ? i - 1 : 0),
          service: `s${i % 7}`,
          ...place,
        }),
      ),
    ],
    [
      "ten thousand calls deep",
      Array.from({ length: 10_000 }, (_, i) =>
        span({
          traceId: "deep",
          spanId: String(i),
          parentId: i === 0 ? null : String(i - 1),
          service: `s${i % 7}`,
          ...place,
        }),
      ),
    ],
  ])("names the cause beside traces %s", async (_, spans) => {
    const diagnosis = await answerTo(withSpans(spans));

    expect(diagnosis.verdict).toBe("found");
    await answerTo({ ...broken, metrics: [], logs: [], spans });
  });

  it.each<[string, string]>([
    ["of half characters and bytes that are no text", "\ud800 caf\ufffd \u0000\u0001\u001b[31m \udfff\u202e"],
    ["in several scripts", "ошибка 连接失败 エラー خطأ 🔥"],
    ["of a megabyte", `panic ${"x".repeat(1_000_000)}`],
    ["of a megabyte of words", "no reachable servers ".repeat(50_000)],
    ["of a megabyte of brackets", "{[(".repeat(340_000)],
    ["that are empty", ""],
  ])("names the cause beside log lines %s", async (_, body) => {
    const lines = many((i) => line({ service: "geo", t: window.start + i * 1_000, body, level: "ERROR" }));
    const diagnosis = await answerTo(withLogs(lines.slice(0, 12)));

    expect(diagnosis.causes[0]?.service).toBe("geo");
    expect(JSON.stringify(diagnosis).length).toBeLessThan(1_000_000);
  });
});

function many<Item>(make: (i: number) => Item | Item[]): Item[] {
  return Array.from({ length: 40 }, (_, i) => make(i)).flat() as Item[];
}
