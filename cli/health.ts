import { plainText } from "../bot/plain-text.ts";
import { startApplication } from "../compose.ts";
import type { Config } from "../config.ts";
import { backendsOf, sourceName } from "../connectors/index.ts";
import { modelRoles } from "../connectors/llm/models.ts";
import { asBotError } from "../pipeline/errors.ts";
import { version } from "../pipeline/version.ts";
import type { Check } from "./check.ts";
import { modelCheck } from "./model-check.ts";
import { configWith, type QuestionOptions } from "./question-options.ts";
import { exitCodeOf, exitCodes, printJson, printLine, type Shell } from "./shell.ts";
import { sourceCheck } from "./source-check.ts";

/** Tries everything an answer needs. Returns the exit code of the first thing that is wrong. */
export async function health(options: QuestionOptions, shell: Shell): Promise<number> {
  const config = configWith(options);
  const checks: Check[] = [await checked("Redis", () => redisCheck(config))];
  if (config.sources.length === 0) {
    checks.push({
      name: "telemetry",
      ok: false,
      detail: "No source is named. Name a folder with --source, or sources in the configuration.",
      exitCode: exitCodes.misconfigured,
    });
  }
  for (const source of config.sources.flatMap(backendsOf)) {
    const name = sourceName(source);
    checks.push(
      await checked(name, () => sourceCheck({ ...config, faultFree: [], sources: [source] }, shell)),
    );
  }
  for (const role of modelRoles) {
    const { model } = config;
    if (model === undefined) continue;
    checks.push(await checked(`model for the ${role} role`, () => modelCheck(model, role, shell.signal)));
  }
  const ok = checks.every((check) => check.ok);
  if (options.json === true) {
    printJson(shell, {
      ok,
      version,
      node: process.versions.node,
      checks: checks.map(({ exitCode: _exitCode, ...check }) => check),
    });
  } else {
    printLine(shell, `LocaleXpert ${version}, Node ${process.versions.node}`);
    for (const check of checks) {
      printLine(shell, plainText(`${check.ok ? "ok     " : "wrong  "}${check.name}: ${check.detail}`));
    }
  }
  return checks.find((check) => !check.ok)?.exitCode ?? exitCodes.answered;
}

/** Starts what an answer needs, the private Redis included, and ends it again. */
async function redisCheck(config: Config): Promise<Omit<Check, "name">> {
  const application = await startApplication(config);
  await application.close();
  const detail = config.redis === undefined ? "a private server starts and answers" : "it answers";
  return { ok: true, detail, exitCode: exitCodes.answered };
}

/** A check that fails with a BotError is a finding; anything else is a bug and is thrown. */
async function checked(name: string, check: () => Promise<Omit<Check, "name">>): Promise<Check> {
  try {
    return { name, ...(await check()) };
  } catch (error) {
    const known = asBotError(error);
    if (known === null) throw error;
    return { name, ok: false, detail: known.message, exitCode: exitCodeOf(known.code) };
  }
}
