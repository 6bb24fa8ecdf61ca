import { describe, expect, it } from "vitest";
import { brokenSequences } from "../../../../pipeline/detect/broken-sequences.ts";
import { callDelays } from "../../../../pipeline/detect/call-delays.ts";
import { requestsOf, tracesOfLines } from "../../../../pipeline/detect/traces-of-lines.ts";
import { eventPairs } from "../../../../pipeline/localize/event-pairs.ts";
import type { LogLine } from "../../../../pipeline/types.ts";
import { line, slice, span, window } from "../../../fakes/telemetry.ts";

type Said = readonly [service: string, spanId: string, at: number, body: string];

const request: readonly Said[] = [
  ["search", "1", 0, "search.go:10 looking"],
  ["geo", "2", 10, "geo.go:31 nearby"],
  ["geo", "2", 20, "geo.go:34 found"],
  ["rate", "3", 30, "rate.go:5 rates"],
  ["search", "1", 40, "search.go:15 done"],
];

/** Requests one second apart, each as `of` says it. */
function requests(count: number, prefix: string, of: (index: number) => readonly Said[]): LogLine[] {
  return Array.from({ length: count }, (_, index) =>
    of(index).map(([service, spanId, at, body]) =>
      line({ service, traceId: `${prefix}${index}`, spanId, body, t: window.start + index * 1000 + at }),
    ),
  ).flat();
}

const normal = requests(40, "n", () => request);

describe("tracesOfLines", () => {
  it("puts each span below who goes on after it, with a span of the call between", () => {
    const [trace] = tracesOfLines(requests(1, "t", () => request));

    const shown = trace?.spans.map((one, index) => {
      const parent = trace.spans[trace.parents[index] ?? -1];
      return [
        one.service,
        one.operation,
        parent?.operation ?? null,
        Math.round(one.start - window.start),
        Math.round(one.durationMs),
      ];
    });

    expect(shown).toEqual([
      ["search", "search.go:10", null, 0, 40],
      ["search", "call geo.go:31", "search.go:10", 0, 20],
      ["geo", "geo.go:31", "call geo.go:31", 10, 10],
      ["search", "call rate.go:5", "search.go:10", 30, 10],
      ["rate", "rate.go:5", "call rate.go:5", 30, 0],
    ]);
  });

  it("does not take the wait for a call that wrote nothing for part of the call before", () => {
    const lines = requests(1, "t", () => request.slice(0, 3));
    const failed = line({
      service: "search",
      traceId: "t0",
      spanId: "1",
      level: "ERROR",
      body: "rate: deadline exceeded",
      t: window.start + 1000,
    });

    const call = tracesOfLines([...lines, failed])[0]?.spans.find(({ operation }) =>
      operation.startsWith("call "),
    );

    expect(Math.round(call?.durationMs ?? Number.NaN)).toBe(20);
  });

  it("puts calls made side by side below the same caller", () => {
    const [trace] = tracesOfLines(
      requests(1, "t", () => [
        ["search", "1", 0, "search.go:10 looking"],
        ["geo", "2", 10, "geo.go:31 nearby"],
        ["rate", "3", 15, "rate.go:5 rates"],
        ["geo", "2", 20, "geo.go:34 found"],
        ["rate", "3", 30, "rate.go:9 done"],
        ["search", "1", 40, "search.go:15 done"],
      ]),
    );

    const rate = trace?.spans.findIndex(({ service }) => service === "rate") ?? -1;

    expect(trace?.spans[trace.parents[rate] ?? -1]?.service).toBe("search");
  });

  it("makes nothing of lines without ids", () => {
    expect(tracesOfLines([line({ service: "geo", body: "geo.go:31" })])).toEqual([]);
    expect(tracesOfLines([line({ service: "geo", body: "geo.go:31", traceId: "t" })])).toEqual([]);
  });
});

describe("requestsOf", () => {
  it("takes spans where both periods have some, and lines where one has none or no line was sampled out", () => {
    const spans = [span({ traceId: "t", spanId: "1", service: "geo" })];
    const lines = { logs: normal, referenceLogs: normal };
    const sampled = slice(lines);

    expect(requestsOf(slice({ ...lines, spans, referenceSpans: spans })).from).toBe("spans");
    expect(requestsOf(slice({ ...lines, spans })).from).toBe("lines");
    expect(requestsOf(slice({ logs: normal })).from).toBe("spans");
    expect(requestsOf({ ...sampled, logs: { ...sampled.logs, isSampled: true } }).from).toBe("spans");
  });
});

describe("requests without spans", () => {
  it("show code that stops half way, and the service after whose call it does is not blamed for its own", () => {
    const broken = requests(40, "w", () => request.filter(([, , , body]) => body !== "geo.go:34 found"));
    const seen = slice({ logs: broken, referenceLogs: normal });

    const [first] = eventPairs.localize(seen, numbered(brokenSequences.detect(seen)));

    expect(first).toMatchObject({ service: "geo", metric: "geo.go:31_geo.go:34" });
  });

  it("show who falls silent while its caller goes on", () => {
    const silent = requests(40, "w", () => request.filter(([service]) => service !== "geo"));
    const seen = slice({ logs: silent, referenceLogs: normal });

    const ranked = eventPairs.localize(seen, numbered(brokenSequences.detect(seen)));
    const byScore = [...ranked].sort((a, b) => b.score - a.score);

    expect(byScore[0]).toMatchObject({ service: "geo", metric: "geo.go:31 start_geo.go:31" });
    expect(byScore.find(({ service }) => service === "search")).toMatchObject({
      waitsFor: "geo",
      metric: null,
    });
  });

  it("do not blame the callee where its caller breaks off before the call", () => {
    const brokenOff = requests(40, "w", () => request.slice(0, 1));
    const seen = slice({ logs: brokenOff, referenceLogs: normal });

    const ranked = eventPairs.localize(seen, numbered(brokenSequences.detect(seen)));

    expect(ranked.map(({ service }) => service)).toEqual(["search"]);
  });

  it("show who writes nothing more where its caller then complains", () => {
    const gone = requests(40, "w", () => [
      ...request.slice(0, 1),
      ["search", "1", 12, "search.go:99 cannot go on: no answer"],
    ]).map((one) => (one.body.startsWith("search.go:99") ? { ...one, level: "ERROR" } : one));
    const seen = slice({ logs: gone, referenceLogs: normal });

    const ranked = eventPairs.localize(seen, numbered(brokenSequences.detect(seen)));
    const byScore = [...ranked].sort((a, b) => b.score - a.score);

    expect(byScore[0]?.service).toBe("geo");
  });

  it("show the way to a service that takes long, but not whose own time it is", () => {
    const said = (late: number): readonly Said[] => [
      ...request.slice(0, 3),
      ["search", "1", 25 + late, "search.go:12 points"],
      ["rate", "3", 30 + late, "rate.go:5 rates"],
      ["search", "1", 40 + late, "search.go:15 done"],
    ];
    const [usual, late] = [requests(40, "n", () => said(0)), requests(40, "w", () => said(500))];

    const found = callDelays.detect(slice({ logs: late, referenceLogs: usual }));

    expect(found.map(({ service, key }) => [service, key.metric])).toEqual([["geo", "NetworkP90(ms)"]]);
  });

  it("say nothing of one call by what the next one waited for", () => {
    const late = requests(40, "w", () =>
      request.map(([service, spanId, at, body]): Said => [service, spanId, at > 20 ? at + 500 : at, body]),
    );

    expect(callDelays.detect(slice({ logs: late, referenceLogs: normal }))).toEqual([]);
  });
});

function numbered<Found extends { readonly id: string }>(found: readonly Found[]): Found[] {
  return found.map((one, index) => ({ ...one, id: `log-${index + 1}` }));
}
