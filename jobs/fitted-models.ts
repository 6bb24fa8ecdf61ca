import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BotError } from "../pipeline/errors.ts";
import { FittedModel, openModel } from "../pipeline/fitted-model.ts";
import { learners } from "../pipeline/learners.ts";
import type { FittedModels } from "../pipeline/ports.ts";
import type { Gap } from "../pipeline/types.ts";
import type { FitReport } from "./fit-order.ts";

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
    const text = await readFile(modelFile(folder, algorithm), "utf8").catch(() => null);
    if (text === null) continue;
    const { model, problem } = openModel(algorithm, learner, readJson(text));
    if (problem === null) models[algorithm] = model;
    else gaps[algorithm] = { from: algorithm, reason: "failed", detail: problem };
  }
  return { models, gaps };
}

/** The same, again and again: read anew only when a file has changed, so that a new model is used at once. */
export function freshFittedModels(folder: string): () => Promise<FittedModels> {
  let read: { readonly as: string; readonly models: Promise<FittedModels> } | null = null;
  return async () => {
    const files = [...learners().keys()].map((algorithm) => modelFile(folder, algorithm));
    const known = await Promise.all(files.map((file) => stat(file).catch(() => null)));
    // A new model is a new file, renamed.
    const as = known.map((one) => (one === null ? "" : `${one.ino} ${one.mtimeMs} ${one.size}`)).join("|");
    if (read?.as !== as) read = { as, models: loadFittedModels(folder) };
    return read.models;
  };
}

/** The fitted model of a method as it is kept; null where there is none, or none that can be read. */
export async function keptModel(folder: string, algorithm: string): Promise<FittedModel | null> {
  const text = await readFile(modelFile(folder, algorithm), "utf8").catch(() => null);
  const parsed = FittedModel.safeParse(text === null ? null : readJson(text));
  return parsed.success ? parsed.data : null;
}

/**
 * Keeps a model in place of the one before; a reader sees the one or the other.
 *
 * Throws: BotError "config-invalid" when the folder cannot be written.
 */
export async function saveFittedModel(folder: string, fitted: FittedModel): Promise<string> {
  return saveJson(folder, modelFile(folder, fitted.algorithm), fitted);
}

/** Keeps what the last fit came to beside the models. */
export function saveFitReport(folder: string, report: FitReport): Promise<string> {
  return saveJson(folder, join(folder, "last-fit.json"), report);
}

async function saveJson(folder: string, file: string, content: unknown): Promise<string> {
  const unfinished = `${file}.${process.pid}.part`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(unfinished, JSON.stringify(content));
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

/** Where the model of a method is kept. */
export function modelFile(folder: string, algorithm: string): string {
  return join(folder, `${algorithm}.json`);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
