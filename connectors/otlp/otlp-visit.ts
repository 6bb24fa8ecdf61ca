import { z } from "zod";
import { attributesOf, OtlpAttributes } from "./otlp-values.ts";
import { type ResourceNames, resourceNames } from "./resource-names.ts";

const ResourceItems = z.array(
  z.object({
    resource: z.object({ attributes: OtlpAttributes }).nullish(),
    scopeSpans: z.array(z.object({ spans: z.array(z.unknown()).nullish() })).nullish(),
    instrumentationLibrarySpans: z.array(z.object({ spans: z.array(z.unknown()).nullish() })).nullish(),
    scopeLogs: z.array(z.object({ logRecords: z.array(z.unknown()).nullish() })).nullish(),
    scopeMetrics: z.array(z.object({ metrics: z.array(z.unknown()).nullish() })).nullish(),
  }),
);
/** Export requests, and the same as Tempo and others name it. */
const Message = z.object({
  resourceSpans: ResourceItems.nullish(),
  batches: ResourceItems.nullish(),
  resourceLogs: ResourceItems.nullish(),
  resourceMetrics: ResourceItems.nullish(),
});

/** Takes spans, log records and metrics as they stand in a message, with the names of their resource. */
export interface OtlpVisitor {
  readonly span?: (span: unknown, names: ResourceNames) => void;
  readonly log?: (record: unknown, names: ResourceNames) => void;
  readonly metric?: (metric: unknown, names: ResourceNames) => void;
  /** So many items have a resource that names no service. */
  readonly nameless?: (count: number) => void;
}

/**
 * Walks through one OTLP message (traces, logs, metrics, or several of them).
 *
 * Returns false when it is no such message.
 */
export function visitOtlp(message: unknown, visitor: OtlpVisitor): boolean {
  const parsed = Message.safeParse(message);
  if (!parsed.success) return false;
  const { resourceSpans, batches, resourceLogs, resourceMetrics } = parsed.data;
  const lists = [resourceSpans, batches, resourceLogs, resourceMetrics];
  if (lists.every((list) => list === undefined || list === null)) return false;
  for (const item of lists.flatMap((list) => list ?? [])) {
    const scopes = item.scopeSpans ?? item.instrumentationLibrarySpans ?? [];
    const spans = visitor.span === undefined ? [] : scopes.flatMap((scope) => scope.spans ?? []);
    const logs =
      visitor.log === undefined ? [] : (item.scopeLogs ?? []).flatMap((scope) => scope.logRecords ?? []);
    const metrics =
      visitor.metric === undefined ? [] : (item.scopeMetrics ?? []).flatMap((scope) => scope.metrics ?? []);
    const names = resourceNames(attributesOf(item.resource?.attributes));
    if (names === null) {
      const count = spans.length + logs.length + metrics.length;
      if (count > 0) visitor.nameless?.(count);
      continue;
    }
    for (const span of spans) visitor.span?.(span, names);
    for (const record of logs) visitor.log?.(record, names);
    for (const metric of metrics) visitor.metric?.(metric, names);
  }
  return true;
}
