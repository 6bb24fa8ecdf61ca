import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serveDiagnoses } from "../../jobs/process-task.ts";
import type { Diagnosis } from "../../pipeline/diagnosis.ts";
import { stageNames } from "../../pipeline/types.ts";

/**
 * A diagnosis process that answers at once, with a diagnosis that was made before: what is measured with it
 * is all but the pipeline.
 */
serveDiagnoses((data: { readonly stateFolder: string }) => {
  const made: Diagnosis = JSON.parse(readFileSync(join(data.stateFolder, "diagnosis.json"), "utf8"));
  return {
    async diagnose({ id, text, askedAt, timeZone }, _signal, onStage) {
      for (const name of stageNames) {
        onStage({ name, state: "started", detail: "" });
        onStage({ name, state: "done", detail: "" });
      }
      return { ...made, question: { ...made.question, id, text, askedAt, timeZone } };
    },
    async summarize() {
      throw new Error("No period is summed up here.");
    },
  };
});
