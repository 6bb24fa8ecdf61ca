import { describe, expect, it } from "vitest";
import { diagnose } from "../../../pipeline/diagnose.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";
import type { LanguageModel, Source, Toolbox } from "../../../pipeline/ports.ts";
import { timedToolbox } from "../../../pipeline/time-budget.ts";
import { incident } from "../../fakes/incident.ts";
import { window } from "../../fakes/telemetry.ts";
import { fakeToolbox } from "../../fakes/toolbox.ts";

const options = { ...PipelineOptions.parse({}), timeBudgetMs: 1_000 };
const question = {
  id: "q1",
  text: "what broke in the last 3 minutes",
  askedAt: window.end,
  timeZone: "UTC",
  askedWindow: null,
};
const never = new AbortController().signal;
/** It listens to no signal, as a library may. */
const silence = () => new Promise<never>(() => undefined);

function silenced(toolbox: Toolbox, modality: string): Toolbox {
  const sources = toolbox.sources.map((source) =>
    source.modality === modality ? ({ ...source, fetch: silence } as Source) : source,
  );
  return { ...toolbox, sources };
}

describe("the time for one answer", () => {
  it("ends with an answer of what was there, and says which source was not", async () => {
    const toolbox = silenced(fakeToolbox(incident(true)), "log");

    const diagnosis = await diagnose(question, toolbox, options, never);

    expect(diagnosis.causes[0]?.service).toBe("geo");
    expect(diagnosis.gaps).toContainEqual(
      expect.objectContaining({
        from: "fake logs",
        reason: "unreachable",
        detail: expect.stringContaining("had not answered after 1 s"),
      }),
    );
  });

  it("lets templates speak for a model that says nothing", async () => {
    const model: LanguageModel = { name: () => "mute", complete: silence };

    const diagnosis = await diagnose(question, { ...fakeToolbox(incident(true)), model }, options, never);

    expect(diagnosis.model).toBeNull();
    expect(diagnosis.causes[0]?.service).toBe("geo");
    expect(diagnosis.gaps.map(({ detail }) => detail).join()).toContain("1 s for one answer were used up");
  });

  it("is not waited for where whoever asked withdraws the question", async () => {
    const stop = new AbortController();
    const toolbox = silenced(fakeToolbox(incident(true)), "metric");
    const diagnosis = diagnose(question, toolbox, { ...options, timeBudgetMs: 60_000 }, stop.signal);

    stop.abort();

    await expect(diagnosis).rejects.toMatchObject({ code: "cancelled" });
  });

  it("leaves what is in time as it is", async () => {
    const toolbox = fakeToolbox(incident(true));
    const query = { windows: [window], services: null, limit: 10 };

    const plain = await Promise.all(toolbox.sources.map((source) => source.fetch(query, never)));
    const timed = await Promise.all(
      timedToolbox(toolbox, 60_000).sources.map((source) => source.fetch(query, never)),
    );

    expect(timed).toEqual(plain);
  });
});
