import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ask, outcome } from "./ask.ts";
import { everydayPhrases } from "./everyday-phrases.ts";
import { freshPhrases } from "./fresh-phrases.ts";
import { phraseTable } from "./phrase-table.ts";

for (const { about, now, timeZone, phrases } of [...phraseTable, ...everydayPhrases, ...freshPhrases]) {
  describe(about, () => {
    it.each(phrases)('reads "%s" as %s', (text, expected) => {
      expect(outcome(text, now, timeZone)).toBe(expected);
    });
  });
}

interface SharedPhrase {
  readonly text: string;
  readonly now: string;
  readonly timeZone: string;
  readonly expect: "ask" | "default" | { readonly start: string; readonly end: string };
  readonly toleranceSeconds?: number;
  readonly services?: readonly string[];
}

const folder = process.env.LOCALEXPERT_DATA ?? "";
const file = join(folder, "time-phrases.json");
const missing = folder === "" || !existsSync(file);

describe.skipIf(missing)(
  `the shared phrases${missing ? " (skipped: LOCALEXPERT_DATA names no folder with time-phrases.json)" : ""}`,
  () => {
    const shared = missing
      ? { phrases: [], inventory: [] }
      : (JSON.parse(readFileSync(file, "utf8")) as { phrases: SharedPhrase[]; inventory: string[] });

    it.each(shared.phrases.map((phrase) => [phrase.text, phrase] as const))('reads "%s"', (_text, phrase) => {
      const read = ask(phrase.text, phrase.now, phrase.timeZone, shared.inventory);

      if (phrase.services !== undefined) expect([...read.services]).toEqual(phrase.services);
      if (typeof phrase.expect === "string") {
        expect(read.from).toBe(phrase.expect);
        return;
      }
      const tolerance = (phrase.toleranceSeconds ?? 60) * 1_000;
      expect(read.from).toBe("question");
      expect(Math.abs((read.window?.start ?? 0) - Date.parse(phrase.expect.start))).toBeLessThanOrEqual(
        tolerance,
      );
      expect(Math.abs((read.window?.end ?? 0) - Date.parse(phrase.expect.end))).toBeLessThanOrEqual(
        tolerance,
      );
    });
  },
);
