import type { Questions } from "../jobs/enqueue.ts";
import { type Allowed, checkOperator } from "./access.ts";
import type { Command } from "./conversation.ts";
import { type FeedbackDesk, hearFeedback } from "./feedback.ts";
import { knownServices } from "./follow-up/previous-answer.ts";
import type { HomeHealth } from "./home.ts";
import type { Reply } from "./reply.ts";
import { type ScheduleDesk, scheduleCommands } from "./schedule-commands.ts";
import { counted } from "./time-words.ts";

export interface CommandDesk extends ScheduleDesk {
  readonly questions: Questions;
  readonly feedback: FeedbackDesk;
  /** The services that somebody with this permission may name. */
  readonly namesFor: (permission: Allowed) => Promise<readonly string[]>;
  readonly readHealth: () => Promise<readonly HomeHealth[]>;
}

/** "stop", "cancel that", "never mind": nothing else may stand in it, or "stop codes in geo" would be one. */
const stopping =
  /^(?:please )?(?:stop|cancel|abort|never ?mind|halt|stopp|abbrechen|vergiss es|arr[êe]te|annule|para|cancela)(?: (?:it|that|this|please|bitte))*[.!]*$/iu;

const longestJudgement = 120;

/** What is said to a text of a chat that is no question; null for one that may be. */
export function chatCommands(desk: CommandDesk) {
  const schedule = scheduleCommands(desk);
  return async (command: Command): Promise<Reply | "nothing" | null> => {
    const { text, thread, about } = command.message;
    if (stopping.test(text.trim())) {
      const count = await desk.questions.stop(thread, about);
      // Whoever pressed the button of a question sees in its own message that it was stopped.
      return about !== null && count > 0 ? "nothing" : stopped(count);
    }
    if (/^(?:health|status)[?.! ]*$/iu.test(text.trim())) return health(command, desk.readHealth);
    return (await schedule(command)) ?? judged(command);
  };

  /** What is said of the answer: that it was right, or what it was. */
  async function judged({ message, answered, permission }: Command): Promise<Reply | null> {
    if (answered === null || !mayJudge(message.text)) return null;
    const services = [...new Set([...knownServices(answered), ...(await desk.namesFor(permission))])];
    return hearFeedback(message, answered, services, desk.feedback);
  }
}

/** Worth a look at all services' names: nobody judges in a question, or at length. */
function mayJudge(text: string): boolean {
  return text.length <= longestJudgement && !text.includes("?");
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
