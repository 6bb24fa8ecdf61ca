import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readCases } from "../../../bench/cases.ts";
import { exportCases, questionOf } from "../../../cli/export-cases.ts";
import { answeredCase, type LabelledCase } from "../../../pipeline/labelled-case.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";
import { readQuestion } from "../../../pipeline/question/index.ts";
import { geoDiagnosis } from "../../fakes/geo-diagnosis.ts";
import { incident, normal } from "../../fakes/incident.ts";
import { line, window } from "../../fakes/telemetry.ts";
import { fakeToolbox } from "../../fakes/toolbox.ts";
import { stateFolder } from "../../support/state-folder.ts";

const options = PipelineOptions.parse({});
const { signal } = new AbortController();

function labelled(
  questionId: string,
  service: string | null,
  more: Partial<LabelledCase> = {},
): LabelledCase {
  return {
    ...answeredCase(geoDiagnosis()),
    questionId,
    window,
    reference: { from: "declared", metric: [normal], log: [normal], trace: [normal] },
    said: [{ person: "ann", at: 1, verdict: service === "geo" ? "confirmed" : "wrong", service }],
    ...more,
  };
}

async function exported(cases: readonly LabelledCase[], telemetry = incident(true)) {
  const folder = join(await stateFolder(), "cases");
  const done = await exportCases(cases, folder, fakeToolbox(telemetry), options, signal);
  return { folder, done };
}

const textOf = async (...path: string[]) => gunzipSync(await readFile(join(...path))).toString();

describe("cases that are exported", () => {
  it("are what the bench reads, with the question that means their window", async () => {
    const { folder, done } = await exported([labelled("q/1", "geo"), labelled("../../q2", "rate")]);

    const read = await readCases([folder]);

    expect(done.map(({ problem }) => problem)).toEqual([null, null]);
    expect(read.map(({ id, truth }) => [id, truth.services])).toEqual([
      ["q/1", ["geo"]],
      ["../../q2", ["rate"]],
    ]);
    for (const { question, telemetry, lookbackMs } of read) {
      const asked = { id: "", ...question, timeZone: "Asia/Tokyo", askedWindow: null };
      expect(readQuestion(asked, ["geo"], options).window).toEqual(window);
      expect(lookbackMs).toBe(window.end - window.start);
      expect(telemetry.startsWith(`${folder}/2023-`)).toBe(true);
    }
  });

  it("come with the window, what it was compared with, and what was declared", async () => {
    const { folder, done } = await exported([labelled("q", "geo")]);
    const at = join(folder, done[0]?.telemetry ?? "");
    const rows = async (name: string) => (await textOf(at, name)).trimEnd().split("\n").length;
    const { metrics = [], logs = [], spans = [] } = incident(true);

    expect(await rows("logs/logs.jsonl.gz")).toBe(logs.length);
    expect(await rows("spans/spans.csv.gz")).toBe(spans.length + 1);
    expect(await rows("metrics/metrics.csv.gz")).toBe(metrics.length * 73 + 1);
    expect(JSON.parse(await readFile(join(at, "reference.json"), "utf8")).periods).toHaveLength(3);
  });

  it("hide secrets, and keep rates what they are", async () => {
    const telemetry = incident(true);
    const logs = [line({ service: "geo", body: "login with password=hunter2hunter2" })];
    const metrics = (telemetry.metrics ?? []).map((series) => ({
      ...series,
      key: { ...series.key, metric: "requests_total" },
      kind: "gauge" as const,
    }));
    const { folder, done } = await exported([labelled("q", "geo")], { ...telemetry, logs, metrics });
    const at = join(folder, done[0]?.telemetry ?? "");

    expect(await textOf(at, "logs/logs.jsonl.gz")).not.toContain("hunter2");
    expect(await textOf(at, "metrics/metrics.csv.gz")).toContain(",requests_total/s,");
  });

  it("are left out where nobody knows the service, or the telemetry is gone", async () => {
    const longAgo = { start: 1_000_000_000, end: 1_000_100_000 };
    const gone = labelled("gone", "geo", { window: longAgo });
    const { folder, done } = await exported([labelled("unknown", null), gone, labelled("q", "geo")]);

    expect(done.map(({ questionId, problem }) => [questionId, problem])).toEqual([
      ["gone", "there is no telemetry of it any more"],
      ["q", null],
    ]);
    expect((await readCases([folder])).map(({ id }) => id)).toEqual(["q"]);
  });

  it("ask for their window to the second around it, as questions are read", () => {
    const odd = { start: window.start + 123, end: window.end + 457 };
    const { text, at } = questionOf({ window: odd });
    const asked = { id: "", text, askedAt: Date.parse(at), timeZone: "UTC", askedWindow: null };

    expect(readQuestion(asked, [], options).window).toEqual({ start: window.start, end: window.end + 1_000 });
  });
});
