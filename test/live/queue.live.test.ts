import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Queue } from "bullmq";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { redisMemory } from "../../connectors/store/redis-memory.ts";
import { redisStore } from "../../connectors/store/redis-store.ts";
import { type AskQueue, openAskQueue } from "../../jobs/ask-queue.ts";
import { type DiagnosePool, diagnosePool } from "../../jobs/diagnose-pool.ts";
import { type DiagnoseWorker, startDiagnoseWorker } from "../../jobs/diagnose-worker.ts";
import { type EmbeddedRedis, startEmbeddedRedis } from "../../jobs/embedded-redis.ts";
import { connectRedis, type RedisConnections } from "../../jobs/redis-connection.ts";
import type { IncidentMemory, Store } from "../../jobs/store.ts";
import { type Stage, stageNames } from "../../pipeline/types.ts";
import { fakeQuestion } from "../fakes/fake-diagnosis.ts";
import { until } from "../support/until.ts";

const loader = new URL("../support/load-typescript.mjs", import.meta.url).href;
const processFile = new URL("../fakes/fake-diagnose-process.ts", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "localexpert-queue-"));
const runsFile = join(folder, "runs");
const allStages = stageNames.flatMap((name) => [`${name} started`, `${name} done`]);
const untilCollect = ["read started", "read done", "collect started"];
const retentionMs = 60_000;

let redis: EmbeddedRedis;
let connections: RedisConnections;
let store: Store;
let memory: IncidentMemory;
let pool: DiagnosePool;
let worker: DiagnoseWorker;
let queue: AskQueue;

beforeAll(async () => {
  redis = await startEmbeddedRedis({ stateFolder: folder });
  connections = await connectRedis({ kind: "socket", path: redis.socketPath });
  store = redisStore(connections.client, { prefix: connections.prefix, retentionMs });
  memory = redisMemory(connections.client, {
    key: `${connections.prefix}:incidents`,
    retentionMs,
    now: Date.now,
  });
  pool = diagnosePool({
    processFile,
    processData: { runsFile },
    processes: 2,
    stopMs: 500,
    execArgv: ["--import", loader],
  });
  worker = startDiagnoseWorker({ queueName: "main", connections, store, memory, pool, concurrency: 2 });
  queue = await openQueue("main");
});
afterAll(async () => {
  await worker.close(100);
  await queue.close();
  await pool.close();
  await connections.close();
  await redis.close();
  rmSync(folder, { recursive: true, force: true });
});

function openQueue(queueName: string): Promise<AskQueue> {
  return openAskQueue({
    queueName,
    connections,
    store,
    retentionMs,
    onCancel: (jobId) => worker.cancel(jobId),
  });
}

/** Asks, and keeps what is heard meanwhile. */
async function ask(
  text: string,
  { id = randomUUID() as string, signal = new AbortController().signal, on = queue } = {},
) {
  const stages: string[] = [];
  const onStage = ({ name, state }: Stage) => void stages.push(`${name} ${state}`);
  const { jobId, diagnosis } = await on.ask("terminal", fakeQuestion(id, text), onStage, signal);
  return { id, jobId, diagnosis, stages };
}

/** The processes that ran the question, in order. */
function runsOf(id: string): number[] {
  if (!existsSync(runsFile)) return [];
  const lines = readFileSync(runsFile, "utf8").split("\n");
  return lines.filter((line) => line.startsWith(`${id} `)).map((line) => Number(line.split(" ")[1]));
}

/** The queue as BullMQ sees it. */
function jobsOf(queueName: string): Queue {
  const jobs = new Queue(queueName, { connection: connections.client, prefix: connections.prefix });
  jobs.on("error", () => {});
  onTestFinished(() => jobs.close());
  return jobs;
}

describe("the queue", () => {
  it("answers a question, tells every stage in order, and saves the answer", async () => {
    const { id, diagnosis, stages } = await ask("fine");

    const answer = await diagnosis;

    expect(answer.question.id).toBe(id);
    expect(stages).toEqual(allStages);
    expect(await store.loadDiagnosis(id)).toEqual(answer);
  });

  it("makes a summary of a period, and saves it with the diagnoses of its incidents", async () => {
    const id = randomUUID();
    const stages: string[] = [];

    const { summary } = await queue.summarize(
      "terminal",
      fakeQuestion(id, "fine"),
      ({ name, state }) => void stages.push(`${name} ${state}`),
      new AbortController().signal,
    );

    const made = await summary;
    expect(made.question.id).toBe(id);
    expect(stages).toEqual(allStages);
    expect(await store.loadSummary(id)).toEqual(made);
    expect((await store.loadDiagnosis(id))?.question.id).toBe(id);
  });

  it("answers questions that come at once, each with its own stages", async () => {
    const asked = await Promise.all(Array.from({ length: 12 }, () => ask("fine")));

    const answers = await Promise.all(asked.map(({ diagnosis }) => diagnosis));

    expect(answers.map(({ question }) => question.id)).toEqual(asked.map(({ id }) => id));
    for (const { stages } of asked) expect(stages).toEqual(allStages);
  });

  it("takes a question that is delivered twice for one job", async () => {
    const id = randomUUID();

    const [first, second] = await Promise.all([ask("fine", { id }), ask("fine", { id })]);
    await Promise.all([first.diagnosis, second.diagnosis]);
    const late = await ask("fine", { id });
    await late.diagnosis;

    expect(new Set([first.jobId, second.jobId, late.jobId]).size).toBe(1);
    expect(runsOf(id)).toHaveLength(1);
    expect(late.stages).toEqual(allStages);
  });

  it("fails at once, with code and words, when trying again cannot help", async () => {
    const { id, diagnosis, stages } = await ask("unknown service");

    await expect(diagnosis).rejects.toMatchObject({
      name: "BotError",
      code: "service-unknown",
      message: 'There is no service "goe". Did you mean "geo"?',
    });
    expect(runsOf(id)).toHaveLength(1);
    expect(stages).toEqual(untilCollect);
  });

  it("tries again when a source is down, and tells the stages anew", async () => {
    const { id, diagnosis, stages } = await ask("source down at first");

    await diagnosis;

    expect(runsOf(id)).toHaveLength(2);
    expect(stages).toEqual([...untilCollect, ...allStages]);
  });

  it("gives up on a source that stays down after three tries", async () => {
    const { id, diagnosis } = await ask("source down");

    await expect(diagnosis).rejects.toMatchObject({ code: "source-unavailable" });
    expect(runsOf(id)).toHaveLength(3);
  });

  it("hands a bug on as a bug, without trying again", async () => {
    const { id, diagnosis } = await ask("bug");

    await expect(diagnosis).rejects.toMatchObject({
      name: "Error",
      message: "cannot read properties of undefined",
    });
    expect(runsOf(id)).toHaveLength(1);
  });

  it.each(["slow", "stuck"])("stops the work of a question that is withdrawn while it is %s", async (how) => {
    const stop = new AbortController();
    const { jobId, diagnosis, stages } = await ask(how, { signal: stop.signal });
    await until(() => stages.length === untilCollect.length);

    stop.abort();

    await expect(diagnosis).rejects.toMatchObject({ code: "cancelled" });
    const jobs = jobsOf("main");
    await until(async () => (await jobs.getJobState(jobId)) === "failed", 3_000);
    // Both processes are free again.
    await Promise.all((await Promise.all([ask("fine"), ask("fine")])).map((next) => next.diagnosis));
  });

  it("takes a withdrawn question off the queue before anyone has started it", async () => {
    const idle = await openQueue("without-workers");
    onTestFinished(() => idle.close());
    const stop = new AbortController();
    const { id, jobId, diagnosis } = await ask("fine", { signal: stop.signal, on: idle });

    stop.abort();

    await expect(diagnosis).rejects.toMatchObject({ code: "cancelled" });
    const jobs = jobsOf("without-workers");
    await until(async () => (await jobs.getJob(jobId)) === undefined);
    expect(runsOf(id)).toHaveLength(0);
  });

  it("does not give up a question that takes long to be put on the queue", async () => {
    const slowStore: Store = {
      ...store,
      async saveQuestion(question) {
        await sleep(1_500);
        await store.saveQuestion(question);
      },
    };
    const slow = await openAskQueue({
      queueName: "main",
      connections,
      store: slowStore,
      retentionMs,
      onCancel: () => {},
    });
    onTestFinished(() => slow.close());

    const { id, diagnosis } = await ask("fine", { on: slow });

    expect((await diagnosis).question.id).toBe(id);
  });

  it("tells those who wait when the program ends", async () => {
    const idle = await openQueue("closing");
    const { diagnosis } = await ask("fine", { on: idle });

    await idle.close();

    await expect(diagnosis).rejects.toMatchObject({ code: "cancelled" });
  });

  it("gives the job of a worker that was killed to another one", async () => {
    const crashing = await openQueue("crashing");
    onTestFinished(() => crashing.close());
    const workers = [startWorker("crashing"), startWorker("crashing")];
    const { id, diagnosis, stages } = await ask("slow at first", { on: crashing });
    await until(() => stages.length === untilCollect.length);

    workers.find(({ pid }) => pid === runsOf(id)[0])?.kill("SIGKILL");
    const answer = await diagnosis;

    expect(answer.question.id).toBe(id);
    expect(new Set(runsOf(id)).size).toBe(2);
    expect(stages).toEqual([...untilCollect, ...allStages]);
  });

  it("gives what a worker does not finish in time back to the queue when it closes", async () => {
    const leaving = await openQueue("leaving");
    onTestFinished(() => leaving.close());
    const start = () =>
      startDiagnoseWorker({ queueName: "leaving", connections, store, memory, pool, concurrency: 1 });
    const first = start();
    const { id, diagnosis, stages } = await ask("slow at first", { on: leaving });
    await until(() => stages.length === untilCollect.length);

    await first.close(100);
    const second = start();
    onTestFinished(() => second.close(100));

    expect((await diagnosis).question.id).toBe(id);
    expect(runsOf(id)).toHaveLength(2);
  });

  it("goes on when the private Redis is killed and started again under it", async () => {
    const [pid] = readFileSync(join(folder, "redis", "server"), "utf8").split("\n");

    process.kill(Number(pid), "SIGKILL");
    const { id, diagnosis } = await ask("fine");

    expect((await diagnosis).question.id).toBe(id);
  });
});

function startWorker(queueName: string): ChildProcess {
  const file = new URL("../fakes/worker-program.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--import", loader, file, redis.socketPath, queueName, runsFile], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}
