import { openQuestionReader, openToolbox } from "./compose.ts";
import type { Config } from "./config.ts";
import type { Chat } from "./jobs/chat.ts";
import { permittedNames } from "./pipeline/permitted.ts";
import type { ChatQuestion, PreviousAnswer, ReadQuestion } from "./pipeline/types.ts";

export interface QuestionReader {
  /** Every service that the telemetry names. */
  readonly names: (signal: AbortSignal) => Promise<readonly string[]>;
  /** The language model, where one is configured, and the prompts. */
  readonly helpers: () => ReturnType<typeof openQuestionReader>;
}

/** What reads questions for a program of its own, with a way to the model that others may share. */
export function ownReader(config: Config, chat: Chat): QuestionReader {
  let helpers: ReturnType<QuestionReader["helpers"]> | null = null;
  return {
    names: (signal) => serviceNames(config, signal),
    helpers: () => {
      helpers ??= openQuestionReader(config, chat);
      return helpers;
    },
  };
}

/**
 * Reads what can be told without opening the telemetry, which takes longer than the time to the first
 * stage allows: the pipeline knows the services, and refuses unknown ones before it reads any data. Only
 * a text that looks like no question is read again with the services' names: it may be one of them. Where a
 * model is configured, it reads what the grammar finds no time in.
 */
export async function readFirst(
  question: ChatQuestion,
  previous: PreviousAnswer | null,
  config: Pick<Config, "model" | "pipeline">,
  reader: QuestionReader,
  signal: AbortSignal,
): Promise<ReadQuestion> {
  const { readQuestion, readWithModel } = await import("./pipeline/question/index.ts");
  const read = readQuestion(question, previous?.known ?? [], config.pipeline, previous);
  const mayBeTold = config.model !== undefined && read.from === "ask" && read.followUp === null;
  if (read.intent !== "none" && !mayBeTold) return { ...read, unknownServices: [] };
  const [all, helpers] = await Promise.all([reader.names(signal), reader.helpers()]);
  // What may not be seen here is not known here, not even as what somebody may have meant.
  const names = permittedNames(all, question.permitted);
  return readWithModel(question, names, config.pipeline, helpers, signal, previous);
}

/** Every service that the telemetry names. */
export async function serviceNames(config: Config, signal: AbortSignal): Promise<readonly string[]> {
  const [toolbox, { takeInventory }] = await Promise.all([
    openToolbox(config),
    import("./pipeline/collect.ts"),
  ]);
  try {
    return (await takeInventory(toolbox, signal)).services;
  } finally {
    await toolbox.close();
  }
}
