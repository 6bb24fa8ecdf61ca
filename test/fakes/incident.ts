import { line, minute, samples, span, window } from "./telemetry.ts";
import type { FakeTelemetry } from "./toolbox.ts";

export const normal = { start: window.start - 70 * minute, end: window.start - 10 * minute };

/** frontend → geo → mongodb-geo, one request a second; in the window geo breaks off and its CPU is used up. */
export function incident(broken: boolean): FakeTelemetry {
  const spans = [];
  const logs = [];
  for (const [from, count, bad] of [
    [normal.start, 120, false],
    [window.start, 120, broken],
  ] as const) {
    for (let index = 0; index < count; index++) {
      const traceId = `${from}-${index}`;
      const t = from + index * 1000;
      spans.push(span({ traceId, spanId: "1", service: "frontend", start: t, durationMs: 60 + (index % 5) }));
      spans.push(
        span({
          traceId,
          spanId: "2",
          parentId: "1",
          service: "geo",
          start: t + 5,
          durationMs: 40 + (index % 3),
        }),
      );
      if (!bad)
        spans.push(
          span({ traceId, spanId: "3", parentId: "2", service: "mongodb-geo", start: t + 9, durationMs: 8 }),
        );
      logs.push(
        line({ service: "geo", traceId, spanId: "2", t: t + 6, body: "geo.go:31 looking for hotels" }),
      );
      logs.push(
        bad
          ? line({
              service: "geo",
              traceId,
              spanId: "2",
              t: t + 7,
              body: "geo.go:99 panic: no reachable servers",
              level: "ERROR",
            })
          : line({ service: "geo", traceId, spanId: "2", t: t + 30, body: "geo.go:40 found hotels" }),
      );
    }
  }
  const cpu = (service: string, now: number) => ({
    key: { service, instance: `${service}-1`, metric: "CpuUsageRate(%)" },
    unit: "%",
    samples: samples(
      Array.from({ length: 73 }, (_, index) => (index >= 70 ? now : 5 + (index % 3))),
      window.start - 70 * minute,
    ),
  });
  return {
    services: ["frontend", "geo", "mongodb-geo"],
    metrics: [cpu("frontend", 6), cpu("geo", broken ? 97 : 6)],
    logs,
    spans,
    declared: { metric: [normal], log: [normal], trace: [normal] },
  };
}
