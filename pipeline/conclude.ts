import { name } from "./describe/foreign-text.ts";
import { detectorGaps } from "./detect/index.ts";
import { isEvent } from "./detect/significance.ts";
import type { Cause, Diagnosis, Evidence } from "./diagnosis.ts";
import type { CaseFile } from "./experts/case-file.ts";
import type { Finding } from "./experts/finding.ts";
import type { Consultation } from "./experts/index.ts";
import { confidenceFeatures, confidenceInFirst, confidences } from "./fusion/confidence.ts";
import type { FusedService, FusionOptions } from "./fusion/fuse.ts";
import type { Weighing } from "./fusion/fusion-weights.ts";
import type { ModelCall } from "./model-call.ts";
import type { PipelineOptions } from "./options.ts";
import { permittedKey } from "./permitted.ts";
import type { Toolbox } from "./ports.ts";
import { propagationFrom } from "./propagation.ts";
import { incidentsOf } from "./summary/incidents.ts";
import type { Anomaly, Candidate, Gap, Modality } from "./types.ts";
import { version } from "./version.ts";

const mostCauses = 10;
const mostMetrics = 20;
const mostCited = 8;
const mostExamples = 5;
/**
 * Weaker than this is what fault-free windows reach by chance: no cause is named. A symptom that only the
 * metrics of one service show comes to 3.01 at most, however wild it is, and is no cause by itself.
 */
export const weakestCause = 3.1;
/** Of what each method cites for a cause, so many anomalies are kept. */
const mostContributed = 3;
/** Strengths nearer than this cannot be told apart. */
const closeStrength = 0.2;

/** Whether the first of the ranked services is suspected strongly enough to be named a cause. */
export function isNamed(
  services: readonly Candidate[],
  fusion: FusionOptions,
  weakest: number = weakestCause,
): boolean {
  const strongest = services[0]?.score ?? 0;
  return fusion.method === "strength" ? strongest >= weakest : strongest > 0;
}

/** All that is known when the diagnosis is put together. */
type ConcludeFile = CaseFile & {
  readonly consultation: Consultation;
  /** Of the language model, by whom they were asked for. */
  readonly calls: readonly ModelCall[];
  /** Of the language model, to read the question. */
  readonly reading: readonly ModelCall[];
  readonly modalities?: readonly Modality[] | null;
  readonly weighing?: Weighing;
  readonly notes: readonly string[];
};

/**
 * Puts the diagnosis together: causes and metrics with confidence, the evidence they rest on, and what
 * makes the answer uncertain. Evidence that no anomaly stands behind is dropped.
 *
 * Units:  confidence 0 to 1, see confidence.ts.
 */
export function conclude(file: ConcludeFile, toolbox: Toolbox, options: PipelineOptions): Diagnosis {
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
  // Who only waits for somebody is in a ranking without a score.
  const firsts = rankings.flatMap(({ candidates: [first] }) =>
    first === undefined || first.score <= 0 ? [] : [first.service],
  );
  const confidenceFrom = confidenceFeatures(fused.services, slice, firsts);
  const sure = confidenceInFirst(confidenceFrom);
  const causes = named ? rankedCauses(fused.services, sure, cite) : [];
  const origin = causes[0];
  const propagation = origin === undefined ? null : propagationOf(origin.service, file);
  const metrics = (named ? fused.metrics : []).slice(0, mostMetrics).map((candidate, index) => ({
    rank: index + 1,
    service: candidate.service,
    instance: candidate.instance,
    metric: candidate.metric ?? "",
    score: rounded(Math.min(1, candidate.score / (fused.metrics[0]?.score ?? 1))),
    evidence: cite(candidate.evidence),
  }));
  const incidents = named ? rankedIncidents(file) : [];
  const findings = file.consultation.findings.map((finding) => ({
    ...finding,
    evidence: cite(finding.evidence),
    sentences: finding.sentences.map((one) => ({ ...one, evidence: [...one.evidence] })),
  }));
  const calls = [...file.calls].sort((a, b) => (a.promptHash < b.promptHash ? -1 : 1));
  const allCalls = [...file.reading, ...calls];
  const lacking = rankings.flatMap(({ localizer, note }): Gap[] => {
    const refused = toolbox.fitted?.gaps[localizer];
    if (refused !== undefined) return [refused];
    return note === undefined ? [] : [{ from: localizer, reason: "missing", detail: note }];
  });
  const unweighed = file.weighing?.gap ?? null;
  const gaps = unrepeated([
    ...slice.gaps,
    ...detectorGaps(slice, options.detectors, toolbox.fitted),
    ...lacking,
    ...(unweighed === null ? [] : [unweighed]),
    ...file.consultation.gaps,
  ]);
  return {
    question: {
      id: question.id,
      text: question.text,
      askedAt: question.askedAt,
      timeZone: question.timeZone,
      ...permittedKey(question.permitted),
    },
    window: { start: window.start, end: window.end, from: window.from },
    scope: {
      services: [...slice.scope.services],
      ...(file.modalities == null ? {} : { modalities: [...file.modalities] }),
    },
    verdict,
    causes,
    metrics,
    propagation,
    incidents,
    evidence: shownEvidence(
      file,
      [
        ...causes,
        ...causes.flatMap(({ contributions }) => contributions ?? []),
        ...(propagation?.victims ?? []),
        ...metrics,
        ...findings,
      ].flatMap(({ evidence }) => evidence),
    ),
    explanation: explanation(findings),
    findings,
    uncertainty: uncertainty(file, causes, incidents.length, gaps, options),
    gaps,
    rankings: rankings.map(({ localizer, level, candidates }) => ({
      localizer,
      level,
      candidates: candidates.slice(0, mostMetrics).map((candidate) => ({
        service: candidate.service,
        instance: candidate.instance,
        metric: candidate.metric,
        score: rounded(candidate.score),
        symptom: candidate.symptom,
        evidence: cite(candidate.evidence).slice(0, mostContributed),
        ...(candidate.waitsFor === undefined ? {} : { waitsFor: candidate.waitsFor }),
        ...(candidate.waitsWholly === true ? { waitsWholly: true } : {}),
      })),
    })),
    confidenceFrom,
    ...fusedWith(file.weighing),
    narrowedBy: narrowed.by,
    earlier: [...file.earlier],
    model: findings.some(({ by }) => by === "model")
      ? (calls.find(({ problem }) => problem === null)?.model ?? null)
      : null,
    modelCalls: allCalls,
    timings: {},
    madeWith: {
      version,
      options,
      sources: toolbox.sources.map(({ name }) => name),
      prompts: Object.fromEntries(allCalls.map(({ prompt }) => [prompt.id, prompt.version])),
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

/** Nothing where all methods count alike. */
function fusedWith(weighing: Weighing | undefined): Pick<Diagnosis, "fusedWith"> {
  if (weighing === undefined || weighing.incidents === 0) return {};
  return { fusedWith: { weights: { ...weighing.weights }, incidents: weighing.incidents } };
}

/** The first of these anomalies, strongest reason first, in a number that one can read. */
function cited(ids: readonly string[], known: ReadonlySet<string>): string[] {
  return ids.filter((id) => known.has(id)).slice(0, mostCited);
}

function rankedCauses(
  services: readonly FusedService[],
  sure: number,
  cite: (ids: readonly string[]) => string[],
): Cause[] {
  const shown = services.slice(0, mostCauses);
  const shares = confidences(shown, sure);
  return shown.map(({ service, instance, score, why, evidence, contributions = [] }, index) => ({
    rank: index + 1,
    service,
    instance,
    confidence: rounded(shares[index] ?? 0),
    why,
    evidence: cite(evidence),
    strength: rounded(score),
    contributions: contributions.map((one) => ({
      localizer: one.localizer,
      score: rounded(one.score),
      counted: rounded(one.counted),
      why: one.why,
      evidence: cite(one.evidence).slice(0, mostContributed),
    })),
  }));
}

function propagationOf(origin: string, { slice, anomalies }: CaseFile): Diagnosis["propagation"] {
  const { path, victims } = propagationFrom(origin, slice, anomalies);
  return {
    origin,
    path: [...path],
    victims: victims.map((victim) => ({ ...victim, evidence: [...victim.evidence] })),
  };
}

function rankedIncidents({ fused, anomalies, slice }: CaseFile): NonNullable<Diagnosis["incidents"]> {
  return incidentsOf(fused.services, anomalies, slice.topology.edges, weakestCause).map(
    ({ start, end, services }, index) => ({ rank: index + 1, start, end, services: [...services] }),
  );
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
      short: texts.get(anomaly.id)?.short ?? "",
      full: texts.get(anomaly.id)?.full ?? "",
      kind: anomaly.modality === "metric" ? anomaly.direction : anomaly.kind,
      metric: anomaly.modality === "metric" ? anomaly.key.metric : null,
      pattern: texts.get(anomaly.id)?.pattern ?? null,
      severity: rounded(anomaly.severity),
      ...(isEvent(anomaly) ? {} : { isSignal: true }),
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

function explanation(findings: readonly Finding[]): string {
  const last = findings[findings.length - 1];
  if (last === undefined) return "";
  const observations = findings.map(({ observation }) => observation).join(" ");
  return `Observation: ${observations}\nReasoning: ${last.reasoning}\nFinal Answer: ${last.finalAnswer}`;
}

function uncertainty(
  file: ConcludeFile,
  causes: readonly Cause[],
  incidentCount: number,
  gaps: readonly Gap[],
  options: PipelineOptions,
): string[] {
  const said = [...file.notes];
  const hours = options.defaultWindowMs / 3_600_000;
  if (file.window.from === "default") {
    const last = hours === 1 ? "hour was" : `${Number(hours.toPrecision(3))} hours were`;
    said.push(`No time was named that could be told, so the last ${last} looked at.`);
  }
  if (incidentCount > 1) {
    said.push(
      `There may be ${incidentCount} separate faults in this window; causes are ranked over all of them.`,
    );
  }
  const [first, second] = causes;
  if (first !== undefined && second !== undefined && isClose(first, second)) {
    said.push(`${name(second.service)} is nearly as likely as ${name(first.service)}.`);
  }
  if (file.slice.referencePeriods.from === "preceding") {
    said.push("No period is declared fault-free: the time before the window was taken as normal.");
  }
  if (gaps.some(({ reason }) => reason === "unreachable")) {
    said.push("Not every source answered: ask again when it does.");
  }
  said.push(...file.consultation.notes);
  if (file.calls.length === 0) {
    said.push(
      "No language model was asked: the ranking and the words come from the methods and templates alone.",
    );
  }
  return [...new Set(said)];
}

function isClose(first: Cause, second: Cause): boolean {
  return (first.strength ?? 0) - (second.strength ?? 0) <= closeStrength;
}

/** One gap per source, reason and text. */
function unrepeated(gaps: readonly Gap[]): Gap[] {
  return [...new Map(gaps.map((gap) => [`${gap.from}|${gap.reason}|${gap.detail}`, gap])).values()];
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
