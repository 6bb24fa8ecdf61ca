import { counted } from "../bot/time-words.ts";
import { openToolbox, type Telemetry } from "../compose.ts";
import { takeInventory } from "../pipeline/collect.ts";
import type { TimeWindow } from "../pipeline/types.ts";
import type { Check } from "./check.ts";
import { exitCodes, type Shell } from "./shell.ts";

/** Newest data that is older, or that much in the future, is worth a word. */
const staleMs = 5 * 60_000;

/**
 * Opens the source, asks it one cheap thing and what it knows.
 *
 * Throws: BotError when it cannot be opened or does not answer.
 */
export async function sourceCheck(
  telemetry: Telemetry,
  { signal, now, stopwatch }: Pick<Shell, "signal" | "now" | "stopwatch">,
): Promise<Omit<Check, "name">> {
  const toolbox = await openToolbox(telemetry);
  try {
    const started = stopwatch();
    for (const source of toolbox.sources) await source.probe(signal);
    const latencyMs = Math.round(stopwatch() - started);
    const abouts = await Promise.all(toolbox.connectors.map((connector) => connector.about(signal)));
    const about = abouts.find((words) => words !== null) ?? null;
    const { services, extent, gaps } = await takeInventory(toolbox, signal, now());
    const unreachable = gaps.find(({ reason }) => reason === "unreachable");
    if (unreachable !== undefined) {
      return { ok: false, detail: unreachable.detail, exitCode: exitCodes.unavailable };
    }
    const newest = {
      metrics: iso(extent.metric?.end),
      logs: iso(extent.log?.end),
      traces: iso(extent.trace?.end),
    };
    const said = Object.entries(newest).map(
      ([kind, at]) => `${kind} ${at === null ? "none" : `up to ${at}`}`,
    );
    const isLive = telemetry.sources.every(({ type }) => type !== "files");
    const remarks = [
      ...(isLive ? remarksOn(services.length, Object.values(extent), now()) : []),
      ...gaps.map(({ detail }) => detail),
    ];
    const first = [
      ...(about === null ? [] : [about]),
      ...(isLive ? [`answers in ${latencyMs} ms`] : []),
      counted(services.length, "service"),
      said.join(", "),
    ];
    return {
      ok: true,
      detail: [...first, ...(remarks.length === 0 ? [] : [remarks.join(" ")])].join("; "),
      exitCode: exitCodes.answered,
      about,
      latencyMs,
      services: services.length,
      newest,
    };
  } finally {
    await toolbox.close();
  }
}

/** What is odd about a live source that answers. */
function remarksOn(services: number, extents: readonly (TimeWindow | null)[], now: number): string[] {
  const remarks = services === 0 ? ["It knows no service: check its selector, and names."] : [];
  const ends = extents.flatMap((extent) => (extent === null ? [] : [extent.end]));
  if (ends.length === 0) return [...remarks, "It has no recent data."];
  const newest = Math.max(...ends);
  const minutes = Math.round(Math.abs(now - newest) / 60_000);
  if (newest < now - staleMs) {
    remarks.push(
      `Its newest data is ${minutes} minutes old: nothing is collected any more, or a clock is wrong.`,
    );
  }
  if (newest > now + staleMs)
    remarks.push(`Its newest data is ${minutes} minutes in the future: a clock is wrong.`);
  return remarks;
}

function iso(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
