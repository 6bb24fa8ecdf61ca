import { stat } from "node:fs/promises";
import { z } from "zod";
import type { Modality, TimeWindow } from "../../pipeline/types.ts";
import { millisecondsOf, OtlpInteger } from "../otlp/otlp-values.ts";
import { visitOtlp } from "../otlp/otlp-visit.ts";
import type { ResourceNames } from "../otlp/resource-names.ts";
import type { ByteRange } from "./text-lines.ts";
import { eachLine } from "./text-lines.ts";

const blockBytes = 1024 * 1024;

/** What a file of OTLP lines holds, by which a question reads only the parts that it needs. */
export interface OtlpIndex {
  readonly blocks: readonly OtlpBlock[];
  readonly instances: ReadonlyMap<string, ReadonlySet<string>>;
  readonly extent: Readonly<Record<Modality, TimeWindow | null>>;
  /** The file ends in the middle of a line, which may still be written. */
  readonly unfinished: boolean;
}

/** Some neighbouring lines, and the first and last time in them per modality. */
export interface OtlpBlock extends ByteRange {
  readonly firstLine: number;
  readonly extent: Readonly<Record<Modality, TimeWindow | null>>;
}

/** Knows a file; parts that were appended since are looked at when it is asked again. */
export interface IndexedFile {
  index(signal: AbortSignal): Promise<OtlpIndex>;
}

interface Growing {
  readonly blocks: OtlpBlock[];
  readonly instances: Map<string, Set<string>>;
  readonly extent: Extents;
  unfinished: boolean;
  bytes: number;
  lines: number;
}

type Extents = Record<Modality, TimeWindow | null>;

export function indexedFile(path: string, gzip: boolean): IndexedFile {
  const known: Growing = {
    blocks: [],
    instances: new Map(),
    extent: noExtents(),
    unfinished: false,
    bytes: 0,
    lines: 0,
  };
  let before: Promise<unknown> = Promise.resolve();
  return {
    index(signal) {
      const next = before.catch(() => {}).then(() => grow(known, path, gzip, signal));
      before = next;
      return next;
    },
  };
}

async function grow(known: Growing, path: string, gzip: boolean, signal: AbortSignal): Promise<OtlpIndex> {
  const { size } = await stat(path);
  if (gzip && known.blocks.length > 0) return known;
  if (size <= known.bytes) return known;
  let block = startBlock(known.bytes, known.lines + 1);
  const finish = (end: number) => {
    if (end > block.start) known.blocks.push({ ...block, end });
    block = startBlock(end, known.lines + 1);
  };
  known.unfinished = false;
  const range = gzip ? null : { start: known.bytes, end: size };
  await eachLine(path, gzip, range, signal, ({ text, end, whole }) => {
    const message = jsonOf(text);
    known.unfinished = !whole && message === null;
    if (known.unfinished) return;
    note(message, block.extent, known.instances);
    known.bytes = end;
    known.lines++;
    if (!gzip && end - block.start >= blockBytes) finish(end);
  });
  finish(gzip ? Number.POSITIVE_INFINITY : known.bytes);
  for (const { extent } of known.blocks) {
    for (const modality of ["metric", "log", "trace"] as const) {
      known.extent[modality] = union(known.extent[modality], extent[modality]);
    }
  }
  return known;
}

function startBlock(start: number, firstLine: number) {
  return { start, firstLine, extent: noExtents() };
}

function noExtents(): Extents {
  return { metric: null, log: null, trace: null };
}

function union(a: TimeWindow | null, b: TimeWindow | null): TimeWindow | null {
  if (a === null || b === null) return a ?? b;
  return { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

const SpanTime = z.object({ startTimeUnixNano: OtlpInteger });
const LogTime = z.object({
  timeUnixNano: OtlpInteger.nullish(),
  observedTimeUnixNano: OtlpInteger.nullish(),
});
const Points = z.object({ dataPoints: z.array(z.object({ timeUnixNano: OtlpInteger })) });
const MetricTimes = z.record(z.string(), z.unknown());

function note(message: unknown, extent: Extents, instances: Map<string, Set<string>>): void {
  const add = (modality: Modality, t: number | null) => {
    if (t !== null) extent[modality] = union(extent[modality], { start: t, end: t + 1 });
  };
  const name = ({ service, instance }: ResourceNames) => {
    const known = instances.get(service) ?? new Set<string>();
    if (instance !== null) known.add(instance);
    instances.set(service, known);
  };
  visitOtlp(message, {
    span(span, names) {
      const parsed = SpanTime.safeParse(span);
      if (!parsed.success) return;
      name(names);
      add("trace", millisecondsOf(parsed.data.startTimeUnixNano));
    },
    log(record, names) {
      const parsed = LogTime.safeParse(record);
      if (!parsed.success) return;
      name(names);
      const { timeUnixNano, observedTimeUnixNano } = parsed.data;
      add("log", millisecondsOf(timeUnixNano) ?? millisecondsOf(observedTimeUnixNano));
    },
    metric(metric, names) {
      const parsed = MetricTimes.safeParse(metric);
      for (const kind of parsed.success ? Object.values(parsed.data) : []) {
        const points = Points.safeParse(kind);
        for (const { timeUnixNano } of points.data?.dataPoints ?? []) {
          name(names);
          add("metric", millisecondsOf(timeUnixNano));
        }
      }
    },
  });
}

/** Null where the text is no JSON; visiting null finds nothing. */
export function jsonOf(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch {
    return null;
  }
}
