import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Chat } from "../../jobs/chat.ts";
import { type DiagnosePool, diagnosePool } from "../../jobs/diagnose-pool.ts";
import { isAlive } from "../../jobs/folder-lock.ts";
import { type Stage, stageNames } from "../../pipeline/types.ts";
import { fakeQuestion } from "../fakes/fake-diagnosis.ts";
import { stateFolder } from "../support/state-folder.ts";
import { until } from "../support/until.ts";

const execArgv = ["--import", new URL("../support/load-typescript.mjs", import.meta.url).href];
const never = new AbortController().signal;

async function open(processes = 1, chat: Chat | null = null) {
  const runsFile = join(await stateFolder(), "runs");
  await writeFile(runsFile, "");
  const pool = diagnosePool({
    processFile: new URL("../fakes/fake-diagnose-process.ts", import.meta.url),
    processData: { runsFile },
    processes,
    chatOf: chat === null ? null : () => chat,
    stopMs: 200,
    execArgv,
  });
  onTestFinished(() => pool.close());
  /** Processes that ran a question, in order. */
  const pids = () =>
    readFileSync(runsFile, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => Number(line.split(" ")[2]));
  return { pool, pids };
}

const fakeReply = {
  model: "fake",
  parameters: {},
  promptTokens: null,
  answerTokens: null,
  cachedTokens: null,
  durationMs: 1,
  waitedMs: 0,
  firstWordMs: null,
  attempts: 1,
  answer: "",
  problem: null,
};

function ask(pool: DiagnosePool, text: string, signal = never) {
  const stages: Stage[] = [];
  const answer = pool.diagnose(fakeQuestion(randomUUID(), text), (stage) => void stages.push(stage), signal);
  answer.catch(() => {});
  return { answer, stages };
}

describe("the pool of processes", () => {
  it("answers one question after the other in the same process, with all stages first", async () => {
    const { pool, pids } = await open();

    const asked = ["one", "two", "three"].map((text) => ask(pool, text));
    const answers = await Promise.all(asked.map(({ answer }) => answer));

    expect(answers.map(({ question }) => question.text)).toEqual(["one", "two", "three"]);
    for (const { stages } of asked) expect(stages).toHaveLength(stageNames.length * 2);
    expect(new Set(pids()).size).toBe(1);
  });

  it("asks the language model for its processes", async () => {
    const heard: string[] = [];
    const { pool } = await open(1, async ({ user }) => {
      heard.push(user);
      return { ...fakeReply, answer: "geo did" };
    });

    const { explanation } = await ask(pool, "ask the model").answer;

    expect(heard).toEqual(["What broke?"]);
    expect(explanation).toBe("geo did");
  });

  it("goes on without the language model when it cannot be asked", async () => {
    const { pool } = await open(1, async () => {
      throw new Error("Redis is away");
    });

    const { explanation } = await ask(pool, "ask the model").answer;

    expect(explanation).toBe("The language model could not be asked: Redis is away");
  });

  it("ends a call of the language model with the question that asked for it", async () => {
    const stop = new AbortController();
    const ended = new Promise<void>((resolve) => {
      void open(1, (_request, signal) => {
        signal.addEventListener("abort", () => resolve());
        stop.abort();
        return new Promise(() => {});
      }).then(({ pool }) => ask(pool, "ask the model", stop.signal));
    });

    await expect(ended).resolves.toBeUndefined();
  });

  it("loses one diagnosis and no more when a process crashes, and says how", async () => {
    const { pool } = await open();
    const [crash, next] = [ask(pool, "crash"), ask(pool, "fine")];

    await expect(crash.answer).rejects.toMatchObject({
      message: "The process of the diagnosis ended (SIGSEGV).",
      // Newer releases of Node warn of the loader first.
      cause: { message: expect.stringMatching(/a native addon broke\n$/) },
    });
    expect((await next.answer).question.text).toBe("fine");
  });

  it("says what to do when memory runs out", async () => {
    const { pool } = await open();

    await expect(ask(pool, "hungry").answer).rejects.toThrow(/memory.*shorter window/);
  });

  it("fails a question, and each that comes after it, when the process cannot be loaded", async () => {
    const processFile = new URL("../fakes/no-such-process.ts", import.meta.url);
    const pool = diagnosePool({ processFile, processData: {}, processes: 1, execArgv: [] });
    onTestFinished(() => pool.close());

    for (const { answer } of [ask(pool, "fine"), ask(pool, "fine")]) {
      await expect(answer).rejects.toThrow("The process of the diagnosis ended (exit code 1).");
    }
  });

  it("takes a question out of the line when it is withdrawn", async () => {
    const { pool, pids } = await open();
    const stop = new AbortController();
    const [first, second, third] = [
      ask(pool, "slow", stop.signal),
      ask(pool, "fine", stop.signal),
      ask(pool, "fine"),
    ];
    await until(() => pids().length === 1);

    stop.abort();

    await expect(first.answer).rejects.toMatchObject({ code: "cancelled" });
    await expect(second.answer).rejects.toMatchObject({ code: "cancelled" });
    expect((await third.answer).question.text).toBe("fine");
    expect(pids()).toHaveLength(2);
    expect(new Set(pids()).size).toBe(1);
  });

  it("kills one that hears nothing, and goes on with another", async () => {
    const { pool, pids } = await open();
    const stop = new AbortController();
    const stuck = ask(pool, "stuck", stop.signal);
    await until(() => pids().length === 1);

    stop.abort();

    await expect(stuck.answer).rejects.toMatchObject({ code: "cancelled" });
    await ask(pool, "fine").answer;
    const [before, after] = pids();
    expect(after).not.toBe(before);
    expect(isAlive(before ?? 0)).toBe(false);
  });

  it("ends all processes when it closes, and tells those who wait", async () => {
    const { pool, pids } = await open(2);
    const asked = ["stuck", "slow", "fine"].map((text) => ask(pool, text));
    await until(() => pids().length === 2);

    await pool.close();

    for (const { answer } of asked) await expect(answer).rejects.toMatchObject({ code: "cancelled" });
    for (const pid of pids()) expect(isAlive(pid)).toBe(false);
    await expect(ask(pool, "fine").answer).rejects.toMatchObject({ code: "cancelled" });
  });
});
