import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  freshFittedModels,
  keptModel,
  loadFittedModels,
  modelFolder,
  saveFitReport,
  saveFittedModel,
} from "../../../jobs/fitted-models.ts";
import { traceAnomaly } from "../../../pipeline/detect/trace-anomaly/trace-anomaly.ts";
import { type FittedModel, fitModel } from "../../../pipeline/fitted-model.ts";

const fitted: FittedModel = {
  algorithm: "mepfl",
  version: 0,
  seed: 7,
  schemaHash: "00000000",
  trainedOn: { from: 0, to: 1, normalPeriods: 1, incidents: 0, traces: 9, series: 0 },
  model: {},
};

describe("fitted models in a folder", () => {
  let state = "";
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), "localexpert-models-"));
  });
  afterEach(() => rm(state, { recursive: true, force: true }));

  it("are none where nothing was ever fitted", async () => {
    expect(await loadFittedModels(modelFolder(state))).toEqual({ models: {}, gaps: {} });
  });

  it("are kept whole, and refused with a reason when this version cannot use them", async () => {
    const folder = modelFolder(state);

    const file = await saveFittedModel(folder, fitted);
    const { models, gaps } = await loadFittedModels(folder);

    expect(file).toBe(join(folder, "mepfl.json"));
    expect(await readdir(folder)).toEqual(["mepfl.json"]);
    expect(models).toEqual({});
    expect(gaps.mepfl).toMatchObject({ from: "mepfl", reason: "failed" });
    expect(gaps.mepfl!.detail).toContain("is of version 0, not 1");
  });

  it("are refused when they are no JSON", async () => {
    const folder = modelFolder(state);
    await saveFittedModel(folder, fitted);
    await writeFile(join(folder, "mepfl.json"), '{"algorithm":');

    expect((await loadFittedModels(folder)).gaps.mepfl!.detail).toContain("is damaged");
  });

  it("cannot be kept where a file is in the way", async () => {
    await writeFile(modelFolder(state), "");

    await expect(saveFittedModel(modelFolder(state), fitted)).rejects.toMatchObject({
      code: "config-invalid",
    });
  });

  it("are read again when one was fitted anew, and only then", async () => {
    const folder = modelFolder(state);
    const fresh = freshFittedModels(folder);
    const { learner, name } = traceAnomaly;
    const model = { ...fitModel(name, learner, { normal: [], incidents: [] }, 7) };

    expect(await fresh()).toEqual({ models: {}, gaps: {} });
    await saveFittedModel(folder, model);
    const first = await fresh();
    const again = await fresh();
    await saveFittedModel(folder, { ...model, seed: 8 });

    expect(first.models).toEqual({ [name]: null });
    expect(again).toBe(first);
    expect(await fresh()).not.toBe(first);
    expect((await keptModel(folder, name))!.seed).toBe(8);
    expect(await keptModel(folder, "mepfl")).toBeNull();
  });

  it("have the report of the last fit beside them, which is no model", async () => {
    const folder = modelFolder(state);

    const file = await saveFitReport(folder, { fits: [], periods: [], excluded: [], newPaths: ["a -> b"] });

    expect(JSON.parse(await readFile(file, "utf8")).newPaths).toEqual(["a -> b"]);
    expect(await loadFittedModels(folder)).toEqual({ models: {}, gaps: {} });
  });
});
