import { describe, expect, it } from "vitest";
import { counted, durationWords, timeWords, windowWords } from "../../../bot/time-words.ts";

const noon = Date.UTC(2026, 9, 25, 0, 30);

describe("windowWords", () => {
  it("names both days where the window spans midnight", () => {
    expect(windowWords({ start: noon - 3_600_000, end: noon }, "UTC")).toBe(
      "2026-10-24 23:30:00 to 2026-10-25 00:30:00, UTC",
    );
  });

  it("says both offsets where the clocks change", () => {
    expect(windowWords({ start: noon, end: noon + 3_600_000 }, "Europe/Berlin")).toBe(
      "2026-10-25 02:30:00 to 02:30:00, Europe/Berlin (UTC+02:00, then UTC+01:00)",
    );
  });
});

it("names the day of a time only where it is another than the window's first", () => {
  const window = { start: noon, end: noon + 86_400_000 };

  expect(timeWords(noon, "UTC", window)).toBe("00:30:00");
  expect(timeWords(noon + 86_400_000, "UTC", window)).toBe("2026-10-26 00:30:00");
});

it("says durations in the largest unit that is exact", () => {
  expect(
    [900_000, 3_600_000, 21_600_000, 172_800_000, 45_000, 5_400_000, 100_001].map(durationWords),
  ).toEqual(["15 minutes", "1 hour", "6 hours", "2 days", "45 seconds", "90 minutes", "100 seconds"]);
});

it("counts none, one and many", () => {
  expect([0, 1, 1204].map((count) => counted(count, "trace"))).toEqual([
    "no traces",
    "1 trace",
    "1,204 traces",
  ]);
});
