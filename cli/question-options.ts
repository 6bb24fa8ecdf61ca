import { resolve } from "node:path";
import { DateTime, IANAZone } from "luxon";
import { type Config, loadConfig } from "../config.ts";
import { SourceOptions } from "../connectors/index.ts";
import { BotError } from "../pipeline/errors.ts";

/** What every command that asks or reads a question takes. */
export interface QuestionOptions {
  readonly source?: string | undefined;
  readonly format?: string | undefined;
  readonly now?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/**
 * The configuration with what the command line says instead: the folder of `--source` alone, and the
 * zone of `--time-zone`.
 *
 * Throws: BotError "config-invalid", or "question-invalid" for an option that says nothing usable.
 */
export function configWith(options: QuestionOptions): Config {
  const config = loadConfig(options.config === undefined ? {} : { path: options.config });
  const timeZone = options.timeZone ?? config.timeZone;
  if (!IANAZone.isValidZone(timeZone)) {
    throw new BotError(
      "question-invalid",
      `The time zone "${timeZone}" is not known. Use an IANA name such as Europe/Berlin or UTC with --time-zone.`,
    );
  }
  const sources = options.source === undefined ? config.sources : [folder(options.source, options.format)];
  return { ...config, timeZone, sources };
}

function folder(path: string, format: string | undefined): SourceOptions {
  const parsed = SourceOptions.safeParse({
    type: "files",
    path: path === "" ? path : resolve(path),
    ...(format === undefined ? {} : { format }),
  });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path: at, message }) => `--${at[0] === "path" ? "source" : String(at[0])}: ${message}`,
  );
  throw new BotError(
    "source-invalid",
    `${problems.join("; ")}. Name a folder with --source and, where it is not detected, its layout with --format.`,
  );
}

/** Throws: BotError "config-invalid" when there is nothing to look at. */
export function requireSources(config: Config): void {
  if (config.sources.length > 0) return;
  throw new BotError(
    "config-invalid",
    'No telemetry is named. Name a folder with --source, or sources in the configuration; "localexpert demo" runs on a recorded incident.',
  );
}

/**
 * The instant that an option names, by default the one that counts as now: read in `timeZone` where it names no offset, else the clock.
 *
 * Throws: BotError "question-invalid" for a text that is no ISO-8601 date and time.
 */
export function askedAt(
  now: string | undefined,
  timeZone: string,
  clock: () => number,
  option = "--now",
): number {
  if (now === undefined) return clock();
  const at = DateTime.fromISO(now.trim(), { zone: timeZone });
  if (at.isValid) return at.toMillis();
  throw new BotError(
    "question-invalid",
    `"${now}" is no ISO-8601 date and time. Write ${option} as in 2026-11-23T15:20:30Z.`,
  );
}
