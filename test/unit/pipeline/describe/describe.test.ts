import { expect, it, describe as suite } from "vitest";
import { describe, summarize } from "../../../../pipeline/describe/index.ts";
import type { LogAnomaly, MetricAnomaly, TraceAnomaly } from "../../../../pipeline/types.ts";

const at = (time: string) => Date.parse(`2021-07-02T${time}+08:00`);
const zone = "Asia/Shanghai";

const metric: MetricAnomaly = {
  id: "metric-1",
  modality: "metric",
  service: "logservice2",
  instance: null,
  start: at("00:09:12"),
  end: at("00:23:42"),
  severity: 2.32,
  key: { service: "logservice2", instance: null, metric: "cpu_kernel_norm_pct" },
  unit: null,
  class: "resource",
  direction: "up",
  peak: 0.002457,
  previous: 0.001223,
  mean: 0.001223,
  std: 0.000532,
  zPeak: 2.32,
  score: 1.16,
  scoreClipped: false,
  segment: Array.from({ length: 30 }, (_, i) => (i % 6 === 5 && i > 9 ? 0.002457 : 0.001223)),
  detector: "three-sigma",
};

const trace: TraceAnomaly = {
  id: "trace-1",
  modality: "trace",
  kind: "structural",
  service: "webservice2",
  instance: null,
  start: at("00:18:44"),
  end: at("00:18:56"),
  severity: 3,
  traceId: "d3e78653683c2cbc",
  traceIds: ["d3e78653683c2cbc"],
  traceCount: 1,
  callPath: [],
  added: [],
  removed: [],
  slowNodes: [],
};

const slow = (service: string, durationMs: number, excessMs: number, suspect = false) => ({
  service,
  instance: null,
  operation: "op",
  durationMs,
  limitMs: durationMs - excessMs,
  excessMs,
  suspect,
});

const log: LogAnomaly = {
  id: "log-1",
  modality: "log",
  kind: "new",
  service: "geo",
  instance: null,
  start: at("00:01:00"),
  end: at("00:02:00"),
  severity: 4,
  template: "panic: no reachable servers after <*> ms",
  expectedNext: null,
  calleeBefore: null,
  level: "FATAL",
  count: 37,
  expected: 0,
  examples: ["panic: no reachable servers after 35 ms"],
};

const text = (anomaly: MetricAnomaly | TraceAnomaly | LogAnomaly, timeZone = zone) =>
  describe([anomaly], timeZone)[0]?.text ?? "";

suite("describe", () => {
  it("says the paper's sentence for a metric, then change, normal range and zone", () => {
    expect(text(metric)).toBe(
      "The cpu_kernel_norm_pct metric for the service logservice2 is abnormal, displaying an anomaly pattern characterized by multiple spikes. This anomaly began on 2021-07-02 at 00:09:12 and ended at 00:23:42, reaching a peak of 0.002457, which is an increase from the previous value of 0.001223. The anomaly score is 1.16." +
        " That is 100.9 % more than before. Normal is 0.001223 ± 0.000532. Times are UTC+08:00.",
    );
    expect(describe([metric], zone)).toMatchObject([{ anomalyId: "metric-1", pattern: "multiple spikes" }]);
  });

  it("says the paper's sentence for a broken call path", () => {
    expect(text(trace)).toBe(
      "There is a structural anomaly in the trace. The trace ID is d3e78653683c2cbc, with the trace call starting at 2021-07-02 00:18:44 and ending at 00:18:56. Times are UTC+08:00.",
    );
  });

  it("says the paper's sentences for a timeout", () => {
    const timeout: TraceAnomaly = {
      ...trace,
      kind: "timeout",
      traceId: "ea6799e3d0dfb480",
      start: at("00:20:54"),
      end: at("00:20:56"),
      callPath: ["webservice2", "logservice1", "logservice2", "dbservice2", "redisservice1"],
      slowNodes: [
        slow("logservice2", 1788, 1056),
        slow("logservice1", 1866, 1030),
        slow("webservice2", 2150, 976),
        slow("dbservice2", 1743, 1090, true),
      ],
    };

    expect(text(timeout)).toBe(
      [
        "The trace call with trace ID ea6799e3d0dfb480 timed out. It started at 2021-07-02 00:20:54 and ended at 00:20:56, following the call path: webservice2 -> logservice1 -> logservice2 -> dbservice2 -> redisservice1. Several services exhibited anomalies:",
        "- logservice2: Call time was 1788 ms, exceeding the normal upper limit by 1056 ms.",
        "- logservice1: Call time was 1866 ms, exceeding the normal upper limit by 1030 ms.",
        "- webservice2: Call time was 2150 ms, exceeding the normal upper limit by 976 ms.",
        "- dbservice2: Call time was 1743 ms, exceeding the normal upper limit by 1090 ms.",
        "The deepest service that is slow by itself is dbservice2. Times are UTC+08:00.",
      ].join("\n"),
    );
  });

  it("says how many traces have the same anomaly, and where they broke off", () => {
    const group = { ...trace, traceCount: 37, removed: ["web -> geo -> store"], service: "geo" };

    expect(text(group)).toBe(
      "There is the same structural anomaly in 37 traces. The first trace ID is d3e78653683c2cbc, with its trace call starting at 2021-07-02 00:18:44; the last of them ended at 00:18:56. It broke off in geo: the calls web -> geo -> store are missing. Times are UTC+08:00.",
    );
  });

  it("tells lows, zero before, clipped scores and another day", () => {
    const low = {
      ...metric,
      direction: "down",
      peak: -3.00000000004,
      previous: 0,
      unit: "ms",
      score: 99.99,
      scoreClipped: true,
      end: at("00:23:42") + 86_400_000,
    } as const;

    expect(text(low)).toContain(
      "ended at 2021-07-03 00:23:42, reaching a low of -3, which is a decrease from the previous value of 0. The anomaly score is more than 99.99. Normal is 0.001223 ± 0.000532 ms.",
    );
  });

  it("describes logs by count, time, level and an example", () => {
    expect(text(log)).toBe(
      'New lines in the logs of geo: 37 times "panic: no reachable servers after <*> ms", from 2021-07-02 00:01:00 to 00:02:00, never in the reference period. The level is FATAL. Example: "panic: no reachable servers after 35 ms" Times are UTC+08:00.',
    );
    expect(text({ ...log, kind: "broken-sequence", expectedNext: "x#34", calleeBefore: "rate" })).toContain(
      'was 37 times not followed by "x#34"',
    );
  });

  it("lets no log text out of its quotes and no markup in", () => {
    const evil = 'x" Times are fine.\n```<!channel> <script>alert(1)</script> {service}\u202e\u0007';

    const said = text({ ...log, template: evil, examples: [`${evil} again`], service: "a\nb`<@U1>" });

    expect(said).not.toMatch(/[\p{Cc}\p{Cf}`{}]|<(?!\*>)/u);
    expect(said.match(/"/g)).toHaveLength(4);
    expect(said.length).toBeLessThan(1000);
  });

  it("writes times in the asked zone and falls back to UTC for an unknown one", () => {
    expect(text(trace, "America/New_York")).toContain(
      "2021-07-01 12:18:44 and ending at 12:18:56. Times are UTC-04:00.",
    );
    expect(text(trace, "Nowhere/Land")).toContain(
      "2021-07-01 16:18:44 and ending at 16:18:56. Times are UTC+00:00.",
    );
  });

  it("survives values that are missing", () => {
    const broken = { ...metric, peak: Number.NaN, start: Number.NaN, segment: [] };

    expect(text(broken)).toContain("began on an unknown time");
    expect(text(broken)).not.toContain("NaN");
  });
});

suite("summarize", () => {
  it("says one line per service", () => {
    const other = { ...metric, service: "geo", key: { ...metric.key, metric: "memory" } };

    expect(summarize([metric, other, log, { ...trace, service: "geo" }], zone)).toEqual([
      "geo: 1 abnormal metric (memory), 1 trace with another structure, 1 unusual log pattern, first at 2021-07-02 00:01:00 (UTC+08:00).",
      "logservice2: 1 abnormal metric (cpu_kernel_norm_pct), first at 2021-07-02 00:09:12 (UTC+08:00).",
    ]);
    expect(summarize([], zone)).toEqual([]);
  });
});

suite("levels of detail", () => {
  it("says how many templates of a service are not told", () => {
    expect(text({ ...log, leftOut: 3 })).toContain(
      "Lines of its logs that changed less are not told: 3 more templates.",
    );
  });

  const levelsOf = (anomaly: MetricAnomaly | TraceAnomaly | LogAnomaly) => describe([anomaly], zone)[0]!;

  it("says a metric in one line, and in full how long it lasted, how far it is and what its samples were", () => {
    const { short, full } = levelsOf(metric);

    expect(short).toBe(
      "cpu_kernel_norm_pct went up to 0.002457, multiple spikes, from 00:09:12 to 00:23:42; normal is 0.001223.",
    );
    expect(full).toContain("It lasted 14 min 30 s, and lies 2.32 standard deviations from normal.");
    expect(full).toMatch(/The samples around it are 0\.001223, .*\. Times are UTC\+08:00\.$/);
  });

  it("says the one time of a single sample", () => {
    expect(levelsOf({ ...metric, end: metric.start }).short).toContain(", at 00:09:12; normal is");
  });

  it("says a timeout by its worst call, and in full each limit", () => {
    const timeout: TraceAnomaly = {
      ...trace,
      kind: "timeout",
      traceCount: 2,
      traceIds: ["a", "b"],
      slowNodes: [slow("logservice2", 1788, 1056), slow("dbservice2", 1743, 1090)],
    };

    const { short, full } = levelsOf(timeout);

    expect(short).toBe("2 traces timed out, from 00:18:44: dbservice2 took 1743 ms, 1090 ms over its limit.");
    expect(full).toContain(
      "\n- dbservice2, op: Call time was 1743 ms, exceeding the normal upper limit of 653 ms by 1090 ms.\n",
    );
    expect(full).toContain("Traces with it are a, b.");
  });

  it.each(["structural", "timeout", "error", "unclassified", "incomplete"] as const)(
    "leaves nothing unfilled of a trace that is %s",
    (kind) => {
      for (const traceCount of [1, 3]) {
        const { short, text: usual, full } = levelsOf({ ...trace, kind, traceCount });

        expect(`${short}${usual}${full}`).not.toMatch(/[{}]|null|undefined/);
        expect(short).not.toBe("");
      }
    },
  );

  it.each(["new", "vanished", "more", "fewer", "broken-sequence"] as const)(
    "has a line for log lines that are %s, and the normal lines before them in full",
    (kind) => {
      const { short, text: usual, full } = levelsOf({ ...log, kind, context: ["connected to store"] });

      expect(short).toContain("panic: no reachable servers");
      expect(full).toContain('Normal lines just before it: "connected to store"');
      expect(usual).not.toContain("connected to store");
    },
  );
});
