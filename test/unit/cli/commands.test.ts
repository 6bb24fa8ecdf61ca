import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type Commands, runCommand } from "../../../cli/commands.ts";
import { exitCodeOf, type Shell } from "../../../cli/shell.ts";
import { errorCodes } from "../../../pipeline/errors.ts";

/** Commands that keep what they were called with, and a shell that keeps what was printed. */
function recorded() {
  const calls: unknown[] = [];
  const printed = { output: "", errors: "" };
  const screen = (name: "output" | "errors") =>
    new Writable({
      write(chunk, _encoding, done) {
        printed[name] += String(chunk);
        done();
      },
    });
  const shell: Shell = {
    input: new PassThrough(),
    output: screen("output"),
    errors: screen("errors"),
    signal: new AbortController().signal,
    interrupt: () => undefined,
    now: () => 0,
    stopwatch: () => 0,
  };
  const keep =
    (name: string) =>
    async (...given: unknown[]) => {
      calls.push([name, ...given.slice(0, -1)]);
      return 0;
    };
  const commands: Commands = {
    ask: keep("ask"),
    read: keep("read"),
    health: keep("health"),
    demo: keep("demo"),
    fit: keep("fit"),
    bench: keep("bench"),
    configCheck: keep("configCheck"),
    incidents: keep("incidents"),
    forget: keep("forget"),
    cases: keep("cases"),
    replay: keep("replay"),
    chat: keep("chat"),
    start: keep("start"),
    schedule: keep("schedule"),
    teamsPackage: keep("teamsPackage"),
  };
  return { calls, printed, run: (...argv: string[]) => runCommand(argv, shell, commands) };
}

describe("the command line", () => {
  it("hands what to list and to forget to the memory of incidents", async () => {
    const { calls, run } = recorded();

    await run("incidents", "--service", "geo");
    await run("forget", "--before", "2026-11-01");
    await run("cases", "--id", "q", "--was", "geo", "--export", "f");

    expect(calls).toEqual([
      ["incidents", { service: "geo", limit: 20 }],
      ["forget", { before: "2026-11-01" }],
      ["cases", { id: "q", was: "geo", export: "f" }],
    ]);
  });

  it("hands the question and its options to ask", async () => {
    const { calls, run } = recorded();

    const code = await run(
      ..."ask what_broke --source ./t --format nezha --now 2026-11-23T15:20:30Z --time-zone Asia/Tokyo --json".split(
        " ",
      ),
    );

    expect(code).toBe(0);
    expect(calls).toEqual([
      [
        "ask",
        "what_broke",
        { source: "./t", format: "nezha", now: "2026-11-23T15:20:30Z", timeZone: "Asia/Tokyo", json: true },
      ],
    ]);
  });

  it("hands each other command its options", async () => {
    const { calls, run } = recorded();

    await run("read", "text", "--services", "a,b");
    await run("health", "--json");
    await run("demo", "--question", "q");
    await run("bench", "--cases", "a", "b", "--limit", "3");
    await run("config", "check", "--config", "x.yaml");
    await run("chat", "--source", "./t");
    await run("start", "--role", "worker");
    await run("start");
    await run("schedule", "weekdays", "9:00", "--channel", "C1");

    expect(calls).toEqual([
      ["read", "text", { services: "a,b" }],
      ["health", { json: true }],
      ["demo", { question: "q" }],
      ["bench", { cases: ["a", "b"], limit: 3 }],
      ["configCheck", { config: "x.yaml" }],
      ["chat", { source: "./t" }],
      ["start", { role: "worker" }],
      ["start", { role: "all" }],
      ["schedule", ["weekdays", "9:00"], { channel: "C1" }],
    ]);
  });

  it.each([
    [["ask"], "missing required argument"],
    [["ask", "x", "--surce", "y"], "unknown option '--surce'"],
    [["aks", "x"], "unknown command 'aks'"],
    [["bench"], "required option '--cases"],
    [["bench", "--cases", "x", "--limit", "none"], "whole number"],
    [["ask", "x", "y"], "too many arguments"],
    [["start", "--role", "boss"], "Allowed choices are all, bot, worker"],
  ])("refuses %j with exit code 2, why, and where to read on", async (argv, why) => {
    const { calls, printed, run } = recorded();

    expect(await run(...argv)).toBe(2);
    expect(printed.errors).toContain(why);
    expect(printed.errors).toContain("--help");
    expect(calls).toEqual([]);
  });

  it("guesses what was meant", async () => {
    const { printed, run } = recorded();

    await run("ask", "x", "--surce", "y");

    expect(printed.errors).toContain("Did you mean --source?");
  });

  it.each(["ask", "read", "health", "demo", "bench", "config check"])(
    "shows help with examples for %s",
    async (name) => {
      const { printed, run } = recorded();

      expect(await run(...name.split(" "), "--help")).toBe(0);
      expect(printed.output).toContain(`Usage: localexpert ${name}`);
      expect(printed.output).toMatch(/Examples:\n {2}localexpert /);
    },
  );

  it("prints its version", async () => {
    const { printed, run } = recorded();

    expect(await run("--version")).toBe(0);
    expect(printed.output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("passes a question of 100,000 characters on as it is", async () => {
    const { calls, run } = recorded();
    const text = "why 🔥 ".repeat(14_286);

    await run("ask", text);

    expect(calls).toEqual([["ask", text, {}]]);
  });
});

it("has an exit code for every error, none of them success or bug", () => {
  for (const code of Object.keys(errorCodes) as (keyof typeof errorCodes)[]) {
    expect([2, 3, 4, 130]).toContain(exitCodeOf(code));
  }
});
