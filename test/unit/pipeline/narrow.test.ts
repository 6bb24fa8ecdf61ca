import { describe, expect, it } from "vitest";
import { narrow } from "../../../pipeline/narrow.ts";
import type { Candidate, LogAnomaly, Ranking } from "../../../pipeline/types.ts";
import { slice, span, window } from "../../fakes/telemetry.ts";

const traces = slice({
  spans: Array.from({ length: 12 }, (_, index) =>
    span({ traceId: `t${index}`, spanId: "1", service: "geo" }),
  ),
});

function candidate(service: string, score: number): Candidate {
  return { service, instance: null, metric: null, symptom: false, score, evidence: [], why: "" };
}

function ranking(localizer: string, ...candidates: Candidate[]): Ranking {
  return { localizer, level: "service", candidates };
}

function logAnomaly(service: string, severity: number): LogAnomaly {
  return {
    id: "log-1",
    modality: "log",
    service,
    instance: null,
    start: window.start,
    end: window.end,
    severity,
    kind: "new",
    template: "panic: no reachable servers",
    expectedNext: null,
    calleeBefore: null,
    level: "ERROR",
    count: 40,
    expected: 0,
    examples: [],
  };
}

describe("narrow", () => {
  it("keeps the traces' first and every service with at least half its score, five at most", () => {
    const rankings = [
      ranking("edge-delay", candidate("geo", 6), candidate("rate", 3), candidate("user", 2.9)),
    ];

    expect(narrow(rankings, [candidate("geo", 6)], traces, [])).toEqual({
      services: ["geo", "rate"],
      by: "trace",
    });
  });

  it("keeps what all modalities put first, though no trace names it", () => {
    const rankings = [ranking("edge-delay", candidate("geo", 6))];

    expect(narrow(rankings, [candidate("user", 7), candidate("geo", 6)], traces, []).services).toEqual([
      "user",
      "geo",
    ]);
  });

  it("falls back to the logs where traces are too few or too weak", () => {
    const rankings = [
      ranking("edge-delay", candidate("rate", 6)),
      ranking("simple-rca", candidate("geo", 3)),
    ];
    const weak = [ranking("edge-delay", candidate("rate", 1.9))];
    const fused = [candidate("geo", 3)];

    expect(narrow(rankings, fused, slice({}), [logAnomaly("geo", 9)])).toEqual({
      services: ["geo"],
      by: "log",
    });
    expect(narrow(weak, fused, traces, [logAnomaly("geo", 9)])).toEqual({ services: ["geo"], by: "log" });
  });

  it("falls back to all metrics without traces or logs, and to nothing without suspects", () => {
    expect(narrow([], [candidate("geo", 3)], slice({}), [])).toEqual({ services: ["geo"], by: "metric" });
    expect(narrow([], [], traces, [])).toEqual({ services: [], by: "none" });
  });
});
