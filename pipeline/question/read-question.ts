import { BotError } from "../errors.ts";
import type { PipelineOptions } from "../options.ts";
import type { ChatQuestion, PreviousAnswer, ReadQuestion } from "../types.ts";
import type { Asked } from "./calendar-days.ts";
import { checked, hoursOf } from "./checked-window.ts";
import { cleanText, longestText } from "./clean-text.ts";
import { readExactTime } from "./exact-time.ts";
import { readFollowUp } from "./follow-up.ts";
import { readIntent } from "./intent.ts";
import { readModalityWishes } from "./modality-wishes.ts";
import { type ResolvedWindow, resolveWindow } from "./resolve-window.ts";
import { readServiceNames } from "./service-names.ts";
import type { TimeReading } from "./time-expression.ts";
import { readTime } from "./time-grammar.ts";
import { isZoneName } from "./time-zones.ts";
import { isUnreadLanguage, unreadNote } from "./unread-language.ts";

/**
 * Text to intent, window and services (paper, III-A and III-B1), without a model and without a clock but
 * `question.askedAt`.
 *
 * Shape:  `from` is "question" for a time that was said (or chosen when asked back), "default" for one that is
 *         meant but cannot be told, "ask" with a null window where there is none, or where the language is not read.
 * Throws: BotError "question-invalid" for an empty text or an unknown zone, "window-invalid" for a window
 *         that is in the future, empty, backwards, too long, or on a day that does not exist.
 * Source: ALGORITHMS.md section 9, Filter 1.
 */
export function readQuestion(
  question: ChatQuestion,
  serviceNames: readonly string[],
  options: PipelineOptions,
  previous: PreviousAnswer | null = null,
): ReadQuestion {
  if (question.text.trim() === "") {
    throw new BotError(
      "question-invalid",
      'The question is empty. Ask for example "what broke in the last hour".',
    );
  }
  if (!isZoneName(question.timeZone)) {
    throw new BotError(
      "question-invalid",
      `The time zone "${question.timeZone.slice(0, 60)}" is not known. Use an IANA name such as "Europe/Berlin".`,
    );
  }
  const { text, cut } = cleanText(question.text);
  const { services, unknownServices, notes: serviceNotes, masked } = readServiceNames(text, serviceNames);
  const notes = cut
    ? [`Only the first ${longestText.toLocaleString("en")} characters of the question were read.`]
    : [];
  notes.push(...serviceNotes);
  const asked: Asked = {
    now: question.askedAt,
    timeZone: question.timeZone,
    defaultWindowMs: options.defaultWindowMs,
    longestWindowMs: options.longestWindowMs,
  };
  const reading = readTime(masked);
  const flavoured = services.length > 0 || unknownServices.length > 0 || reading.main !== null;
  const modalities = readModalityWishes(text);
  const followUp =
    previous === null
      ? null
      : readFollowUp(text, {
          masked,
          services,
          unknownServices,
          modalities,
          reading,
          previous,
          asked,
          names: serviceNames,
        });
  const intent = followUp === null ? readIntent(text, flavoured) : "follow-up";
  const read = { intent, services, unknownServices, modalities, followUp, isUnread: false, calls: [] };
  if (followUp !== null) return { ...read, window: null, from: "ask", notes };
  if (question.askedWindow !== null) {
    const window = checked(question.askedWindow, asked, notes);
    return { ...read, window, from: "question", notes };
  }
  if (isUnreadLanguage(masked)) {
    return { ...read, window: null, from: "ask", isUnread: true, notes: [...notes, unreadNote] };
  }
  if (intent === "help" || intent === "none" || intent === "schedule") {
    return { ...read, window: null, from: "ask", notes };
  }
  const resolved = resolve(reading, masked, asked);
  if (resolved !== null)
    return { ...read, window: resolved.window, from: "question", notes: [...notes, ...resolved.notes] };
  if (reading.main === null) return { ...read, window: null, from: "ask", notes };
  const words = reading.main.kind === "vague" ? reading.main.words : "now";
  notes.push(
    `"${words}" names no exact time, so the last ${hoursOf(options.defaultWindowMs)} were looked at.`,
  );
  const window = { start: asked.now - options.defaultWindowMs, end: asked.now };
  return { ...read, window, from: "default", notes };
}

function resolve(reading: TimeReading, text: string, asked: Asked): ResolvedWindow | null {
  if (reading.main !== null) return resolveWindow(reading, asked);
  const exact = readExactTime(text, asked.now, asked.timeZone);
  return exact === null
    ? null
    : resolveWindow(
        { main: exact, context: { day: null, part: null, zone: null }, several: false, zones: [] },
        asked,
      );
}
