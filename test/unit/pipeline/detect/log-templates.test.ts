import { describe, expect, it } from "vitest";
import { isIrrelevant } from "../../../../pipeline/detect/irrelevant-lines.ts";
import { logLevel } from "../../../../pipeline/detect/log-level.ts";
import { logTemplates } from "../../../../pipeline/detect/log-templates.ts";
import type { LogLine } from "../../../../pipeline/types.ts";
import { line, sliceOf } from "./inputs.ts";

const repeated = (body: string, count: number, at: number, more: Partial<LogLine> = {}) =>
  Array.from({ length: count }, (_, i) => line(`${body} ${i}`, { t: at + 100 * i, ...more }));
const steady = (at: number) => [
  ...repeated("served request", 200, at),
  ...repeated("cache hit for key", 100, at),
  ...repeated("read hotels near", 60, at, { service: "rate" }),
  ...repeated("price of hotel is", 60, at, { service: "search" }),
];
const find = (window: readonly LogLine[], reference: readonly LogLine[] = steady(0)) =>
  logTemplates.detect(sliceOf({ logs: { reference, window, isSampled: false } }));

describe("log-templates", () => {
  it("finds nothing where lines keep their numbers, or where one side is empty", () => {
    expect(find(steady(1_000_000))).toEqual([]);
    expect(find([])).toEqual([]);
    expect(find(steady(1_000_000), [])).toEqual([]);
  });

  it("keeps the normal lines of the service just before the first one", () => {
    const errors = repeated("panic: no reachable servers after ms", 8, 1_003_050);

    const [first] = find([...steady(1_000_000), ...errors].sort((a, b) => a.t - b.t));

    expect(first!.context).toEqual(["cache hit for key 29", "served request 30", "cache hit for key 30"]);
  });

  it("tells twelve templates of a service, and with the last of them how many more there are", () => {
    const words = ["alpha", "bravo", "carol", "delta", "ember", "fjord", "grain", "hotel", "index", "jolly"];
    const more = ["kayak", "lemon", "mango", "nylon", "olive"];
    const found = find([
      ...steady(1_000_000),
      ...[...words, ...more].flatMap((word, i) =>
        repeated(`${word} broke ${word} of ${word}`, 40, 1_100_000 + 5_000 * i),
      ),
    ]).filter(({ service }) => service === "geo");

    expect(found).toHaveLength(12);
    expect(found.map(({ leftOut }) => leftOut ?? 0)).toEqual([...Array(11).fill(0), 3]);
  });

  it("reports new errors first, with level, count, times and examples", () => {
    const errors = repeated("panic: no reachable servers after ms", 8, 1_500_000);

    const [first] = find([
      ...steady(1_000_000),
      ...repeated("shard moved to node", 80, 1_200_000),
      ...errors,
    ]);

    expect(first).toMatchObject({
      kind: "new",
      service: "geo",
      instance: "geo-0",
      level: "FATAL",
      template: "panic: no reachable servers after ms <*>",
      count: 8,
      expected: 0,
      start: 1_500_000,
      end: 1_500_700,
      examples: ["panic: no reachable servers after ms 0", "panic: no reachable servers after ms 7"],
    });
  });

  it("reports vanished and fewer and more lines, but no small changes", () => {
    const changed = [
      ...repeated("served request", 200, 1_000_000),
      ...repeated("cache hit for key", 15, 1_000_000),
      ...repeated("price of hotel is", 60, 1_000_000, { service: "search" }),
      ...repeated("read hotels near", 400, 1_000_000, { service: "rate" }),
    ];

    expect(find(changed).map(({ kind, service }) => [kind, service])).toEqual([
      ["more", "rate"],
      ["fewer", "geo"],
    ]);
    const without = changed.filter(({ body }) => !body.startsWith("cache"));
    expect(find(without)).toContainEqual(
      expect.objectContaining({
        kind: "vanished",
        template: "cache hit for key <*>",
        count: 0,
        examples: [],
      }),
    );
  });

  it("scales what is expected to the load", () => {
    expect(find([...steady(1_000_000), ...steady(1_050_000), ...steady(1_100_000)])).toEqual([]);
  });

  it("does not take one or two new lines for news when the reference is small", () => {
    const small = repeated("served request", 5, 0);

    expect(
      find([...repeated("served request", 5, 1_000_000), ...repeated("slow query", 2, 1_000_000)], small),
    ).toEqual([]);
  });

  it("strips control characters from examples and cuts them", () => {
    const dirty = Array.from({ length: 9 }, () =>
      line(`error \u001b[31mred\u001b[0m\u0000\u202e ${"x".repeat(900)}`),
    );

    const [found] = find([...steady(1_000_000), ...dirty]);

    expect(found?.examples[0]).toHaveLength(300);
    expect(found?.examples[0]?.startsWith("error red xxx")).toBe(true);
  });
});

describe("logLevel", () => {
  it.each([
    ["error", "fine words", "error"],
    ["WARNING", "fine words", "warn"],
    [null, "2023-01-01 [ERROR] disk", "error"],
    [null, "panic: no reachable servers", "fatal"],
    [null, "java.lang.IllegalStateException: closed", "error"],
    [null, "dial tcp: connection refused", "error"],
    [null, "finished with errors: 0, error: null", "info"],
    ["INFO", "an exception was handled", "info"],
    [null, "served request", "info"],
  ])("reads %s and %j as %s", (level, body, expected) => {
    expect(logLevel(level, body)).toBe(expected);
  });
});

describe("isIrrelevant", () => {
  it.each([
    "",
    "  ",
    "-----====-----",
    "\tat com.geo.Store.read(Store.java:12)",
    'GET /healthz HTTP/1.1" 200',
  ])("leaves %j out", (body) => {
    expect(isIrrelevant(body)).toBe(true);
  });

  it.each(["GET /healthz 503", "GET /hotels/5 200", "Liveness probe failed: GET /live", "a"])(
    "keeps %j",
    (body) => {
      expect(isIrrelevant(body)).toBe(false);
    },
  );
});
