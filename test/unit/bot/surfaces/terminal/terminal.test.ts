import { PassThrough, Writable } from "node:stream";
import { WriteStream } from "node:tty";
import { afterEach, describe, expect, it, vi } from "vitest";
import { renderReply } from "../../../../../bot/reply.ts";
import { type TerminalOptions, terminal } from "../../../../../bot/surfaces/terminal/terminal.ts";
import { geoDiagnosis } from "../../../../fakes/geo-diagnosis.ts";

const sending = { key: "q1", mayHaveLanded: false };

function screen() {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return Object.assign(stream, { text: () => text });
}

function open(typed: string, changes: Partial<TerminalOptions> = {}) {
  const output = screen();
  const errors = screen();
  const input = new PassThrough();
  input.end(typed);
  const surface = terminal({
    input,
    output,
    errors,
    timeZone: "UTC",
    now: () => 1,
    stopwatch: () => 0,
    newId: () => "terminal-1",
    answers: "print",
    hint: "",
    onInterrupt: () => undefined,
    ...changes,
  });
  return { surface, output, errors };
}

afterEach(() => void vi.unstubAllEnvs());

const thread = { surface: "terminal", thread: "terminal" };

describe("the terminal", () => {
  it("hands over each line once, in order, and stops at exit", async () => {
    const heard: string[] = [];
    const { surface } = open("one\n\n  \ntwo\nexit\nthree\n");

    await surface.start(async ({ text }) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      heard.push(text);
    });

    expect(heard).toEqual(["one", "two"]);
  });

  it("ends at the end of its input", async () => {
    const heard: string[] = [];
    const { surface } = open("last line without a break");

    await surface.start(async ({ text }) => void heard.push(text));

    expect(heard).toEqual(["last line without a break"]);
  });

  it("says once what is found before the answer is made, and then the answer", async () => {
    const { surface, output, errors } = open("");
    const found = "geo comes first in the ranking.";
    const stages = [{ name: "consult", state: "started", detail: "" }] as const;

    const message = await surface.post(thread, { kind: "progress", stages, found }, sending);
    await surface.update(message, { kind: "progress", stages, found }, sending);
    await surface.update(message, renderReply(geoDiagnosis()), sending);

    const line = `First finding, may still change: ${found}\n`;
    expect(errors.text().split(line)).toHaveLength(2);
    expect(output.text()).toContain("geo (instance geo-1) is very likely the cause");
    expect(output.text()).not.toContain("First finding");
  });

  it("takes the number of a choice for its text, once", async () => {
    const heard: string[] = [];
    const { surface } = open("2\n2\n");
    await surface.post(
      thread,
      {
        kind: "time-request",
        text: "When?",
        choices: [
          { label: "a", text: "in the last a" },
          { label: "b", text: "in the last b" },
        ],
      },
      sending,
    );

    await surface.start(async ({ text }) => void heard.push(text));

    expect(heard).toEqual(["in the last b", "2"]);
  });

  it("keeps progress and errors off the output", async () => {
    const { surface, output, errors } = open("");

    const message = await surface.post(thread, { kind: "progress", stages: [] }, sending);
    await surface.update(
      message,
      {
        kind: "progress",
        stages: [{ name: "collect", state: "done", detail: "12 \u001b[31mseries" }],
      },
      sending,
    );
    await surface.update(
      message,
      { kind: "failure", code: null, what: "It broke.", remedy: "Report it." },
      sending,
    );

    expect(output.text()).toBe("");
    expect(errors.text()).toBe(
      "Collecting telemetry …  0.0 s\n  12 series\nerror: It broke.\n  Report it.\n",
    );
  });

  it("writes each stage once where lines cannot be redrawn", async () => {
    const { surface, errors } = open("");
    const started = { name: "read", state: "started", detail: "" } as const;
    const message = await surface.post(thread, { kind: "progress", stages: [started] }, sending);

    await surface.update(message, { kind: "progress", stages: [started] }, sending);
    await surface.update(
      message,
      {
        kind: "progress",
        stages: [{ ...started, state: "done", detail: "geo" }],
      },
      sending,
    );

    expect(errors.text()).toBe("Reading the question …  0.0 s\n  geo\n");
  });

  it("prints answers without colours where the output is no terminal", async () => {
    const { surface, output } = open("");

    await surface.post(thread, renderReply(geoDiagnosis()), sending);

    expect(output.text()).toContain("geo (instance geo-1) is very likely the cause");
    expect(output.text()).not.toContain("\u001b");
  });

  it.each([
    ["1", false],
    [undefined, true],
  ])("colours a terminal unless NO_COLOR is %s", async (noColor, coloured) => {
    vi.stubEnv("FORCE_COLOR", undefined);
    // Node takes the terminals of build servers for colourless.
    vi.stubEnv("CI", undefined);
    vi.stubEnv("NO_COLOR", noColor);
    vi.stubEnv("TERM", "xterm-256color");
    const { getColorDepth } = WriteStream.prototype;
    const output = Object.assign(screen(), { isTTY: true, columns: 100, getColorDepth });
    const { surface } = open("", { output });

    await surface.post(thread, renderReply(geoDiagnosis()), sending);

    expect(output.text().includes("\u001b[")).toBe(coloured);
  });

  it("prints no answer when the caller does", async () => {
    const { surface, output } = open("", { answers: "quiet" });

    await surface.post(thread, renderReply(geoDiagnosis()), sending);

    expect(output.text()).toBe("");
    expect(surface.canAsk).toBe(false);
  });
});
