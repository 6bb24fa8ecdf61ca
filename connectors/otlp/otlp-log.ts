import { z } from "zod";
import type { LogLine } from "../../pipeline/types.ts";
import { idOf, millisecondsOf, OtlpInteger, OtlpValue, textOf } from "./otlp-values.ts";
import type { ResourceNames } from "./resource-names.ts";

const OtlpLogRecord = z.object({
  timeUnixNano: OtlpInteger.nullish(),
  observedTimeUnixNano: OtlpInteger.nullish(),
  severityText: z.string().nullish(),
  severityNumber: z.union([z.number(), z.string()]).nullish(),
  body: OtlpValue.nullish(),
  traceId: z.string().nullish(),
  spanId: z.string().nullish(),
});

/** Severity numbers come in fours: 1 to 4 are TRACE, 5 to 8 DEBUG, … */
const levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;

/** A log record of OTLP's JSON; what is wrong with it where it is none. A body that is no text is given as JSON. */
export function readOtlpLog(value: unknown, { service, instance }: ResourceNames): LogLine | string {
  const parsed = OtlpLogRecord.safeParse(value);
  if (!parsed.success) return "it is no log record";
  const { data } = parsed;
  const t = millisecondsOf(data.timeUnixNano) ?? millisecondsOf(data.observedTimeUnixNano);
  if (t === null) return "its time cannot be read";
  return {
    t,
    service,
    instance,
    level: data.severityText || levelOf(data.severityNumber),
    body: textOf(data.body) ?? "",
    traceId: idOf(data.traceId, 16),
    spanId: idOf(data.spanId, 8),
  };
}

function levelOf(severity: number | string | null | undefined): string | null {
  if (typeof severity === "string") {
    const name = /^SEVERITY_NUMBER_([A-Z]+)/.exec(severity)?.[1];
    return name === undefined || name === "UNSPECIFIED" ? null : name;
  }
  return levels[Math.floor(((severity ?? 0) - 1) / 4)] ?? null;
}
