import { z } from "zod";
import type { Span } from "../../pipeline/types.ts";
import { peerName } from "../otlp/peer-name.ts";
import type { ResourceNames } from "../otlp/resource-names.ts";
import { resourceNames } from "../otlp/resource-names.ts";

const Tags = z.array(z.object({ key: z.string(), value: z.unknown() })).nullish();
const JaegerSpan = z.object({
  traceID: z.string().min(1),
  spanID: z.string().min(1),
  operationName: z.string().nullish(),
  references: z
    .array(z.object({ refType: z.string(), traceID: z.string().nullish(), spanID: z.string() }))
    .nullish(),
  /** Of the oldest clients. */
  parentSpanID: z.string().nullish(),
  startTime: z.number(),
  duration: z.number().nonnegative(),
  tags: Tags,
  processID: z.string(),
});
const JaegerTrace = z.object({
  traceID: z.string(),
  spans: z.array(z.unknown()),
  processes: z.record(z.string(), z.object({ serviceName: z.string(), tags: Tags })),
});
export const JaegerTraces = z.object({
  data: z.array(JaegerTrace).nullish(),
  errors: z.array(z.object({ msg: z.string().nullish() })).nullish(),
});
export type JaegerTrace = z.infer<typeof JaegerTrace>;

/** The spans of a trace as Jaeger's own API gives it, and how many could not be read. */
export function readJaegerTrace({ spans, processes }: JaegerTrace): {
  spans: Span[];
  broken: number;
  sampled: number | null;
} {
  const read: Span[] = [];
  const names = new Map<string, ResourceNames>();
  for (const [id, { serviceName, tags }] of Object.entries(processes)) {
    const attributes = new Map(tagsOf(tags)).set("service.name", serviceName);
    // Jaeger's own clients call the machine "hostname".
    if (!attributes.has("host.name")) attributes.set("host.name", attributes.get("hostname") ?? "");
    const named = resourceNames(withoutEmpty(attributes));
    if (named !== null) names.set(id, named);
  }
  let broken = 0;
  let sampled: number | null = null;
  for (const value of spans) {
    const parsed = JaegerSpan.safeParse(value);
    const of = parsed.success ? names.get(parsed.data.processID) : undefined;
    if (!parsed.success || of === undefined) {
      broken++;
      continue;
    }
    const { data } = parsed;
    const tags = tagsOf(data.tags);
    sampled ??= samplingOf(tags);
    const peer = /^(client|producer)$/i.test(tags.get("span.kind") ?? "") ? peerName(tags) : null;
    read.push({
      traceId: data.traceID.toLowerCase(),
      spanId: data.spanID.toLowerCase(),
      parentId: parentOf(data),
      ...of,
      operation: data.operationName ?? "",
      start: data.startTime / 1000,
      durationMs: data.duration / 1000,
      status: statusOf(tags),
      ...(peer === null ? {} : { peer }),
    });
  }
  return { spans: read, broken, sampled };
}

function parentOf({ references, traceID, parentSpanID }: z.infer<typeof JaegerSpan>): string | null {
  const own = (references ?? []).filter((one) => (one.traceID ?? traceID) === traceID);
  const parent = own.find(({ refType }) => refType === "CHILD_OF") ?? own[0];
  const id = parent?.spanID ?? parentSpanID ?? "";
  return id === "" || /^0+$/.test(id) ? null : id.toLowerCase();
}

function tagsOf(tags: z.infer<typeof Tags>): Map<string, string> {
  const found = new Map<string, string>();
  for (const { key, value } of tags ?? []) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      found.set(key, String(value));
    }
  }
  return found;
}

function withoutEmpty(attributes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...attributes].filter(([, value]) => value !== ""));
}

/** OpenTracing's `error`, and what OpenTelemetry's status becomes. */
function statusOf(tags: ReadonlyMap<string, string>): Span["status"] {
  const status = tags.get("otel.status_code")?.toUpperCase();
  if (tags.get("error") === "true" || status === "ERROR") return "error";
  return status === "OK" || tags.get("error") === "false" ? "ok" : "unset";
}

/** The share of traces that Jaeger's own clients were told to keep; null where that is not said. */
function samplingOf(tags: ReadonlyMap<string, string>): number | null {
  const share = Number(tags.get("sampler.param") ?? Number.NaN);
  return tags.get("sampler.type") === "probabilistic" && share < 1 ? share : null;
}
