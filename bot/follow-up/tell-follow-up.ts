import type { Diagnosis } from "../../pipeline/diagnosis.ts";
import type { ThreadHistory } from "../../pipeline/types.ts";
import type { Reply } from "../reply.ts";
import type { ThreadRef } from "../surface.ts";
import { verdictLines } from "../verdict.ts";
import { aboutService } from "./about-service.ts";
import { type AboutAnswer, answerFollowUp, withCited } from "./answer-follow-up.ts";
import type { ThreadState, Threads } from "./threads.ts";
import { type Wording, wordedParagraphs, wordingOf } from "./wording.ts";

/** A question about an answer. `followUp` null: one that no form of question fits, for the model to make something of. */
export interface AskedOn {
  readonly text: string;
  readonly thread: ThreadRef;
  readonly followUp: AboutAnswer | null;
  readonly answered: Diagnosis;
  /** What the thread is at; null where it is asked about another answer than the thread's own. */
  readonly state: ThreadState | null;
}

const mostServices = 3;
const longestSaid = 400;
const asking: Reply = {
  kind: "progress",
  stages: [{ name: "consult", state: "started", detail: "" }],
};

/**
 * Answers from the saved answer: what is asked is looked up, a language model words it where there is one, and what
 * it asked and said is kept with the answer and in the thread. Gives false, having said nothing, for a question that
 * neither a form nor the model could answer.
 */
export async function tellFollowUp(
  asked: AskedOn,
  say: (reply: Reply) => Promise<void>,
  threads: Threads,
  wording: Wording | null,
  signal: AbortSignal,
): Promise<boolean> {
  const { text, followUp, answered, state } = asked;
  const plain = followUp === null ? wholeCase(answered) : answerFollowUp(followUp, answered);
  const how = followUp === null ? "whole" : wordingOf(followUp);
  const history = state?.history ?? { summary: "", turns: [] };
  if (plain.kind !== "words" || how === "none" || wording === null) {
    if (followUp === null) return false;
    await say(plain);
    await keep(asked, plain, history, threads, wording, signal);
    return true;
  }
  await say(asking);
  const facts = plain.paragraphs;
  const worded = await wording.word({ text, facts, diagnosis: answered, history }, signal);
  await threads.keepCalls(answered, worded.calls).catch(notKept);
  if (followUp === null && worded.kind === "failed") return false;
  const reply = withCited({ kind: "words", paragraphs: wordedParagraphs(worded, facts, how) }, answered);
  await say(reply);
  await keep(asked, reply, history, threads, wording, signal);
  return true;
}

/** What a free question is answered from. */
function wholeCase(diagnosis: Diagnosis): Reply {
  const services = diagnosis.causes.slice(0, mostServices).map(({ service }) => service);
  return {
    kind: "words",
    paragraphs: [
      ...verdictLines(diagnosis),
      ...services.flatMap((service) => aboutService(service, diagnosis)),
      ...diagnosis.uncertainty,
    ],
  };
}

/** After it is said: nobody waits for it. */
async function keep(
  { text, thread, state, answered }: AskedOn,
  reply: Reply,
  { summary, turns }: ThreadHistory,
  threads: Threads,
  wording: Wording | null,
  signal: AbortSignal,
): Promise<void> {
  // Without a model nobody reads it.
  if (state === null || wording === null || reply.kind !== "words") return;
  const said = reply.paragraphs.join(" ").slice(0, longestSaid);
  // The same message may be delivered again.
  if (turns.at(-1)?.asked === text) return;
  try {
    const told = await wording.condense({ summary, turns: [...turns, { asked: text, said }] }, signal);
    await threads.remember(thread, { ...state, history: told.history });
    await threads.keepCalls(answered, told.calls);
  } catch {
    notKept();
  }
}

/** The answer was given; what is lost is what the next one could have been worded better with. */
function notKept(): void {}
