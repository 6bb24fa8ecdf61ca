import { quote } from "./describe/foreign-text.ts";
import { BotError } from "./errors.ts";
import type { PipelineOptions } from "./options.ts";
import { fits } from "./permitted.ts";
import type { Toolbox } from "./ports.ts";
import {
  allModalities,
  type ChatQuestion,
  type Modality,
  type ReadQuestion,
  type Scope,
  type TimeWindow,
} from "./types.ts";

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

/**
 * The services that are looked at: those carried over from the answer before, else those the text names.
 *
 * Throws: BotError "service-unknown" with the nearest names, for a name that no source knows;
 *         "access-denied" where the answer before was about what may not be seen here.
 */
export function resolveScope(question: ChatQuestion, read: ReadQuestion): Scope {
  const carried = question.carried?.services;
  const shown = question.permitted?.services ?? null;
  if (carried?.some((service) => !fits(service, shown)) === true) {
    throw new BotError(
      "access-denied",
      "The answer before was about a service that may not be seen here. Ask a question of its own.",
    );
  }
  if (carried != null) return { services: carried };
  const unknown = read.unknownServices[0];
  if (unknown !== undefined) {
    const nearest = unknown.nearest.length > 0 ? ` Nearest: ${unknown.nearest.join(", ")}.` : "";
    throw new BotError(
      "service-unknown",
      `No telemetry${shown === null ? "" : " that may be seen here"} names a service "${quote(unknown.mentioned)}".${nearest} Ask again with one of these, or leave the name out to look at every service.`,
    );
  }
  return { services: read.services };
}

/** The toolbox with only the kinds of telemetry that were wished for. */
export function wishedToolbox(toolbox: Toolbox, modalities: readonly Modality[] | null): Toolbox {
  if (modalities === null) return toolbox;
  return {
    ...toolbox,
    sources: toolbox.sources.filter(({ modality }) => modalities.includes(modality)),
    leftOut: allModalities.filter((modality) => !modalities.includes(modality)),
  };
}
