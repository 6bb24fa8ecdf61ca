import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openFiles } from "../../connectors/files/index.ts";
import { freePort } from "../support/redis-server.ts";

const program = fileURLToPath(new URL("../../testbed.mjs", import.meta.url));
const patience = 120_000;
const processCount = 19;

let home = "";

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "localexpert-testbed-"));
});

afterAll(() => rm(home, { recursive: true, force: true }));

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: home,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { output: "", errors: "" };
  child.stdout.on("data", (data) => (said.output += String(data)));
  child.stderr.on("data", (data) => (said.errors += String(data)));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...said }));
  onTestFinished(async () => {
    child.kill("SIGINT");
    await ended;
  });
  return { child, said, ended };
}

/** Like `until`, with the patience that nineteen processes on a busy machine need. */
async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + patience;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`it never came to this: ${what}`);
    await sleep(100);
  }
}

/** The numbers of the processes that `child` started, and theirs. */
function startedBy(child: ChildProcess): number[] {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/ +/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([pid = 0, of]) => (of === parent ? [pid, ...below(pid)] : []));
  return below(child.pid ?? 0);
}

/** Those that still run: not ended, and not a zombie that waits to be collected. */
function running(pids: readonly number[]): number[] {
  const alive = execFileSync("ps", ["-eo", "pid=,stat="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/ +/))
    .filter(([, state]) => state !== undefined && !state.startsWith("Z"))
    .map(([pid]) => Number(pid));
  return pids.filter((pid) => alive.includes(pid));
}

async function fileText(folder: string, pattern: RegExp): Promise<string> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => pattern.test(name));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")))).join("");
}

/** Waits for the hotel, and returns the address of each instance's metrics. */
async function hotel(run: ReturnType<typeof start>): Promise<Map<string, string>> {
  await eventually(
    () => run.said.output.includes("The hotel runs") || run.child.exitCode !== null,
    "the hotel runs",
  );
  expect(run.said.errors).not.toContain("error:");
  return new Map(
    [...run.said.output.matchAll(/^ {2}(\S+) (http\S+)$/gm)].map(([, name = "", url = ""]) => [name, url]),
  );
}

describe("npm run testbed -- up", { timeout: 3 * patience }, () => {
  it("records real failures of real processes, and ends all of them on Ctrl-C", async () => {
    const arrived = new Set<string>();
    const collector = createServer((request, response) => {
      arrived.add(request.url ?? "");
      request.resume();
      request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
    });
    await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void collector.close());
    const address = collector.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const folder = join(home, "recording");
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
    const run = start(["up", "--folder", folder, "--step", "1"], environment);
    const instances = await hotel(run);
    const started = startedBy(run.child);
    const telemetry = join(folder, "telemetry");

    const scraped = await (await fetch(instances.get("geo-0") ?? "")).text();
    await eventually(
      async () => (await fileText(join(telemetry, "spans"), /^geo-/)).includes("GEOSEARCH geo-store"),
      "geo asks its store",
    );
    const fault = start(["fault", "store-down", "--service", "geo", "--seconds", "20", "--folder", folder]);
    await eventually(() => fault.said.output.includes("store-down at"), "the fault has begun");
    const second = await start(["fault", "cpu-hog", "--service", "user", "--folder", folder]).ended;
    const { code: faultCode, output: faultOutput } = await fault.ended;
    await eventually(() => arrived.size === 3, "all signals arrive at the collector");
    const geoLogs = await fileText(join(telemetry, "logs"), /^geo-/);
    const geoStore = await fileText(join(telemetry, "metrics"), /^platform-geo-store-/);
    const otlp = (await fileText(join(folder, "otlp"), /^search-0-traces/)).trim().split("\n");
    run.child.kill("SIGINT");
    const { code } = await run.ended;

    expect(started.length).toBeGreaterThanOrEqual(processCount);
    expect(scraped).toMatch(/^requests_total/m);
    expect([faultCode, faultOutput]).toEqual([0, expect.stringContaining("store-down at geo-store")]);
    expect([second.code, second.errors]).toEqual([2, expect.stringContaining("There is a fault already")]);
    expect(geoLogs).toContain("panic: no reachable servers");
    expect(geoStore).toMatch(/,up,1,\n[\s\S]*,up,0,\n/);
    expect(arrived).toEqual(new Set(["/v1/traces", "/v1/logs", "/v1/metrics"]));
    for (const line of otlp) expect(JSON.parse(line)).toHaveProperty("resourceSpans");
    expect(code).toBe(130);
    expect(JSON.parse(await readFile(join(folder, "recording.json"), "utf8"))).toMatchObject({
      complete: true,
    });
    expect(running(started)).toEqual([]);
    // The fault came before the fault-free time was over, and ended it.
    const { periods } = JSON.parse(await readFile(join(telemetry, "reference.json"), "utf8"));
    const gone = [...geoStore.matchAll(/^(\d+),geo-store,geo-store-0,up,0,$/gm)].map(([, time]) =>
      Number(time),
    );
    expect(Date.parse(periods[0].end)).toBeLessThan(Math.max(...gone));
    // The product reads what was written, without a broken row.
    const connector = await openFiles({ type: "files", path: telemetry });
    onTestFinished(() => connector.close());
    const inventory = await connector.inventory.inventory(new AbortController().signal);
    expect(inventory.services).toEqual(
      expect.arrayContaining(["frontend", "geo", "geo-store", "rate-cache"]),
    );
    expect(inventory.gaps).toEqual([]);
  });

  it("leaves nothing running when it is killed, even a service that stands still, and no whole recording", async () => {
    const folder = join(home, "killed");
    const run = start(["up", "--folder", folder]);
    await hotel(run);
    const started = startedBy(run.child);
    const fault = start(["fault", "instance-hang", "--service", "rate", "--folder", folder]);
    await eventually(() => fault.said.output.includes("instance-hang"), "the fault has begun");

    run.child.kill("SIGKILL");

    await eventually(() => running(started).length === 0, "every process has ended");
    expect(JSON.parse(await readFile(join(folder, "recording.json"), "utf8"))).toMatchObject({
      complete: false,
    });
  });

  it("says that a port is in use, and starts nothing", async () => {
    const port = await freePort();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(port, "127.0.0.1", resolve));
    onTestFinished(() => void taken.close());

    const { code, errors } = await start(["up", "--folder", join(home, "taken"), "--port", String(port)])
      .ended;

    expect(code).toBe(2);
    expect(errors).toContain(`Port ${port} is in use`);
  });
});

describe("bad input to npm run testbed", { timeout: patience }, () => {
  it.each([
    [["fault", "store-gone", "--service", "geo"], "There are: store-down"],
    [["fault", "cpu-hog", "--service", "billing"], 'cannot happen to "billing"'],
    [["fault", "cpu-hog", "--service", "geo", "--folder", "nowhere"], "No testbed runs here"],
    [["record", "--plan", "nowhere.json"], "nowhere.json cannot be read"],
  ])("%j is refused with what to do", async (args, why) => {
    const { code, errors } = await start(args).ended;

    expect(code).toBe(2);
    expect(errors).toContain(why);
    expect(errors).not.toMatch(/\n {4}at /);
  });
});
