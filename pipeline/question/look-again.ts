import { DateTime } from "luxon";
import type { LookAgain, Modality, TimeWindow } from "../types.ts";
import type { Asked } from "./calendar-days.ts";
import { checked, hoursOf } from "./checked-window.ts";
import type { FollowUpText } from "./follow-up-text.ts";
import { readModalityReturn } from "./modality-wishes.ts";
import type { Span } from "./time-point.ts";
import { parseSpan } from "./time-spans.ts";
import { readTokens } from "./time-tokens.ts";

const minuteMs = 60_000;
/** An answer whose window ended this short a while ago shows what another look would. */
const freshMs = 2 * minuteMs;
/** Whether it is over is told by at least this much time, and by at most that. */
const shortestLookMs = 15 * minuteMs;
const longestLookMs = 60 * minuteMs;

const widen =
  /^(?:widen|extend|expand|enlarge|broaden|stretch|lengthen|zoom out|go (?:further |farther )?back|look (?:further|farther) back|make (?:it|the window) (?:longer|wider|bigger)|(?:a )?(?:longer|wider|bigger)(?: window| time)?|erweiter\p{L}{0,2}|vergr[oö]ßer\p{L}{0,2}|[eé]lar[gj]\p{L}{0,4}|ampl[ií]a\p{L}{0,2})(?!\p{L})/iu;
const narrow =
  /^(?:narrow|shorten|shrink|zoom in|tighten|(?:a )?(?:shorter|smaller)(?: window| time)?|verk[uü]rze?|eng\p{L}{1,2} (?:es )?ein)(?!\p{L})/iu;
const toNow = /(?:to|until|till|up to|bis|jusqu'à|hasta) (?:now|jetzt|maintenant|ahora)$/iu;
const sameTime =
  /(?:^|\s)(?:(?:at|around|in|um|zur|à|a) )?(?:(?:exactly )?(?:the )?same (?:time|window|hours?|period|interval)|(?:die|der|zur)?(?:selben|gleichen) zeit|gleiche zeit|la même heure|la misma hora)(?=$|\s|[,.?!])/iu;
const before =
  /^(?:what (?:happened|was (?:there|it like)|about) )?(?:right |just |shortly )?(?:before(?: that| this| it| then)?|davor|avant|antes)$/iu;
const after =
  /^(?:what (?:happened|was (?:there|it like)|about) )?(?:right |just |shortly )?(?:after(?: that| this| it| then)?|afterwards|since then|seitdem|danach|depuis|apr[eè]s|desde entonces)$/iu;
const once =
  /^(?:(?:try|run|check|look|ask|do) (?:it |that |this )?(?:again|once more)|again|once more|retry|re-?run|re-?check|refresh|update|repeat|noch (?:ein)?mal|encore(?: une fois)?|otra vez)$/iu;
const everywhere =
  /^(?:(?:look (?:at|in)|check|search|include|use|with|take) )?(?:all (?:the )?(?:services|of them)|every service|all services|everywhere|alle dienste|tous les services|todos los servicios)$/iu;
const everyKind =
  /^(?:(?:look at|use|include|check|take) )?(?:everything|all (?:of )?(?:the )?(?:data|telemetry|kinds|modalities))(?: again)?$/iu;

interface Change {
  readonly window: TimeWindow;
  readonly services: readonly string[] | null;
  readonly modalities: readonly Modality[] | null;
  readonly note: string;
}

/** A question like the one before, with what was changed. Throws: BotError "window-invalid". */
export function lookAgain({ asked }: { readonly asked: Asked }, { window, ...carried }: Change): LookAgain {
  const notes: string[] = [];
  const fits = checked(window, asked, notes);
  const note = [carried.note, ...notes].filter((one) => one !== "").join(" ");
  return { kind: "look-again", window: fits, carried: { ...carried, note } };
}

/** "widen to 3 hours", "and yesterday at the same time?", "ignore traces", "before that?"; null for other words. */
export function readLookAgain(bare: string, read: FollowUpText): LookAgain | null {
  const { previous, modalities, services, unknownServices, reading } = read;
  const { services: scope, modalities: kinds } = previous;
  const namesService = services.length > 0 || unknownServices.length > 0;
  const moved = movedWindow(bare, read);
  if (moved !== null) {
    return lookAgain(read, {
      window: moved.window,
      services: namesService ? null : scope,
      modalities: modalities ?? kinds,
      note: moved.note,
    });
  }
  if (everywhere.test(bare)) {
    return lookAgain(read, {
      window: previous.window,
      services: [],
      modalities: kinds,
      note: "Every service was looked at.",
    });
  }
  const returned = readModalityReturn(bare);
  if (everyKind.test(bare) || (returned.length > 0 && kinds !== null)) {
    const all = everyKind.test(bare) || new Set([...(kinds ?? []), ...returned]).size === 3;
    return lookAgain(read, {
      window: previous.window,
      services: scope,
      modalities: all ? null : [...new Set([...(kinds ?? []), ...returned])],
      note: "",
    });
  }
  if (modalities === null || namesService || reading.main !== null) return null;
  return lookAgain(read, {
    window: previous.window,
    services: scope,
    modalities: together(modalities, kinds),
    note: `Only ${modalities.map((one) => `${one}s`).join(" and ")} were looked at, as was asked.`,
  });
}

/** What two wishes leave; the newer one where they leave nothing. */
function together(newer: readonly Modality[], older: readonly Modality[] | null): readonly Modality[] {
  const both = older === null ? newer : newer.filter((modality) => older.includes(modality));
  return both.length === 0 ? newer : both;
}

interface Moved {
  readonly window: TimeWindow;
  readonly note: string;
}

function movedWindow(bare: string, { previous: { window, askedAt }, asked }: FollowUpText): Moved | null {
  const length = window.end - window.start;
  const wider = widen.exec(bare);
  if (wider !== null) return widened(bare.slice(wider[0].length).trim(), window, asked);
  const narrower = narrow.exec(bare);
  if (narrower !== null) {
    const span = spanIn(bare.slice(narrower[0].length));
    return { window: { start: window.end - (span?.ms ?? length / 2), end: window.end }, note: "" };
  }
  const same = sameTime.exec(bare);
  if (same !== null) {
    const shift = shiftIn(bare.replace(sameTime, " "));
    return shift === null
      ? null
      : {
          window: shifted(window, shift, asked.timeZone),
          note: `The window before was moved by ${shift.words}.`,
        };
  }
  const apart =
    /^(?:and |what about |how about )?(.{2,40}?) (earlier|before(?: that)?|sooner|later|after(?: that)?|früher|später)$/iu.exec(
      bare,
    );
  const span = apart === null ? null : spanIn(apart[1] ?? "");
  if (apart !== null && span !== null) {
    const sign = /^(?:later|after|später)/iu.test(apart[2] ?? "") ? 1 : -1;
    const days = span.days === null ? 0 : sign * span.days;
    return {
      window: shifted(window, { days, ms: span.days === null ? sign * span.ms : 0 }, asked.timeZone),
      note: "",
    };
  }
  if (before.test(bare))
    return {
      window: { start: window.start - length, end: window.start },
      note: `The ${hoursOf(length)} before that were looked at.`,
    };
  if (after.test(bare))
    return { window: { start: window.end, end: asked.now }, note: "What came after was looked at." };
  if (!once.test(bare)) return null;
  // A window that ended when it was asked about goes on with the clock; one in the past stays.
  if (askedAt - window.end > freshMs) return { window, note: "" };
  return {
    window: { start: asked.now - length, end: asked.now },
    note: `The ${hoursOf(length)} up to now were looked at.`,
  };
}

function widened(rest: string, window: TimeWindow, asked: Asked): Moved {
  if (toNow.test(rest)) return { window: { start: window.start, end: asked.now }, note: "" };
  const span = spanIn(rest);
  const length = window.end - window.start;
  if (span === null)
    return { window: { start: window.start - length, end: window.end }, note: "The window was doubled." };
  const adds =
    /(?:^|\s)(?:by|another|more|further|um|de plus|noch)(?:\s|$)|^(?:an?|one) (?:hour|day|week)$/iu.test(
      rest,
    ) && !/(?:^|\s)(?:to|auf|à|a) /iu.test(rest);
  const start = adds ? window.start - span.ms : window.end - span.ms;
  // Who widens does not want less than before.
  return { window: { start: Math.min(start, window.start), end: window.end }, note: "" };
}

/** The first length of time in some words: "to 3 hours", "by another half hour". */
function spanIn(words: string): Span | null {
  const tokens = readTokens(words.trim());
  for (let at = 0; at < tokens.length; at++) {
    const span = parseSpan(tokens, at, true);
    if (span !== null && span.value.ms > 0) return span.value;
  }
  return null;
}

interface Shift {
  readonly days: number;
  readonly ms: number;
}

/** How far back "yesterday", "last week", "two days ago", "an hour ago" is. */
function shiftIn(words: string): (Shift & { readonly words: string }) | null {
  const tokens = readTokens(words);
  for (const token of tokens) {
    if (token.kind === "day" && token.days < 0)
      return { days: token.days, ms: 0, words: daysInWords(-token.days) };
  }
  if (
    /\b(?:last|previous|prior|past|a|one) week|letzte woche|semaine derni[eè]re|semana pasada/iu.test(words)
  )
    return { days: -7, ms: 0, words: "a week" };
  if (/\b(?:the )?day before|am tag davor|la veille/iu.test(words))
    return { days: -1, ms: 0, words: "a day" };
  const span = spanIn(words);
  if (span === null) return null;
  return span.days === null
    ? { days: 0, ms: -span.ms, words: hoursOf(span.ms) }
    : { days: -span.days, ms: 0, words: daysInWords(span.days) };
}

const daysInWords = (days: number) => (days === 1 ? "a day" : `${days} days`);

/** By days on the asker's calendar, so that nine o'clock stays nine where the clocks change in between. */
function shifted(window: TimeWindow, { days, ms }: Shift, timeZone: string): TimeWindow {
  const move = (at: number) => DateTime.fromMillis(at, { zone: timeZone }).plus({ days }).toMillis() + ms;
  return { start: move(window.start), end: move(window.end) };
}

/** The look that tells whether it is over; null where the answer is fresh. */
export function againWithin(read: FollowUpText): LookAgain | null {
  const { previous, asked } = read;
  if (asked.now - previous.window.end < freshMs) return null;
  const start = Math.max(
    asked.now - longestLookMs,
    Math.min(previous.window.end, asked.now - shortestLookMs),
  );
  return lookAgain(read, {
    window: { start, end: asked.now },
    services: previous.services,
    modalities: previous.modalities,
    note: "The time since the answer before was looked at.",
  });
}
