import type { Truth } from "./cases.ts";
import type { DetectorFindings, DetectorWindow, Suspects } from "./detector-message.ts";
import type { Machine } from "./machine.ts";
import { table } from "./markdown.ts";
import { rankOf } from "./score.ts";

/** The row of the metric detectors that run by default, put together as a diagnosis does. */
export const defaultMetrics = "default metric detectors";

/** A window that the detectors ran over, and what is known of it. */
export interface JudgedWindow {
  readonly system: string;
  /** Null: nothing was broken. */
  readonly truth: Truth | null;
  /** What is declared fault-free then, logs with traces; nothing for a labelled case. */
  readonly declares: readonly ("metric" | "trace")[];
  readonly found: DetectorWindow;
}

const none = "–";
const hoursPerDay = 24;

/** Both tables in Markdown, by system. */
export function detectorTables(windows: readonly JudgedWindow[], machine: Machine, date: string): string {
  const systems = [...new Set(windows.map(({ system }) => system))];
  const of = (system: string) => windows.filter((window) => window.system === system);
  return [
    "# Detectors, one by one",
    [
      `- Made ${date} at commit ${machine.commit ?? "unknown"}: Node ${machine.node}, ${machine.cpu}, ${machine.cores} cores, ${machine.system}`,
      `- ${windows.filter(({ truth }) => truth !== null).length} windows with a fault and ${windows.filter(({ truth }) => truth === null).length} without one`,
      "- *Windows*: recall is the share of windows with a fault in which anything is told, precision the share of windows with a fault among those in which anything is told. *Services*: the same of right services among the services told, over windows with a fault",
      "- *False alarms a day* and *per 1,000 series-hours*: what is told in time declared fault-free; in brackets metric anomalies that are kept as signals. Seconds of processor time, all windows",
    ].join("\n"),
    ...systems.flatMap((system) => [`## ${system}`, detectorTable(of(system))]),
    "# What each detector adds",
    "The same anomalies, ranked with one detector off. Right first at service, metric and instance level, and among the first three at service level.",
    ...systems.map((system) => ablationTable(system, of(system))).filter((text) => text !== ""),
  ].join("\n\n");
}

function detectorTable(windows: readonly JudgedWindow[]): string {
  const names = windows[0]?.found.findings.map(({ detector }) => detector) ?? [];
  const titles = [
    "detector",
    "windows: recall",
    "precision",
    "services: recall",
    "precision",
    "false alarms a day",
    "per 1,000 series-hours",
    "traces flagged",
    "seconds",
  ];
  return table(
    titles,
    names.map((name) => detectorRow(name, windows)),
  );
}

interface Judged extends JudgedWindow {
  readonly by: DetectorFindings;
}

function detectorRow(name: string, windows: readonly JudgedWindow[]): string[] {
  const judged: Judged[] = windows.flatMap((window) =>
    window.found.findings.filter(({ detector }) => detector === name).map((by) => ({ ...window, by })),
  );
  const faulty = judged.filter(({ truth }) => truth !== null);
  const metricTime = judged.filter(({ declares }) => declares.includes("metric"));
  const traceTime = judged.filter(({ declares }) => declares.includes("trace"));
  const isTold = ({ by }: Judged) => by.told.length > 0;
  const seriesHours = sum(metricTime, ({ found }) => found.seriesHours);
  const kept = sum(metricTime, ({ by }) => by.signals);
  const flagged = sum(traceTime, ({ by }) => by.traces);
  const isOfMetrics = judged.some(({ by }) => by.modality === "metric");
  const quiet = isOfMetrics ? metricTime : traceTime;
  const told = sum(metricTime, ({ by }) => by.told.length);
  const alarmsADay =
    (hoursPerDay * sum(quiet, ({ by }) => by.told.length)) / sum(quiet, ({ found }) => found.hours);
  const { right, all } = serviceCounts(faulty);
  return [
    name,
    share(faulty.filter(isTold).length, faulty.length),
    share(faulty.filter(isTold).length, faulty.filter(isTold).length + quiet.filter(isTold).length),
    share(faulty.filter(namesRight).length, faulty.length),
    share(right, all),
    Number.isFinite(alarmsADay) ? alarmsADay.toFixed(1) : none,
    seriesHours === 0 || !isOfMetrics
      ? none
      : `${((1000 * told) / seriesHours).toFixed(1)} (${((1000 * kept) / seriesHours).toFixed(0)})`,
    judged.some(({ by }) => by.traces > 0)
      ? percent(
          flagged,
          sum(traceTime, ({ found }) => found.traces),
        )
      : none,
    sum(judged, ({ by }) => by.seconds).toFixed(1),
  ];
}

function namesRight({ truth, by }: Judged): boolean {
  return truth?.services.some((service) => by.told.includes(service)) ?? false;
}

/** Services told over all windows, and how many of them are right. */
function serviceCounts(faulty: readonly Judged[]): { right: number; all: number } {
  let [right, all] = [0, 0];
  for (const { truth, by } of faulty) {
    const services = new Set(by.told);
    all += services.size;
    for (const service of services) if (truth?.services.includes(service)) right++;
  }
  return { right, all };
}

function ablationTable(system: string, windows: readonly JudgedWindow[]): string {
  const faulty = windows.filter(({ truth }) => truth !== null);
  const runs = faulty[0]?.found.suspects.map(({ without }) => without) ?? [];
  if (runs.length === 0) return "";
  const rows = runs.map((without) => {
    const scored = faulty.flatMap(({ truth, found }) =>
      found.suspects
        .filter((one) => one.without === without)
        .flatMap((who) => (truth === null ? [] : [{ truth, who }])),
    );
    return [
      without === null ? "all of them" : `without ${without}`,
      String(scored.length),
      firsts(
        scored,
        1,
        ({ services }) => services,
        ({ services }) => services,
      ),
      firsts(
        scored,
        3,
        ({ services }) => services,
        ({ services }) => services,
      ),
      firsts(
        scored,
        1,
        ({ metrics }) => metrics.map(keyOf),
        ({ metrics }) => metrics.map(keyOf),
      ),
      firsts(
        scored,
        1,
        ({ instances }) => instances,
        ({ instances }) => instances,
      ),
    ];
  });
  const titles = [system, "cases", "service A@1", "service A@3", "metric A@1", "instance A@1"];
  return table(titles, rows);
}

/** The share of cases with a truth of this kind in which it is among the first few. */
function firsts(
  scored: readonly { readonly truth: Truth; readonly who: Suspects }[],
  depth: number,
  right: (truth: Truth) => readonly string[],
  ranked: (who: Suspects) => readonly string[],
): string {
  const known = scored.filter(({ truth }) => right(truth).length > 0);
  const hits = known.filter(({ truth, who }) => (rankOf(ranked(who), right(truth)) ?? depth + 1) <= depth);
  return share(hits.length, known.length);
}

function keyOf({ service, metric }: { readonly service: string; readonly metric: string }): string {
  return `${service} ${metric}`;
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function share(part: number, whole: number): string {
  return whole === 0 ? none : (part / whole).toFixed(2);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? none : `${((100 * part) / whole).toFixed(2)} % of ${whole.toLocaleString("en-US")}`;
}
