import { resolve } from "node:path";
import { plainText } from "../bot/plain-text.ts";
import { counted, windowWords } from "../bot/time-words.ts";
import { openToolbox } from "../compose.ts";
import { BotError } from "../pipeline/errors.ts";
import { answeredCase, type LabelledCase, rightService, saidOf } from "../pipeline/labelled-case.ts";
import { exportCases } from "./export-cases.ts";
import { withArchive } from "./incidents.ts";
import { configWith, type QuestionOptions, requireSources } from "./question-options.ts";
import { exitCodes, printJson, printLine, type Shell } from "./shell.ts";

export interface CasesOptions extends QuestionOptions {
  readonly id?: string | undefined;
  readonly was?: string | undefined;
  readonly export?: string | undefined;
}

/** Lists the answers that people judged, exports them to learn from, or judges one. */
export async function cases(options: CasesOptions, shell: Shell): Promise<number> {
  const config = configWith(options);
  if ((options.id === undefined) !== (options.was === undefined)) {
    throw new BotError(
      "question-invalid",
      'One of --id and --was is missing. Name the answer and the service: --id ID --was geo; "localexpert incidents" shows the ids.',
    );
  }
  if (options.id !== undefined && options.was !== undefined)
    await judge(options.id, options.was, options, shell);
  const known = await withArchive(config, ({ feedback }) => feedback.list());
  if (options.export !== undefined) return exported(known, options.export, options, shell);
  if (options.json === true) printJson(shell, known.map(caseJson));
  else if (known.length === 0) printLine(shell, "Nobody has said of an answer whether it was right.");
  else for (const one of known) for (const line of lines(one, config.timeZone)) printLine(shell, line);
  return exitCodes.answered;
}

/** The operator says which service it was, after a post-mortem say. */
async function judge(id: string, service: string, options: CasesOptions, shell: Shell): Promise<void> {
  await withArchive(configWith(options), async ({ store, feedback }) => {
    const diagnosis = await store.loadDiagnosis(id);
    if (diagnosis === null) {
      throw new BotError(
        "question-invalid",
        `Nothing is saved under ${id}. "localexpert incidents" shows the ids; answers are kept for retentionDays.`,
      );
    }
    const about = answeredCase(diagnosis);
    const heard = { verdict: "confirmed", service, denied: null } as const;
    const said = saidOf(heard, about, "operator", shell.now());
    if (said !== null) await feedback.say(about, said);
  });
}

async function exported(
  known: readonly LabelledCase[],
  to: string,
  options: CasesOptions,
  shell: Shell,
): Promise<number> {
  const config = configWith(options);
  requireSources(config);
  const folder = resolve(to);
  const toolbox = await openToolbox(config);
  try {
    const done = await exportCases(known, folder, toolbox, config.pipeline, shell.signal);
    const written = done.filter(({ telemetry }) => telemetry !== null).length;
    if (options.json === true) printJson(shell, done);
    else {
      for (const { questionId, service, problem } of done) {
        if (problem !== null) printLine(shell, plainText(`${questionId} (${service}): ${problem}`));
      }
      printLine(shell, `Exported ${counted(written, "case")} to ${folder}.`);
    }
    return exitCodes.answered;
  } finally {
    await toolbox.close();
  }
}

function caseJson(one: LabelledCase): unknown {
  const iso = (at: number) => new Date(at).toISOString();
  const { questionId, askedAt, window, services, causes, said } = one;
  return {
    questionId,
    askedAt: iso(askedAt),
    window: { start: iso(window.start), end: iso(window.end) },
    services,
    causes,
    service: rightService(one),
    said: said.map((last) => ({ ...last, at: iso(last.at) })),
  };
}

function lines(one: LabelledCase, timeZone: string): string[] {
  const { window, said, questionId } = one;
  return [
    `${windowWords(window, timeZone)}  ${questionId}`,
    `    ${outcomeWords(one)} (said by ${counted(said.length, "person", "people")})`,
  ].map(plainText);
}

function outcomeWords(one: LabelledCase): string {
  const service = rightService(one);
  const first = one.causes[0]?.service;
  if (service === null) return first === undefined ? "not as the answer says" : `not ${first}`;
  if (service === first) return `${service}, as the answer says`;
  const place = one.causes.findIndex((cause) => cause.service === service) + 1;
  const had = place === 0 ? "" : `, and has it in place ${place}`;
  return `${service}; the answer says ${first ?? "that nothing broke"}${had}`;
}
