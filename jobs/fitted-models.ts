import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BotError } from "../pipeline/errors.ts";
import { type FittedModel, openModel } from "../pipeline/fitted-model.ts";
import { learners } from "../pipeline/learners.ts";
import type { FittedModels } from "../pipeline/ports.ts";
import type { Gap } from "../pipeline/types.ts";

/** The folder of fitted models inside the state folder. */
export function modelFolder(stateFolder: string): string {
  return join(stateFolder, "models");
}

/**
 * The fitted models of a folder. One that cannot be used is a gap that says why; one that was never made is
 * simply not there.
 */
export async function loadFittedModels(folder: string): Promise<FittedModels> {
  const models: Record<string, unknown> = {};
  const gaps: Record<string, Gap> = {};
  for (const [algorithm, learner] of learners()) {
    const text = await readFile(fileOf(folder, algorithm), "utf8").catch(() => null);
    if (text === null) continue;
    const { model, problem } = openModel(algorithm, learner, readJson(text));
    if (problem === null) models[algorithm] = model;
    else gaps[algorithm] = { from: algorithm, reason: "failed", detail: problem };
  }
  return { models, gaps };
}

/**
 * Keeps a model in place of the one before; a reader sees the one or the other.
 *
 * Throws: BotError "config-invalid" when the folder cannot be written.
 */
export async function saveFittedModel(folder: string, fitted: FittedModel): Promise<string> {
  const file = fileOf(folder, fitted.algorithm);
  const unfinished = `${file}.${process.pid}.part`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(unfinished, JSON.stringify(fitted));
    await rename(unfinished, file);
    return file;
  } catch (cause) {
    throw new BotError(
      "config-invalid",
      `The fitted model cannot be written to ${folder}. Make the state folder writable, or name another one (stateFolder).`,
      { cause },
    );
  }
}

function fileOf(folder: string, algorithm: string): string {
  return join(folder, `${algorithm}.json`);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
