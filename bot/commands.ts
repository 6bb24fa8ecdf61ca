import type { Questions } from "../jobs/enqueue.ts";
import { checkOperator } from "./access.ts";
import type { Command } from "./conversation.ts";
import type { HomeHealth } from "./home.ts";
import type { Reply } from "./reply.ts";
import { type ScheduleDesk, scheduleCommands } from "./schedule-commands.ts";
import { counted } from "./time-words.ts";

export interface CommandDesk extends ScheduleDesk {
  readonly questions: Questions;
  readonly readHealth: () => Promise<readonly HomeHealth[]>;
}

/** "stop", "cancel that", "never mind": nothing else may stand in it, or "stop codes in geo" would be one. */
const stopping =
  /^(?:please )?(?:stop|cancel|abort|never ?mind|halt|stopp|abbrechen|vergiss es|arr[êe]te|annule|para|cancela)(?: (?:it|that|this|please|bitte))*[.!]*$/iu;

/** What is said in a chat that is no question: gives null for a text that is none of it. */
export function chatCommands(desk: CommandDesk) {
  const schedule = scheduleCommands(desk);
  return async (command: Command): Promise<Reply | null> => {
    const { text, thread, about } = command.message;
    if (stopping.test(text.trim())) return stopped(await desk.questions.stop(thread, about));
    if (/^(?:health|status)[?.! ]*$/iu.test(text.trim())) return health(command, desk.readHealth);
    return schedule(command);
  };
}

function stopped(count: number): Reply {
  const told =
    count === 0
      ? "Nothing is being looked at in this thread."
      : `Stopped ${count === 1 ? "it" : counted(count, "question")}.`;
  return { kind: "words", paragraphs: [told] };
}

async function health(
  { message, permission }: Command,
  readHealth: CommandDesk["readHealth"],
): Promise<Reply> {
  checkOperator(permission, message.from, "look at the bot's health");
  const lines = await readHealth();
  return {
    kind: "words",
    paragraphs: lines.map(
      ({ name, isWell, detail }) => `${isWell ? "Well" : "Not well"}: ${name}. ${detail}`,
    ),
  };
}
