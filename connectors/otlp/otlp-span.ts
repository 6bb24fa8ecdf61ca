import { z } from "zod";
import type { Span } from "../../pipeline/types.ts";
import { durationBetween, idOf, millisecondsOf, OtlpInteger } from "./otlp-values.ts";
import type { ResourceNames } from "./resource-names.ts";

const OtlpSpan = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().nullish(),
  name: z.string().nullish(),
  startTimeUnixNano: OtlpInteger,
  endTimeUnixNano: OtlpInteger,
  status: z.object({ code: z.union([z.number(), z.string()]).nullish() }).nullish(),
});

/** A span of OTLP's JSON; what is wrong with it where it is none. */
export function readOtlpSpan(value: unknown, { service, instance }: ResourceNames): Span | string {
  const parsed = OtlpSpan.safeParse(value);
  if (!parsed.success) return "it is no span with ids and times";
  const { data } = parsed;
  const [traceId, spanId] = [idOf(data.traceId, 16), idOf(data.spanId, 8)];
  if (traceId === null || spanId === null) return "it has no trace id or span id";
  const start = millisecondsOf(data.startTimeUnixNano);
  if (start === null) return "its time cannot be read";
  const durationMs = durationBetween(data.startTimeUnixNano, data.endTimeUnixNano);
  if (durationMs < 0) return "it ends before it starts";
  return {
    traceId,
    spanId,
    parentId: idOf(data.parentSpanId, 8),
    service,
    instance,
    operation: data.name ?? "",
    start,
    durationMs,
    status: statusOf(data.status?.code),
  };
}

/** OTLP writes the enumeration as a number, protobuf's own JSON as its name. */
function statusOf(code: number | string | null | undefined): Span["status"] {
  if (code === 2 || code === "STATUS_CODE_ERROR") return "error";
  return code === 1 || code === "STATUS_CODE_OK" ? "ok" : "unset";
}
