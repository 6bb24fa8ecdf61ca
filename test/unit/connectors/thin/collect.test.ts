import { describe, expect, it } from "vitest";
import { collectLogs } from "../../../../connectors/thin/collect.ts";
import type { LogLine } from "../../../../pipeline/types.ts";

function line(t: number, body: string, level: string | null = "INFO"): LogLine {
  return { t, service: "geo", instance: null, level, body, traceId: null, spanId: null };
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
});
