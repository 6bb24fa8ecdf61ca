import { quote } from "./describe/foreign-text.ts";
import { BotError } from "./errors.ts";
import type { PipelineOptions } from "./options.ts";
import type { ChatQuestion, ReadQuestion, Scope, TimeWindow } from "./types.ts";

/** The asked window and who chose it. */
export interface ResolvedWindow extends TimeWindow {
  readonly from: "question" | "default" | "asked";
}

/**
 * The window that is looked at: the one a person named when asked back (as the reader checked it),
 * else the question's, else the default (paper, III-B1). Where nobody could be asked back, the default
 * is taken too, and the answer says so.
 */
export function resolveWindow(
  question: ChatQuestion,
  read: ReadQuestion,
  options: PipelineOptions,
): ResolvedWindow {
  if (question.askedWindow !== null) return { ...(read.window ?? question.askedWindow), from: "asked" };
  if (read.window !== null) {
    return { ...read.window, from: read.from === "question" ? "question" : "default" };
  }
  const end = question.askedAt;
  return { start: end - options.defaultWindowMs, end, from: "default" };
}

/** Throws: BotError "service-unknown" with the nearest names, for a name that no source knows. */
export function resolveScope(read: ReadQuestion): Scope {
  const unknown = read.unknownServices[0];
  if (unknown !== undefined) {
    const nearest = unknown.nearest.length > 0 ? ` Nearest: ${unknown.nearest.join(", ")}.` : "";
    throw new BotError(
      "service-unknown",
      `No telemetry names a service "${quote(unknown.mentioned)}".${nearest} Ask again with one of these, or leave the name out to look at every service.`,
    );
  }
  return { services: read.services };
}
