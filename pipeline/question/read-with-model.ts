import { DateTime } from "luxon";
import { QuestionAnswer } from "../../prompts/answer-schemas.ts";
import { quote } from "../describe/foreign-text.ts";
import { asBotError } from "../errors.ts";
import { fillPrompt } from "../fill-prompt.ts";
import { type ModelCall, readingPurpose } from "../model-call.ts";
import type { PipelineOptions } from "../options.ts";
import type { Toolbox } from "../ports.ts";
import { redactor } from "../redact/redactor.ts";
import type { ChatQuestion, PreviousAnswer, ReadQuestion, TimeWindow } from "../types.ts";
import { checked } from "./checked-window.ts";
import { cleanText } from "./clean-text.ts";
import { ordinaryWords } from "./ordinary-words.ts";
import { readQuestion } from "./read-question.ts";
import { unreadNote } from "./unread-language.ts";

const maxAnswerTokens = 400;
/** An inventory may be long; a model's context is not. */
const mostServices = 300;

/**
 * Reads a question with the grammar, and asks the model only where the grammar found no time, or nothing at
 * all. What the grammar is certain of stays: the model fills in what is missing, and what it says is
 * believed only as far as it can be checked. Services must be in the inventory, the window must be one that
 * may be asked about and rest on words of the text; else a person is asked back as without a model.
 *
 * Throws: as `readQuestion`; BotError "cancelled".
 */
export async function readWithModel(
  question: ChatQuestion,
  serviceNames: readonly string[],
  options: PipelineOptions,
  { model, prompts }: Pick<Toolbox, "model" | "prompts">,
  signal: AbortSignal,
  previous: PreviousAnswer | null = null,
): Promise<ReadQuestion> {
  const read = readQuestion(question, serviceNames, options, previous);
  const prompt = prompts.prompts.get("question");
  if (model === null || prompt === undefined || question.askedWindow !== null || isCertain(read, question)) {
    return read;
  }
  const { text } = cleanText(question.text);
  const { system, user } = fillPrompt(prompt, {
    services: serviceNames.slice(0, mostServices).join(", "),
    now: DateTime.fromMillis(question.askedAt, { zone: question.timeZone, locale: "en" }).toFormat(
      "EEEE yyyy-MM-dd'T'HH:mm:ssZZ",
    ),
    question: redactor(options.redaction).redact(text),
  });
  const { output, call } = await model.complete(
    {
      role: "question",
      purpose: readingPurpose,
      prompt: { id: prompt.id, version: prompt.version },
      system,
      user,
      answer: { name: "question", schema: QuestionAnswer },
      maxAnswerTokens,
      thinking: false,
      priority: "person",
      seed: options.seed,
    },
    signal,
  );
  const asked = { ...read, calls: [call] };
  return output === null
    ? asked
    : filledIn(asked, output, question, serviceNames, options, model.name("question"));
}

/** What reading a question took of the model, here and where it was asked; the same call counts once. */
export function readingCalls({ reading = [] }: ChatQuestion, { calls }: ReadQuestion): readonly ModelCall[] {
  const known = new Set(reading.map(({ promptHash }) => promptHash));
  return [...reading, ...calls.filter(({ promptHash }) => !known.has(promptHash))];
}

/** A time that was told, one that is meant but cannot be ("since the deploy"), or a text with a meaning of its own. */
function isCertain({ intent, from, followUp, isUnread }: ReadQuestion, { text }: ChatQuestion): boolean {
  if (isUnread) return false;
  if (followUp !== null || from !== "ask") return true;
  if (intent === "diagnose" || intent === "summary") return false;
  // "thanks" and "hi" are known; a whole sentence that says nothing to the grammar may be in another language.
  return intent !== "none" || !/[\p{L}\p{N}]\S*\s+\S+\s+\S/u.test(text);
}

function filledIn(
  read: ReadQuestion,
  said: QuestionAnswer,
  question: ChatQuestion,
  serviceNames: readonly string[],
  options: PipelineOptions,
  by: string,
): ReadQuestion {
  const isOpen = read.intent === "none" || read.isUnread;
  const intent = isOpen ? said.intent : read.intent;
  // What the model could read is none of the languages that nobody can.
  const isUnread = false;
  if (intent === "help" || intent === "none" || intent === "schedule") return { ...read, intent, isUnread };
  const known = said.services.filter((service) => serviceNames.includes(service));
  const isNamed = read.services.length > 0 || read.unknownServices.length > 0;
  const services = isNamed ? read.services : [...new Set(known)];
  const modalities =
    read.modalities ??
    (said.modalities.length === 1 || said.modalities.length === 2 ? said.modalities : null);
  const notes = read.notes.filter((note) => note !== unreadNote);
  const window = windowOf(said, question, serviceNames, options);
  if (window !== null) {
    notes.push(
      `"${quote(said.timeWords.trim())}" was read by the language model ${by}: if that is another time, name it as "from 14:00 to 14:30".`,
    );
  }
  if (!isNamed && services.length > 0)
    notes.push(`The language model ${by} read the services ${services.join(", ")}.`);
  return {
    ...read,
    intent,
    isUnread,
    services,
    modalities,
    window,
    from: window === null ? "ask" : "question",
    notes,
  };
}

/** The model's window, if the words that it rests on are the person's and it may be asked about. */
function windowOf(
  { window, timeWords }: QuestionAnswer,
  { text, askedAt, timeZone }: ChatQuestion,
  serviceNames: readonly string[],
  { defaultWindowMs, longestWindowMs }: PipelineOptions,
): TimeWindow | null {
  const words = timeWords.trim().toLowerCase();
  if (window === null || !restsOn(words, cleanText(text).text.toLowerCase(), serviceNames)) return null;
  const start = DateTime.fromISO(window.start, { zone: timeZone }).toMillis();
  const end = DateTime.fromISO(window.end, { zone: timeZone }).toMillis();
  try {
    return checked({ start, end }, { now: askedAt, timeZone, defaultWindowMs, longestWindowMs }, []);
  } catch (error) {
    if (asBotError(error)?.code === "window-invalid") return null;
    throw error;
  }
}

/** The words stand in the text, and not all of them are words of any sentence or services: "geo is slow" names no time. */
function restsOn(words: string, text: string, serviceNames: readonly string[]): boolean {
  if (words === "" || !text.includes(words)) return false;
  return words
    .split(/[^\p{L}\p{N}]+/u)
    .some((word) => word.length > 2 && !ordinaryWords.has(word) && !serviceNames.includes(word));
}
