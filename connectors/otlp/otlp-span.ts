import { z } from "zod";
import type { Span } from "../../pipeline/types.ts";
import {
  attributesOf,
  durationBetween,
  idOf,
  millisecondsOf,
  OtlpAttributes,
  OtlpInteger,
} from "./otlp-values.ts";
import { peerName } from "./peer-name.ts";
import type { ResourceNames } from "./resource-names.ts";

const OtlpSpan = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().nullish(),
  name: z.string().nullish(),
  startTimeUnixNano: OtlpInteger,
  endTimeUnixNano: OtlpInteger,
  kind: z.union([z.number(), z.string()]).nullish(),
  attributes: z.unknown(),
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
  const peer = isCalling(data.kind) ? peerOf(data.attributes) : null;
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
    ...(peer === null ? {} : { peer }),
  };
}

/** A client, or a producer of messages. */
function isCalling(kind: number | string | null | undefined): boolean {
  return kind === 3 || kind === 4 || kind === "SPAN_KIND_CLIENT" || kind === "SPAN_KIND_PRODUCER";
}

/** Attributes that cannot be read cost the span nothing but its peer. */
function peerOf(attributes: unknown): string | null {
  const read = OtlpAttributes.safeParse(attributes);
  return read.success ? peerName(attributesOf(read.data)) : null;
}

/** OTLP writes the enumeration as a number, protobuf's own JSON as its name. */
function statusOf(code: number | string | null | undefined): Span["status"] {
  if (code === 2 || code === "STATUS_CODE_ERROR") return "error";
  return code === 1 || code === "STATUS_CODE_OK" ? "ok" : "unset";
}
