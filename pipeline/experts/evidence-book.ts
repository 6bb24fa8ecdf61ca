import { name } from "../describe/foreign-text.ts";
import { clockIn } from "../describe/wording.ts";
import type { EarlierIncident } from "../diagnosis.ts";
import type { Anomaly, Candidate, Description, EpochMs, SeriesKey } from "../types.ts";
import { type CaseFacts, caseFacts } from "./case-facts.ts";
import type { CaseFile } from "./case-file.ts";
import { measured, type Quantity, quantitiesIn } from "./quantities.ts";

/** One thing that a sentence may rest on. */
export interface EvidenceItem {
  readonly id: string;
  /** What the model reads of it; in one line, or with all that is known, as the budget allows. */
  readonly text: string;
  readonly short: string;
  readonly full: string;
  /** All words of it, in lower case: text, names, examples. */
  readonly words: string;
  /** Services, instances and metrics it is about, in lower case. */
  readonly names: ReadonlySet<string>;
  readonly quantities: readonly Quantity[];
  /** "14:51:10", in the asker's zone. */
  readonly times: readonly string[];
}

/** Everything the experts may cite, and every name that means something in this case. */
export interface EvidenceBook {
  readonly items: ReadonlyMap<string, EvidenceItem>;
  readonly services: ReadonlySet<string>;
  /** Services, instances and metrics of the case, in lower case; also by the name without a unit in brackets. */
  readonly names: ReadonlyMap<string, string>;
  /** Caller to callee, as "caller callee" in lower case. */
  readonly calls: ReadonlySet<string>;
  /** Of the asked window, which every sentence may name. */
  readonly windowTimes: readonly string[];
  readonly windowDates: readonly string[];
  readonly windowQuantities: readonly Quantity[];
  /** The ids of the ranked services, first to last: "candidate-1" is the first. */
  readonly candidates: ReadonlyMap<string, Candidate>;
  readonly facts: CaseFacts;
}

/** So many of the ranked services may be chosen among; the ranking itself stays the localizers'. */
const mostCandidates = 5;
const mostExamples = 5;
const longestText = 600;
const longestFull = 900;
/** The id of who calls whom. */
export const callsId = "calls";

/** What may be cited of a case: its anomalies, the ranked services and metrics, and who calls whom. */
export function evidenceBook(file: CaseFile): EvidenceBook {
  const { question, window, slice, fused } = file;
  const clock = clockIn(question.timeZone);
  const moment = (at: EpochMs) => clock.moment(at);
  const descriptions = new Map(file.descriptions.map((one) => [one.anomalyId, one]));
  const items = file.anomalies.map((anomaly) => anomalyItem(anomaly, descriptions.get(anomaly.id), moment));
  const candidates = fused.services
    .slice(0, mostCandidates)
    .map((candidate, index) => [`candidate-${index + 1}`, candidate] as const);
  items.push(...candidates.map(([id, candidate], index) => candidateItem(id, candidate, index + 1)));
  items.push(
    ...fused.metrics
      .slice(0, mostCandidates)
      .map((candidate, index) => candidateItem(`suspect-${index + 1}`, candidate, index + 1)),
  );
  items.push(...file.earlier.map((one, index) => earlierItem(`earlier-${index + 1}`, one, moment)));
  const calls = slice.topology.edges.map(({ caller, callee }) => [caller, callee] as const);
  items.push(callsItem(calls));
  const services = lower(slice.topology.services, calls.flat(), namedServices(file));
  const edges = [moment(window.start), moment(window.end)];
  return {
    items: new Map(items.map((item) => [item.id, item])),
    services,
    names: aliased(
      lower(
        [...services],
        slice.metrics.flatMap(({ key }) => namesOf(key)),
        items.flatMap(({ names }) => [...names]),
      ),
    ),
    calls: new Set(calls.map(([caller, callee]) => `${caller} ${callee}`.toLowerCase())),
    windowTimes: edges.flatMap(timesIn),
    windowDates: edges.map((edge) => edge.slice(0, 10)),
    windowQuantities: [measured(window.end - window.start, "ms")],
    candidates: new Map(candidates),
    facts: caseFacts(file),
  };
}

function anomalyItem(
  anomaly: Anomaly,
  description: Description | undefined,
  moment: (at: EpochMs) => string,
): EvidenceItem {
  const { short = "", text = "", full = "" } = description ?? {};
  const own = ownWords(anomaly);
  const edges = [anomaly.start, anomaly.end].map(moment);
  const made = evidenceItem(
    anomaly.id,
    text,
    [...own, ...edges, short, full],
    [anomaly.service, anomaly.instance, ...namesIn(anomaly)],
    [
      ...ownQuantities(anomaly),
      measured(anomaly.end - anomaly.start, "ms"),
      ...quantitiesIn(withoutTimes(full)),
    ],
  );
  return {
    ...made,
    short: short === "" ? made.text : cut(`${name(anomaly.service)}: ${short}`, longestText),
    full: full === "" ? made.text : cut(full, longestFull),
  };
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** Values of a metric with their unit; the text says some of them without. */
function ownQuantities(anomaly: Anomaly): Quantity[] {
  switch (anomaly.modality) {
    case "metric": {
      const { peak, previous, mean, std, key, zPeak, score } = anomaly;
      const unit = anomaly.unit ?? unitIn(key.metric);
      const changes = [previous, mean].filter((base) => base !== 0).map((base) => peak / base);
      return [
        ...[peak, previous, mean, std].map((value) => measured(value, unit)),
        ...changes.flatMap((ratio) => [measured(ratio, "x"), measured((ratio - 1) * 100, "%")]),
        ...[zPeak, score].map((value) => measured(value, null)),
      ];
    }
    case "trace":
      return [
        measured(anomaly.traceCount, null),
        ...anomaly.slowNodes.flatMap(({ durationMs, limitMs, excessMs }) => [
          ...[durationMs, limitMs, excessMs].map((value) => measured(value, "ms")),
          measured(limitMs === 0 ? 0 : durationMs / limitMs, "x"),
        ]),
      ];
    case "log":
      return [measured(anomaly.count, null), measured(anomaly.expected, null)];
  }
}

/** "CpuUsageRate(%)", "latency_ms": some metrics say their unit in their name. */
function unitIn(metric: string): string | null {
  return (
    /\((%|ms|s|MB|KB|GB|bytes)\)/i.exec(metric)?.[1] ??
    /_(ms|seconds|bytes|percent)(?:_|$)/i.exec(metric)?.[1] ??
    null
  );
}

function ownWords(anomaly: Anomaly): string[] {
  switch (anomaly.modality) {
    case "metric":
      return [];
    case "trace":
      return anomaly.traceIds.slice(0, mostExamples);
    case "log":
      return [anomaly.template, anomaly.expectedNext ?? "", ...anomaly.examples.slice(0, mostExamples)];
  }
}

function namesIn(anomaly: Anomaly): (string | null)[] {
  switch (anomaly.modality) {
    case "metric":
      return [anomaly.key.metric];
    case "trace":
      return [
        ...anomaly.callPath,
        ...anomaly.slowNodes.flatMap(({ service, instance }) => [service, instance]),
        ...[...anomaly.added, ...anomaly.removed].flatMap((path) => path.split(" -> ")),
      ];
    case "log":
      return [anomaly.calleeBefore];
  }
}

export function candidateItem(id: string, candidate: Candidate, rank: number): EvidenceItem {
  const { service, instance, metric, why, score } = candidate;
  const where = [
    service,
    instance === null ? "" : `instance ${instance}`,
    metric === null ? "" : `metric ${metric}`,
  ];
  const text = `${where
    .filter((part) => part !== "")
    .map(name)
    .join(", ")}. ${why}`;
  return evidenceItem(id, text, [], namesOf(candidate), [measured(rank, null), measured(score, null)]);
}

/** Like "2026-11-20 14:20:30, 80 % of the signs alike: geo, metric cpu_usage. Its cpu rose. People said that it was rate." */
export function earlierItem(
  id: string,
  { start, service, instance, metric, why, likeness, confirmed }: EarlierIncident,
  moment: (at: EpochMs) => string,
): EvidenceItem {
  const share = Math.round(likeness * 100);
  const where = [service, metric === null ? "" : `metric ${metric}`].filter((part) => part !== "");
  const said =
    confirmed == null ? "Nobody said whether that was right." : `People said that it was ${name(confirmed)}.`;
  const text = `${moment(start)}, ${share} % of the signs alike: ${where.map(name).join(", ")}. ${why} ${said}`;
  return evidenceItem(id, text, [], [service, instance, metric, confirmed ?? null], [measured(share, "%")]);
}

/** Whether one calls the other, directly or through others: an indirect call is a call, to who reads of it. */
export function reaches(from: string, to: string, { calls }: Pick<EvidenceBook, "calls">): boolean {
  const reached = new Set([from]);
  for (const next of reached) {
    for (const call of calls) {
      const [caller = "", callee = ""] = call.split(" ");
      if (caller === next) reached.add(callee);
    }
  }
  return from !== to && reached.has(to);
}

export function callsItem(calls: readonly (readonly [string, string])[]): EvidenceItem {
  const text = calls.map(([caller, callee]) => `${name(caller)} calls ${name(callee)}`).join("; ");
  return { ...evidenceItem(callsId, text, [], calls.flat(), []), text, short: text, full: text };
}

export function evidenceItem(
  id: string,
  text: string,
  words: readonly string[],
  names: readonly (string | null)[],
  quantities: readonly Quantity[],
): EvidenceItem {
  const all = [text, ...words, ...names].join("\n");
  const shown = cut(text, longestText);
  return {
    id,
    text: shown,
    short: shown,
    full: shown,
    words: all.toLowerCase(),
    names: lower(names.filter((one) => one !== null && one !== "")),
    // What a text says beside the values: counts in templates, limits in a candidate's reason.
    quantities: [...quantities, ...quantitiesIn(withoutTimes(text))],
    times: timesIn(all),
  };
}

const clockTime = /\b([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?\b/g;
const date = /\b\d{4}-\d{2}-\d{2}\b/g;
const zone = /\bUTC[+-]\d\d:\d\d\b/g;

export function timesIn(text: string): string[] {
  return [...text.replace(zone, " ").matchAll(clockTime)].map(([time]) => time.padStart(5, "0"));
}

export function datesIn(text: string): string[] {
  return [...text.matchAll(date)].map(([found]) => found);
}

export function withoutTimes(text: string): string {
  return text.replace(zone, " ").replace(date, " ").replace(clockTime, " ");
}

function namesOf({
  service,
  instance,
  metric,
}: Pick<SeriesKey, "service" | "instance"> & { metric: string | null }) {
  return [service, instance, metric];
}

function namedServices({ anomalies, fused }: CaseFile): string[] {
  return [...anomalies, ...fused.services].map(({ service }) => service);
}

export function aliased(names: ReadonlySet<string>): Map<string, string> {
  const known = new Map([...names].map((one) => [one.replace(/\([^)]*\)$/, ""), one]));
  for (const one of names) known.set(one, one);
  return known;
}

export function lower(...names: readonly (readonly (string | null)[])[]): Set<string> {
  return new Set(names.flat().flatMap((one) => (one === null ? [] : [one.toLowerCase()])));
}
