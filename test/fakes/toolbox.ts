import { loadPrompts } from "../../connectors/prompts/prompt-files.ts";
import type { Inventory, Source, Toolbox } from "../../pipeline/ports.ts";
import type { Gap, LogLine, RawSeries, Span, TimeWindow } from "../../pipeline/types.ts";

/** What a fake telemetry system holds; `fails` makes that source reject with the error given. */
export interface FakeTelemetry {
  readonly metrics?: readonly RawSeries[];
  readonly logs?: readonly LogLine[];
  readonly spans?: readonly Span[];
  readonly services?: readonly string[];
  readonly declared?: Partial<Inventory["declaredReference"]>;
  readonly edges?: NonNullable<Inventory["topology"]>["edges"];
  readonly gaps?: readonly Gap[];
  readonly fails?: Partial<Record<"metric" | "log" | "trace" | "inventory", Error>>;
}

const prompts = await loadPrompts();

/** A toolbox over arrays in memory, held to the same contract as a connector. */
export function fakeToolbox(telemetry: FakeTelemetry): Toolbox {
  const { metrics, logs, spans, fails = {} } = telemetry;
  const sources: Source[] = [];
  const probe = async () => {};
  if (metrics !== undefined) {
    sources.push({
      name: "fake metrics",
      modality: "metric",
      probe,
      async fetch({ windows, services }) {
        if (fails.metric) throw fails.metric;
        const items = metrics
          .filter(({ key }) => wanted(services, key.service))
          .map((series) => ({ ...series, samples: clipped(series.samples, windows) }));
        return { items, gaps: telemetry.gaps ?? [] };
      },
    });
  }
  if (logs !== undefined) {
    sources.push({
      name: "fake logs",
      modality: "log",
      probe,
      async fetch({ windows, services }) {
        if (fails.log) throw fails.log;
        return {
          items: logs.filter(({ t, service }) => within(t, windows) && wanted(services, service)),
          gaps: [],
        };
      },
    });
  }
  if (spans !== undefined) {
    sources.push({
      name: "fake traces",
      modality: "trace",
      probe,
      async fetch({ windows }) {
        if (fails.trace) throw fails.trace;
        return { items: spans.filter(({ start }) => within(start, windows)), gaps: [] };
      },
    });
  }
  let ticks = 0;
  return {
    sources,
    model: null,
    prompts,
    stopwatch: () => ticks++,
    inventories: [
      {
        name: "fake",
        async inventory() {
          if (fails.inventory) throw fails.inventory;
          return {
            services: telemetry.services ?? [],
            instances: [],
            extent: { metric: null, log: null, trace: null },
            declaredReference: { metric: [], log: [], trace: [], ...telemetry.declared },
            topology: telemetry.edges ? { services: telemetry.services ?? [], edges: telemetry.edges } : null,
            gaps: [],
          };
        },
      },
    ],
  };
}

function within(t: number, windows: readonly TimeWindow[]): boolean {
  return windows.some(({ start, end }) => t >= start && t < end);
}

function wanted(services: readonly string[] | null, service: string): boolean {
  return services === null || services.includes(service);
}

function clipped({ t, v }: RawSeries["samples"], windows: readonly TimeWindow[]): RawSeries["samples"] {
  const keep = [...t.keys()].filter((index) => within(t[index] ?? 0, windows));
  return {
    t: Float64Array.from(keep, (index) => t[index] ?? 0),
    v: Float64Array.from(keep, (index) => v[index] ?? 0),
  };
}
