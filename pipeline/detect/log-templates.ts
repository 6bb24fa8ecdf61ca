import { fullStrength } from "../localize/strength.ts";
import type { AnomalyDetector } from "../ports.ts";
import { median } from "../statistics/moments.ts";
import type { LogAnomaly, LogLine, TelemetrySlice } from "../types.ts";
import { drain } from "./drain.ts";
import { statementOf } from "./event-sequences.ts";
import { isIrrelevant } from "./irrelevant-lines.ts";
import { type LogLevel, levelWeight, logLevel } from "./log-level.ts";
import { windowLoad } from "./log-load.ts";
import { plainLine } from "./plain-line.ts";

/** Chance of one false alarm over all templates of a diagnosis, if their counts were independent. */
const falseAlarm = 0.05;
/** Changes by less than this factor are no news, however certain. */
const smallestRatio = 2;
/** Fewer lines than this, in the window or expected there, prove nothing. */
const fewestLines = 5;
/** New errors are told from here on, even where so few lines prove nothing. */
const fewestErrors = 3;
const mostPerService = 12;
const longestExample = 300;
const contextLines = 3;
/** Lines below error level tell of change, not of failure: new errors, from 3 up, come before them. */
const mostBelowError = 3;
/** Median of a squared standard normal: what z² has when counts scatter as Poisson says. */
const medianOfChiSquare = 0.4549;
/** With fewer templates, the changed ones may be half of them and hide themselves in the scatter. */
const fewestForScatter = 20;
const assumedScatter = 2;
/** More is no scatter any more: most templates have changed. */
const mostScatter = 10;

/**
 * Finds log templates whose number of lines does not follow the load: new, vanished, more, fewer.
 *
 * Shape:  at most 12 per service. Templates are mined over reference and window together, per service;
 *         lines that begin with their code location (`t.s.TravelServiceImpl#532`) count by it, because
 *         the payload of one statement would make many templates. Irrelevant lines are left out
 *         (irrelevant-lines.ts).
 * Units:  `expected`: lines in the reference scaled to the window's load (log-load.ts). Severity
 *         log2(1 + level weight · log(1 + count) · |log of the ratio|), at most about 6, so that it
 *         compares with broken sequences.
 * Throws: never. Without reference lines nothing can be told, and nothing is.
 * Source: the score is ALGORITHMS 9's log scorer. The test is ours: difference of square roots of the
 *         counts (Anscombe), its scatter estimated from all templates (as lines come in bursts, more
 *         than Poisson), Bonferroni over the templates.
 */
export const logTemplates = {
  name: "log-templates",
  modality: "log",
  detect(slice: TelemetrySlice): LogAnomaly[] {
    const { reference, window } = slice.logs;
    if (reference.length === 0 || window.length === 0) return [];
    const load = windowLoad(slice);
    const statements = statementsOf(reference, window).map((statement) => ({
      statement,
      expected: statement.reference * load,
      z: distance(statement.lines.length, statement.reference, load),
    }));
    const scatter = scatterOf(statements.map(({ z }) => z));
    const limit = Math.sqrt(scatter * 2 * Math.log(Math.max(1, statements.length) / falseAlarm));
    const found = statements.flatMap(({ statement, expected, z }) => {
      const kind = kindOf(statement, expected);
      return kind !== null && (Math.abs(z) > limit || isNewError(statement))
        ? [anomalyOf(statement, kind, expected, slice)]
        : [];
    });
    const told = worstPerService(slice.logs.isSampled ? found.filter(holdsWhenSampled) : found);
    return withContext(
      told,
      statements.map(({ statement }) => statement),
    );
  },
} as const satisfies AnomalyDetector;

/** The paper found that normal lines around the onset help who reads (III-B2): the last ones before it are kept. */
function withContext(anomalies: readonly LogAnomaly[], statements: readonly Statement[]): LogAnomaly[] {
  const normal = new Map<string, LogLine[]>();
  for (const service of new Set(anomalies.map((anomaly) => anomaly.service))) {
    const lines = statements
      .filter((statement) => statement.service === service && statement.reference > 0)
      .flatMap((statement) => statement.lines);
    normal.set(
      service,
      lines.sort((a, b) => a.t - b.t),
    );
  }
  return anomalies.map((anomaly) => {
    if (anomaly.kind === "vanished") return anomaly;
    const before = (normal.get(anomaly.service) ?? []).filter(
      ({ t, instance }) => t < anomaly.start && (anomaly.instance === null || instance === anomaly.instance),
    );
    const context = before.slice(-contextLines).map(({ body }) => plainLine(body, longestExample));
    return context.length === 0 ? anomaly : { ...anomaly, context };
  });
}

/** Sources that sample keep every error line, so more errors are more errors; all else may be chance. */
function holdsWhenSampled({ kind, level, template }: LogAnomaly): boolean {
  const said = logLevel(level, template);
  return (kind === "new" || kind === "more") && (said === "error" || said === "fatal");
}

/** One statement of a service: its lines in the window, and how many it wrote in the reference period. */
interface Statement {
  readonly service: string;
  template: string;
  level: LogLevel;
  reference: number;
  readonly lines: LogLine[];
}

function statementsOf(reference: readonly LogLine[], window: readonly LogLine[]): Statement[] {
  const services = new Map<string, { reference: LogLine[]; window: LogLine[] }>();
  for (const [part, lines] of [
    ["reference", reference],
    ["window", window],
  ] as const) {
    for (const line of lines) {
      if (isIrrelevant(line.body)) continue;
      const known = services.get(line.service) ?? { reference: [], window: [] };
      known[part].push(line);
      services.set(line.service, known);
    }
  }
  return [...services.keys()].sort().flatMap((service) => {
    const lines = services.get(service);
    return lines === undefined ? [] : minedFrom(service, lines.reference, lines.window);
  });
}

function minedFrom(service: string, reference: readonly LogLine[], window: readonly LogLine[]): Statement[] {
  const miner = drain();
  const located = new Map<string, { templates: Set<number>; statement: Statement }>();
  const count = (line: LogLine): Statement => {
    const index = miner.add(line.body);
    const id = codeLocation(line.body) ?? `template ${index}`;
    const known = located.get(id);
    if (known !== undefined) {
      known.templates.add(index);
      return known.statement;
    }
    const level = logLevel(line.level, line.body);
    const statement: Statement = { service, template: "", level, reference: 0, lines: [] };
    located.set(id, { templates: new Set([index]), statement });
    return statement;
  };
  for (const line of reference) count(line).reference++;
  for (const line of window) count(line).lines.push(line);
  const templates = miner.templates();
  for (const { templates: own, statement } of located.values()) {
    const commonest = [...own].sort(
      (a, b) => (templates[b]?.count ?? 0) - (templates[a]?.count ?? 0) || a - b,
    );
    statement.template = templates[commonest[0] ?? 0]?.text ?? "";
  }
  return [...located.values()].map(({ statement }) => statement);
}

/** The line's beginning where it is a code location, such as `t.s.TravelServiceImpl#532`. */
function codeLocation(body: string): string | null {
  const statement = statementOf(body);
  return /[#:]\d+$/.test(statement) && body.startsWith(statement) ? statement : null;
}

/** How much more the counts scatter than Poisson's, taken from the middle of all templates' distances. */
function scatterOf(z: readonly number[]): number {
  if (z.length < fewestForScatter) return assumedScatter;
  const found = median(z.map((distance) => distance * distance)) / medianOfChiSquare;
  return Math.min(Math.max(1, found), mostScatter);
}

/** How far two Poisson counts are from the same rate, in standard deviations. */
function distance(now: number, before: number, load: number): number {
  return (2 * (Math.sqrt(now + 0.375) - Math.sqrt(load * (before + 0.375)))) / Math.sqrt(1 + load);
}

function kindOf({ lines, reference, level }: Statement, expected: number): LogAnomaly["kind"] | null {
  const count = lines.length;
  if (reference === 0) {
    return count >= (isError(level) ? fewestErrors : fewestLines) ? "new" : null;
  }
  if (count === 0) return expected >= fewestLines ? "vanished" : null;
  if (count >= fewestLines && count >= smallestRatio * expected) return "more";
  return expected >= fewestLines && smallestRatio * count <= expected ? "fewer" : null;
}

function isNewError({ lines, reference, level }: Statement): boolean {
  return reference === 0 && lines.length >= fewestErrors && isError(level);
}

function isError(level: LogLevel): boolean {
  return level === "error" || level === "fatal";
}

function anomalyOf(
  { service, template, level, lines }: Statement,
  kind: LogAnomaly["kind"],
  expected: number,
  slice: TelemetrySlice,
): LogAnomaly {
  const first = lines[0];
  const last = lines[lines.length - 1];
  const instances = new Set(lines.map(({ instance }) => instance));
  const change = Math.abs(Math.log((lines.length + 0.5) / (expected + 0.5)));
  const size = Math.log1p(Math.max(lines.length, expected));
  const shown = [first, ...(lines.length > 1 ? [last] : [])];
  return {
    id: "",
    modality: "log",
    kind,
    service,
    instance: instances.size === 1 ? (first?.instance ?? null) : null,
    start: first?.t ?? slice.window.start,
    end: last?.t ?? slice.window.end,
    severity: Math.min(
      isError(level) ? fullStrength : mostBelowError,
      Math.log2(1 + levelWeight(level) * size * change),
    ),
    template: plainLine(template, longestExample),
    expectedNext: null,
    calleeBefore: null,
    level: level.toUpperCase(),
    count: lines.length,
    expected,
    examples: shown.flatMap((line) => (line === undefined ? [] : [plainLine(line.body, longestExample)])),
  };
}

/** The most severe of each service; the last of them says how many more there were. */
function worstPerService(anomalies: readonly LogAnomaly[]): LogAnomaly[] {
  const totals = new Map<string, number>();
  for (const { service } of anomalies) totals.set(service, (totals.get(service) ?? 0) + 1);
  const counts = new Map<string, number>();
  return [...anomalies]
    .sort((a, b) => b.severity - a.severity || (a.template < b.template ? -1 : 1))
    .flatMap((anomaly) => {
      const count = (counts.get(anomaly.service) ?? 0) + 1;
      counts.set(anomaly.service, count);
      if (count > mostPerService) return [];
      const leftOut = (totals.get(anomaly.service) ?? 0) - mostPerService;
      return count === mostPerService && leftOut > 0 ? [{ ...anomaly, leftOut }] : [anomaly];
    });
}
