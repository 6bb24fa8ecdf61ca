import type { FeedbackStore } from "../jobs/store.ts";
import type { Diagnosis } from "../pipeline/diagnosis.ts";
import { type AnsweredCase, answeredCase, type Said, saidOf } from "../pipeline/labelled-case.ts";
import type { Feedback } from "../pipeline/types.ts";
import type { Words } from "./reply.ts";
import type { ChatMessage } from "./surface.ts";

export interface FeedbackDesk {
  /** Reads the words against the services that may be named where they are said. */
  readonly read: (text: string, services: readonly string[]) => Feedback | null;
  readonly feedback: Pick<FeedbackStore, "say">;
}

/** Keeps what a message says of an answer, and thanks for it; null for a message that says nothing of it. */
export async function hearFeedback(
  { text, at, from, thread }: Pick<ChatMessage, "text" | "at" | "from" | "thread">,
  diagnosis: Diagnosis,
  services: readonly string[],
  { read, feedback }: FeedbackDesk,
): Promise<Words | null> {
  const heard = read(text, services);
  if (heard === null) return null;
  const answered = answeredCase(diagnosis);
  const person =
    from === null ? "operator" : [thread.surface, from.place.team ?? "", from.person.id].join(":");
  const said = saidOf(heard, answered, person, at);
  if (said === null) return null;
  await feedback.say(answered, said);
  return { kind: "words", paragraphs: [thanks(said, answered)] };
}

function thanks({ verdict, service }: Said, { causes }: AnsweredCase): string {
  const first = causes[0]?.service;
  if (verdict === "confirmed") {
    return service === null ? "Noted: that was right. Thank you." : `Noted: it was ${service}. Thank you.`;
  }
  if (service === null) {
    const what = first === undefined ? "that was wrong" : `it was not ${first}`;
    return `Noted: ${what}. Say "it was NAME" once you know which service it was.`;
  }
  const place = causes.findIndex((cause) => cause.service === service) + 1;
  const had = place === 0 ? "The answer does not name it." : `The answer has it in place ${place}.`;
  return `Noted: it was ${service}. ${had} Thank you.`;
}
