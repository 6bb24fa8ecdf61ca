import { plainText } from "../bot/plain-text.ts";
import { dateTimeWords, durationWords, roundedDuration } from "../bot/time-words.ts";
import { percentWords, placeWords } from "../bot/verdict.ts";
import { type Archive, openArchive } from "../compose.ts";
import type { Config } from "../config.ts";
import { BotError } from "../pipeline/errors.ts";
import type { PastIncident } from "../pipeline/past-incident.ts";
import { askedAt, configWith, type QuestionOptions } from "./question-options.ts";
import { exitCodes, printJson, printLine, type Shell } from "./shell.ts";

export interface IncidentsOptions extends QuestionOptions {
  readonly service?: string | undefined;
  readonly limit: number;
}

export interface ForgetOptions extends QuestionOptions {
  readonly id?: string | undefined;
  readonly before?: string | undefined;
  readonly all?: boolean | undefined;
}

/** Lists the incidents that were diagnosed in the telemetry, the latest first. */
export async function incidents(options: IncidentsOptions, shell: Shell): Promise<number> {
  const config = configWith(options);
  const known = await withArchive(config, ({ memory }) =>
    memory.list({ service: options.service ?? null, limit: options.limit }),
  );
  if (options.json === true) printJson(shell, known.map(incidentJson));
  else if (known.length === 0) printLine(shell, "No incident is remembered of this telemetry.");
  else
    for (const incident of known) for (const line of lines(incident, config.timeZone)) printLine(shell, line);
  return exitCodes.answered;
}

/**
 * Forgets incidents: the memory of them, and the questions and diagnoses that are saved.
 *
 * Throws: BotError "question-invalid" when nothing, or more than one thing, says what to forget.
 */
export async function forget(options: ForgetOptions, shell: Shell): Promise<number> {
  const config = configWith(options);
  const named = [options.id, options.before, options.all].filter((one) => one !== undefined);
  if (named.length !== 1) {
    throw new BotError(
      "question-invalid",
      'Say what to forget. Name one of --id ID, --before ISO and --all; "localexpert incidents" shows the ids.',
    );
  }
  const before =
    options.before === undefined ? null : askedAt(options.before, config.timeZone, shell.now, "--before");
  const gone = await withArchive(config, async ({ memory, store, feedback }) => {
    const forgotten = await memory.forget({ before, questionId: options.id ?? null });
    for (const { questionId } of forgotten) await store.forget(questionId);
    // One that names no cause is not remembered, but saved.
    if (options.id !== undefined) await store.forget(options.id);
    await feedback.forget({ before, questionId: options.id ?? null });
    return forgotten;
  });
  if (options.json === true) printJson(shell, gone.map(incidentJson));
  else printLine(shell, `Forgot ${gone.length === 1 ? "1 incident" : `${gone.length} incidents`}.`);
  return exitCodes.answered;
}

/** Throws: as `openArchive` does. */
export async function withArchive<Result>(
  config: Config,
  work: (archive: Archive) => Promise<Result>,
): Promise<Result> {
  const archive = await openArchive(config);
  try {
    return await work(archive);
  } finally {
    await archive.close();
  }
}

function incidentJson({ start, end, ...incident }: PastIncident): unknown {
  return { ...incident, start: new Date(start).toISOString(), end: new Date(end).toISOString() };
}

function lines(incident: PastIncident, timeZone: string): string[] {
  const { start, end, service, instance, metric, confidence, why, questionId } = incident;
  const lasted = end > start ? `, ${durationWords(roundedDuration(end - start))}` : "";
  const at = metric === null ? "" : `, ${metric}`;
  return [
    `${dateTimeWords(start, timeZone)}${lasted}  ${placeWords(service, instance)}${at}  ${percentWords(confidence)}  ${questionId}`,
    `    ${why}`,
  ].map(plainText);
}
