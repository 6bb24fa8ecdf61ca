import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFolder } from "../connectors/files/write-folder.ts";
import { takeInventory } from "../pipeline/collect.ts";
import { type LabelledCase, rightService } from "../pipeline/labelled-case.ts";
import { mergedWindows } from "../pipeline/merged-windows.ts";
import type { PipelineOptions } from "../pipeline/options.ts";
import type { Fetched, TelemetryQuery, Toolbox } from "../pipeline/ports.ts";
import { isCounterName, precedingPeriod } from "../pipeline/preprocess.ts";
import { redactor } from "../pipeline/redact/redactor.ts";
import type { LogLine, RawSeries, Span, TimeWindow } from "../pipeline/types.ts";

/** One that was exported, or why it was not. */
export interface Exported {
  readonly questionId: string;
  readonly service: string;
  /** Inside of the folder; null where nothing was written. */
  readonly telemetry: string | null;
  readonly problem: string | null;
}

/**
 * Writes the cases whose service is known as `cases.json` and a folder of telemetry each, as `bench --cases`
 * and `fit --cases` read them: the window, what it was compared with, and the half hour before. Secrets are
 * hidden, as in answers. A case whose telemetry is gone is left out.
 *
 * Throws: BotError when a source cannot be read; what the file system throws.
 */
export async function exportCases(
  cases: readonly LabelledCase[],
  folder: string,
  toolbox: Toolbox,
  options: PipelineOptions,
  signal: AbortSignal,
): Promise<Exported[]> {
  await mkdir(folder, { recursive: true });
  const exported: Exported[] = [];
  const records: object[] = [];
  for (const one of cases) {
    const service = rightService(one);
    if (service === null) continue;
    const telemetry = folderName(one);
    const found = await telemetryOf(one, toolbox, options, signal);
    if (!hasAnyIn(one.window, found)) {
      const problem = "there is no telemetry of it any more";
      exported.push({ questionId: one.questionId, service, telemetry: null, problem });
      continue;
    }
    await writeFolder(join(folder, telemetry), found, signal);
    records.push(recordOf(one, service, telemetry));
    exported.push({ questionId: one.questionId, service, telemetry, problem: null });
  }
  if (records.length > 0) {
    await writeFile(join(folder, "cases.json"), `${JSON.stringify(records, null, 2)}\n`);
  }
  return exported;
}

/** The question that is read as the case's window, whatever was asked then. */
export function questionOf({ window }: Pick<LabelledCase, "window">): { text: string; at: string } {
  const { start, end } = wholeSeconds(window);
  const [from, to] = [start, end].map((at) => new Date(at).toISOString());
  return { text: `what broke from ${from} to ${to}`, at: to ?? "" };
}

/** Times in a question are read to the second. */
function wholeSeconds({ start, end }: TimeWindow): TimeWindow {
  return { start: Math.floor(start / 1_000) * 1_000, end: Math.ceil(end / 1_000) * 1_000 };
}

function recordOf(one: LabelledCase, service: string, telemetry: string): object {
  const { start, end } = wholeSeconds(one.window);
  return {
    id: one.questionId,
    telemetry,
    query: { ...questionOf(one), lookback_s: (end - start) / 1_000 },
    root_cause: { service },
  };
}

/** By when it was, then by the question; neither may leave the folder. */
function folderName({ window, questionId }: LabelledCase): string {
  const at = new Date(window.start).toISOString().slice(0, 16).replaceAll(":", "");
  return `${at}-${questionId.replaceAll(/[^A-Za-z0-9]+/g, "-").slice(0, 60)}`;
}

async function telemetryOf(
  { window: asked, reference }: LabelledCase,
  toolbox: Toolbox,
  { limits, redaction }: PipelineOptions,
  signal: AbortSignal,
) {
  const window = wholeSeconds(asked);
  const { redact } = redactor(redaction);
  const metrics: RawSeries[] = [];
  const logs: LogLine[] = [];
  const spans: Span[] = [];
  const read = async <Item>(
    fetch: (query: TelemetryQuery, signal: AbortSignal) => Promise<Fetched<Item>>,
    windows: readonly TimeWindow[],
    limit: number,
  ) => (await fetch({ windows, services: null, limit }, signal)).items;
  for (const source of toolbox.sources) {
    switch (source.modality) {
      case "metric": {
        const windows = mergedWindows([...reference.metric, precedingPeriod(window), window]);
        const items = await read(source.fetch, windows, limits.metricSamples);
        for (const series of items) metrics.push(asItIs(series));
        break;
      }
      case "log":
        for (const windows of apart(window, reference.log)) {
          const items = await read(source.fetch, windows, limits.logLines);
          for (const line of items) logs.push({ ...line, body: redact(line.body) });
        }
        break;
      case "trace":
        for (const windows of apart(window, reference.trace)) {
          const items = await read(source.fetch, windows, limits.spans);
          for (const span of items) spans.push({ ...span, operation: redact(span.operation) });
        }
    }
  }
  const { topology } = await takeInventory(toolbox, signal);
  const { from, ...periods } = reference;
  const declared = from === "declared" ? periods : { metric: [], log: [], trace: [] };
  return { metrics, logs, spans, calls: topology?.edges ?? [], declared };
}

/** What is normal alone is no incident. */
function hasAnyIn(
  { start, end }: TimeWindow,
  {
    metrics,
    logs,
    spans,
  }: { metrics: readonly RawSeries[]; logs: readonly LogLine[]; spans: readonly Span[] },
): boolean {
  const isIn = (t: number) => t >= start && t < end;
  return (
    metrics.some(({ samples }) => samples.t.some(isIn)) ||
    logs.some(({ t }) => isIn(t)) ||
    spans.some((span) => isIn(span.start))
  );
}

/** The window and what is normal, each read for itself: a source that has too much samples what it gives. */
function apart(window: TimeWindow, normal: readonly TimeWindow[]): TimeWindow[][] {
  const overlaps = normal.some(({ start, end }) => start < window.end && end > window.start);
  return overlaps ? [mergedWindows([window, ...normal])] : [[window], mergedWindows(normal)];
}

/** A rate that is called like a counter would be made a rate of again when it is read from a file. */
function asItIs(series: RawSeries): RawSeries {
  const { key } = series;
  if (series.kind !== "gauge" || !isCounterName(key.metric)) return series;
  return { ...series, key: { ...key, metric: `${key.metric}/s` } };
}
