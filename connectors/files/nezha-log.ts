import { z } from "zod";

const Envelope = z.object({ log: z.string() });
const Structured = z.object({
  severity: z.string().optional(),
  level: z.string().optional(),
  message: z.string().optional(),
  msg: z.string().optional(),
});
const javaLine =
  /^\d\d:\d\d:\d\d[.,]\d{3}\s+(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\s+(\S+)\s+TraceID: ?\S* SpanID: ?\S*\s?(.*)$/s;
const clock = /^(\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:?\d\d)?\s+/;
const traceNote = /\b(TraceID|SpanID|trace_id|span_id)[:=]? ?[0-9a-f]+,?\s*/gi;

/**
 * The statement in a published log cell: `{"log": "16:42:22.382 INFO  t.s.X#532 TraceID: … SpanID: …
 * [message]\n", …}` becomes level INFO and "t.s.X#532 [message]". The clock in the text is UTC+8 and the
 * ids have columns of their own, so both are left out. Text of another form is kept as it is.
 */
export function readNezhaLog(cell: string): { level: string | null; body: string } {
  const envelope = Envelope.safeParse(parse(cell));
  const text = (envelope.success ? envelope.data.log : cell).trimEnd();
  const java = javaLine.exec(text);
  if (java !== null) return { level: java[1] ?? null, body: `${java[2]} ${java[3]}`.trimEnd() };
  const structured = text.startsWith("{") ? Structured.safeParse(parse(text)) : null;
  if (structured?.success) {
    const { severity, level, message, msg } = structured.data;
    const body = message ?? msg;
    if (body !== undefined) return { level: (severity ?? level)?.toUpperCase() ?? null, body };
  }
  return { level: null, body: text.replace(clock, "").replace(traceNote, "") };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
