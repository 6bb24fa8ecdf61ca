import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { messageOf } from "./request.ts";
import type { Telemetry } from "./telemetry.ts";

const boundariesMs = [
  0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 150, 250, 400, 700, 1000, 1500, 2500, 5000,
];

/** Runs `work` in a client span, and counts and times it as a call to `peer`. */
export type Measure = <Result>(name: string, peer: string, work: () => Promise<Result>) => Promise<Result>;

/** Spans, times and errors of what a service asks of others. */
export function measuredCalls({ tracer, meter }: Telemetry, peers: readonly string[]): Measure {
  const duration = meter.createHistogram("call.duration", {
    unit: "ms",
    advice: { explicitBucketBoundaries: boundariesMs },
  });
  const errors = meter.createCounter("call.errors", { unit: "requests" });
  // A counter that begins with the first error has no past to compare with.
  for (const peer of peers) errors.add(0, { "peer.service": peer });
  return (name, peer, work) => {
    const span = tracer.startSpan(name, {
      kind: SpanKind.CLIENT,
      attributes: { "peer.service": peer },
    });
    const started = performance.now();
    return context.with(trace.setSpan(context.active(), span), async () => {
      try {
        return await work();
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
        errors.add(1, { "peer.service": peer });
        throw error;
      } finally {
        duration.record(performance.now() - started, { "peer.service": peer });
        span.end();
      }
    });
  };
}

/** Times and errors of the requests that a service answers. */
export function measuredRequests({ meter }: Telemetry): (ms: number, failed: boolean) => void {
  const requests = meter.createCounter("requests", { unit: "requests" });
  const errors = meter.createCounter("request.errors", { unit: "requests" });
  const duration = meter.createHistogram("request.duration", {
    unit: "ms",
    advice: { explicitBucketBoundaries: boundariesMs },
  });
  requests.add(0);
  errors.add(0);
  return (ms, failed) => {
    requests.add(1);
    if (failed) errors.add(1);
    duration.record(ms);
  };
}
