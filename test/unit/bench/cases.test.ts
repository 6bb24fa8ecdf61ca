import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PipelineInput } from "../../../bench/case-message.ts";
import { pipelineInput, readCases } from "../../../bench/cases.ts";

const data = process.env.LOCALEXPERT_DATA;

const nezhaCase = {
  id: "tt-1",
  system: "TrainTicket",
  fault_type: "return",
  fault_class: "code_defect",
  fault_window: { start: "2023-01-29T08:43:04Z", end: "2023-01-29T08:46:04Z" },
  query: {
    at: "2023-01-29T08:46:04Z",
    at_ns: "1",
    lookback_s: 180,
    text: "What broke in the last 3 minutes?",
  },
  injected: { service: "SECRET-injected" },
  root_cause: {
    service: "SECRET-service",
    pod: "SECRET-pod",
    level: "code_region",
    metric: null,
    metric_is_csv_column: null,
    code_region: { after: "SECRET-a", before: "SECRET-b" },
    published: "SECRET-a_SECRET-b",
  },
  published_label: { inject_pod: "SECRET-label" },
  evidence: { region: "SECRET-evidence" },
  visible_in_data: true,
  notes: ["SECRET-note"],
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bench-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function write(cases: unknown, inside = "."): Promise<string> {
  const path = join(folder, inside);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "cases.json"), typeof cases === "string" ? cases : JSON.stringify(cases));
  return path;
}

describe("pipelineInput", () => {
  it("hands over the text, the time, the zone and the folder, and nothing else of the case", async () => {
    await write([nezhaCase]);
    const [labelled] = await readCases([folder]);

    const input = pipelineInput(labelled!);

    expect(input).toEqual({
      text: "What broke in the last 3 minutes?",
      askedAt: Date.parse("2023-01-29T08:46:04Z"),
      timeZone: "UTC",
      source: { type: "files", path: folder },
    });
    expect(JSON.stringify(input)).not.toMatch(/SECRET|tt-1|TrainTicket|return/);
  });

  it("lets nothing more cross into the process that diagnoses", () => {
    const input = { text: "a", askedAt: 0, timeZone: "UTC", source: { type: "files", path: "/x" } };

    expect(PipelineInput.safeParse(input).success).toBe(true);
    expect(PipelineInput.safeParse({ ...input, truth: {} }).success).toBe(false);
    expect(PipelineInput.safeParse({ ...input, source: { ...input.source, label: "a" } }).success).toBe(
      false,
    );
  });
});

describe("readCases", () => {
  it("reads the truth at each level and drops labels, evidence and notes", async () => {
    await write([nezhaCase]);

    const [labelled] = await readCases([folder]);

    expect(labelled).toEqual({
      id: "tt-1",
      system: "TrainTicket",
      faultType: "return",
      question: { text: "What broke in the last 3 minutes?", askedAt: Date.parse("2023-01-29T08:46:04Z") },
      lookbackMs: 180_000,
      telemetry: folder,
      truth: {
        services: ["SECRET-service"],
        instances: ["SECRET-pod"],
        metrics: [{ service: "SECRET-service", metric: "SECRET-a_SECRET-b" }],
      },
    });
  });

  it("reads a case with several roots, a service alone, and a telemetry folder of its own", async () => {
    await write([
      {
        id: "mine",
        telemetry: "tuesday",
        query: { at: "2026-01-01T10:00:00+02:00", text: "Why is it slow?" },
        root_cause: [{ service: "geo", metric: "cpu" }, { service: "rate" }],
      },
    ]);

    const [labelled] = await readCases([folder]);

    expect(labelled?.truth).toEqual({
      services: ["geo", "rate"],
      instances: [],
      metrics: [{ service: "geo", metric: "cpu" }],
    });
    expect(labelled?.telemetry).toBe(join(folder, "tuesday"));
    expect(labelled?.question.askedAt).toBe(Date.parse("2026-01-01T08:00:00Z"));
    expect(labelled?.lookbackMs).toBeNull();
  });

  it("reads folders inside the named one, once each, in the order of their names", async () => {
    const b = await write([{ ...nezhaCase, id: "b" }], "two");
    await write([{ ...nezhaCase, id: "a" }], "one");
    await writeFile(join(folder, "readme.txt"), "a file beside the folders");

    const cases = await readCases([folder, b]);

    expect(cases.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it.each([
    ["a folder without cases.json", null, /no cases\.json/],
    ["no JSON", "{ nonsense", /not readable JSON/],
    ["an object", { cases: [] }, /top level/],
    ["an empty list", [], /list is empty/],
    ["a case without a root cause", [{ ...nezhaCase, root_cause: undefined }], /0\.root_cause/],
    [
      "a case without a time and without a text",
      [{ ...nezhaCase, query: { at: "yesterday", text: "" } }],
      /0\.query\.at.*\n.*0\.query\.text/,
    ],
    ["an id that comes twice", [nezhaCase, nezhaCase], /"tt-1" occurs twice/],
  ])("refuses %s and says what is wrong", async (_, cases, message) => {
    if (cases !== null) await write(cases);

    await expect(readCases([folder])).rejects.toMatchObject({
      code: "source-invalid",
      message: expect.stringMatching(message),
    });
  });

  it("refuses a folder that is not there", async () => {
    await expect(readCases([join(folder, "nowhere")])).rejects.toMatchObject({ code: "source-invalid" });
  });

  it.skipIf(data === undefined)("reads every case of the development data (LOCALEXPERT_DATA)", async () => {
    const cases = await readCases([data!]);

    expect(cases).toHaveLength(85);
    const nezha = cases.filter(({ system }) => system !== "PetShop");
    expect(nezha.every(({ truth }) => truth.metrics.length === 1 && truth.instances.length === 1)).toBe(true);
    expect(cases.filter(({ truth }) => truth.metrics.length === 0)).toHaveLength(34);
    expect(nezha.every(({ lookbackMs }) => lookbackMs === 180_000)).toBe(true);
    const defect = cases.find(({ id }) => id === "tt-20230129T084304");
    expect(defect?.truth.metrics[0]?.metric).toBe("c.s.ContactsServiceImpl#31_c.s.ContactsServiceImpl#34");
  });
});
