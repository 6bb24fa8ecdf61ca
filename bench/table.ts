import { quantile } from "../pipeline/statistics/quantiles.ts";
import type { Machine } from "./machine.ts";
import { table } from "./markdown.ts";
import {
  type Level,
  localizerAlone,
  type Method,
  methodsOf,
  type Outcome,
  product,
  randomOrder,
  rankedNames,
  rightNames,
} from "./methods.ts";
import { missNotes, typeNotes } from "./miss-notes.ts";
import type { ModelCost } from "./model-cost.ts";
import { leftOutTable, robustness, verdicts } from "./robustness-table.ts";
import { type Accuracy, accuracy, type Credits, rankOf, type Share } from "./score.ts";
import { transferTables } from "./transfer.ts";

/** What a table says about how it was made. */
export interface MadeWith {
  /** Without absolute paths, so that it means the same elsewhere. */
  readonly command: string;
  readonly date: string;
  readonly seed: number;
  readonly parallel: number;
  readonly version: string;
  /** The language model's name; null where templates speak. */
  readonly model: string | null;
  readonly machine: Machine;
  /** Whether it says what thresholds and weights chosen on other systems are worth. */
  readonly transfer: boolean;
}

/** Some of the cases under one name. */
interface Group {
  readonly system: string;
  readonly faultType: string;
  readonly outcomes: readonly Outcome[];
}

const none = "–";
const noTruth = "No case has a truth at this level.";
const mostAbove = 4;

/** The whole report in Markdown. The same outcomes and `made` give the same bytes. */
export function renderTable(outcomes: readonly Outcome[], made: MadeWith): string {
  const groups = grouped(outcomes);
  const wholes = groups.filter(({ faultType }) => faultType === "all");
  const seed = made.seed;
  const sections = [
    `# Bench: ${counted(outcomes.length, "case")}`,
    madeWith(outcomes, made),
    "## Service level",
    accuracyTable(groups, "service", seed),
    "## Metric level",
    "The right service and the right metric of it, or for a code defect the two log statements around it.",
    accuracyTable(groups, "metric", seed),
    "## Instance level",
    accuracyTable(groups, "instance", seed),
    "## Methods",
    "The same cases and the same evidence for each. A localizer that ranks no metrics has no figure there.",
    methodTable(wholes, seed),
    "## Left out of the fusion",
    leftOutTable(wholes, seed),
    ...robustness(outcomes, seed),
    ...verdicts(outcomes, seed),
    ...(made.transfer ? transferTables(outcomes, seed) : []),
    "## Time and memory",
    "Seconds from opening the telemetry to the diagnosis, in a fresh process per case; starting Node is not in them. Peak memory of that process, in 10^6 bytes.",
    costTable(wholes),
    "Seconds per stage, median / 95th percentile:",
    stageTable(wholes),
    ...(made.model === null ? [] : ["## Language model", modelWords, modelTable(wholes)]),
    "## Misses at service level",
    missList(outcomes, "service"),
    "## Misses at metric level",
    missList(outcomes, "metric"),
    "## Windows",
    windowList(outcomes),
  ];
  return `${sections.join("\n\n")}\n`;
}

function madeWith(outcomes: readonly Outcome[], made: MadeWith): string {
  const { machine } = made;
  const failed = outcomes.filter(({ run }) => run.error !== null).length;
  const declared = outcomes.filter(({ run }) => run.answer?.reference === "declared").length;
  const commit = machine.commit === null ? "" : `, commit ${machine.commit}`;
  return [
    `- Command: \`${made.command}\``,
    `- Made ${made.date} with LocaleXpert ${made.version}${commit}, ${made.model === null ? "no language model" : `the language model ${made.model}`}`,
    `- Node ${machine.node}, ${machine.cpu}, ${counted(machine.cores, "core")}, ${machine.system}; ${counted(made.parallel, "case")} at a time`,
    `- ${counted(failed, "case")} failed; each counts as a miss`,
    `- Normal periods: declared by the data for ${counted(declared, "case")}, else what came before the window`,
    `- [95 % intervals]: bootstrap over cases, 2,000 resamples, seed ${made.seed}. They have no width where all cases score alike, however few these are`,
  ].join("\n");
}

// ── Accuracy ────────────────────────────────────────────────────────────────────────────────────

function accuracyTable(groups: readonly Group[], level: Level, seed: number): string {
  const simple = localizerAlone(
    "simple-rca",
    groups.flatMap(({ outcomes }) => outcomes),
  );
  const rows: string[][] = [];
  for (const { system, faultType, outcomes } of groups) {
    const own = measured(product, outcomes, level, seed);
    if (own === null) continue;
    const others = [simple, randomOrder].map((method) => measured(method, outcomes, level, seed));
    rows.push([
      system,
      faultType,
      String(own.cases),
      ...allOf(own),
      ...others.flatMap((other) => [plain(other?.at1), plain(other?.average5)]),
    ]);
  }
  if (rows.length === 0) return noTruth;
  const titles = ["system", "fault type", "cases", "A@1", "A@3", "A@5", "Avg@5"];
  const others = ["simple-rca A@1", "simple-rca Avg@5", "random A@1", "random Avg@5"];
  return table([...titles, ...others], rows);
}

function methodTable(groups: readonly Group[], seed: number): string {
  const methods = methodsOf(groups.flatMap(({ outcomes }) => outcomes));
  const rows: string[][] = [];
  for (const { system, outcomes } of groups) {
    for (const method of methods) {
      const service = measured(method, outcomes, "service", seed);
      const metric = measured(method, outcomes, "metric", seed);
      rows.push([system, method.name, ...allOf(service), ...allOf(metric)]);
    }
  }
  const depths = ["A@1", "A@3", "A@5", "Avg@5"];
  const titles = ["service", "metric"].flatMap((level) => depths.map((depth) => `${level} ${depth}`));
  return table(["system", "method", ...titles], rows);
}

function measured(method: Method, outcomes: readonly Outcome[], level: Level, seed: number): Accuracy | null {
  const scored: Credits[] = [];
  for (const outcome of outcomes) {
    const credit = method.score(outcome, level);
    if (credit !== null) scored.push(credit);
  }
  return accuracy(scored, seed);
}

function allOf(found: Accuracy | null): string[] {
  if (found === null) return [none, none, none, none];
  return [found.at1, found.at3, found.at5, found.average5].map(withInterval);
}

function withInterval({ value, low, high }: Share): string {
  return `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

function plain(share: Share | undefined): string {
  return share === undefined ? none : share.value.toFixed(2);
}

/** By system and fault type, then each whole system, then everything where there are several systems. */
function grouped(outcomes: readonly Outcome[]): Group[] {
  const groups: Group[] = [];
  const systems = unrepeated(outcomes.map(({ labelled }) => labelled.system));
  for (const system of systems) {
    const own = outcomes.filter(({ labelled }) => labelled.system === system);
    for (const faultType of unrepeated(own.map(({ labelled }) => labelled.faultType)).sort()) {
      const some = own.filter(({ labelled }) => labelled.faultType === faultType);
      groups.push({ system, faultType, outcomes: some });
    }
    groups.push({ system, faultType: "all", outcomes: own });
  }
  if (systems.length > 1) groups.push({ system: "all", faultType: "all", outcomes });
  return groups;
}

// ── Cost ────────────────────────────────────────────────────────────────────────────────────────

function costTable(groups: readonly Group[]): string {
  const rows = groups.map(({ system, outcomes }) => {
    const seconds = outcomes.flatMap(({ run }) => run.seconds ?? []);
    const peaks = outcomes.flatMap(({ run }) => run.peakMb ?? []);
    return [
      system,
      String(outcomes.length),
      ...[0.5, 0.95, 1].map((q) => figure(quantile(seconds, q), 2)),
      ...[0.5, 1].map((q) => figure(quantile(peaks, q), 0)),
    ];
  });
  return table(["system", "cases", "median s", "p95 s", "max s", "median MB", "max MB"], rows);
}

function stageTable(groups: readonly Group[]): string {
  const answers = (outcomes: readonly Outcome[]) => outcomes.flatMap(({ run }) => run.answer ?? []);
  const stages = unrepeated(
    groups.flatMap(({ outcomes }) => answers(outcomes).flatMap((answer) => Object.keys(answer.stages))),
  );
  const rows = groups.map(({ system, outcomes }) => [
    system,
    ...stages.map((stage) => {
      const seconds = answers(outcomes).map((answer) => (answer.stages[stage] ?? Number.NaN) / 1000);
      return `${figure(quantile(seconds, 0.5), 3)} / ${figure(quantile(seconds, 0.95), 3)}`;
    }),
  ]);
  return table(["system", ...stages], rows);
}

const modelWords =
  "Tokens as the server counts them, retries included. Overhead is the time of the experts less that of the model's calls: composing, checking, and the way there and back. Words by template: experts that the model could not speak for.";

function modelTable(groups: readonly Group[]): string {
  const rows = groups.map(({ system, outcomes }) => {
    const costs = outcomes.flatMap(({ run }) => run.answer?.model ?? []);
    const spread = (of: (cost: ModelCost) => number, digits = 0) => {
      const values = costs.map(of);
      return `${figure(quantile(values, 0.5), digits)} / ${figure(quantile(values, 1), digits)}`;
    };
    const sum = (of: (cost: ModelCost) => number) => costs.reduce((total, cost) => total + of(cost), 0);
    return [
      system,
      String(costs.length),
      spread(({ calls }) => calls),
      spread(({ depth }) => depth),
      spread(({ promptTokens }) => promptTokens),
      spread(({ answerTokens }) => answerTokens),
      `${Math.round((100 * sum(({ stableShare }) => stableShare)) / Math.max(1, costs.length))} %`,
      spread(({ modelMs }) => modelMs / 1_000, 2),
      spread(({ overheadMs }) => overheadMs, 0),
      spread(({ cpuMs }) => cpuMs, 0),
      `${sum(({ kept }) => kept)} / ${sum(({ dropped }) => dropped)} / ${sum(({ repaired }) => repaired)}`,
      String(sum(({ byTemplate }) => byTemplate)),
    ];
  });
  const medians = ["calls", "calls deep", "prompt tokens", "answer tokens"].map(
    (one) => `${one}, median / max`,
  );
  return table(
    [
      "system",
      "cases",
      ...medians,
      "prompt that is the same for every case",
      "model s, median / max",
      "overhead ms, median / max",
      "processor ms, median / max",
      "sentences kept / dropped / repaired",
      "by template",
    ],
    rows,
  );
}

function figure(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : none;
}

// ── Single cases ────────────────────────────────────────────────────────────────────────────────

/** Every case whose first name is wrong: what came before the truth, and where the truth came. */
function missList(outcomes: readonly Outcome[], level: Level): string {
  if (outcomes.every(({ labelled }) => rightNames(labelled, level).length === 0)) return noTruth;
  const rows: string[][] = [];
  for (const outcome of outcomes) {
    const { labelled, run } = outcome;
    const right = rightNames(labelled, level);
    const ranked = rankedNames(outcome, level);
    const rank = rankOf(ranked, right);
    if (right.length === 0 || rank === 1) continue;
    const above = rank === null ? ranked : ranked.slice(0, rank - 1);
    const more = above.length > mostAbove ? `, … (${above.length - mostAbove} more)` : "";
    const shown = above.slice(0, mostAbove).join(", ") + more;
    rows.push([
      labelled.id,
      labelled.faultType,
      right.join(" or "),
      rank === null ? "not ranked" : String(rank),
      run.error === null ? shown || `nothing (${run.answer?.verdict ?? "no answer"})` : firstLine(run.error),
      missNotes[`${labelled.id} ${level}`] ?? typeNotes[`${labelled.faultType} ${level}`] ?? none,
    ]);
  }
  if (rows.length === 0) return "None.";
  return table(["case", "fault type", "truth", "rank", "ranked above it", "why"], rows);
}

function windowList(outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(({ labelled, run }) => {
    if (run.answer === null || labelled.lookbackMs === null) return [];
    const { start, end, from } = run.answer.window;
    const { askedAt } = labelled.question;
    if (start === askedAt - labelled.lookbackMs && end === askedAt) return [];
    return [
      [labelled.id, iso(start), iso(end), from, `${labelled.lookbackMs / 1000} s before ${iso(askedAt)}`],
    ];
  });
  if (outcomes.every(({ run }) => run.answer === null)) return "No case got as far as a window.";
  if (rows.length === 0) return "Every window was read from the question as the case asks.";
  return table(["case", "read start", "read end", "from", "the case asks"], rows);
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function unrepeated(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
