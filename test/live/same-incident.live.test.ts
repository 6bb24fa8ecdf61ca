import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openToolbox } from "../../compose.ts";
import { SourceOptions } from "../../connectors/index.ts";
import { diagnose } from "../../pipeline/diagnose.ts";
import type { Diagnosis } from "../../pipeline/diagnosis.ts";
import { PipelineOptions } from "../../pipeline/options.ts";
import { jaegerServer } from "../fakes/jaeger-server.ts";
import { lokiServer } from "../fakes/loki-server.ts";
import {
  type IncidentTelemetry,
  incidentMetrics,
  metricEntries,
  movedBy,
  pushDocuments,
  pushLines,
  pushSpans,
  readIncident,
} from "../support/incident-telemetry.ts";
import { findProgram, freePort } from "../support/programs.ts";
import { startPrometheus } from "../support/prometheus.ts";

const { ELASTICSEARCH_URL, LOKI_URL, JAEGER_URL, JAEGER_OTLP_URL } = process.env;
const hasServers = [LOKI_URL, JAEGER_URL, JAEGER_OTLP_URL].every((url) => url !== undefined);
const hasPrometheus = findProgram("prometheus") !== null && findProgram("promtool") !== null;
if (!hasPrometheus)
  process.stdout.write("skipped: one incident through backends, since no prometheus is installed\n");
const how = hasServers ? "real Loki and Jaeger" : "servers of their form (LOKI_URL and JAEGER_URL name none)";

const text = "what broke in geo in the last 15 minutes";
/** The service that dies for want of its store is no cause. */
const rootCause = "geo-store";
const patience = 120_000;
type Kind = "metrics" | "logs" | "traces";

describe.skipIf(!hasPrometheus)(
  `one incident, through files, and through a real Prometheus and ${how},`,
  () => {
    const run = `incident-${process.pid}`;
    const closers: (() => Promise<unknown>)[] = [];
    const answers: string[] = [];
    let told: IncidentTelemetry;
    let urls: Record<Kind, string> = { metrics: "", logs: "", traces: "" };
    let nobody = "";

    beforeAll(async () => {
      const recorded = await readIncident("geo-store-down");
      // Backends keep what is recent: the incident is told as of now.
      told = hasServers ? movedBy(recorded, Math.floor(Date.now() - 120_000 - recorded.askedAt)) : recorded;
      const folder = await mkdtemp(join(tmpdir(), "localexpert-incident-"));
      const times = { start: told.askedAt, end: told.askedAt, stepMs: 15_000 };
      const prometheus = await startPrometheus(folder, incidentMetrics(told), times);
      closers.push(
        () => Promise.resolve(prometheus[Symbol.asyncDispose]()),
        () => rm(folder, { recursive: true, force: true }),
      );
      urls = { metrics: prometheus.url, ...(await logsAndTraces()) };
      nobody = `http://127.0.0.1:${await freePort()}`;
    }, patience);

    async function logsAndTraces(): Promise<{ logs: string; traces: string }> {
      if (LOKI_URL !== undefined && JAEGER_URL !== undefined && JAEGER_OTLP_URL !== undefined) {
        await pushLines(LOKI_URL, told, run);
        await pushSpans(JAEGER_OTLP_URL, told);
        return { logs: LOKI_URL, traces: JAEGER_URL };
      }
      const logs = await lokiServer(told.lines, run);
      const traces = await jaegerServer(told.spans);
      closers.push(logs.close, traces.close);
      return { logs: logs.url, traces: traces.url };
    }

    afterAll(async () => {
      for (const close of closers) await close();
      process.stdout.write(`one incident, over ${how}:\n${answers.join("\n")}\n`);
    });

    function backends(off: Kind | null): SourceOptions[] {
      const at = (kind: Kind) => ({
        url: kind === off ? nobody : urls[kind],
        name: `the ${kind}`,
        timeoutSeconds: 60,
      });
      const entries = { presets: [], metrics: metricEntries(told) };
      return [
        SourceOptions.parse({ type: "prometheus", ...at("metrics"), ...entries }),
        SourceOptions.parse({ type: "loki", ...at("logs"), selector: { run } }),
        SourceOptions.parse({ type: "jaeger", ...at("traces") }),
      ];
    }

    async function ask(title: string, sources: SourceOptions[], of: IncidentTelemetry): Promise<Diagnosis> {
      const toolbox = await openToolbox({ sources, faultFree: [...of.faultFree] });
      try {
        const question = { id: "q", text, askedAt: of.askedAt, timeZone: "UTC", askedWindow: null };
        const diagnosis = await diagnose(
          question,
          toolbox,
          PipelineOptions.parse({}),
          new AbortController().signal,
        );
        const { verdict, causes, gaps } = diagnosis;
        const first = causes
          .map(({ service, confidence }) => `${service} (${confidence.toFixed(2)})`)
          .slice(0, 3);
        answers.push(
          `  ${title}: ${verdict}; ${first.join(", ")}; unseen: ${gaps.map(({ from, reason }) => `${from} ${reason}`).join(", ")}`,
        );
        return diagnosis;
      } finally {
        await toolbox.close();
      }
    }

    it("has one root cause through files and through backends", { timeout: patience }, async () => {
      const recorded = await readIncident("geo-store-down");
      const files = await ask("files", [{ type: "files", path: recorded.folder }], recorded);
      const network = await ask("backends", backends(null), told);

      expect(files.causes[0]?.service).toBe(rootCause);
      expect(network.causes[0]?.service).toBe(rootCause);
      expect(network.gaps).toEqual(files.gaps);
    });

    // Only metrics tell that there is a store: without them the nearest that is known is who dies for want of it.
    it.each([
      ["metrics", "geo"],
      ["logs", rootCause],
      ["traces", rootCause],
    ] as const)(
      "without its %s has %s as its root cause, and says what it could not see",
      { timeout: patience },
      async (off, first) => {
        const { causes, gaps } = await ask(`backends without ${off}`, backends(off), told);

        expect(
          gaps.filter(({ from }) => from.startsWith(`the ${off}`)).map(({ reason }) => reason),
        ).toContain("unreachable");
        expect(causes[0]?.service).toBe(first);
      },
    );

    it.skipIf(ELASTICSEARCH_URL === undefined)(
      "has the same root cause with its logs in Elasticsearch or OpenSearch",
      { timeout: patience },
      async () => {
        const url = ELASTICSEARCH_URL ?? "";
        await pushDocuments(url, `logs-${run}`, told);
        const elastic = SourceOptions.parse({
          type: "elasticsearch",
          url,
          index: `logs-${run}`,
          name: "the logs",
        });
        const others = backends(null).filter(({ type }) => type !== "loki");

        const { causes } = await ask("backends, logs in Elasticsearch's API", [...others, elastic], told);

        expect(causes[0]?.service).toBe(rootCause);
      },
    );
  },
);
