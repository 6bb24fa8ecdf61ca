import { dirname } from "node:path";
import { openToolbox } from "../compose.ts";
import { takeInventory } from "../pipeline/collect.ts";
import type { TimeWindow } from "../pipeline/types.ts";
import type { LabelledCase } from "./cases.ts";

const minuteMs = 60_000;

/**
 * Windows in which nothing was broken, from the periods that the data of these cases declares fault-free:
 * asked about in the words of the folder's first case. What the window covers is no normal period then.
 *
 * Shape:  about `count` for each folder of telemetry, evenly over its periods; none where none is declared. Of
 *         folders side by side of one system, which may be one recording asked about at several times, the first
 *         that declares some stands for all.
 */
export async function quietWindows(
  cases: readonly LabelledCase[],
  count: number,
  signal: AbortSignal,
): Promise<LabelledCase[]> {
  const firsts = new Map<string, LabelledCase>();
  for (const labelled of cases) {
    if (!firsts.has(labelled.telemetry)) firsts.set(labelled.telemetry, labelled);
  }
  const quiet: LabelledCase[] = [];
  const done = new Set<string>();
  for (const [telemetry, model] of firsts) {
    const place = `${model.system}\n${dirname(telemetry)}`;
    if (done.has(place)) continue;
    const toolbox = await openToolbox({ sources: [{ type: "files", path: telemetry }] });
    try {
      const { declaredReference } = await takeInventory(toolbox, signal);
      const lookback = model.lookbackMs ?? 10 * minuteMs;
      for (const askedAt of instants(declaredReference.metric, lookback, count)) {
        done.add(place);
        quiet.push({
          ...model,
          id: `quiet-${model.system}-${new Date(askedAt).toISOString()}`,
          faultType: "none",
          question: { text: model.question.text, askedAt },
          truth: { services: [], instances: [], metrics: [] },
        });
      }
    } finally {
      await toolbox.close();
    }
  }
  return quiet;
}

/** Ends of windows of this length, on whole minutes, spread over the periods by their lengths. */
function instants(periods: readonly TimeWindow[], lookbackMs: number, count: number): number[] {
  const long = periods.filter(({ start, end }) => end - start >= lookbackMs);
  const room = long.reduce((sum, { start, end }) => sum + end - start, 0);
  return long.flatMap(({ start, end }) => {
    const own = Math.max(1, Math.round((count * (end - start)) / room));
    return Array.from({ length: own }, (_, index) => {
      const at = start + lookbackMs + ((end - start - lookbackMs) * (index + 0.5)) / own;
      return Math.floor(at / minuteMs) * minuteMs;
    });
  });
}
