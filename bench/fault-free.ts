import { dirname } from "node:path";
import { openToolbox } from "../compose.ts";
import { takeInventory } from "../pipeline/collect.ts";
import type { TimeWindow } from "../pipeline/types.ts";
import type { LabelledCase } from "./cases.ts";

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const longestMs = 30 * minuteMs;
/** A period is asked about in so many pieces at least: the others are what each is compared with. */
const fewestPieces = 3;

/** A question about time in which nothing was broken. */
export interface FaultFreeWindow {
  readonly system: string;
  readonly telemetry: string;
  readonly question: LabelledCase["question"];
  /** What the data declares fault-free then. */
  readonly declares: readonly ("metric" | "trace")[];
}

/**
 * All the time that the data of these cases declares fault-free, in windows of at most half an hour and a third of
 * the period; what is shorter than a minute is one window. Metrics and traces are declared apart in some data.
 *
 * Shape:  for each system and folder of cases the telemetry that was asked about last, which declares most where
 *         one recording is asked about at several times; none where none is declared.
 */
export async function faultFreeWindows(
  cases: readonly LabelledCase[],
  signal: AbortSignal,
): Promise<FaultFreeWindow[]> {
  const windows: FaultFreeWindow[] = [];
  const done = new Set<string>();
  const latestFirst = [...cases].sort((a, b) => b.question.askedAt - a.question.askedAt);
  for (const { system, telemetry } of latestFirst) {
    const place = `${system}\n${dirname(telemetry)}`;
    if (done.has(place)) continue;
    const toolbox = await openToolbox({ sources: [{ type: "files", path: telemetry }] });
    try {
      const { declaredReference } = await takeInventory(toolbox, signal);
      const found = new Map<string, FaultFreeWindow>();
      for (const declares of ["metric", "trace"] as const) {
        for (const question of declaredReference[declares].flatMap(questionsAbout)) {
          const key = `${question.askedAt} ${question.text}`;
          const known = found.get(key)?.declares ?? [];
          found.set(key, { system, telemetry, question, declares: [...known, declares] });
        }
      }
      if (found.size > 0) done.add(place);
      windows.push(...found.values());
    } finally {
      await toolbox.close();
    }
  }
  return windows;
}

function questionsAbout({ start, end }: TimeWindow): LabelledCase["question"][] {
  const length = end - start;
  const piece = Math.floor(Math.min(longestMs, Math.max(minuteMs, length / fewestPieces), length) / secondMs);
  if (piece < 1) return [];
  return Array.from({ length: Math.floor(length / (piece * secondMs)) }, (_, index) => ({
    text: `What broke in the last ${piece} seconds?`,
    askedAt: start + (index + 1) * piece * secondMs,
  }));
}
