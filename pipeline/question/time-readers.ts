import { type Clock, type Meaning, unitMs } from "./time-token.ts";
import type { Keyword, Unit } from "./time-words.ts";
import { offsetZone } from "./time-zones.ts";

const grafanaUnits: Readonly<Record<string, Unit>> = {
  s: "second",
  m: "minute",
  h: "hour",
  d: "day",
  w: "week",
  M: "month",
  y: "year",
};

export const keyword = (kind: Keyword | "mark" | "word" | "service" | "dash"): Meaning => ({ kind });
const clockOf = (hour: number, minute = 0, second = 0, meridiem: "am" | "pm" | null = null): Clock => ({
  hour,
  minute,
  second,
  meridiem,
});

type Reader = readonly [pattern: RegExp, read: (found: RegExpExecArray) => readonly Meaning[] | null];

function readOffset(offset: string | undefined): readonly Meaning[] {
  if (offset === undefined) return [];
  const written = offset.trim();
  if (/^z$/i.test(written)) return [{ kind: "zone", zone: "UTC", written }];
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})?$/.exec(written) ?? [];
  if (hours === undefined || Number(hours) > 14) return [];
  const size = Number(hours) * 60 + Number(minutes ?? 0);
  return [{ kind: "zone", zone: offsetZone(sign === "-" ? -size : size), written }];
}

function clockToken(
  hour: number,
  minute: number,
  second: number,
  meridiem: string | undefined,
  hForm = false,
): Meaning | null {
  if (hour > 24 || minute > 59 || second > 59 || (hour === 24 && minute + second > 0)) return null;
  const half = meridiem === undefined ? null : /^p/i.test(meridiem) ? "pm" : "am";
  return { kind: "clock", clock: clockOf(hour, minute, second, half), hForm };
}

const dateToken = (
  year: string | undefined,
  month: string,
  day: string,
  weak: boolean,
  swappable = false,
): Meaning => ({
  kind: "date",
  date: {
    year: year === undefined ? null : Number(year.length === 2 ? `20${year}` : year),
    month: Number(month),
    day: Number(day),
    swappable,
  },
  weak,
});

const cjkNumber = "\\d{1,2}|[一二两兩三四五六七八九十]{1,3}";

/** Tried in order at every position that starts a word or a number. No pattern nests a repetition. */
export const readers: readonly Reader[] = [
  [
    /(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s?(Z(?![\p{L}])|[+-]\d{2}:?\d{2}(?!\d))?(?!\d)/uy,
    ([, year, month, day, hour, minute, second, offset]) =>
      withClock(dateToken(year, month ?? "", day ?? "", false), hour, minute, second, offset),
  ],
  // A blank before the clock: "10:00-11:00" is then a range and no offset.
  [
    /(\d{4})-(\d{2})-(\d{2})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s?(Z(?![\p{L}])|\+\d{2}:?\d{2}(?!\d))?)?(?!\d)/uy,
    ([, year, month, day, hour, minute, second, offset]) =>
      withClock(dateToken(year, month ?? "", day ?? "", false), hour, minute, second, offset),
  ],
  [
    /(\d{4})(\d{2})(\d{2})T(\d{2}):?(\d{2}):?(\d{2})?(Z|[+-]\d{2}:?\d{2})?(?![\p{L}\d])/uy,
    ([, year, month, day, hour, minute, second, offset]) =>
      withClock(dateToken(year, month ?? "", day ?? "", false), hour, minute, second, offset),
  ],
  [
    /([13])\/([24])(?=\s?(?:of\s)?(?:an?\s)?(?:h|hrs?|hours?|min(?:utes?)?|days?)(?!\p{L}))/iuy,
    ([, part, whole]) => [
      { kind: "number", value: Number(part) / Number(whole), ordinal: false, vague: false },
    ],
  ],
  [
    /(\d{4})-?W(\d{2})(?:-?([1-7]))?(?![\p{L}\d])/uy,
    ([, year, week, weekday]) => weekToken(week, year, weekday),
  ],
  [
    /(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?![\p{L}\d.])/uy,
    ([, year, month, day]) => [dateToken(year, month ?? "", day ?? "", false)],
  ],
  [
    /(?:(\d{4})\s?年\s?)?(\d{1,2})\s?月\s?(\d{1,2})\s?[日号號]?/uy,
    ([, year, month, day]) => [dateToken(year, month ?? "", day ?? "", false)],
  ],
  [
    /P(?=T?\d)(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?(?![\p{L}\d-])/iuy,
    ([, weeks, days, hours, minutes, seconds]) => {
      const ms =
        Number(weeks ?? 0) * unitMs.week +
        Number(days ?? 0) * unitMs.day +
        Number(hours ?? 0) * unitMs.hour +
        Number(minutes ?? 0) * unitMs.minute +
        Number(seconds ?? 0) * unitMs.second;
      return ms > 0 ? [{ kind: "duration", ms }] : null;
    },
  ],
  [
    /now(?:\s?([-+])\s?(\d{1,6})\s?([smhdwMy])(?![\p{L}\d]))?(?:\/([smhdwMy])(?![\p{L}\d]))?(?![\p{L}\d])/uy,
    ([, sign, count, unit, floor]) => {
      const shift = count === undefined ? 0 : Number(count) * unitMs[grafanaUnits[unit ?? ""] ?? "second"];
      return [
        { kind: "now", shiftMs: sign === "-" ? -shift : shift, floor: grafanaUnits[floor ?? ""] ?? null },
      ];
    },
  ],
  [
    /(1\d{9})(?:\.\d{1,6})?(?![\p{L}\d.-]{0,20}\p{L})(?!\d)/uy,
    ([, seconds]) => [{ kind: "instant", at: Number(seconds) * 1_000 }],
  ],
  [/(1\d{12})(?:\d{3})?(?:\d{3})?(?![\p{L}\d])/uy, ([, ms]) => [{ kind: "instant", at: Number(ms) }]],
  [
    /(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})(?![\d./]{0,20}\d)(?![\p{L}])/uy,
    (found) => dayFirst(found, false),
  ],
  [/(\d{1,2})-(\d{1,2})-(\d{4})(?![\d-])/uy, (found) => dayFirst(found, false)],
  [
    /(\d{1,2})\.\s?(\d{1,2})\.(?![\d])/uy,
    ([, day, month]) => (validDay(day, month) ? [dateToken(undefined, month ?? "", day ?? "", true)] : null),
  ],
  [/(\d{1,2})\/(\d{1,2})(?![\d/.:\p{L}])/uy, (found) => dayFirst(found, true)],
  [
    /(\d{1,2})[:.](\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s?(am|pm|a\.m\.?|p\.m\.?)(?![\p{L}\d])/iuy,
    ([, hour, minute, second, half]) =>
      one(clockToken(Number(hour), Number(minute), Number(second ?? 0), half)),
  ],
  [
    /(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(?![\d:])(Z(?![\p{L}])|\s?\+\d{2}:?\d{2}(?!\d)|\s-\d{4}(?!\d))?/uy,
    ([, hour, minute, second, offset]) => {
      const clock = clockToken(Number(hour), Number(minute), Number(second ?? 0), undefined);
      return clock === null ? null : [clock, ...readOffset(offset)];
    },
  ],
  [
    /(\d{1,2})\.(\d{2})(?=\s?(?:uhr|h)(?!\p{L}))/iuy,
    ([, hour, minute]) => one(clockToken(Number(hour), Number(minute), 0, undefined)),
  ],
  [
    /(\d{1,2})\s?h\s?([0-5]\d)(?![\p{L}\d])/iuy,
    ([, hour, minute]) => one(clockToken(Number(hour), Number(minute), 0, undefined, true)),
  ],
  [
    /(\d{1,2})\s?(am|pm|a\.m\.?|p\.m\.?)(?![\p{L}\d])/iuy,
    ([, hour, half]) => (Number(hour) > 12 ? null : one(clockToken(Number(hour), 0, 0, half))),
  ],
  [
    new RegExp(
      `(${cjkNumber})\\s?(?:点钟?|點|時(?!間)|时(?!间))(?:(半)|(${cjkNumber})\\s?分?(?!鐘|钟|間))?`,
      "uy",
    ),
    ([, hour, half, minute]) =>
      one(clockToken(readCjk(hour), half === undefined ? readCjk(minute) : 30, 0, undefined)),
  ],
  [/(\d{4})(?=\s?(?:Z|UTC|GMT|hrs|h|hours)(?!\p{L}))/uy, compactClock],
  [/(\d{4})(?=\s?(?:to|-|–|until|and)\s?\d{4}\s?(?:Z|UTC|GMT|hrs|h|hours)(?!\p{L}))/uy, compactClock],
  [
    /(\d{1,4})(?:st|nd|rd|th|er|º|ª)(?![\p{L}\d])/iuy,
    ([, value]) => [{ kind: "number", value: Number(value), ordinal: true, vague: false }],
  ],
  [
    /(\d{1,2})\.(?=\s+\p{L})/uy,
    ([, value]) => [{ kind: "number", value: Number(value), ordinal: true, vague: false }],
  ],
  [
    /(\d{1,9}(?:[.,]\d{1,3})?)(?![\d.]{0,20}\d)/uy,
    ([, value]) => [
      { kind: "number", value: Number(value?.replace(",", ".")), ordinal: false, vague: false },
    ],
  ],
];

const one = (meaning: Meaning | null): readonly Meaning[] | null => (meaning === null ? null : [meaning]);
const validDay = (day = "", month = "") =>
  Number(day) >= 1 && Number(day) <= 31 && Number(month) >= 1 && Number(month) <= 12;

function withClock(
  date: Meaning,
  hour?: string,
  minute?: string,
  second?: string,
  offset?: string,
): readonly Meaning[] | null {
  if (hour === undefined) return [date];
  const clock = clockToken(Number(hour), Number(minute), Number(second ?? 0), undefined);
  return clock === null ? null : [date, clock, ...readOffset(offset)];
}

export function weekToken(
  week: string | undefined,
  year?: string,
  weekday?: string,
): readonly Meaning[] | null {
  const number = Number(week);
  if (number < 1 || number > 53) return null;
  return [
    {
      kind: "week",
      week: number,
      year: year === undefined ? null : Number(year),
      weekday: weekday === undefined ? null : Number(weekday),
    },
  ];
}

/** Day first, as most of the world writes; month first where only that is a date ("11/22"). */
function dayFirst([, first, second, year]: RegExpExecArray, weak: boolean): readonly Meaning[] | null {
  if (validDay(first, second))
    return [dateToken(year, second ?? "", first ?? "", weak, validDay(second, first) && first !== second)];
  return validDay(second, first) ? [dateToken(year, first ?? "", second ?? "", weak)] : null;
}

function compactClock([, digits = ""]: RegExpExecArray): readonly Meaning[] | null {
  return one(clockToken(Number(digits.slice(0, 2)), Number(digits.slice(2)), 0, undefined));
}

export function readCjk(written: string | undefined): number {
  if (written === undefined) return 0;
  if (/^\d/.test(written)) return Number(written);
  const digit = (character: string | undefined) =>
    Math.max(0, "一二三四五六七八九".indexOf((character ?? "").replace(/[两兩]/, "二")) + 1);
  const [tens, ones] = written.split("十");
  return ones === undefined ? digit(written) : (tens === "" ? 1 : digit(tens)) * 10 + digit(ones);
}
