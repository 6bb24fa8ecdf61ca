import { describe, expect, it, onTestFinished } from "vitest";
import { type ClockTask, startClockWork } from "../../jobs/clock-work.ts";
import { redisConnections } from "../support/redis-server.ts";
import { until } from "../support/until.ts";

async function open(
  tasks: readonly ClockTask[],
  connections: Awaited<ReturnType<typeof redisConnections>>,
  onTrouble = (_what: string) => {},
) {
  const work = await startClockWork({ name: "clock", connections, tasks, lockMs: 15_000, onTrouble });
  onTestFinished(() => work.close());
  return work;
}

const task = (id: string, run: ClockTask["run"]): ClockTask => ({
  id,
  cron: "0 3 * * *",
  timeZone: "Europe/Berlin",
  run,
});

describe("clock work", () => {
  it("has each task due at its time, and none that is no task any more", async () => {
    const connections = await redisConnections();
    const first = await open([task("fit", async () => {}), task("paths", async () => {})], connections);
    expect(await first.nextOf("paths")).toBeGreaterThan(Date.now());

    const second = await open([task("fit", async () => {})], connections);

    expect(new Date((await second.nextOf("fit")) ?? 0).toISOString()).toMatch(/T0[12]:00:00\.000Z$/);
    expect(await second.nextOf("paths")).toBeNull();
  });

  it("does what is due once, and tells what went wrong", async () => {
    const connections = await redisConnections();
    const done: string[] = [];
    const troubles: string[] = [];
    const tasks = [
      task("fit", async () => void done.push("fit")),
      task("paths", async () => {
        throw new Error("no source answered");
      }),
    ];
    const work = await open(tasks, connections, (what) => troubles.push(what));

    await work.start("paths");
    await work.start("fit");
    await until(() => done.length > 0 && troubles.length > 0);

    expect(done).toEqual(["fit"]);
    expect(troubles).toEqual(["What was due (paths) could not be done."]);
  });

  it("stops a task when the program ends, which is no trouble", async () => {
    const connections = await redisConnections();
    const troubles: string[] = [];
    let begun = 0;
    const waits = task("fit", (signal) => {
      begun++;
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
    });
    const work = await open([waits], connections, (what) => troubles.push(what));
    await work.start("fit");
    await until(() => begun === 1);

    await work.close();

    expect(troubles).toEqual([]);
  });
});
