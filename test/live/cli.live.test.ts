import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAlive } from "../../jobs/folder-lock.ts";
import { recordedIncidents, shiftIncident } from "../../testbed/incidents.ts";
import { freePort } from "../support/redis-server.ts";
import { until } from "../support/until.ts";

const program = fileURLToPath(new URL("../../localexpert.mjs", import.meta.url));
const now = "2026-11-23T15:00:00.000Z";
const question = "what broke in geo in the last hour";
const patience = 60_000;

let home = "";
let telemetry = "";

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "localexpert-cli-"));
  telemetry = join(home, "telemetry");
  const incident = (await recordedIncidents()).find(({ name }) => name === "geo-store-down");
  if (incident === undefined) throw new Error("the recorded incident is missing");
  await shiftIncident(incident, telemetry, Date.parse(now));
});

afterAll(() => rm(home, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** The program in a process of its own, with a state folder of the test's and no settings of ours. */
function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  { detached = false } = {},
) {
  const { REDIS_URL: _url, LOCALEXPERT_CONFIG: _config, LOCALEXPERT_DEBUG: _debug, ...rest } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    cwd: home,
    env: { ...rest, LOCALEXPERT_STATE: join(home, "state"), ...environment },
    stdio: ["pipe", "pipe", "pipe"],
    detached,
  });
  const said = { output: "", errors: "" };
  child.stdout.on("data", (data) => (said.output += String(data)));
  child.stderr.on("data", (data) => (said.errors += String(data)));
  child.stdin.on("error", () => undefined);
  const ended = once(child, "close").then(([code]): Ended => ({ code: code as number | null, ...said }));
  return { child, said, ended };
}

async function run(
  args: readonly string[],
  { input = "", environment = {} }: { input?: string; environment?: Record<string, string> } = {},
): Promise<Ended> {
  const { child, ended } = start(args, environment);
  child.stdin.end(input);
  return ended;
}

/** Servers of this test's state folder. */
function privateServers(): string[] {
  return processes().filter((line) => line.includes("redis-server") && line.includes(home));
}

/** Each as "PID PARENT COMMAND". */
function processes(): string[] {
  return execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
}

/** The processes that `pid` started, and theirs. */
function descendants(pid: number): number[] {
  const all = processes().map((line) => line.trim().split(/ +/).map(Number));
  const childrenOf = (parent: number): number[] =>
    all.flatMap(([child = 0, of]) => (of === parent ? [child, ...childrenOf(child)] : []));
  return childrenOf(pid);
}

function ask(...options: string[]): string[] {
  return ["ask", question, "--source", telemetry, "--now", now, ...options];
}

describe("localexpert ask", { timeout: patience }, () => {
  it("prints one JSON object with the cause, and nothing else on standard output", async () => {
    const { code, output, errors } = await run(ask("--json"));

    const answer = JSON.parse(output);
    expect(code).toBe(0);
    expect(answer).toMatchObject({
      question,
      window: { start: "2026-11-23T14:00:00.000Z", end: now, from: "question" },
      scope: { services: ["geo"] },
      model: null,
    });
    expect(answer.causes[0]).toMatchObject({ rank: 1, service: "geo-store" });
    const ids = answer.evidence.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(expect.arrayContaining(answer.causes[0].evidence));
    expect(errors).toContain("Reading the question");
  });

  it("prints a thread with times in the asker's zone", async () => {
    const { code, output } = await run(ask("--time-zone", "Asia/Kolkata"));

    expect(code).toBe(0);
    expect(output).toContain("2026-11-23 19:30:00 to 20:30:00, Asia/Kolkata (UTC+05:30)");
    expect(output).not.toContain("\u001b");
  });

  it("sums a period up, for people and as JSON", { timeout: 180_000 }, async () => {
    const asked = ["ask", "sum up what broke in the last hour", "--source", telemetry, "--now", now];
    const [words, json] = await Promise.all([run(asked), run([...asked, "--json"])]);

    expect(words.code).toBe(0);
    expect(words.output).toMatch(/^\s*1 incident in 1 hour; not over at 15:00:00\./m);
    const summary = JSON.parse(json.output);
    expect(summary.period).toMatchObject({ start: "2026-11-23T14:00:00.000Z", end: now });
    expect(summary.incidents).toHaveLength(1);
    expect(summary.incidents[0].causes[0]).toMatchObject({ service: "geo-store" });
  });

  it("takes the default window where nobody can be asked, and says so", async () => {
    const { code, output } = await run(["ask", "what broke in geo", "--source", telemetry, "--now", now]);

    expect(code).toBe(0);
    expect(output).toContain("the default window");
  });

  it("answers a question of 100,000 characters", async () => {
    const long = `${question} `.padEnd(100_000, "and why oh why ");

    const { code, output } = await run(["ask", long, "--source", telemetry, "--now", now]);

    expect(code).toBe(0);
    expect(output.length).toBeLessThan(20_000);
  });

  // From the loading of the native library to the reading of telemetry: a thread torn down there once took all with it.
  it.each([0, 100, 200, 350, 500, 800])(
    "ends on Ctrl-C %i ms after its first line, with 130 unless it has answered, and leaves nothing behind",
    async (delayMs) => {
      const { child, said, ended } = start(ask());
      await until(() => said.errors.includes("Reading the question"));
      await sleep(delayMs);
      const started = descendants(child.pid ?? 0);

      child.kill("SIGINT");
      const { code, output, errors } = await ended;

      expect(errors).not.toMatch(/terminate called|Napi|\n {4}at /);
      // A fast machine has answered by the last of these delays.
      expect(output === "" ? [130] : [130, 0]).toContain(code);
      await until(() => privateServers().length === 0 && !started.some(isAlive));
    },
  );

  it("ends with 130 on Ctrl-C while telemetry is read, to every process of the terminal", async () => {
    const { child, said, ended } = start(ask(), {}, { detached: true });
    await until(() => said.errors.includes("Collecting") || child.exitCode !== null);

    // As a terminal does: to the whole group.
    process.kill(-(child.pid ?? 0), "SIGINT");
    const { code, errors } = await ended;

    expect(errors).not.toMatch(/terminate called|Napi|\n {4}at /);
    expect(code).toBe(130);
    await until(() => privateServers().length === 0);
  });

  it("takes a reader that goes away for no error", async () => {
    const { child, ended } = start(ask("--details"));
    child.stdout.destroy();

    const { code, errors } = await ended;

    expect(code).toBe(0);
    expect(errors).not.toContain("EPIPE");
  });
});

describe("localexpert incidents and forget", { timeout: patience }, () => {
  it("lists what was diagnosed, and forgets it with its diagnosis", async () => {
    const environment = { LOCALEXPERT_STATE: join(home, "memory") };
    const about = ["--source", telemetry, "--json"];
    await run(ask("--json"), { environment });

    const known = JSON.parse((await run(["incidents", ...about], { environment })).output);
    const gone = JSON.parse(
      (await run(["forget", "--id", known[0].questionId, ...about], { environment })).output,
    );
    const left = await run(["incidents", "--source", telemetry], { environment });

    expect(known).toMatchObject([{ service: "geo-store", questionId: expect.stringMatching(/^terminal-/) }]);
    expect(gone).toEqual(known);
    expect(left).toMatchObject({ code: 0, output: "No incident is remembered of this telemetry.\n" });
  });

  it("forgets nothing when it is not said what", async () => {
    const { code, errors } = await run(["forget", "--source", telemetry]);

    expect(code).toBe(2);
    expect(errors).toContain("--before");
  });
});

describe("localexpert cases", { timeout: 2 * patience }, () => {
  it("keeps what is said of an answer, lists it and exports it, and forgets it with the answer", async () => {
    const environment = { LOCALEXPERT_STATE: join(home, "cases") };
    const of = ["--source", telemetry];
    const folder = join(home, "exported");
    const input = "what broke on 2026-11-23 between 14:30 and 15:00\nthat was right\n";

    const talked = await run(["chat", ...of, "--time-zone", "UTC"], { input, environment });
    const known = JSON.parse((await run(["cases", ...of, "--json"], { environment })).output);
    const id = known[0].questionId;
    const corrected = await run(["cases", "--id", id, "--was", "geo", ...of], { environment });
    const exported = await run(["cases", "--export", folder, ...of], { environment });
    await run(["forget", "--id", id, ...of], { environment });
    const left = await run(["cases", ...of], { environment });

    expect(talked.output).toContain("Noted: it was geo-store. Thank you.");
    expect(known).toMatchObject([
      { service: "geo-store", said: [{ person: "operator", verdict: "confirmed", service: "geo-store" }] },
    ]);
    expect(corrected.output).toContain("geo; the answer says geo-store");
    expect(exported).toMatchObject({ code: 0, output: `Exported 1 case to ${folder}.\n` });
    expect(JSON.parse(await readFile(join(folder, "cases.json"), "utf8"))).toMatchObject([
      { id, root_cause: { service: "geo" } },
    ]);
    expect(left.output).toBe("Nobody has said of an answer whether it was right.\n");
  });

  it("says what is missing, and what is not saved", async () => {
    const half = await run(["cases", "--id", "q", "--source", telemetry]);
    const unknown = await run(["cases", "--id", "q", "--was", "geo", "--source", telemetry]);

    expect([half.code, unknown.code]).toEqual([2, 2]);
    expect(half.errors).toContain("--was");
    expect(unknown.errors).toContain("Nothing is saved under q");
  });
});

describe("bad input to localexpert", { timeout: patience }, () => {
  async function refused(args: readonly string[], environment: Record<string, string> = {}) {
    const plain = await run(args, { environment });
    expect(plain.output).toBe("");
    expect(plain.errors).not.toMatch(/\n {4}at /);
    const lines = plain.errors.trimEnd().split("\n");
    const first = lines.findIndex((line) => line.startsWith("error: "));
    expect(first).toBeGreaterThanOrEqual(0);
    return { code: plain.code, what: lines[first] ?? "", remedy: lines.slice(first + 1).join(" ") };
  }

  it("offers the nearest names for an unknown service", async () => {
    const { code, what, remedy } = await refused([
      "ask",
      "what broke in the billing service in the last hour",
      "--source",
      telemetry,
      "--now",
      now,
    ]);

    expect(code).toBe(2);
    expect(what).toContain('"billing"');
    expect(remedy).toContain("Nearest: ");
  });

  it.each([
    ["a window in the future", "what broke tomorrow"],
    ["a window of years", "what broke in the last 9 years"],
    ["an empty question", ""],
  ])("refuses %s", async (_what, text) => {
    const { code, remedy } = await refused(["ask", text, "--source", telemetry, "--now", now]);

    expect(code).toBe(2);
    expect(remedy).not.toBe("");
  });

  it("says what it is for when asked in emoji only", async () => {
    const { code, output } = await run(["ask", "🔥🔥🔥", "--source", telemetry, "--now", now]);

    expect(code).toBe(2);
    expect(output).toContain("Ask what broke");
  });

  it("refuses an empty folder, one that is not there, and a file that is no telemetry", async () => {
    const empty = join(home, "empty");
    const wrong = join(home, "wrong");
    await mkdir(join(wrong, "metrics"), { recursive: true });
    await mkdir(empty, { recursive: true });
    await writeFile(join(wrong, "metrics", "metrics.parquet"), "no parquet at all");

    for (const folder of [empty, join(home, "nowhere"), wrong]) {
      const { code, what } = await refused(["ask", question, "--source", folder, "--now", now]);
      expect(code).toBe(2);
      expect(what).toContain(folder);
    }
  });

  it("refuses a configuration that is missing or wrong, with every problem", async () => {
    const file = join(home, "wrong.yaml");
    await writeFile(file, "timeZone: Mars/Base\nworker: { processes: -1 }\n");

    const missing = await refused(["ask", question, "--config", join(home, "none.yaml")]);
    const checked = await refused(["config", "check", "--config", file]);

    expect(missing.code).toBe(3);
    expect(checked.code).toBe(3);
    expect(checked.remedy).toContain("timeZone");
    expect(checked.remedy).toContain("worker.processes");
  });

  it("says when no telemetry is named at all", async () => {
    expect((await refused(["ask", question])).code).toBe(3);
  });

  it("says that the operator's Redis is down", async () => {
    const { code, what } = await refused(ask(), { REDIS_URL: `redis://127.0.0.1:${await freePort()}` });

    expect(code).toBe(4);
    expect(what).toContain("Redis");
  });

  it("prints errors as one object with --json", async () => {
    const { code, output } = await run([
      "ask",
      "what broke tomorrow",
      "--source",
      telemetry,
      "--now",
      now,
      "--json",
    ]);

    expect(code).toBe(2);
    expect(JSON.parse(output)).toEqual({ error: { code: "window-invalid", message: expect.any(String) } });
  });

  it.each([
    ["--now", "yesterdayish"],
    ["--time-zone", "Mars/Base"],
    ["--format", "zip"],
  ])("refuses %s %s", async (option, value) => {
    const { code, what } = await refused(["ask", question, "--source", telemetry, option, value]);

    expect(code).toBe(2);
    expect(`${what}`).toMatch(/now|zone|format|ISO/i);
  });
});

describe("localexpert read", { timeout: patience }, () => {
  it("prints what was understood", async () => {
    const { code, output } = await run([
      "read",
      question,
      "--now",
      now,
      "--services",
      "geo,rate,mongodb-geo",
      "--json",
    ]);

    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      intent: "diagnose",
      window: { start: "2026-11-23T14:00:00.000Z", end: now },
      from: "question",
      services: ["geo"],
    });
  });

  it("says that no time was named", async () => {
    const { output } = await run(["read", "what broke in geo", "--services", "geo", "--json"]);

    expect(JSON.parse(output)).toMatchObject({ window: null, from: "ask" });
  });

  it("knows the services of a folder", async () => {
    const { output } = await run(["read", question, "--source", telemetry, "--json"]);

    expect(JSON.parse(output).services).toEqual(["geo"]);
  });
});

describe("localexpert demo", { timeout: patience }, () => {
  it("answers the given question and ends", async () => {
    const { code, output } = await run(["demo", "--question", question]);

    expect(code).toBe(0);
    expect(output).toMatch(/recorded from/);
    expect(output).toMatch(/geo-store .*likely the cause/);
  });

  it("lists the recorded incidents, and refuses one that is not among them", async () => {
    const listed = await run(["demo", "--list"]);
    const refused = await run(["demo", "--incident", "nowhere"]);

    expect(listed.code).toBe(0);
    expect(listed.output).toMatch(/^geo-store-down\n {2}\S/m);
    expect(refused.code).toBe(2);
    expect(refused.errors).toContain("geo-store-down, ");
  });

  it("answers the questions piped in after the first, and ends with them", async () => {
    const { code, output } = await run(["demo"], { input: "more\nwhat broke in the last 2 hours\n" });

    expect(code).toBe(0);
    expect(output.match(/^┃ what broke/gm)).toHaveLength(3);
    expect(output).toContain("What each method ranked");
  });
});

describe("localexpert health", { timeout: patience }, () => {
  it("finds nothing wrong, and says how new the telemetry is", async () => {
    const { code, output } = await run(["health", "--source", telemetry, "--json"]);

    const { ok, checks } = JSON.parse(output);
    expect(code).toBe(0);
    expect(ok).toBe(true);
    expect(checks.map(({ name }: { name: string }) => name)).toEqual(["Redis", telemetry]);
    expect(checks[1].newest.metrics).toMatch(/^2026-11-23T14:59/);
  });

  it("names what is wrong and goes on", async () => {
    const { code, output } = await run(["health", "--source", join(home, "nowhere")]);

    expect(code).toBe(2);
    expect(output).toMatch(/^ok +Redis/m);
    expect(output).toMatch(/^wrong +.*nowhere/m);
  });
});
