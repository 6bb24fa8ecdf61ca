import { describe, expect, it } from "vitest";
import { collectLogs } from "../../../../connectors/thin/collect-logs.ts";
import type { LogLine } from "../../../../pipeline/types.ts";

function line(t: number, body: string, level: string | null = "INFO", service = "geo"): LogLine {
  return { t, service, instance: null, level, body, traceId: null, spanId: null };
}

describe("Collected log lines", () => {
  it("fill at least half of the limit with an even sample where there are no errors", () => {
    const collector = collectLogs(100);
    for (let t = 0; t < 10_000; t++) collector.add(line(t, `request ${t} done`));

    const times = collector.lines.map(({ t }) => t).sort((a, b) => a - b);
    expect(collector.seen).toBe(10_000);
    expect(times.length).toBeGreaterThanOrEqual(50);
    expect(times.length).toBeLessThanOrEqual(100);
    for (let tenth = 0; tenth < 10; tenth++) {
      const inTenth = times.filter((t) => Math.floor(t / 1000) === tenth).length;
      expect(inTenth).toBeGreaterThanOrEqual(4);
      expect(inTenth).toBeLessThanOrEqual(15);
    }
  });

  it("keep errors and the first line of every statement beyond the limit", () => {
    const collector = collectLogs(100);
    for (let t = 0; t < 10_000; t++) {
      if (t === 9_000) collector.add(line(t, "panic: no reachable servers", "ERROR"));
      else if (t === 9_500) collector.add(line(t, "a statement of its own"));
      else collector.add(line(t, `request ${t} done`));
    }

    const bodies = collector.lines.map(({ body }) => body);
    expect(bodies).toContain("panic: no reachable servers");
    expect(bodies).toContain("a statement of its own");
    expect(bodies.length).toBeLessThanOrEqual(100);
  });

  it("give every service the same share, and what a quiet one leaves to the others", () => {
    const collector = collectLogs(1000);
    for (let t = 0; t < 100_000; t++) {
      collector.add(line(t, `request ${t} done`, "INFO", t % 2 === 0 ? "frontend" : "search"));
      if (t % 500 === 0) collector.add(line(t, `looked at ${t}`, "INFO", "quiet"));
    }

    const of = (service: string) => collector.lines.filter((one) => one.service === service).length;
    expect(of("quiet")).toBe(200);
    expect(of("frontend")).toBeGreaterThan(250);
    expect(of("search")).toBeGreaterThan(250);
    expect(collector.lines.length).toBeLessThanOrEqual(1000);
    expect(collector.thinned).toEqual([
      { service: "frontend", seen: 50_000, kept: of("frontend") },
      { service: "search", seen: 50_000, kept: of("search") },
    ]);
  });

  it("keep the errors and first lines of a quiet service whatever the loud ones say", () => {
    const collector = collectLogs(200);
    for (let t = 0; t < 50_000; t++) {
      collector.add(line(t, `error ${t}: refused`, "ERROR", `loud-${t % 3}`));
      if (t % 5000 === 0) collector.add(line(t, `panic ${t}`, "FATAL", "quiet"));
    }

    const quiet = collector.lines.filter(({ service }) => service === "quiet");
    expect(quiet).toHaveLength(10);
    // A loud service has nothing but errors: its share is not left empty for their sake.
    expect(collector.lines.length).toBeGreaterThan(100);
  });

  it("stay within the limit with more services than it", () => {
    const collector = collectLogs(50);
    for (let t = 0; t < 5000; t++) collector.add(line(t, `line ${t}`, "INFO", `service-${t % 200}`));

    expect(collector.lines.length).toBeLessThanOrEqual(50);
    expect(collector.seen).toBe(5000);
  });
});
