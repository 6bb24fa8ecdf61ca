import { BotError } from "../errors.ts";
import type { ScheduleCommand, ScheduleTime } from "../schedule-command.ts";
import { isZoneName, zoneOfAbbreviation } from "./time-zones.ts";

const example = '"schedule weekdays 9:00 Europe/Berlin for geo, rate"';
const dayNames = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const scheduleId = "s\\d{1,6}";
const list =
  /^(?:list|show|what are)?(?: (?:the|my|our|all))? ?schedules?(?: list)?[?.!]*$|^schedules? (?:list|show)$/iu;
const one = new RegExp(
  `^(?:schedules? )?(pause|stop|resume|continue|delete|remove|cancel|run|change|move) (?:schedule )?(${scheduleId})(?: (?:to )?(.+))?$`,
  "iu",
);
const add =
  /^(?:please |can you |bitte )*schedule(?: (?:me|us))?(?: (?:a|an|the))?(?: (?:summary|summaries|report|digest))? ?(.*)$/isu;

/**
 * Reads what is said about schedules; null where a text is about something else. A time without a zone is in
 * the asker's.
 *
 * Throws: BotError "question-invalid" where it is about schedules and cannot be understood, with an example.
 */
export function readSchedule(text: string, timeZone: string): ScheduleCommand | null {
  const sentence = text.replace(/\s+/gu, " ").trim();
  if (list.test(sentence)) return { kind: "list" };
  const named = one.exec(sentence);
  if (named !== null) return readOne(named, timeZone);
  const added = add.exec(sentence);
  if (added === null) return null;
  const { time, services } = readWhenAndWhat(added[1] ?? "", timeZone);
  return { kind: "add", time, services: services ?? "" };
}

/**
 * "weekdays 9:00 Europe/Berlin": when alone, as a configuration has it.
 *
 * Throws: BotError "question-invalid" with an example.
 */
export function readScheduleTime(text: string, timeZone: string): ScheduleTime {
  const { time, services } = readWhenAndWhat(text.replace(/\s+/gu, " "), timeZone);
  if (services === null) return time;
  throw notUnderstood(text);
}

function readOne([, verb = "", id = "", rest = ""]: readonly string[], timeZone: string): ScheduleCommand {
  const known = id.toLowerCase();
  switch (verb.toLowerCase()) {
    case "pause":
    case "stop":
      return { kind: "pause", id: known };
    case "resume":
    case "continue":
      return { kind: "resume", id: known };
    case "run":
      return { kind: "run", id: known };
    case "change":
    case "move":
      return { kind: "change", id: known, ...readWhenAndWhat(rest, timeZone) };
    default:
      return { kind: "delete", id: known };
  }
}

/** "weekdays 9:00 Europe/Berlin for geo, rate": when, and behind "for" what. */
function readWhenAndWhat(
  text: string,
  zoneOfAsker: string,
): { readonly time: ScheduleTime; readonly services: string | null } {
  const [, when = "", what] = /^(.*?)(?:(?:^| )(?:for|of|about|für|pour) (.+))?$/iu.exec(text.trim()) ?? [];
  const words = when
    .split(/[ ,]+/u)
    .filter((word) => word !== "" && !/^(?:at|on|every|each|and|um|o'?clock|@)$/iu.test(word));
  const zone = zoneIn(words) ?? { name: zoneOfAsker, at: -1 };
  const others = words.filter((_, index) => index !== zone.at);
  const everything =
    what === undefined ? null : /^(?:all|everything|all services|every service)$/iu.test(what) ? "" : what;
  return { time: { ...readWhen(others, when), timeZone: zone.name }, services: everything };
}

function zoneIn(words: readonly string[]): { readonly name: string; readonly at: number } | null {
  for (const [at, word] of words.entries()) {
    if (word.includes("/") && isZoneName(word)) return { name: word, at };
    const abbreviated = /^[A-Z]{2,5}$/u.test(word) ? zoneOfAbbreviation(word) : null;
    if (abbreviated !== null) return { name: abbreviated, at };
  }
  return null;
}

function readWhen(words: readonly string[], said: string): Omit<ScheduleTime, "timeZone"> {
  if (words.length === 5 && words.every((word) => /^[\d*/,-]+$/u.test(word))) {
    return { cron: words.join(" "), words: `by the pattern ${words.join(" ")}` };
  }
  const rest = words.map((word) => word.toLowerCase().replace(/[.,;]$/u, ""));
  const hours = everyHours(rest);
  if (hours !== null) {
    return hours === 1
      ? { cron: "0 * * * *", words: "every hour" }
      : { cron: `0 */${hours} * * *`, words: `every ${hours} hours` };
  }
  const days = new Set<number>();
  let clock: { hour: number; minute: number } | null = null;
  let daily = rest.length > 0;
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index] ?? "";
    const found = daysOf(word);
    if (found !== null) {
      for (const day of found) days.add(day);
      daily = false;
    } else if (/^(?:daily|day|days|täglich|morning)$/u.test(word)) daily = true;
    else {
      const read = clockOf(word, rest[index + 1] ?? "");
      if (read === null || clock !== null) throw notUnderstood(said);
      clock = read;
      if (read.isTwoWords) index += 1;
    }
  }
  if (clock === null || (days.size === 0 && !daily)) throw notUnderstood(said);
  const on = [...days].sort((a, b) => ((a + 6) % 7) - ((b + 6) % 7));
  const at = `${String(clock.hour).padStart(2, "0")}:${String(clock.minute).padStart(2, "0")}`;
  return {
    cron: `${clock.minute} ${clock.hour} * * ${on.length === 0 || on.length === 7 ? "*" : on.join(",")}`,
    words: `${dayWords(on)} at ${at}`,
  };
}

/** "hourly", "hour", "4 hours"; only what divides a day comes at the same hours every day. */
function everyHours(words: readonly string[]): number | null {
  if (words.length === 1 && /^(?:hourly|hour)$/u.test(words[0] ?? "")) return 1;
  const [count = "", unit = ""] = words;
  if (words.length !== 2 || !/^\d{1,2}$/u.test(count) || !/^hours?$/u.test(unit)) return null;
  if (24 % Number(count) === 0) return Number(count);
  throw new BotError(
    "question-invalid",
    `Every ${count} hours is no whole part of a day. Say every 1, 2, 3, 4, 6, 8 or 12 hours, or a time of the day.`,
  );
}

function daysOf(word: string): readonly number[] | null {
  if (/^(?:weekdays?|workdays?|werktags?)$/u.test(word)) return [1, 2, 3, 4, 5];
  if (/^weekends?$/u.test(word)) return [6, 0];
  const range = /^(\p{L}+)[-–](\p{L}+)$/u.exec(word);
  const [from, to] = range === null ? [dayOf(word), null] : [dayOf(range[1] ?? ""), dayOf(range[2] ?? "")];
  if (from === null || (range !== null && to === null)) return null;
  const days = [from];
  for (let day = from; to !== null && day !== to; ) {
    day = (day + 1) % 7;
    days.push(day);
  }
  return days;
}

function dayOf(word: string): number | null {
  const bare = word.replace(/s$/u, "");
  const at = dayNames.findIndex((name) => name === bare || (bare.length >= 3 && name.startsWith(bare)));
  return at < 0 ? null : at;
}

function clockOf(
  word: string,
  next: string,
): { readonly hour: number; readonly minute: number; readonly isTwoWords: boolean } | null {
  if (word === "noon") return { hour: 12, minute: 0, isTwoWords: false };
  if (word === "midnight") return { hour: 0, minute: 0, isTwoWords: false };
  const read = /^(\d{1,2})(?:[:.h](\d{2}))?(am|pm|h|uhr)?$/u.exec(word);
  if (read === null) return null;
  const isTwoWords = /^(?:am|pm|uhr|h)$/u.test(next);
  const half = read[3] ?? (isTwoWords ? next : "");
  const [hour, minute] = [Number(read[1]), Number(read[2] ?? 0)];
  // A bare number could be anything; "9" alone is refused, "9:00", "9am" and "9 Uhr" are not.
  if (read[2] === undefined && half === "") return null;
  const isHalf = half === "am" || half === "pm";
  if (minute > 59 || hour > 23 || (isHalf && (hour < 1 || hour > 12))) return null;
  return { hour: isHalf ? (hour % 12) + (half === "pm" ? 12 : 0) : hour, minute, isTwoWords };
}

function dayWords(days: readonly number[]): string {
  const key = days.join(",");
  if (days.length === 0 || days.length === 7) return "every day";
  if (key === "1,2,3,4,5") return "weekdays";
  if (key === "6,0") return "weekends";
  const names = days.map((day) => `${(dayNames[day] ?? "").replace(/^./u, (first) => first.toUpperCase())}s`);
  return names.length === 1 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function notUnderstood(said: string): BotError {
  const what =
    said.trim() === ""
      ? "No time is named."
      : `"${said.trim().slice(0, 80)}" is no time that can be repeated.`;
  return new BotError(
    "question-invalid",
    `${what} Name days and a time, such as ${example}, "schedule every day at 18:00" or "schedule every 4 hours".`,
  );
}
