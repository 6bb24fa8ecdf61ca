import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fitInProcess } from "../../../jobs/fit-in-process.ts";
import type { FitOrder } from "../../../jobs/fit-order.ts";

const entry = fileURLToPath(new URL("../../fakes/fake-fit-process.ts", import.meta.url));
const execArgv = ["--import", new URL("../../support/load-typescript.mjs", import.meta.url).href];

function order(what: string): FitOrder {
  return {
    sources: [],
    pipeline: {},
    task: "learn",
    faultFree: [],
    excluded: [],
    isWarm: false,
    modelFolder: "models",
    methods: [what],
    seed: 7,
    normal: null,
    incidents: [],
  };
}

function run(what: string, signal = new AbortController().signal, onStep = (_text: string) => {}) {
  return fitInProcess(order(what), signal, { entry, execArgv, onStep });
}

describe("fitInProcess", () => {
  it("tells the steps and returns what was fitted", async () => {
    const steps: string[] = [];

    expect(await run("fine", undefined, (text) => steps.push(text))).toEqual({
      fits: [],
      periods: [],
      excluded: [],
      newPaths: [],
    });
    expect(steps).toEqual(["reading"]);
  });

  it("passes on what stopped the work, and a bug as a bug", async () => {
    await expect(run("refuse")).rejects.toMatchObject({ code: "source-invalid" });
    await expect(run("break")).rejects.toThrow("x is not a function");
  });

  it("says how a process ended that never answered", async () => {
    await expect(run("vanish")).rejects.toThrow(/ended without an answer \(exit code 3\)\.\nout of wits/);
  });

  it("ends the process when it is stopped", async () => {
    const stop = new AbortController();

    await expect(run("linger", stop.signal, () => stop.abort())).rejects.toMatchObject({ code: "cancelled" });
  });
});
