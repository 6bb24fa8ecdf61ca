import { describe, expect, it } from "vitest";
import { eventPairs } from "../../../../pipeline/localize/event-pairs.ts";
import { callKey, silentCallees, unansweredBlame } from "../../../../pipeline/localize/silent-callees.ts";
import { fullStrength } from "../../../../pipeline/localize/strength.ts";
import type { Span } from "../../../../pipeline/types.ts";
import {
  logAnomaly,
  metricAnomaly,
  referencePeriod,
  series,
  slice,
  span,
  window,
} from "../../../fakes/telemetry.ts";

interface Calling {
  readonly caller?: string;
  readonly at?: number;
  readonly isAnswered?: boolean;
  readonly status?: Span["status"];
  readonly durationMs?: number;
}

/** So many requests in which the caller has a span of its own for its call to geo, and geo one below it. */
function calls(count: number, { caller = "search", at = window.start, ...more }: Calling = {}): Span[] {
  return Array.from({ length: count }, (_, index) => {
    const traceId = `${caller}-${at}-${index}`;
    const own = { traceId, service: caller, start: at + index * 1000 };
    const call = span({
      ...own,
      spanId: "2",
      parentId: "1",
      operation: "call geo",
      status: more.status ?? "ok",
      durationMs: more.durationMs ?? 10,
    });
    const geo = span({ traceId, spanId: "3", parentId: "2", service: "geo", start: own.start + 1 });
    return [span({ ...own, spanId: "1" }), call, ...(more.isAnswered === false ? [] : [geo])];
  }).flat();
}

const before = { at: referencePeriod.start };
const key = callKey("search", "call geo start");

describe("silentCallees", () => {
  it.each([
    ["fail", { status: "error" as const }],
    ["hang", { durationMs: 900 }],
  ])("finds a callee that no call reaches any more while the calls %s", (_how, trouble) => {
    const spans = calls(8, { isAnswered: false, ...trouble });

    const found = silentCallees(slice({ spans, referenceSpans: calls(20, before) }), []);

    expect([...found.keys()]).toEqual([key]);
    expect(found.get(key)).toMatchObject({ service: "geo" });
    // Eight of ten calls that would be certain, all of them unanswered.
    expect(found.get(key)?.strength).toBeCloseTo(0.8 * fullStrength, 6);
  });

  it("is not outvoted by the good time before, in a long window", () => {
    const good = calls(60);
    const bad = calls(12, { at: window.start + 90_000, isAnswered: false, status: "error" });
    const stray = calls(1, { at: window.start + 5_000, isAnswered: false, status: "error" });

    const found = silentCallees(
      slice({ spans: [...good, ...bad, ...stray], referenceSpans: calls(20, before) }),
      [],
    );

    expect(found.get(key)?.service).toBe("geo");
  });

  it.each([
    ["refuses at once and is well", { status: "error" as const }, [], false],
    ["is well but lets them wait", { status: "error" as const, durationMs: 900 }, [], true],
    [
      "refuses at once and has less to do",
      { status: "error" as const },
      [metricAnomaly({ id: "metric-1", service: "geo", class: "resource", direction: "down" })],
      false,
    ],
    [
      "refuses at once and restarts",
      { status: "error" as const },
      [metricAnomaly({ id: "metric-1", service: "geo", class: "resource" })],
      true,
    ],
  ])("looks at whether the callee %s", (_how, trouble, anomalies, isSilent) => {
    const seen = slice({
      spans: calls(8, { isAnswered: false, ...trouble }),
      referenceSpans: calls(20, before),
      metrics: [series({ service: "geo", window: [5, 6, 5] })],
    });

    expect(silentCallees(seen, anomalies).has(key)).toBe(isSilent);
  });

  it("calls nobody silent whose calls go well: then only spans were lost", () => {
    const spans = calls(8, { isAnswered: false });

    expect(silentCallees(slice({ spans, referenceSpans: calls(20, before) }), []).size).toBe(0);
  });

  it("calls nobody silent who still answers others", () => {
    const failing = calls(4, { isAnswered: false, status: "error" });
    const spans = [...failing, ...calls(8, { caller: "frontend" })];
    const referenceSpans = [...calls(20, before), ...calls(20, { ...before, caller: "frontend" })];

    expect(silentCallees(slice({ spans, referenceSpans }), []).size).toBe(0);
  });

  it("finds the one instance of several that fell silent, though the others still answer", () => {
    const answeredBy = (instance: string, count: number, at: number) =>
      calls(count, { at }).map((one) => (one.service === "geo" ? { ...one, instance } : one));
    const referenceSpans = [
      ...answeredBy("geo-0", 20, referencePeriod.start),
      ...answeredBy("geo-1", 20, referencePeriod.start + 20_500),
    ];
    const good = answeredBy("geo-0", 6, window.start).concat(answeredBy("geo-0", 10, window.start + 250));
    const hanging = calls(10, { at: window.start + 500, isAnswered: false, durationMs: 900 });
    const seen = (spans: Span[]) => silentCallees(slice({ spans, referenceSpans }), []).get(key);

    expect(seen([...good, ...hanging])).toMatchObject({ service: "geo", instance: "geo-1" });
    // A new instance took its place: then it was stopped on purpose.
    expect(seen([...good, ...answeredBy("geo-2", 3, window.start + 750), ...hanging])).toBeUndefined();
  });

  it("takes no span for a call that does other things as well", () => {
    const busy = (at: number) =>
      calls(20, { at }).flatMap((one) =>
        one.spanId === "2" ? [one, { ...one, spanId: "9", parentId: "2", operation: "parse" }] : [one],
      );
    const spans = calls(8, { isAnswered: false, status: "error" });

    expect(silentCallees(slice({ spans, referenceSpans: busy(referencePeriod.start) }), []).size).toBe(0);
  });

  it("is empty without traces", () => {
    expect(silentCallees(slice({}), []).size).toBe(0);
  });
});

describe("event-pairs", () => {
  it("puts a callee that fell silent before the caller whose calls break off", () => {
    const spans = calls(8, { isAnswered: false, status: "error" });
    const broken = logAnomaly({
      id: "log-1",
      kind: "broken-sequence",
      service: "search",
      template: "call geo start",
      expectedNext: "GET /geo start",
      severity: 5,
      count: 8,
    });

    const ranked = eventPairs.localize(slice({ spans, referenceSpans: calls(20, before) }), [broken]);

    const [first, second] = [...ranked].sort((a, b) => b.score - a.score);
    expect(first).toMatchObject({ service: "geo", metric: null, score: 5 });
    expect(first?.why).toContain("In 8 requests search called it");
    expect(second).toMatchObject({ service: "search", score: 2 });
  });
});

describe("unansweredBlame", () => {
  const seen = slice({
    spans: calls(8, { isAnswered: false, status: "error" }),
    referenceSpans: calls(20, before),
    metrics: [series({ service: "geo", window: [5, 6, 5] })],
  });
  const failed = (more: Partial<Span> = {}) =>
    span({ traceId: "x", spanId: "2", service: "search", operation: "call geo", durationMs: 10, ...more });

  it("blames the callee, unless it is well and refuses at once", () => {
    const restarts = metricAnomaly({ id: "metric-1", service: "geo", class: "resource" });

    expect(unansweredBlame(seen, [restarts])(failed())).toBe("geo");
    expect(unansweredBlame(seen, [])(failed({ durationMs: 900 }))).toBe("geo");
    expect(unansweredBlame(seen, [])(failed())).toBeNull();
  });

  it("blames nobody for what is no call", () => {
    expect(unansweredBlame(seen, [])(failed({ operation: "parse" }))).toBeNull();
  });
});
