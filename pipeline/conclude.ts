import { name } from "./describe/foreign-text.ts";
import type { Cause, Diagnosis, Evidence } from "./diagnosis.ts";
import type { CaseFile } from "./experts/case-file.ts";
import type { FusionOptions } from "./fuse.ts";
import type { PipelineOptions } from "./options.ts";
import type { Toolbox } from "./ports.ts";
import type { Anomaly, Candidate, ExpertFinding, Gap, Modality } from "./types.ts";
import { version } from "./version.ts";

const mostCauses = 10;
const mostMetrics = 20;
const mostCited = 8;
const mostExamples = 5;
/** Weaker than this is what fault-free windows reach by chance (docs/bench.md): no cause is named. */
const weakestCause = 3;
/** From this strength on (some 30 robust standard deviations), strength no longer limits confidence. */
const clearStrength = 5;
/** How much is believed when one, two or all three kinds of telemetry were seen. */
const trustByModalities = [0, 0.7, 0.85, 0.95] as const;
/** A share this near to the first one's makes two causes hard to tell apart. */
const closeShare = 0.8;

/** Whether the first of the ranked services is suspected strongly enough to be named a cause. */
export function isNamed(services: readonly Candidate[], fusion: FusionOptions): boolean {
  const strongest = services[0]?.score ?? 0;
  return fusion.method === "strength" ? strongest >= weakestCause : strongest > 0;
}

/**
 * Puts the diagnosis together: causes and metrics with confidence, the evidence they rest on, and what
 * makes the answer uncertain. Evidence that no anomaly stands behind is dropped.
 *
 * Units:  confidence 0 to 1: a softmax over the strengths of the first ten causes, lowered where
 *         evidence is weak or kinds of telemetry are missing. Not calibrated yet: it orders answers by
 *         how clear they are, it is no probability.
 */
export function conclude(
  file: CaseFile & {
    readonly findings: readonly ExpertFinding[];
    readonly modalities?: readonly Modality[] | null;
    readonly notes: readonly string[];
  },
  toolbox: Toolbox,
  options: PipelineOptions,
): Diagnosis {
  const { question, window, slice, anomalies, rankings, fused, narrowed, isNamed: named } = file;
  const seenKinds = [slice.metrics.length, slice.logs.window.length, slice.traces.window.length].filter(
    (count) => count > 0,
  ).length;
  const compared =
    slice.metrics.some(({ reference }) => reference.v.length > 0) ||
    slice.logs.reference.length > 0 ||
    slice.traces.reference.length > 0;
  const verdict = named ? "found" : seenKinds > 0 && compared ? "nothing-found" : "cannot-tell";
  const known = new Set(anomalies.map(({ id }) => id));
  const cite = (ids: readonly string[]) => cited(ids, known);
  const causes = named ? rankedCauses(fused.services, seenKinds, cite) : [];
  const metrics = (named ? fused.metrics : []).slice(0, mostMetrics).map((candidate, index) => ({
    rank: index + 1,
    service: candidate.service,
    instance: candidate.instance,
    metric: candidate.metric ?? "",
    score: rounded(Math.min(1, candidate.score / (fused.metrics[0]?.score ?? 1))),
    evidence: cite(candidate.evidence),
  }));
  const findings = file.findings.map((finding) => ({ ...finding, evidence: cite(finding.evidence) }));
  const lacking = rankings.flatMap(({ localizer, note }): Gap[] =>
    note === undefined ? [] : [{ from: localizer, reason: "missing", detail: note }],
  );
  const gaps = unrepeated([...slice.gaps, ...lacking]);
  return {
    question: {
      id: question.id,
      text: question.text,
      askedAt: question.askedAt,
      timeZone: question.timeZone,
    },
    window: { start: window.start, end: window.end, from: window.from },
    scope: {
      services: [...slice.scope.services],
      ...(file.modalities == null ? {} : { modalities: [...file.modalities] }),
    },
    verdict,
    causes,
    metrics,
    evidence: shownEvidence(
      file,
      [...causes, ...metrics, ...findings].flatMap(({ evidence }) => evidence),
    ),
    explanation: explanation(findings),
    findings,
    uncertainty: uncertainty(file, causes, gaps, options),
    gaps,
    rankings: rankings.map(({ localizer, level, candidates }) => ({
      localizer,
      level,
      candidates: candidates.slice(0, mostMetrics).map(({ service, instance, metric, score }) => ({
        service,
        instance,
        metric,
        score: rounded(score),
      })),
    })),
    narrowedBy: narrowed.by,
    earlier: [],
    model: null,
    timings: {},
    madeWith: {
      version,
      options,
      sources: toolbox.sources.map(({ name }) => name),
      seen: {
        series: slice.metrics.length,
        logLines: slice.logs.window.length,
        traces: slice.traces.window.length,
        spans: slice.traces.window.reduce((sum, { spans }) => sum + spans.length, 0),
      },
      reference: {
        from: slice.referencePeriods.from,
        metric: [...slice.referencePeriods.metric],
        log: [...slice.referencePeriods.log],
        trace: [...slice.referencePeriods.trace],
      },
    },
  };
}

/** The first of these anomalies, strongest reason first, in a number that one can read. */
function cited(ids: readonly string[], known: ReadonlySet<string>): string[] {
  return ids.filter((id) => known.has(id)).slice(0, mostCited);
}

function rankedCauses(
  services: readonly Candidate[],
  seenKinds: number,
  cite: (ids: readonly string[]) => string[],
): Cause[] {
  const shown = services.slice(0, mostCauses);
  const total = shown.reduce((sum, { score }) => sum + Math.exp(score), 0);
  const trust = trustByModalities[seenKinds] ?? 0;
  return shown.map(({ service, instance, score, why, evidence }, index) => ({
    rank: index + 1,
    service,
    instance,
    confidence: rounded(trust * (Math.exp(score) / total) * Math.min(1, score / clearStrength)),
    why,
    evidence: cite(evidence),
  }));
}

/** The anomalies that causes, metrics and findings rest on, with their sentences. */
function shownEvidence(file: CaseFile, ids: readonly string[]): Evidence[] {
  const wanted = new Set(ids);
  const texts = new Map(file.descriptions.map((description) => [description.anomalyId, description]));
  return file.anomalies
    .filter(({ id }) => wanted.has(id))
    .map((anomaly) => ({
      id: anomaly.id,
      modality: anomaly.modality,
      service: anomaly.service,
      instance: anomaly.instance,
      start: anomaly.start,
      end: anomaly.end,
      text: texts.get(anomaly.id)?.text ?? "",
      kind: anomaly.modality === "metric" ? anomaly.direction : anomaly.kind,
      metric: anomaly.modality === "metric" ? anomaly.key.metric : null,
      pattern: texts.get(anomaly.id)?.pattern ?? null,
      severity: rounded(anomaly.severity),
      values:
        anomaly.modality === "metric" ? anomaly.segment.map((v) => (Number.isFinite(v) ? v : null)) : [],
      examples: examples(anomaly),
    }));
}

function examples(anomaly: Anomaly): string[] {
  switch (anomaly.modality) {
    case "metric":
      return [];
    case "trace":
      return anomaly.traceIds.slice(0, mostExamples);
    case "log":
      return anomaly.examples.slice(0, mostExamples);
  }
}

function explanation(findings: readonly ExpertFinding[]): string {
  const last = findings[findings.length - 1];
  if (last === undefined) return "";
  const observations = findings.map(({ observation }) => observation).join(" ");
  return `Observation: ${observations}\nReasoning: ${last.reasoning}\nFinal Answer: ${last.finalAnswer}`;
}

function uncertainty(
  file: CaseFile & { readonly notes: readonly string[] },
  causes: readonly Cause[],
  gaps: readonly Gap[],
  options: PipelineOptions,
): string[] {
  const said = [...file.notes];
  const hours = options.defaultWindowMs / 3_600_000;
  if (file.window.from === "default") {
    const last = hours === 1 ? "hour was" : `${Number(hours.toPrecision(3))} hours were`;
    said.push(`No time was named that could be told, so the last ${last} looked at.`);
  }
  const [first, second] = causes;
  if (first !== undefined && second !== undefined && second.confidence >= closeShare * first.confidence) {
    said.push(`${name(second.service)} is nearly as likely as ${name(first.service)}.`);
  }
  if (file.slice.referencePeriods.from === "preceding") {
    said.push("No period is declared fault-free: the time before the window was taken as normal.");
  }
  if (gaps.some(({ reason }) => reason === "unreachable")) {
    said.push("Not every source answered: ask again when it does.");
  }
  said.push(
    "No language model was asked: the ranking and the words come from the methods and templates alone.",
  );
  return [...new Set(said)];
}

/** One gap per source, reason and text. */
function unrepeated(gaps: readonly Gap[]): Gap[] {
  return [...new Map(gaps.map((gap) => [`${gap.from}|${gap.reason}|${gap.detail}`, gap])).values()];
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
