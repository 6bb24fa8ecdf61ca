import { appendFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { openFiles } from "../../../../connectors/files/index.ts";
import { describeSource } from "../../../contract/source.ts";
import {
  gauge,
  jsonLines,
  logsOf,
  metricsOf,
  nanos,
  otlpLog,
  otlpSpan,
  spansOf,
} from "../../../support/otlp.ts";
import { allTime, at, openTemporary, read, temporaryFolder, writeFolder } from "./folder.ts";

const live = () => new AbortController().signal;
const start = at("2026-11-23T10:00:00Z");
const services = ["frontend", "geo"];

/** Ten minutes, a span, a line and a sample of each service every ten seconds. */
function telemetry() {
  const times = Array.from({ length: 60 }, (_, index) => start + index * 10_000);
  return {
    traces: times.flatMap((t, index) =>
      services.map((service, k) => {
        const parent = k === 0 ? {} : { parentSpanId: "a1" };
        return spansOf(service, [
          otlpSpan({ traceId: `a${index}`, spanId: `a${k + 1}`, start: t + k, ...parent }),
        ]);
      }),
    ),
    logs: times.flatMap((t) => services.map((service) => logsOf(service, [otlpLog(t, `hello ${service}`)]))),
    metrics: times.flatMap((t) =>
      services.map((service) => metricsOf(service, [gauge("cpu", "%", t, (t / 1000) % 7)])),
    ),
  };
}

describeSource("The OTLP layout", async () => {
  const { traces, logs, metrics } = telemetry();
  const path = await writeFolder({
    "traces.json": jsonLines(traces),
    "rotated/logs-2026.jsonl.gz": gzipSync(jsonLines(logs)),
    "metrics.ndjson": jsonLines(metrics),
  });
  const connector = await openFiles({ type: "files", path });
  return {
    cases: connector.sources.map((source) => ({
      source,
      window: { start: start + 60_000, end: start + 180_000 },
      other: { start: start + 300_000, end: start + 360_000 },
      service: "geo",
    })),
    close: async () => {
      await connector.close();
      await rm(path, { recursive: true });
    },
  };
});

describe("The OTLP layout", () => {
  it("is recognized by what its files hold, whatever their names and though all are in one", async () => {
    const { traces, logs, metrics } = telemetry();
    const connector = await openTemporary({ "logs/otel.json": jsonLines([...traces, ...logs, ...metrics]) });

    const [spans, lines, series] = await Promise.all([
      read(connector, "trace", [allTime]),
      read(connector, "log", [allTime]),
      read(connector, "metric", [allTime]),
    ]);

    expect(connector.format).toBe("otlp");
    expect([spans.items.length, lines.items.length, series.items.length]).toEqual([120, 120, 2]);
    expect([...spans.gaps, ...lines.gaps, ...series.gaps]).toEqual([]);
    expect(series.items[0]?.key).toEqual({ service: "frontend", instance: "frontend-0", metric: "cpu" });
    expect(await connector.inventory.inventory(live())).toEqual({
      services,
      instances: services.map((service) => ({ service, instance: `${service}-0` })),
      extent: {
        metric: { start, end: start + 590_001 },
        log: { start, end: start + 590_001 },
        trace: { start, end: start + 590_002 },
      },
      declaredReference: { metric: [], log: [], trace: [] },
      topology: null,
      gaps: [],
    });
  });

  it("gives spans with hexadecimal ids, their status and whole microseconds", async () => {
    const span = {
      ...otlpSpan({ traceId: "aB", spanId: "1", parentSpanId: "2", start, error: true }),
      startTimeUnixNano: "1795428000123456789",
      endTimeUnixNano: "1795428000124456790",
    };
    const base64 = {
      ...span,
      traceId: "AAAAAAAAAAAAAAAAAAAAqw==",
      spanId: "AAAAAAAAAAM=",
      parentSpanId: "",
      status: { code: "STATUS_CODE_OK" },
    };
    const connector = await openTemporary({ "x.json": jsonLines([spansOf("geo", [span, base64])]) });

    const { items } = await read(connector, "trace", [allTime]);

    expect(items).toEqual([
      {
        traceId: "000000000000000000000000000000ab",
        spanId: "0000000000000001",
        parentId: "0000000000000002",
        service: "geo",
        instance: "geo-0",
        operation: "GET /hotels",
        start: 1795428000123.456,
        durationMs: 1.000001,
        status: "error",
      },
      expect.objectContaining({
        traceId: "000000000000000000000000000000ab",
        spanId: "0000000000000003",
        parentId: null,
        status: "ok",
      }),
    ]);
  });

  it("gives log lines with their level, the time of observation where they have none, and maps as JSON", async () => {
    const map = {
      kvlistValue: {
        values: [
          { key: "msg", value: { stringValue: "no\u0007\nservers" } },
          { key: "n", value: { intValue: "3" } },
        ],
      },
    };
    const connector = await openTemporary({
      "x.jsonl": jsonLines([
        logsOf("geo", [
          otlpLog(start, "plain", {
            severityNumber: 17,
            traceId: "0000000000000000000000000000000a",
            spanId: "0000000000000001",
          }),
          otlpLog(start, map, { timeUnixNano: "0", severityText: "Warning", severityNumber: 13 }),
          otlpLog(start + 10, "unset", { severityNumber: 0 }),
        ]),
      ]),
    });

    const { items } = await read(connector, "log", [allTime]);

    expect(
      items.map(({ t, level, body, traceId, spanId }) => [t - start, level, body, traceId, spanId]),
    ).toEqual([
      [0, "ERROR", "plain", "0000000000000000000000000000000a", "0000000000000001"],
      [5, "Warning", '{"msg":"no\\u0007\\nservers","n":3}', null, null],
      [10, null, "unset", null, null],
    ]);
  });

  it("counts and names what it cannot read, and uses the rest", async () => {
    const good = otlpSpan({ traceId: "1", spanId: "1", start });
    const connector = await openTemporary({
      "traces.json": [
        JSON.stringify(spansOf("geo", [good])),
        "",
        '{"resourceSpans": 7}',
        "no json",
        JSON.stringify(spansOf("geo", [{ ...good, traceId: "" }, { ...good, endTimeUnixNano: "1" }, 7])),
        JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [good, good] }] }] }),
        JSON.stringify(spansOf("geo", [otlpSpan({ traceId: "1", spanId: "2", start })])).slice(0, -9),
      ].join("\n"),
    });

    const { items, gaps } = await read(connector, "trace", [allTime]);

    expect(items.map(({ spanId }) => spanId)).toEqual(["0000000000000001"]);
    expect(gaps).toEqual([
      {
        from: "test traces",
        reason: "broken-rows",
        detail:
          "7 lines or items of traces.json could not be read: first at line 3: it is no OTLP message in JSON.",
      },
      {
        from: "test traces",
        reason: "broken-rows",
        detail: "traces.json ends in the middle of a line, which was left out: it may still be written.",
      },
    ]);
  });

  it("says that a compressed file was cut off", async () => {
    const whole = gzipSync(jsonLines(telemetry().traces));
    const connector = await openTemporary({
      "traces.jsonl.gz": whole.subarray(0, whole.length - 40),
    });

    const { items, gaps } = await read(connector, "trace", [allTime]);

    expect(items.length).toBeGreaterThan(0);
    expect(gaps.map(({ detail }) => detail)).toContain(
      "traces.jsonl.gz could be read only in part: it was cut off.",
    );
  });

  it("sees what was appended since the last question", async () => {
    const [first, ...rest] = telemetry().logs.map((message) => JSON.stringify(message));
    const path = await temporaryFolder({ "logs.json": `${first}\n${rest[0]?.slice(0, 30)}` });
    const connector = await openFiles({ type: "files", path });
    onTestFinished(() => connector.close());

    const before = await read(connector, "log", [allTime]);
    await appendFile(join(path, "logs.json"), `${rest[0]?.slice(30)}\n${rest.slice(1).join("\n")}`);
    const after = await read(connector, "log", [allTime]);

    expect([before.items.length, before.gaps.length]).toEqual([1, 1]);
    expect([after.items.length, after.gaps]).toEqual([120, []]);
  });

  it("gives the rate at the start of a window, from the point before it", async () => {
    const point = (seconds: number) => ({
      startTimeUnixNano: nanos(start),
      timeUnixNano: nanos(start + seconds * 1000),
      asInt: String(seconds * 3),
    });
    const counter = (seconds: number) => ({
      name: "calls",
      sum: { dataPoints: [point(seconds)], aggregationTemporality: 2, isMonotonic: true },
    });
    const connector = await openTemporary({
      "m.json": jsonLines([10, 20, 30, 40].map((seconds) => metricsOf("geo", [counter(seconds)]))),
    });

    const { items } = await read(connector, "metric", [{ start: start + 20_000, end: start + 40_000 }]);

    expect(items.map(({ key, samples }) => [key.metric, [...samples.v]])).toEqual([["calls rate", [3, 3]]]);
  });
});
