import { expect, it } from "vitest";
import { culpritOf, generate, generatedQuestion } from "../../../bench/generate.ts";
import { diagnose } from "../../../pipeline/diagnose.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";
import { fakeToolbox } from "../../fakes/toolbox.ts";

it("makes up a system whose culprit is found, the same for the same seed", async () => {
  const size = { services: 20, spans: 6000, seed: 7 };
  const answer = async () => {
    const toolbox = { ...fakeToolbox({}), ...generate(size) };
    const question = { id: "q", ...generatedQuestion, askedWindow: null };
    const diagnosis = await diagnose(
      question,
      toolbox,
      PipelineOptions.parse({}),
      new AbortController().signal,
    );
    return { ...diagnosis, timings: {} };
  };

  const first = await answer();

  expect(first.causes[0]?.service).toBe(culpritOf(size));
  expect(JSON.stringify(await answer())).toBe(JSON.stringify(first));
});
