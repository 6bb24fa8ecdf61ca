import { type Parsed, type Span, skipFillers } from "./time-point.ts";
import { type Token, unitMs } from "./time-token.ts";

/**
 * A length of time: "90 min", "1h30m", "an hour and a half", "half an hour", "anderthalb Stunden".
 * `bareUnit`: "hour" alone is one hour (after "last").
 */
export function parseSpan(tokens: readonly Token[], at: number, bareUnit: boolean): Parsed<Span> | null {
  let next = skipFillers(tokens, at, ["at"]);
  const first = tokens[next];
  if (first?.kind === "duration") return { value: { ms: first.ms, days: null }, next: next + 1 };
  if (first?.kind === "clock" && first.hForm) {
    return {
      value: { ms: first.clock.hour * unitMs.hour + first.clock.minute * unitMs.minute, days: null },
      next: next + 1,
    };
  }
  let total = 0;
  let days: number | null = 0;
  for (let parts = 0; parts < 4; parts += 1) {
    const joined = parts > 0 && tokens[next]?.kind === "and" ? next + 1 : next;
    const one = parseOneSpan(tokens, joined, bareUnit && parts === 0);
    if (one === null) break;
    total += one.value.ms;
    days = days === null || one.value.days === null ? null : days + one.value.days;
    next = one.next;
    if (one.value.ms === 0 && parts === 0) return { value: { ms: 0, days: null }, next };
  }
  return total > 0 ? { value: { ms: total, days }, next } : null;
}

function parseOneSpan(tokens: readonly Token[], at: number, bareUnit: boolean): Parsed<Span> | null {
  const amount = parseAmount(tokens, at);
  if (amount === null && !bareUnit) return null;
  let next = amount?.next ?? at;
  if (tokens[next]?.kind === "dash" && tokens[next]?.glued) next += 1;
  next = skipFillers(tokens, next, ["a"]);
  if (tokens[next]?.kind === "last" && amount !== null) next += 1;
  if (amount !== null && amount.value < 1 && tokens[next]?.kind === "number") next += 1;
  const unit = tokens[next];
  if (unit?.kind === "duration" && amount !== null)
    return { value: { ms: amount.value * unit.ms, days: null }, next: next + 1 };
  if (unit?.kind !== "unit") return null;
  if (unit.letter && amount === null) return null;
  next += 1;
  let count = amount?.value ?? 1;
  if (amount?.vague && unit.unit === "minute" && count < 5) count = 5;
  const half = parseTrailingHalf(tokens, next);
  if (half !== null) {
    count += half.value;
    next = half.next;
  }
  const wholeDays = unit.unit === "day" ? count : unit.unit === "week" ? count * 7 : null;
  return {
    value: {
      ms: count * unitMs[unit.unit],
      days: wholeDays !== null && Number.isInteger(wholeDays) ? wholeDays : null,
    },
    next,
  };
}

/** "two", "half a(n)", "quarter of a(n)", "three quarters of an", "two and a half". */
function parseAmount(
  tokens: readonly Token[],
  at: number,
): (Parsed<number> & { readonly vague: boolean }) | null {
  let next = skipFillers(tokens, at, ["a", "at"]);
  const first = tokens[next];
  const article = next > at && tokens[next - 1]?.kind === "a";
  if (first?.kind === "half") return { value: 0.5, next: next + 1, vague: false };
  if (first?.kind === "quarter") return { value: 0.25, next: next + 1, vague: false };
  if (first?.kind === "unit" && article) return { value: 1, next, vague: false };
  if (first?.kind !== "number" || first.ordinal) return null;
  next += 1;
  const after = tokens[next];
  if (after?.kind === "half")
    return { value: first.value === 1 ? 0.5 : first.value * 0.5, next: next + 1, vague: false };
  if (after?.kind === "quarter" || after?.text.toLowerCase() === "quarters")
    return { value: first.value * 0.25, next: next + 1, vague: false };
  if (after?.kind === "and") {
    const half = skipFillers(tokens, next + 1, ["a", "number"]);
    if (tokens[half]?.kind === "half" && tokens[half + 1]?.kind === "unit")
      return { value: first.value + 0.5, next: half + 1, vague: false };
  }
  const filled = skipFillers(tokens, next);
  const second = tokens[filled];
  const compound =
    second?.kind === "number" &&
    first.value >= 20 &&
    first.value % 10 === 0 &&
    second.value < 10 &&
    !/\d/.test(first.text);
  if (compound)
    return { value: first.value + second.value, next: skipHyphen(tokens, filled + 1), vague: false };
  if (second?.kind === "dash" && first.value >= 20 && !/\d/.test(first.text)) {
    const ones = tokens[filled + 1];
    if (ones?.kind === "number" && ones.value < 10)
      return { value: first.value + ones.value, next: filled + 2, vague: false };
  }
  return { value: first.value, next: filled, vague: first.vague };
}

function skipHyphen(tokens: readonly Token[], at: number): number {
  return tokens[at]?.kind === "dash" ? at + 1 : at;
}

/** The "and a half" of "an hour and a half", and the 半 of "1時間半". */
function parseTrailingHalf(tokens: readonly Token[], at: number): Parsed<number> | null {
  if (tokens[at]?.kind === "half" && tokens[at]?.text === "半") return { value: 0.5, next: at + 1 };
  if (tokens[at]?.kind !== "and") return null;
  let next = at + 1;
  if (tokens[next]?.kind === "a" || tokens[next]?.kind === "number") next += 1;
  const token = tokens[next];
  if (tokens[next + 1]?.kind === "unit" || tokens[next + 1]?.kind === "a") return null;
  if (token?.kind === "half") return { value: 0.5, next: next + 1 };
  return token?.kind === "quarter" ? { value: 0.25, next: next + 1 } : null;
}

/** How far in the past: "2 hours ago", "vor zwei Stunden", "il y a deux heures", "hace 2 horas". */
export function parseAgo(tokens: readonly Token[], at: number): Parsed<Span> | null {
  const prefixed =
    tokens[at]?.kind === "before" &&
    tokens[at]?.text.toLowerCase() !== "before" &&
    tokens[at]?.text.toLowerCase() !== "prior to";
  const span = parseSpan(tokens, prefixed ? at + 1 : at, false);
  if (span === null) return null;
  if (prefixed) return isStartOfPoint(tokens, span.next) ? null : span;
  const next = skipFillers(tokens, span.next);
  const after = tokens[next];
  if (after?.kind === "ago") return { value: span.value, next: next + 1 };
  return after?.text.toLowerCase() === "earlier" ? { value: span.value, next: next + 1 } : null;
}

function isStartOfPoint(tokens: readonly Token[], at: number): boolean {
  const kind = tokens[at]?.kind;
  return kind === "clock" || kind === "instant";
}
