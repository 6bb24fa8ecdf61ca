import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CaseAnswer, CaseRun, PipelineInput } from "../../../bench/case-message.ts";
import { type BenchOptions, type RunCase, runBench } from "../../../bench/index.ts";

const at = "2026-01-01T00:10:00Z";
const window = { start: Date.parse(at) - 180_000, end: Date.parse(at), from: "question" };

/** A hundred services, a ranking of `services`, and simple-rca's the other way round. */
function answered(services: readonly string[], metrics: CaseAnswer["metrics"] = []): CaseRun {
  const candidates = [...services]
    .reverse()
    .map((service, index) => ({ service, instance: null, metric: null, score: 10 - index }));
  const known = Array.from({ length: 100 }, (_, index) => `s${index}`);
  return {
    seconds: 1,
    peakMb: 100,
    error: null,
    perturbed: [],
    answer: {
      verdict: services.length > 0 ? "found" : "nothing-found",
      window,
      reference: "declared",
      services: [...services],
      instances: services.map((service) => `${service}-pod`),
      metrics,
      confidence: services.length > 0 ? 0.9 : null,
      confidenceFrom: null,
      rankings: [{ localizer: "simple-rca", level: "service", candidates }],
      model: null,
      known: { services: known, instances: 100, series: 1000 },
      stages: { read: 10, total: 1000 },
    },
  };
}

function labelled(id: string, faultType: string, service: string, metric: string | null): object {
  return {
    id,
    system: "Shop",
    fault_type: faultType,
    query: { at, text: `${id}?`, lookback_s: 180 },
    root_cause: { service, pod: `${service}-pod`, metric },
  };
}

let folder: string;
const lines: string[] = [];

beforeEach(async () => {
  lines.length = 0;
  folder = await mkdtemp(join(tmpdir(), "bench-run-"));
  const cases = join(folder, "shop");
  await mkdir(cases);
  const list = [
    labelled("one", "cpu", "s1", "cpu"),
    labelled("two", "cpu", "s2", "cpu"),
    labelled("three", "delay", "s3", null),
  ];
  await writeFile(join(cases, "cases.json"), JSON.stringify(list));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const byText: Readonly<Record<string, CaseRun>> = {
  "one?": answered(["s1", "s9"], [{ service: "s1", metric: "cpu" }]),
  "two?": answered(["s9", "s2"], [{ service: "s2", metric: "memory" }]),
  "three?": { seconds: 2, peakMb: 50, answer: null, error: "source-invalid: no such file", perturbed: [] },
};
const fake: RunCase = async ({ text }) => byText[text] ?? answered([]);

function bench(more: Partial<BenchOptions> = {}, run: RunCase = fake) {
  const options = { cases: folder, progress: (line: string) => void lines.push(line), ...more };
  return runBench(options, new AbortController().signal, run);
}

/** The cells of the table row that starts with these cells. */
function row(table: string, ...start: readonly string[]): string[] {
  const line = table.split("\n").find((one) => one.startsWith(`| ${start.join(" | ")} |`));
  return (line ?? "").split("|").map((text) => text.trim());
}

describe("runBench", () => {
  it("counts a failed case as a miss and never drops it", async () => {
    const { failed, table } = await bench();

    expect(failed).toBe(1);
    expect(row(table, "Shop", "all", "3")[4]).toMatch(/^0\.33 \[/);
    expect(row(table, "Shop", "delay", "1")[4]).toBe("0.00 [0.00, 0.00]");
    expect(table).toContain("| three | delay | s3 | not ranked | source-invalid: no such file |");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe("[1/3] one: service ranked 1, 1.00 s, 100 MB");
    expect(lines[2]).toBe("[3/3] three: failed: source-invalid: no such file");
  });

  it("puts simple-rca and chance beside the product, on the same cases", async () => {
    const { table } = await bench();

    // A@1 and Avg@5 of simple-rca (the reverse of the product here), then of one name in a hundred.
    expect(row(table, "Shop", "cpu", "2").slice(8, 12)).toEqual(["0.50", "0.90", "0.01", "0.03"]);
    expect(row(table, "Shop", "LocaleXpert")[3]).toMatch(/^0\.33/);
    expect(row(table, "Shop", "simple-rca alone")[7]).toBe("–");
    expect(row(table, "Shop", "random order")[3]).toMatch(/^0\.01/);
  });

  it("scores metrics apart from services, and only cases that have a metric to find", async () => {
    const { table } = await bench();

    const metricLevel = table.slice(table.indexOf("## Metric level"), table.indexOf("## Instance level"));
    expect(row(metricLevel, "Shop", "all", "2")[4]).toMatch(/^0\.50 \[/);
    expect(row(metricLevel, "Shop", "delay")).toEqual([""]);
    expect(table).toContain("| two | cpu | s2 cpu | not ranked | s2 memory |");
  });

  it("writes a list that can be scored again, without the truth", async () => {
    const json = join(folder, "out.json");
    const markdown = join(folder, "out.md");

    const { table } = await bench({ json, markdown });

    const written = JSON.parse(await readFile(json, "utf8"));
    expect(written).toHaveLength(3);
    expect(written[0]).toMatchObject({
      id: "one",
      seconds: 1,
      peakMb: 100,
      services: ["s1", "s9"],
      metrics: [{ service: "s1", metric: "cpu" }],
      error: null,
    });
    expect(written[2]).toMatchObject({ id: "three", services: [], metrics: [], error: expect.any(String) });
    expect(written[0]).not.toHaveProperty("truth");
    expect(await readFile(markdown, "utf8")).toBe(table);
  });

  it("says nothing of where files lie on this machine", async () => {
    const failing: RunCase = async ({ source }) => ({
      seconds: 1,
      peakMb: 1,
      answer: null,
      error: `source-invalid: ${source.path}/spans.csv is broken`,
      perturbed: [],
    });

    const { table } = await bench({}, failing);

    expect(table).not.toContain(folder);
    expect(table).toContain("source-invalid: shop/spans.csv is broken");
  });

  it("keeps the order of the cases when several run at a time, and no more than asked", async () => {
    let running = 0;
    let most = 0;
    const json = join(folder, "out.json");
    const slow: RunCase = async (input) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, input.text === "one?" ? 50 : 5));
      running -= 1;
      return fake(input, new AbortController().signal);
    };

    await bench({ parallel: 2, json }, slow);

    const written: { id: string }[] = JSON.parse(await readFile(json, "utf8"));
    expect(written.map(({ id }) => id)).toEqual(["one", "two", "three"]);
    expect(most).toBe(2);
  });

  it("runs only what is asked for", async () => {
    const asked: PipelineInput[] = [];
    const noted: RunCase = (input, signal) => {
      asked.push(input);
      return fake(input, signal);
    };

    await bench({ only: "Shop/cpu", limit: 1 }, noted);

    expect(asked.map(({ text }) => text)).toEqual(["one?"]);
    await expect(bench({ only: "nothing like it" })).rejects.toMatchObject({
      code: "source-invalid",
      message: expect.stringContaining("Shop/cpu/one"),
    });
    await expect(bench({ limit: 0 })).rejects.toMatchObject({ code: "source-invalid" });
  });

  it("lists cases whose window was read otherwise than asked", async () => {
    const wrong = answered(["s1"]);
    const other: RunCase = async () => ({
      ...wrong,
      answer: { ...wrong.answer!, window: { ...window, start: window.end - 21_600_000, from: "default" } },
    });

    const { table } = await bench({ limit: 1 }, other);

    expect(row(table, "one", "2025-12-31T18:10:00.000Z")[4]).toBe("default");
    expect((await bench({ limit: 1 })).table).toContain("Every window was read");
  });

  it("refuses a file that cannot be written before the first case runs", async () => {
    const never: RunCase = () => {
      throw new Error("a case ran");
    };

    await expect(bench({ json: join(folder, "nowhere", "a.json") }, never)).rejects.toMatchObject({
      code: "source-invalid",
    });
    await expect(bench({ markdown: folder }, never)).rejects.toMatchObject({ code: "source-invalid" });
  });
});
