import { fileURLToPath } from "node:url";
import { culpritOf, type GeneratedSize } from "./generate.ts";
import { table } from "./markdown.ts";
import { runCase } from "./run-case.ts";

const sizes: readonly GeneratedSize[] = [
  { services: 100, spans: 100_000, seed: 7 },
  { services: 300, spans: 300_000, seed: 7 },
  { services: 1000, spans: 1_000_000, seed: 7 },
];
const stages = ["collect", "detect", "describe", "localize", "conclude"] as const;

/** How seconds and memory grow with the system: generated telemetry, each size in a process of its own. */
export async function scaleTable(progress: (line: string) => void, signal: AbortSignal): Promise<string> {
  const entry = fileURLToPath(new URL("./one-size.js", import.meta.url));
  const rows: string[][] = [];
  for (const size of sizes) {
    const run = await runCase(size, signal, { entry, limitMs: 600_000 });
    const { answer, seconds, peakMb, error } = run;
    progress(`${size.services} services: ${error ?? `${seconds?.toFixed(1)} s, ${peakMb?.toFixed(0)} MB`}`);
    rows.push([
      String(size.services),
      (size.services * 20).toLocaleString("en-US"),
      size.spans.toLocaleString("en-US"),
      seconds?.toFixed(1) ?? "–",
      ...stages.map((stage) => ((answer?.stages[stage] ?? Number.NaN) / 1000).toFixed(1)),
      peakMb?.toFixed(0) ?? "–",
      answer?.services[0] === culpritOf(size) ? "yes" : "no",
    ]);
  }
  const titles = ["services", "series of 240 samples", "spans", "seconds", ...stages, "MB", "culprit first"];
  return table(titles, rows);
}
