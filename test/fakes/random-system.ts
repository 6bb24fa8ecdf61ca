import type { RawSeries } from "../../pipeline/types.ts";
import { line, minute, samples, span, window } from "./telemetry.ts";
import type { FakeTelemetry } from "./toolbox.ts";

export const normal = { start: window.start - 70 * minute, end: window.start - 10 * minute };

/**
 * A tree of services with names that are no words, whose lines, metrics and operations name those they call.
 * In the window a service breaks. The same seed makes the same system.
 */
export function randomSystem(seed: number): { readonly telemetry: FakeTelemetry; readonly broken: string } {
  let state = seed * 7919 + 17;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const syllables = ["zor", "quib", "vex", "lum", "tarn", "yolk", "fez", "gryx", "plo", "wux"];
  const syllable = () => syllables[random(syllables.length)] ?? "";
  const services = [...Array(6).keys()].map((index) => `${syllable()}${syllable()}${index}-${syllable()}`);
  const callerOf = services.map((_, index) => (index === 0 ? -1 : random(index)));
  const broken = services[1 + random(5)] ?? "";
  const at = (index: number) => services[index] ?? "";
  const spans = [];
  const logs = [];
  for (const [from, bad] of [
    [normal.start, false],
    [window.start, true],
  ] as const) {
    for (let request = 0; request < 60; request++) {
      const traceId = `${from}-${request}`;
      for (const [index, service] of services.entries()) {
        const t = from + request * 1_500 + index;
        const isBroken = bad && service === broken;
        const callees = services.filter((_, other) => callerOf[other] === index);
        spans.push(
          span({
            traceId,
            spanId: String(index),
            parentId: callerOf[index] === -1 ? null : String(callerOf[index]),
            service,
            operation: `/${service}.Api/for-${at(callerOf[index] ?? 0)}`,
            start: t,
            durationMs: (isBroken ? 900 : 80 - index * 10) + (request % 3),
            status: isBroken ? "error" : "ok",
          }),
        );
        for (const callee of callees) {
          const body =
            bad && callee === broken ? `dial tcp ${callee}:7000: refused` : `asked ${callee.toUpperCase()}`;
          logs.push(line({ service, traceId, spanId: String(index), t: t + 1, body }));
        }
        if (isBroken) {
          const body = `panic: ${service} lost ${at(0)} of ${callees.join(", ")}`;
          logs.push(line({ service, traceId, spanId: String(index), t: t + 2, body, level: "ERROR" }));
        }
      }
    }
  }
  const metric = (service: string, name: string, now: number): RawSeries => ({
    key: { service, instance: `${service}-1`, metric: name },
    unit: "%",
    samples: samples(
      Array.from({ length: 73 }, (_, index) => (index >= 70 ? now : 5 + (index % 3))),
      window.start - 70 * minute,
    ),
  });
  const metrics = services.flatMap((service, index) => [
    metric(service, "CpuUsageRate(%)", service === broken ? 97 : 6),
    metric(service, `upstream_${at((index + 1) % 6)}_pending`, service === broken ? 80 : 6),
  ]);
  const edges = services.flatMap((callee, index) =>
    index === 0 ? [] : [{ caller: at(callerOf[index] ?? 0), callee, calls: 60 }],
  );
  return {
    broken,
    telemetry: {
      services,
      metrics,
      logs,
      spans,
      edges,
      gaps: [
        { from: "fake metrics", reason: "truncated", detail: `Only part of ${at(2)} and ${at(3)} was read.` },
      ],
      declared: { metric: [normal], log: [normal], trace: [normal] },
    },
  };
}
