import type { Parsed } from "./time-point.ts";
import type { Clock, Token } from "./time-token.ts";

type ClockFound = { readonly clock: Clock; readonly bare: boolean };

export function parseClock(tokens: readonly Token[], at: number, led: boolean): Parsed<ClockFound> | null {
  const token = tokens[at];
  const after = tokens[at + 1];
  const found = (hour: number, minute: number, next: number, bare = false): Parsed<ClockFound> | null =>
    hour > 24 || minute > 59 || minute < 0 || !Number.isInteger(hour)
      ? null
      : { value: { clock: { hour, minute, second: 0, meridiem: null }, bare }, next };
  if (token?.kind === "clock") {
    const hours =
      after?.kind === "oclock" || (after?.kind === "unit" && after.letter && after.unit === "hour");
    return { value: { clock: token.clock, bare: false }, next: hours ? at + 2 : at + 1 };
  }
  if (token?.kind === "half" || token?.kind === "quarter")
    return parseFraction(tokens, at, token.kind === "half" ? 30 : 15, led);
  if (token?.kind !== "number" || !Number.isInteger(token.value)) return null;
  if (after?.kind === "oclock") {
    const minutes = tokens[at + 2];
    return minutes?.kind === "number" && minutes.value < 60 && tokens[at + 3]?.kind !== "unit"
      ? found(token.value, minutes.value, at + 3)
      : found(token.value, 0, at + 2);
  }
  const before = after?.text === "to" || after?.text === "vor";
  const past = after?.text === "past" || after?.text === "nach";
  const hour = tokens[at + 2];
  if (
    (before || past) &&
    hour?.kind === "number" &&
    token.value % 5 === 0 &&
    token.value < 30 &&
    hour.value <= 12 &&
    led &&
    token.text !== "5" &&
    !/\d/.test(token.text)
  ) {
    return found(
      before ? (hour.value + 23) % 24 : hour.value,
      before ? 60 - token.value : token.value,
      at + 3,
    );
  }
  if (!led || token.ordinal) return null;
  const meridiem = spokenMeridiem(after);
  if (meridiem !== null && token.value <= 12) {
    return {
      value: { clock: { hour: token.value, minute: 0, second: 0, meridiem }, bare: false },
      next: at + 2,
    };
  }
  const spelt = !/\d/.test(token.text) && after?.kind === "number" && !/\d/.test(after.text);
  if (spelt && after.value >= 10 && tokens[at + 2]?.kind !== "unit")
    return found(token.value, after.value, at + 2);
  if (
    after?.kind === "unit" &&
    after.unit === "hour" &&
    after.text.length <= 6 &&
    /^(h|heures?|horas?|uhr)$/i.test(after.text)
  ) {
    return tokens[at + 2]?.kind === "ago" ? null : found(token.value, 0, at + 2);
  }
  if (isNoun(after) && after?.kind !== "service") return null;
  return found(token.value, 0, at + 1, true);
}

/** "pm" as a word of its own. */
function spokenMeridiem(token: Token | undefined): "am" | "pm" | null {
  const spoken = /^([ap])\.?m\.?$/i.exec(token?.text ?? "")?.[1];
  if (spoken === undefined) return null;
  return spoken.toLowerCase() === "p" ? "pm" : "am";
}

/**
 * "half past two", "half two" (the same), "quarter to 3", "halb drei" (half an hour before three), "viertel
 * nach zwei".
 */
function parseFraction(
  tokens: readonly Token[],
  at: number,
  minutes: number,
  led: boolean,
): Parsed<ClockFound> | null {
  const link = tokens[at + 1];
  const direct = link?.kind === "number" || link?.kind === "clock";
  const hourAt = direct ? at + 1 : at + 2;
  const hour = tokens[hourAt];
  const value = hour?.kind === "number" ? hour.value : hour?.kind === "clock" ? hour.clock.hour : null;
  if (value === null || value > 24 || !Number.isInteger(value)) return null;
  const spoken = hour?.kind === "number" ? spokenMeridiem(tokens[hourAt + 1]) : null;
  const meridiem = hour?.kind === "clock" ? hour.clock.meridiem : spoken;
  const next = hourAt + (tokens[hourAt + 1]?.kind === "oclock" || spoken !== null ? 2 : 1);
  const past = (minute: number): Parsed<ClockFound> => ({
    value: { clock: { hour: value, minute, second: 0, meridiem }, bare: false },
    next,
  });
  const back = (by: number): ClockFound => ({
    clock: { hour: (value + 23) % 24, minute: 60 - by, second: 0, meridiem },
    bare: false,
  });
  if (direct && /^halb$/i.test(tokens[at]?.text ?? ""))
    return minutes === 30 ? { value: back(30), next } : null;
  if (direct) return led && minutes === 30 && value <= 12 && !isNoun(tokens[next]) ? past(30) : null;
  const word = link?.text.toLowerCase();
  if (word === "to" || word === "vor" || word === "before" || word === "til" || word === "till")
    return { value: back(minutes), next };
  return word === "past" || word === "nach" || word === "after" ? past(minutes) : null;
}

export function isNoun(token: Token | undefined): boolean {
  return (
    token?.kind === "word" ||
    token?.kind === "unit" ||
    token?.kind === "number" ||
    token?.kind === "service" ||
    token?.kind === "happening" ||
    token?.kind === "duration"
  );
}
