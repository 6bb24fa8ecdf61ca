import { describe, expect, it } from "vitest";
import { diagnose } from "../../../../pipeline/diagnose.ts";
import type { Diagnosis } from "../../../../pipeline/diagnosis.ts";
import { PipelineOptions } from "../../../../pipeline/options.ts";
import { incident } from "../../../fakes/incident.ts";
import { window } from "../../../fakes/telemetry.ts";
import { fakeToolbox } from "../../../fakes/toolbox.ts";

const secret = "hunter2";

/** The broken system, whose error line tells its connection string. */
async function answer(options: PipelineOptions): Promise<Diagnosis> {
  const telemetry = incident(true);
  const logs = (telemetry.logs ?? []).map((line) =>
    line.level === "ERROR"
      ? { ...line, body: `${line.body} mongodb://geo:${secret}@mongodb-geo:27017` }
      : line,
  );
  const question = {
    id: "q1",
    text: `what broke in the last 3 minutes? password=${secret}`,
    askedAt: window.end,
    timeZone: "UTC",
    askedWindow: null,
  };
  return diagnose(question, fakeToolbox({ ...telemetry, logs }), options, new AbortController().signal);
}

describe("a diagnosis of logs with a secret", () => {
  it("shows the placeholder wherever the secret would stand", async () => {
    const diagnosis = await answer(PipelineOptions.parse({}));
    const { madeWith: _, ...shown } = diagnosis;
    const text = JSON.stringify(shown);

    expect(text).not.toContain(secret);
    expect(diagnosis.question.text).toContain("password=<password-1>");
    expect(diagnosis.evidence.map((one) => one.text).join(" ")).toContain(
      "mongodb://geo:<password-1>@mongodb-geo",
    );
  });

  it("shows the secret again where the operator allows it", async () => {
    const diagnosis = await answer(PipelineOptions.parse({ redaction: { restore: true } }));

    expect(diagnosis.question.text).toContain(`password=${secret}`);
    expect(diagnosis.evidence.map((one) => one.text).join(" ")).toContain(
      `mongodb://geo:${secret}@mongodb-geo`,
    );
  });

  it("ranks the same as without one", async () => {
    const plain = await diagnose(
      {
        id: "q1",
        text: "what broke in the last 3 minutes?",
        askedAt: window.end,
        timeZone: "UTC",
        askedWindow: null,
      },
      fakeToolbox(incident(true)),
      PipelineOptions.parse({}),
      new AbortController().signal,
    );

    const { causes } = await answer(PipelineOptions.parse({}));

    expect(causes.map(({ service, confidence }) => [service, confidence])).toEqual(
      plain.causes.map(({ service, confidence }) => [service, confidence]),
    );
  });
});
