import type { Span, Trace } from "../types.ts";

/** A failed span and the services on the way down to it. */
export interface FailingSpan {
  readonly span: Span;
  readonly services: readonly string[];
}

/**
 * The failed span that no failed span lies below, the first to start where there are several; null
 * where none failed. What its callers report is the same failure passed on.
 */
export function deepestFailing({ spans, parents }: Trace): FailingSpan | null {
  const failedBelow = new Uint8Array(spans.length);
  for (let i = 0; i < spans.length; i++) {
    if (spans[i]?.status !== "error") continue;
    let at = parents[i] ?? -1;
    for (let steps = 0; at >= 0 && failedBelow[at] === 0 && steps < spans.length; steps++) {
      failedBelow[at] = 1;
      at = parents[at] ?? -1;
    }
  }
  const index = spans.findIndex(({ status }, i) => status === "error" && failedBelow[i] === 0);
  const span = spans[index];
  if (span === undefined) return null;
  const services: string[] = [];
  let at = index;
  for (let steps = 0; at >= 0 && steps < spans.length; steps++) {
    const service = spans[at]?.service;
    if (service !== undefined && services[services.length - 1] !== service) services.push(service);
    at = parents[at] ?? -1;
  }
  return { span, services: services.reverse() };
}
