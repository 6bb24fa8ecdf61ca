import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PipelineInput } from "../../../bench/case-message.ts";
import { runCase } from "../../../bench/run-case.ts";

const input: PipelineInput = {
  text: "what broke",
  askedAt: 0,
  timeZone: "UTC",
  source: { type: "files", path: "/telemetry" },
};
const { signal } = new AbortController();

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bench-entry-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A program in place of one-case.js. */
async function entry(name: string, program: string): Promise<{ entry: string; limitMs: number }> {
  const path = join(folder, `${name}.mjs`);
  await writeFile(path, program);
  return { entry: path, limitMs: 10_000 };
}

it("sends exactly the pipeline's input and gives back what the process answers", async () => {
  const options = await entry(
    "echo",
    `process.once("message", (m) => process.send(
       { seconds: 1.5, peakMb: 99, answer: null, error: JSON.stringify(m) }, () => process.exit(0)));`,
  );

  const run = await runCase(input, signal, options);

  expect(run).toEqual({
    seconds: 1.5,
    peakMb: 99,
    answer: null,
    error: JSON.stringify(input),
    perturbed: [],
  });
});

it("makes an error of a process that ends without an answer, with its last words", async () => {
  const options = await entry("crash", `process.once("message", () => { throw new Error("out of luck"); });`);

  const run = await runCase(input, signal, options);

  expect(run.answer).toBeNull();
  expect(run.error).toMatch(/ended without an answer \(exit code 1\)[\s\S]*out of luck/);
  expect(run.seconds).toBeGreaterThan(0);
});

it("makes an error of an answer that is none, and of a program that is not there", async () => {
  const options = await entry(
    "nonsense",
    `process.once("message", () => process.send({ services: 3 }, () => process.exit(0)));`,
  );

  expect((await runCase(input, signal, options)).error).toMatch(/without an answer/);
  expect((await runCase(input, signal, { ...options, entry: join(folder, "nothing.mjs") })).error).toMatch(
    /Cannot find module/,
  );
});

it("stops a process that takes too long and says so", async () => {
  const options = await entry("hang", `process.once("message", () => setInterval(() => {}, 1000));`);

  const run = await runCase(input, signal, { ...options, limitMs: 300 });

  expect(run.error).toMatch(/No answer within 0\.3 s/);
});

it("ends the process and is cancelled when aborted, even where the process does not listen", async () => {
  const options = await entry(
    "deaf",
    `process.on("SIGTERM", () => {}); process.once("message", () => setInterval(() => {}, 1000));`,
  );
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 200);

  await expect(runCase(input, controller.signal, options)).rejects.toMatchObject({ code: "cancelled" });
  await expect(runCase(input, controller.signal, options)).rejects.toMatchObject({ code: "cancelled" });
});
