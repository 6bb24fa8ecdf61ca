import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sourceCheck } from "../../cli/source-check.ts";
import { SourceOptions } from "../../connectors/index.ts";
import { findProgram } from "../support/programs.ts";
import { startPrometheus } from "../support/prometheus.ts";

const stepMs = 15_000;
const end = Math.floor(Date.now() / stepMs) * stepMs;
const has = findProgram("prometheus") !== null && findProgram("promtool") !== null;

describe.skipIf(!has)("the health of a real Prometheus", () => {
  it("is its version, latency, services and newest data, and what is odd in words", async () => {
    const folder = await mkdtemp(join(tmpdir(), "localexpert-health-"));
    const up = { metric: "up", labels: { job: "geo" }, value: () => 1 };
    const server = await startPrometheus(folder, [up], { start: end - 600_000, end, stepMs });
    const check = (options: object, minutesLater = 0) =>
      sourceCheck(
        { sources: [SourceOptions.parse({ type: "prometheus", url: server.url, ...options })] },
        {
          signal: new AbortController().signal,
          now: () => end + minutesLater * 60_000,
          stopwatch: () => performance.now(),
        },
      );

    try {
      const fine = await check({});
      expect(fine).toMatchObject({ ok: true, services: 1, about: expect.stringMatching(/^Prometheus 2/) });
      expect(fine.newest?.metrics).toBe(new Date(end - stepMs).toISOString());
      expect(fine.detail).toMatch(
        /^Prometheus \S+; answers in \d+ ms; 1 service; metrics up to \S+, logs none, traces none$/,
      );
      expect((await check({}, 60)).detail).toMatch(/Its newest data is \d+ minutes old/);
      expect((await check({ selector: { job: "none" } })).detail).toMatch(
        /knows no service: check its selector/,
      );
      await expect(check({ url: `${server.url}/elsewhere` })).rejects.toMatchObject({
        code: "source-invalid",
        message: expect.stringMatching(/knows no such path/),
      });
    } finally {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
