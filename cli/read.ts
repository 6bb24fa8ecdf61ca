import { randomUUID } from "node:crypto";
import { windowWords } from "../bot/time-words.ts";
import { readQuestion } from "../pipeline/question/index.ts";
import type { ReadQuestion } from "../pipeline/types.ts";
import { askedAt, configWith, type QuestionOptions } from "./question-options.ts";
import { exitCodes, printJson, printLine, type Shell } from "./shell.ts";

export interface ReadOptions extends QuestionOptions {
  readonly services?: string | undefined;
}

/** Prints what was understood of a text, without looking at any data for it. */
export async function read(text: string, options: ReadOptions, shell: Shell): Promise<number> {
  const config = configWith(options);
  const { timeZone } = config;
  const names = options.services?.split(",").map((name) => name.trim());
  const named = names?.filter((name) => name !== "");
  const known = named ?? (config.sources.length === 0 ? null : await inventoried(config, shell));
  const understood = readQuestion(
    {
      id: `read-${randomUUID()}`,
      text,
      askedAt: askedAt(options.now, timeZone, shell.now),
      timeZone,
      askedWindow: null,
    },
    known ?? [],
    config.pipeline,
  );
  const result = known === null ? withoutInventory(understood) : understood;
  if (options.json === true) printJson(shell, readJson(result));
  else for (const line of readLines(result, timeZone)) printLine(shell, line);
  return exitCodes.answered;
}

/** DuckDB is heavy to load: only where services must be looked up. */
async function inventoried(config: ReturnType<typeof configWith>, shell: Shell): Promise<readonly string[]> {
  const { serviceNames } = await import("../question-reader.ts");
  return serviceNames(config, shell.signal);
}

/** Without a list of services nothing can be called unknown. */
function withoutInventory(read: ReadQuestion): ReadQuestion {
  const note = "No services are known here: name them with --services, or where to look with --source.";
  return { ...read, unknownServices: [], notes: [...read.notes, note] };
}

function readJson({
  intent,
  window,
  from,
  services,
  unknownServices,
  modalities,
  isUnread,
  notes,
}: ReadQuestion): unknown {
  const iso = (at: number) => new Date(at).toISOString();
  return {
    intent,
    window: window === null ? null : { start: iso(window.start), end: iso(window.end) },
    from,
    services,
    unknownServices,
    modalities,
    isUnread,
    notes,
  };
}

function readLines(read: ReadQuestion, timeZone: string): string[] {
  const from = { question: "as asked", default: "the default", ask: "" }[read.from];
  return [
    `intent:   ${read.intent}`,
    `window:   ${read.window === null ? "none named" : `${windowWords(read.window, timeZone)} (${from})`}`,
    `services: ${read.services.length === 0 ? "none named" : read.services.join(", ")}`,
    ...(read.modalities === null ? [] : [`only:     ${read.modalities.map((one) => `${one}s`).join(", ")}`]),
    ...read.unknownServices.map(
      ({ mentioned, nearest }) =>
        `unknown:  ${mentioned}${nearest.length === 0 ? "" : `; nearest: ${nearest.join(", ")}`}`,
    ),
    ...read.notes.map((note) => `note:     ${note}`),
  ];
}
