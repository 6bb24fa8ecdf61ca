import { describe, expect, it } from "vitest";
import { assembleTraces } from "../../../../pipeline/detect/assemble-traces.ts";
import { brokenSequences, surprise } from "../../../../pipeline/detect/broken-sequences.ts";
import { spanSequences, statementOf } from "../../../../pipeline/detect/event-sequences.ts";
import type { LogLine, Span } from "../../../../pipeline/types.ts";
import { line, slice, span, window } from "../../../fakes/telemetry.ts";

interface Run {
  readonly spans: Span[];
  readonly lines: LogLine[];
}

/** search calls geo; both log an opening and a closing statement; a broken run lacks closing ones. */
function runs(count: number, prefix: string, broken: (index: number) => boolean = () => false): Run {
  const spans: Span[] = [];
  const lines: LogLine[] = [];
  for (let index = 0; index < count; index++) {
    const traceId = `${prefix}${index}`;
    const at = window.start + index * 1000;
    spans.push(
      span({ traceId, spanId: "1", service: "search", operation: "find", start: at, durationMs: 60 }),
    );
    spans.push(
      span({
        traceId,
        spanId: "2",
        parentId: "1",
        service: "geo",
        operation: "near",
        start: at + 10,
        durationMs: 30,
      }),
    );
    const say = (service: string, spanId: string, offset: number, body: string, level = "INFO") =>
      lines.push(line({ service, traceId, spanId, t: at + offset, body, level }));
    say("search", "1", 1, "search.go:10 looking for hotels");
    say("geo", "2", 11, "geo.go:31 nearby points");
    if (broken(index)) {
      say("geo", "2", 20, "geo.go:99 panic: no reachable servers", "ERROR");
      continue;
    }
    say("geo", "2", 30, `geo.go:34 found ${index} points`);
    say("search", "1", 50, "search.go:15 done");
  }
  return { spans, lines };
}

function between(reference: Run, now: Run) {
  return brokenSequences.detect(
    slice({
      referenceSpans: reference.spans,
      referenceLogs: reference.lines,
      spans: now.spans,
      logs: now.lines,
    }),
  );
}

describe("brokenSequences", () => {
  it("is as sure of code that every request calls ten times as of code that it calls once", () => {
    const looped = (count: number, prefix: string, broken: boolean): Run => {
      const spans: Span[] = [];
      const lines: LogLine[] = [];
      for (let index = 0; index < count; index++) {
        const traceId = `${prefix}${index}`;
        const at = window.start + index * 1000;
        const own = { traceId, service: "seat", operation: "left", durationMs: 5 };
        spans.push(
          span({ traceId, spanId: "0", service: "travel", operation: "find", start: at, durationMs: 200 }),
        );
        for (let call = 1; call <= 10; call++) {
          const start = at + 10 * call;
          const spanId = String(call);
          spans.push(span({ ...own, spanId, parentId: "0", start }));
          lines.push(line({ service: "seat", traceId, spanId, t: start + 1, body: "seat.go:57 asked" }));
          if (!broken)
            lines.push(line({ service: "seat", traceId, spanId, t: start + 2, body: "seat.go:61 done" }));
        }
      }
      return { spans, lines };
    };

    const found = between(looped(30, "r", false), looped(30, "w", true));

    expect(found[0]).toMatchObject({ service: "seat", template: "seat.go:57", expectedNext: "seat.go:61" });
    expect(found[0]!.severity).toBeGreaterThan(5.5);
  });

  it("names the region of the deepest service, though its caller breaks as well", () => {
    const found = between(
      runs(40, "r"),
      runs(30, "w", () => true),
    );

    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      kind: "broken-sequence",
      service: "geo",
      instance: "geo-1",
      template: "geo.go:31",
      expectedNext: "geo.go:34",
      count: 30,
    });
    expect(found[0]!.severity).toBeGreaterThan(4);
    expect(found[0]!.examples[0]).toBe("geo.go:31 nearby points");
  });

  it("finds nothing where nothing broke, where two runs broke, or where breaking is usual", () => {
    expect(between(runs(40, "r"), runs(30, "w"))).toEqual([]);
    expect(
      between(
        runs(40, "r"),
        runs(30, "w", (index) => index < 2),
      ),
    ).toEqual([]);
    const half = (index: number) => index % 2 === 0;
    expect(between(runs(40, "r", half), runs(30, "w", half))).toEqual([]);
  });

  it("does not take lines that a source left out for statements that were not reached", () => {
    const reference = runs(40, "r");
    const now = runs(30, "w");
    const kept = now.lines.filter((_, index) => index % 3 === 0);
    const detect = (logsAreSampled: boolean) =>
      brokenSequences.detect(
        slice({
          referenceSpans: reference.spans,
          referenceLogs: reference.lines,
          spans: now.spans,
          logs: kept,
          logsAreSampled,
        }),
      );

    expect(detect(false).length).toBeGreaterThan(0);
    expect(detect(true)).toEqual([]);
  });

  it("finds nothing without traces or without a reference period", () => {
    const now = runs(30, "w", () => true);

    expect(brokenSequences.detect(slice({ logs: now.lines }))).toEqual([]);
    expect(between({ spans: [], lines: [] }, now)).toEqual([]);
  });

  it("takes no trace that is still running at the end of the window for broken off", () => {
    const now = runs(30, "w", () => true);
    const running = now.spans.map((one) => ({ ...one, start: one.start + (window.end - window.start) }));

    expect(between(runs(40, "r"), { ...now, spans: running })).toEqual([]);
  });

  it("finds the same in whatever order spans and lines come", () => {
    const reference = runs(40, "r");
    const now = runs(30, "w", (index) => index > 4);

    const forwards = between(reference, now);
    const backwards = between(reference, {
      spans: [...now.spans].reverse(),
      lines: [...now.lines].reverse(),
    });

    expect(backwards.map(({ template, count, severity }) => ({ template, count, severity }))).toEqual(
      forwards.map(({ template, count, severity }) => ({ template, count, severity })),
    );
  });
});

describe("brokenSequences on hostile or huge input", () => {
  it("quotes statements and lines without control characters, and cut", () => {
    const dirty = (run: Run): Run => ({
      ...run,
      lines: run.lines.map((one) => ({
        ...one,
        body: one.body.startsWith("geo.go:31") ? `asked for\u0007 \u202epoints ${"x".repeat(900)}` : one.body,
      })),
    });

    const [found] = between(dirty(runs(40, "r")), dirty(runs(30, "w", () => true)));

    expect(found!.template).toMatch(/^asked for points x+/);
    for (const text of [found!.template, ...found!.examples]) {
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(text.length).toBeLessThanOrEqual(300);
    }
    expect(found!.examples[0]).toMatch(/^asked for points x+…$/);
  });

  it("makes no rule of a statement that only error lines follow immediately", () => {
    const said = (prefix: string, ends: boolean): Run => ({
      spans: Array.from({ length: 30 }, (_, index) =>
        span({ traceId: `${prefix}${index}`, spanId: "1", service: "geo", durationMs: 60 }),
      ),
      lines: Array.from({ length: 30 }, (_, index) => {
        const at = { service: "geo", traceId: `${prefix}${index}`, spanId: "1" };
        return [
          line({ ...at, t: window.start + 1, body: "geo.go:1 asking" }),
          line({ ...at, t: window.start + 2, body: "geo.go:2 slow, as ever", level: "ERROR" }),
          ...(ends ? [line({ ...at, t: window.start + 3, body: "geo.go:3 done" })] : []),
        ];
      }).flat(),
    });

    for (const found of between(said("r", true), said("w", false))) expect(found.expectedNext).not.toBe("");
  });

  it("takes a span with 20,000 different statements", { timeout: 5000 }, () => {
    const letters = (index: number) =>
      [...String(index)].map((digit) => "abcdefghij"[Number(digit)]).join("");
    const spans = [span({ traceId: "r", spanId: "1", service: "batch", durationMs: 90_000 })];
    const lines = Array.from({ length: 20_000 }, (_, index) =>
      line({
        service: "batch",
        traceId: "r",
        spanId: "1",
        t: window.start + index,
        body: `item ${letters(index)}`,
        level: index % 2 === 0 ? "INFO" : "ERROR",
      }),
    );

    expect(between({ spans, lines }, { spans, lines })).toEqual([]);
  });

  it("takes a trace in which one span calls 20,000 others, and they break", { timeout: 5000 }, () => {
    const giant = (traceId: string, breaks: boolean): Run => {
      const spans = [span({ traceId, spanId: "r", service: "web", start: window.start, durationMs: 50_000 })];
      const lines: LogLine[] = [];
      for (let index = 0; index < 20_000; index++) {
        const at = { service: "geo", traceId, spanId: `s${index}` };
        spans.push(span({ ...at, parentId: "r", start: window.start + (breaks ? 5 : index) }));
        lines.push(line({ ...at, t: window.start + index + 1, body: "geo.go:1 asking" }));
        if (!breaks) lines.push(line({ ...at, t: window.start + index + 2, body: "geo.go:2 done" }));
      }
      return { spans, lines };
    };

    const found = between(giant("r", false), giant("w", true));

    expect(found.map(({ service, count }) => [service, count])).toEqual([["geo", 20_000]]);
  });

  it("takes a service that calls itself 20,000 deep and another one each time", { timeout: 5000 }, () => {
    const spans: Span[] = [];
    for (let index = 0; index < 20_000; index++) {
      const at = { traceId: "r", start: window.start + index, durationMs: 40_000 - index };
      spans.push(
        span({ ...at, spanId: `a${index}`, parentId: index > 0 ? `a${index - 1}` : null, service: "geo" }),
      );
      spans.push(
        span({ ...at, spanId: `b${index}`, parentId: `a${index}`, service: "store", durationMs: 1 }),
      );
    }

    expect(between({ spans, lines: [] }, { spans: [], lines: [] })).toEqual([]);
  });
});

describe("surprise", () => {
  it("is the exponent of Chernoff's bound", () => {
    expect(surprise(10, 10, 0.01)).toBeCloseTo(20, 9);
    expect(surprise(1, 100, 0.01)).toBe(0);
    expect(surprise(5, 10, 0.5)).toBe(0);
  });
});

describe("statementOf", () => {
  it.each([
    ["t.s.TravelServiceImpl#457 [getTickets] calculated 16", "t.s.TravelServiceImpl#457"],
    ["geo/server.go:88 nearby", "geo/server.go:88"],
    ["found 12 hotels near 37.1", "found <*> hotels near <*>"],
    ["", ""],
  ])("reads %j as %j", (body, expected) => {
    expect(statementOf(body)).toBe(expected);
  });

  it("reads a dump without a blank in no time", { timeout: 1000 }, () => {
    expect(statementOf("a".repeat(500_000))).toHaveLength(120);
    expect(statementOf("1".repeat(500_000))).toBe("<*>");
  });
});

describe("spanSequences", () => {
  it("starts with the span's own start, ends with END and counts immediate repeats once", () => {
    const spans = [
      span({ traceId: "a", spanId: "1", service: "geo", operation: "near", durationMs: 9 }),
      span({
        traceId: "a",
        spanId: "2",
        parentId: "1",
        service: "geo",
        operation: "get",
        start: window.start + 1,
      }),
      span({
        traceId: "a",
        spanId: "3",
        parentId: "1",
        service: "geo",
        operation: "get",
        start: window.start + 2,
      }),
    ];
    const lines = [
      line({ service: "geo", traceId: "a", spanId: "1", t: window.start + 3, body: "geo.go:1 done" }),
    ];

    const sequences = spanSequences(assembleTraces(spans), lines);

    expect(sequences.get("geo\nnear")!.sequences[0]!.events.map(({ name }) => name)).toEqual([
      "near start",
      "get start",
      "geo.go:1",
      "END",
    ]);
  });
});
