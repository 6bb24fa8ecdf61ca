import { collect } from "../collect.ts";
import { isNamed } from "../conclude.ts";
import { detect } from "../detect/index.ts";
import { asBotError } from "../errors.ts";
import { fuseServices, withEvidence } from "../fusion/fuse.ts";
import { localize } from "../localize/index.ts";
import type { PipelineOptions } from "../options.ts";
import type { Inventory, Toolbox } from "../ports.ts";
import type { Candidate, Gap, Scope, TelemetrySlice, TimeWindow } from "../types.ts";
import { quietTime, withQuietTime } from "./quiet-time.ts";

const minute = 60_000;
const stepChoicesMs = [5, 10, 15, 30, 60].map((minutes) => minutes * minute);
/** A day in quarters of an hour. Each step costs about what a question costs. */
const mostSteps = 100;
/** Services of a step that may be the origin of what is abnormal in it. */
const leadingServices = 3;
/**
 * An incident goes on while its service keeps this share of its first strength: what was as far out
 * just before counts half (robust-scorer), so the same deviation looks weaker from the second step on.
 */
const stillShare = 0.4;

/** A part of the period, looked at as if somebody had asked about it. */
export interface SweptStep extends TimeWindow {
  /** The first suspects, where they are strong enough to be named; else none. */
  readonly suspects: readonly Candidate[];
  /** There was telemetry to look at. */
  readonly isSeen: boolean;
}

export interface Sweep {
  readonly stepMs: number;
  /** One after the other, the whole period. */
  readonly steps: readonly SweptStep[];
  /** What could not be read, each once. */
  readonly gaps: readonly Gap[];
}

/** The finest of the step lengths that makes at most 100 steps of a period; an hour where none does. */
export function stepFor(period: TimeWindow): number {
  const length = period.end - period.start;
  return stepChoicesMs.find((stepMs) => length / stepMs <= mostSteps) ?? 60 * minute;
}

/**
 * Looks at a period step by step: each is collected, detected and localized like a question of its
 * own, and compared with the newest time in which nothing was found. Work and memory are those of one
 * step at a time.
 *
 * Throws: BotError "cancelled"; a step whose telemetry cannot be had is unseen, with a gap.
 */
export async function sweep(
  period: TimeWindow,
  scope: Scope,
  inventory: Inventory,
  toolbox: Toolbox,
  options: PipelineOptions,
  signal: AbortSignal,
  onStep: (done: number, all: number) => void = () => {},
): Promise<Sweep> {
  const stepMs = stepFor(period);
  const windows = stepsOf(period, stepMs);
  const steps: SweptStep[] = [];
  const gaps = new Map<string, Gap>();
  for (const window of windows) {
    const loud = steps.filter(({ suspects }) => suspects.length > 0);
    const quiet = quietTime(window, loud, options.referenceMs);
    const slice = await collect(
      window,
      scope,
      withQuietTime(inventory, quiet),
      toolbox,
      options,
      signal,
    ).catch((error: unknown) => {
      const known = asBotError(error);
      if (known === null || known.code === "cancelled") throw error;
      const gap: Gap = { from: "telemetry", reason: "unreachable", detail: known.message };
      gaps.set(keyOf(gap), gap);
      return null;
    });
    steps.push(slice === null ? { ...window, suspects: [], isSeen: false } : swept(slice, steps, options));
    for (const gap of slice?.gaps ?? []) if (gap.reason !== "missing") gaps.set(keyOf(gap), gap);
    onStep(steps.length, windows.length);
  }
  return { stepMs, steps, gaps: [...gaps.values()] };
}

function swept(slice: TelemetrySlice, before: readonly SweptStep[], options: PipelineOptions): SweptStep {
  const anomalies = detect(slice, options.detectors);
  const ranked = fuseServices(
    withEvidence(localize(slice, anomalies, options.localizers)),
    options.fusion,
  ).slice(0, leadingServices);
  const goesOn = ranked.filter((candidate) => isStill(candidate, before));
  return {
    ...slice.window,
    suspects: isNamed(ranked, options.fusion) ? ranked : goesOn,
    isSeen: slice.metrics.length + slice.logs.window.length + slice.traces.window.length > 0,
  };
}

/** Whether the incident of the step before is in this service and not over. */
function isStill({ service, score }: Candidate, before: readonly SweptStep[]): boolean {
  let strongest = 0;
  for (let index = before.length - 1; index >= 0; index--) {
    const known = before[index]?.suspects.find((one) => one.service === service);
    if (known === undefined) break;
    strongest = Math.max(strongest, known.score);
  }
  return strongest > 0 && score >= stillShare * strongest;
}

function stepsOf(period: TimeWindow, stepMs: number): TimeWindow[] {
  const steps: TimeWindow[] = [];
  for (let start = period.start; start < period.end; start += stepMs) {
    steps.push({ start, end: Math.min(period.end, start + stepMs) });
  }
  return steps;
}

function keyOf({ from, reason, detail }: Gap): string {
  return `${from}|${reason}|${detail}`;
}
