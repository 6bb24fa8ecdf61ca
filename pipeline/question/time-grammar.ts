import { beforeAndAfter, endOfDay, happeningAt, nightBetween } from "./time-beside.ts";
import type { TimeExpression, TimeReading } from "./time-expression.ts";
import { nowPoint, type Parsed, skipFillers } from "./time-point.ts";
import { parsePoint } from "./time-points.ts";
import { betweenPoints, fromPointToPoint } from "./time-ranges.ts";
import { parseSpan } from "./time-spans.ts";
import type { Token } from "./time-token.ts";
import { readTokens } from "./time-tokens.ts";

type Rule = (tokens: readonly Token[], at: number) => Parsed<TimeExpression> | null;

/** In order of preference: what says a whole window goes before an event, a day, and a vague word. */
const rules: readonly Rule[] = [
  repeated,
  endOfDay,
  nightBetween,
  vagueAnchor,
  betweenPoints,
  fromPointToPoint,
  spanBesidePoint,
  lastSpan,
  nextSpan,
  onesided,
  lonePoint,
  bareDuration,
  vagueWord,
];

/**
 * Reads every expression of time in a cleaned text and chooses the one that says most.
 *
 * Shape:  linear in the number of tokens; each rule looks a bounded number of tokens ahead.
 * Throws: never. What is no time gives `main: null`.
 */
export function readTime(text: string): TimeReading {
  const tokens = readTokens(text);
  const found: TimeExpression[] = [];
  let zone: string | null = null;
  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at];
    let parsed: Parsed<TimeExpression> | null = null;
    for (const rule of rules) {
      parsed = rule(tokens, at);
      if (parsed !== null) break;
    }
    if (parsed !== null) found.push(parsed.value);
    else if (token?.kind === "zone") zone ??= token.zone;
    at = parsed?.next ?? at + 1;
  }
  const main = [...found].sort((a, b) => rank(a) - rank(b))[0] ?? null;
  const days = found
    .filter((one) => one !== main && one.kind === "point")
    .map((one) => (one.kind === "point" ? one.point : nowPoint));
  const context = days.find((point) => point.clock === null && (point.day !== null || point.part !== null));
  const several =
    main !== null && found.filter((one) => rank(one) === rank(main)).length > 1 && rank(main) < 4;
  const zones = tokens.flatMap((one) => (one.kind === "zone" ? [one.written] : []));
  return {
    main,
    zones,
    context: { day: context?.day ?? null, part: context?.part ?? null, zone: zone ?? context?.zone ?? null },
    several,
  };
}

function rank(expression: TimeExpression): number {
  if (expression.kind === "vague") return 4;
  if (expression.kind !== "point") return 1;
  const { clock, instant, agoMs, now } = expression.point;
  if (clock !== null || instant !== null || agoMs !== null) return 2;
  return now !== null ? 3.5 : 3;
}

/** "every Monday", "each 5 minutes" speak of a schedule, not of a window. */
function repeated(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  if (tokens[at]?.kind !== "every") return null;
  const point = parsePoint(tokens, at + 1, true) ?? parseSpan(tokens, at + 1, true);
  return point === null
    ? null
    : { value: { kind: "vague", words: tokens[at]?.text ?? "" }, next: point.next };
}

/** "since the deploy", "after the last release", "vor dem Rollout": meant, but not to be told. */
function vagueAnchor(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  const lead = tokens[at]?.kind;
  if (lead !== "since" && lead !== "after" && lead !== "before" && lead !== "in" && lead !== "until")
    return null;
  for (let next = at + 1; next < tokens.length && next <= at + 5; next += 1) {
    const token = tokens[next];
    const kind = token?.kind;
    if (kind === "happening") {
      const side = lead === "since" || lead === "after" || lead === "before" ? lead : null;
      const told = side === null ? null : happeningAt(side, tokens, next + 1);
      if (told !== null) return told;
      return { value: { kind: "vague", words: wordsOf(tokens, at, next) }, next: next + 1 };
    }
    if (
      kind === "unit" ||
      kind === "weekday" ||
      kind === "day" ||
      kind === "part" ||
      kind === "clock" ||
      kind === "mark" ||
      kind === "number" ||
      kind === "date"
    )
      break;
  }
  const next = skipFillers(tokens, at + 1, ["a", "this", "last"]);
  const after = tokens[next];
  if (lead === "since" && (after?.kind === "word" || after?.kind === "service" || after?.kind === "vague"))
    return { value: { kind: "vague", words: wordsOf(tokens, at, next) }, next: next + 1 };
  return null;
}

/** "the hour before 14:00", "30 minutes after 2pm", "10 minutes around 14:05", "14:00 for 30 minutes". */
function spanBesidePoint(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  const near = withinOf(tokens, at);
  if (near !== null) return near;
  const begin = skipFillers(tokens, at, ["last"]);
  const span = parseSpan(tokens, begin, begin > at || at === 0);
  if (span !== null) {
    const both = beforeAndAfter(span.value.ms, tokens, span.next);
    if (both !== null) return both;
    const link = tokens[span.next];
    const side =
      link?.kind === "before" || link?.kind === "until" || link?.kind === "to"
        ? "before"
        : link?.kind === "after" || link?.kind === "from" || link?.kind === "since"
          ? "after"
          : link?.text.toLowerCase() === "around" || link?.text.toLowerCase() === "either"
            ? "around"
            : null;
    const point = side === null ? null : parsePoint(tokens, span.next + 1, true);
    if (
      side !== null &&
      point !== null &&
      (point.value.clock !== null || point.value.instant !== null || point.value.part !== null)
    ) {
      return { value: { kind: "span", point: point.value, ms: span.value.ms, side }, next: point.next };
    }
    return null;
  }
  const point = parsePoint(tokens, at, false);
  if (point === null || point.value.clock === null) return null;
  const margin = skipPlusMinus(tokens, point.next);
  const either = margin === null ? null : parseSpan(tokens, margin, false);
  if (either !== null) {
    return {
      value: { kind: "span", point: point.value, ms: either.value.ms, side: "around" },
      next: either.next,
    };
  }
  if (tokens[point.next]?.kind !== "for") return null;
  const length = parseSpan(tokens, point.next + 1, true);
  return length === null
    ? null
    : { value: { kind: "span", point: point.value, ms: length.value.ms, side: "after" }, next: length.next };
}

/** "within 15 minutes of 14:00". */
function withinOf(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  if (!/^within$/i.test(tokens[at]?.text ?? "")) return null;
  const span = parseSpan(tokens, at + 1, true);
  if (span === null || tokens[span.next]?.text.toLowerCase() !== "of") return null;
  const point = parsePoint(tokens, span.next + 1, true);
  if (point === null || (point.value.clock === null && point.value.instant === null)) return null;
  return { value: { kind: "span", point: point.value, ms: span.value.ms, side: "around" }, next: point.next };
}

/** Behind the signs of "14:00 +/- 10 minutes" and "14:00 ± 10 min". */
function skipPlusMinus(tokens: readonly Token[], at: number): number | null {
  let next = at;
  let signs = "";
  while (/^[+/±-]$/.test(tokens[next]?.text ?? "") && next < at + 3) {
    signs += tokens[next]?.text;
    next += 1;
  }
  return signs === "+/-" || signs === "±" ? next : null;
}

/** "last hour", "les 30 dernières minutes", "2 hours past", "for 20 minutes", "seit zwei Stunden". */
function lastSpan(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  const token = tokens[at];
  const value = (ms: number, next: number): Parsed<TimeExpression> => ({ value: { kind: "last", ms }, next });
  if (
    token?.kind === "last" ||
    (token?.kind === "ago" && token.text === "前") ||
    (token?.kind === "this" && token.text === "この")
  ) {
    const doubled = skipFillers(tokens, at + 1, ["last", "at"]);
    const unit = tokens[doubled];
    if (unit?.kind === "unit" && (unit.unit === "second" || unit.letter)) return null;
    const calendar =
      unit?.kind === "unit" &&
      (unit.unit === "week" || unit.unit === "month") &&
      parsePoint(tokens, at, true) !== null;
    const span = calendar ? null : parseSpan(tokens, doubled, true);
    return span === null ? null : value(span.value.ms, span.next);
  }
  if (token?.kind === "number") {
    const span = parseSpan(tokens, at, false);
    if (span === null) return null;
    const inside = tokens.slice(at, span.next).some((one) => one.kind === "last");
    const after = tokens[span.next];
    if (inside) return value(span.value.ms, span.next);
    return after?.kind === "last" &&
      tokens[span.next + 1]?.kind !== "unit" &&
      tokens[span.next + 1]?.kind !== "number"
      ? value(span.value.ms, span.next + 1)
      : null;
  }
  if (
    token?.kind === "for" ||
    token?.kind === "since" ||
    (token?.kind === "in" && /^(within|innerhalb)$/i.test(token.text))
  ) {
    const begin = tokens[at + 1]?.kind === "before" ? at + 2 : at + 1;
    if (token.kind === "since" && isHourOfDay(tokens, begin, token.text)) return null;
    const span = parseSpan(tokens, begin, false);
    if (span === null || (span.value.ms < 60_000 && span.value.ms > 0)) return null;
    const next = tokens[span.next]?.kind === "ago" ? span.next + 1 : span.next;
    return value(span.value.ms, tokens[next]?.kind === "onwards" ? next + 1 : next);
  }
  return null;
}

/** "depuis 14h" is a clock, "seit 2h" a length of time. */
function isHourOfDay(tokens: readonly Token[], at: number, lead: string): boolean {
  const begin = skipFillers(tokens, at);
  const [number, unit] = [tokens[begin], tokens[begin + 1]];
  return (
    lead.toLowerCase() !== "seit" &&
    number?.kind === "number" &&
    number.value >= 6 &&
    number.value <= 23 &&
    unit?.kind === "unit" &&
    unit.text === "h"
  );
}

function nextSpan(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  if (tokens[at]?.kind !== "next") return null;
  const meant = parseSpan(tokens, at + 1, true) ?? parsePoint(tokens, at + 1, true);
  return meant === null
    ? null
    : { value: { kind: "future", words: wordsOf(tokens, at, meant.next - 1) }, next: meant.next };
}

/** "since 9am", "from 14:00 onwards", "after 2pm", "before 6am", "until 15:00", "14:00以来", "14時から". */
function onesided(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  const lead = tokens[at]?.kind;
  if (
    lead === "since" ||
    lead === "from" ||
    lead === "after" ||
    lead === "before" ||
    lead === "until" ||
    lead === "to"
  ) {
    const begin = skipFillers(tokens, at + 1, ["begin"]);
    const point = parsePoint(tokens, begin, true);
    if (lead === "before" && parsePoint(tokens, at, false)?.value.agoMs) return null;
    if (point === null || (lead === "to" && !/^bis|jusqu|hasta|till?$/i.test(tokens[at]?.text ?? "")))
      return null;
    const bareOnly = point.value.bare && point.value.day === null && point.value.part === null;
    if (bareOnly && lead !== "since" && !(lead === "after" && /^ab$/i.test(tokens[at]?.text ?? "")))
      return null;
    const kind =
      lead === "since"
        ? "since"
        : lead === "until" || lead === "to"
          ? "before"
          : lead === "from"
            ? "after"
            : lead;
    const next = tokens[point.next]?.kind === "onwards" ? point.next + 1 : point.next;
    return lead === "from" &&
      point.value.clock === null &&
      point.value.now === null &&
      point.value.instant === null &&
      next === point.next
      ? { value: { kind: "point", point: point.value }, next }
      : { value: { kind, point: point.value }, next };
  }
  const point = parsePoint(tokens, at, false);
  const after = point === null ? undefined : tokens[point.next];
  if (point === null || after === undefined) return null;
  if (after.kind === "onwards") return { value: { kind: "after", point: point.value }, next: point.next + 1 };
  if (/^(以来|以降|之后|以后|から)$/.test(after.text))
    return { value: { kind: "since", point: point.value }, next: point.next + 1 };
  if (/^(まで|为止|之前|以前)$/.test(after.text))
    return { value: { kind: "before", point: point.value }, next: point.next + 1 };
  return null;
}

function lonePoint(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  const lead = tokens[at]?.kind;
  const led = lead === "at" || lead === "in";
  // Alone, as an answer to "which time?", even "Sat" and "22.11." are one.
  const point = parsePoint(tokens, at, lead === "at" || tokens.length <= 2);
  if (point === null) return null;
  const { value, next } = point;
  if (value.bare && value.day === null && value.part === null && value.zone === null) return null;
  if (value.instant !== null && !led && tokens.length > 3) return null;
  return { value: { kind: "point", point: value }, next };
}

/** "geo 15m", or "1 h" as an answer: a length of time and next to nothing else. */
function bareDuration(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  if (tokens.length > 6) return null;
  const span = parseSpan(tokens, at, false);
  if (span === null || span.value.ms < 60_000) return null;
  const rest = [...tokens.slice(0, at), ...tokens.slice(span.next)];
  return rest.filter((token) => token.kind !== "service" && token.kind !== "mark").length > 1
    ? null
    : { value: { kind: "last", ms: span.value.ms }, next: span.next };
}

function vagueWord(tokens: readonly Token[], at: number): Parsed<TimeExpression> | null {
  const token = tokens[at];
  if (token?.kind === "vague") return { value: { kind: "vague", words: token.text }, next: at + 1 };
  if (token?.kind === "now") return { value: { kind: "vague", words: token.text }, next: at + 1 };
  return null;
}

function wordsOf(tokens: readonly Token[], from: number, to: number): string {
  return tokens
    .slice(from, to + 1)
    .map((token) => token.text)
    .join(" ")
    .replaceAll("\uE000", "…");
}
