import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startTelemetry } from "../../../testbed/telemetry.ts";

const identity = { service: "geo", instance: "geo-0", file: "geo-0", version: "1.0.0" };

async function recorded(before: (folder: string) => Promise<void> = async () => undefined) {
  const folder = await mkdtemp(join(tmpdir(), "localexpert-recording-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await before(folder);
  const problems: string[] = [];
  const options = { folder, metricStepMs: 60_000, traceShare: 1, writesOtlp: true, endpoint: null };
  const telemetry = startTelemetry(identity, options, (problem) => problems.push(problem));
  return { folder, telemetry, problems };
}

describe("startTelemetry", () => {
  it("writes spans, logs and metrics in the project's layout and as OTLP JSON", async () => {
    const { folder, telemetry, problems } = await recorded();

    const span = telemetry.tracer.startSpan('a "quoted", name');
    span.end();
    telemetry.log("ERROR", "panic: no reachable servers", 1_700_000_000_123);
    telemetry.meter.createCounter("requests", { unit: "requests" }).add(2);
    await telemetry.close();

    const { traceId, spanId } = span.spanContext();
    const [header, row] = (await readFile(join(folder, "telemetry/spans/geo-0.csv"), "utf8")).split("\n");
    expect(header).toBe("trace_id,span_id,parent_id,service,instance,operation,start,duration,status");
    expect(row).toMatch(
      new RegExp(`^${traceId},${spanId},,geo,geo-0,"a ""quoted"", name",\\d{16},\\d+\\.\\d{3},ok$`),
    );
    expect(JSON.parse(await readFile(join(folder, "telemetry/logs/geo-0.jsonl"), "utf8"))).toEqual({
      time: 1_700_000_000_123_000,
      service: "geo",
      instance: "geo-0",
      level: "ERROR",
      body: "panic: no reachable servers",
    });
    expect(await readFile(join(folder, "telemetry/metrics/geo-0.csv"), "utf8")).toMatch(
      /^time,service,instance,metric,value,unit\n\d{13},geo,geo-0,requests_total,2,requests\n$/,
    );
    for (const [signal, root] of [
      ["traces", "resourceSpans"],
      ["logs", "resourceLogs"],
      ["metrics", "resourceMetrics"],
    ] as const) {
      expect(JSON.parse(await readFile(join(folder, `otlp/geo-0-${signal}.jsonl`), "utf8"))).toHaveProperty(
        root,
      );
    }
    expect(problems).toEqual([]);
  });

  it("goes on in the file of the process before", async () => {
    const first = await recorded();
    first.telemetry.log("INFO", "one");
    await first.telemetry.close();

    const options = {
      folder: first.folder,
      metricStepMs: 60_000,
      traceShare: 1,
      writesOtlp: false,
      endpoint: null,
    };
    const second = startTelemetry(identity, options, () => undefined);
    second.log("INFO", "two");
    await second.close();

    const lines = (await readFile(join(first.folder, "telemetry/logs/geo-0.jsonl"), "utf8"))
      .trim()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line).body)).toEqual(["one", "two"]);
  });

  it.skipIf(!existsSync("/dev/full"))("says that the disk is full", async () => {
    const { telemetry, problems } = await recorded(async (folder) => {
      await mkdir(join(folder, "telemetry", "logs"), { recursive: true });
      await symlink("/dev/full", join(folder, "telemetry", "logs", "geo-0.jsonl"));
    });

    telemetry.log("INFO", "lost");
    await telemetry.close();

    expect(problems).toEqual([expect.stringContaining("ENOSPC")]);
  });
});
