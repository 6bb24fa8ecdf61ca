import type { Diagnosis, Evidence } from "../pipeline/diagnosis.ts";
import type { ErrorCode } from "../pipeline/errors.ts";
import type { EpochMs, Stage } from "../pipeline/types.ts";
import { findingParagraphs } from "./basis-words.ts";
import { answerButtons, type Button, suspectsOf } from "./buttons.ts";
import { nextSteps } from "./next-steps.ts";
import { counted, dateTimeWords, durationWords, roundedDuration, windowWords } from "./time-words.ts";
import { gapWords, isCodeRegion, percentWords, placeWords, verdictLines } from "./verdict.ts";

/** What the bot says, before a surface gives it its form. */
export type Reply = Answer | SummaryReply | Progress | TimeRequest | Failure | Words;

/** A cause as it is shown. `confidence` 0 to 1. */
export interface ShownCause {
  readonly rank: number;
  readonly service: string;
  readonly instance: string | null;
  readonly confidence: number;
  readonly why: string;
  /** Names of the metrics most at fault in this service, worst first. */
  readonly metrics: readonly string[];
  /** Pairs of log statements that enclose the faulty code, where the logs show it. */
  readonly codeRegions: readonly string[];
  readonly evidence: readonly string[];
}

export interface ShownEvidence {
  readonly id: string;
  readonly modality: "metric" | "log" | "trace";
  readonly service: string;
  readonly instance: string | null;
  readonly start: EpochMs;
  readonly end: EpochMs;
  readonly text: string;
  /** Samples around the anomaly, missing = null; empty for logs and traces. */
  readonly values: readonly (number | null)[];
  /** Log lines or trace ids. */
  readonly examples: readonly string[];
}

export interface Answer {
  readonly kind: "answer";
  readonly questionId: string;
  readonly question: string;
  readonly timeZone: string;
  /** The window in words, in the asker's zone. */
  readonly looked: string;
  readonly verdict: Diagnosis["verdict"];
  /** Three lines: what, why, since when. */
  readonly verdictLines: readonly string[];
  readonly causes: readonly ShownCause[];
  readonly evidence: readonly ShownEvidence[];
  /** What each expert said, a paragraph for each part; unless deep, only what a model concludes. */
  readonly findings: readonly { readonly expert: string; readonly paragraphs: readonly string[] }[];
  /** What each localizer ranked first; empty unless deep. */
  readonly rankings: readonly string[];
  readonly gaps: readonly string[];
  readonly uncertainty: readonly string[];
  /** Earlier incidents like this one, a line each. */
  readonly earlier: readonly string[];
  readonly nextSteps: readonly string[];
  /** What went into the answer, and how long it took. */
  readonly madeFrom: string;
  /** How much a short answer leaves out. */
  readonly left: { readonly causes: number; readonly evidence: number };
  /** What can be pressed, where a surface has buttons. */
  readonly buttons: readonly Button[];
  /** The services to choose from for a correction. */
  readonly suspects: readonly string[];
}

export interface ShownIncident {
  readonly id: string;
  /** Start, end and length, in the asker's zone. */
  readonly when: string;
  readonly cause: string;
  /** Of the first cause; 0 to 1. */
  readonly confidence: number;
  readonly why: string;
  readonly atFault: readonly string[];
  /** Whether it is new beside the period before; empty where there is nothing to compare with. */
  readonly history: string;
  readonly evidence: readonly string[];
}

/** What broke in a whole period. */
export interface SummaryReply {
  readonly kind: "summary";
  readonly questionId: string;
  readonly question: string;
  /** The period in words, in the asker's zone. */
  readonly looked: string;
  readonly headline: string;
  readonly incidents: readonly ShownIncident[];
  readonly recurrences: readonly string[];
  readonly gaps: readonly string[];
  readonly uncertainty: readonly string[];
  readonly madeFrom: string;
}

/** The stages so far, replaced by the answer when it is there. */
export interface Progress {
  readonly kind: "progress";
  readonly stages: readonly Stage[];
  /** What is found by now; not the answer, which takes this message's place. */
  readonly found?: string;
  /** Why it has not begun: "3 before you, about a minute". */
  readonly waiting?: string;
  /** Pressing one is said about `questionId`. */
  readonly buttons?: readonly Button[];
  readonly questionId?: string;
}

/** Asked back when a question names no time. `text` of a choice is what choosing it says. */
export interface TimeRequest {
  readonly kind: "time-request";
  readonly text: string;
  readonly choices: readonly { readonly label: string; readonly text: string }[];
}

/** What went wrong and what to do about it. `code` is null for a bug of ours. */
export interface Failure {
  readonly kind: "failure";
  readonly code: ErrorCode | null;
  readonly what: string;
  readonly remedy: string;
}

/** Anything else the bot says, a paragraph each. */
export interface Words {
  readonly kind: "words";
  readonly paragraphs: readonly string[];
  /** The evidence whose ids stand in the paragraphs, where a surface can show what is behind them. */
  readonly cited?: readonly { readonly id: string; readonly text: string }[];
}

const shortCauses = 3;
const shortEvidence = 6;
const metricsPerCause = 2;
const rankedPerLocalizer = 3;

/**
 * The answer as every surface shows it. Short leads with three causes and what they rest on; deep, on
 * demand, adds the rest, the experts' own words and what each localizer ranked.
 */
export function renderReply(diagnosis: Diagnosis, depth: "short" | "deep" = "short"): Answer {
  const deep = depth === "deep";
  const { question, window } = diagnosis;
  const causes = deep ? diagnosis.causes : diagnosis.causes.slice(0, shortCauses);
  const evidence = deep ? diagnosis.evidence : strongest(diagnosis.evidence, causes);
  return {
    kind: "answer",
    questionId: question.id,
    question: question.text,
    timeZone: question.timeZone,
    looked: `${windowWords(window, question.timeZone)}${originWords(window.from)}${scopeWords(diagnosis)}`,
    verdict: diagnosis.verdict,
    verdictLines: verdictLines(diagnosis),
    causes: causes.map((cause) => ({
      rank: cause.rank,
      service: cause.service,
      instance: cause.instance,
      confidence: cause.confidence,
      why: cause.why,
      metrics: atFault(cause.service, "metric", diagnosis),
      codeRegions: atFault(cause.service, "code region", diagnosis),
      evidence: cause.evidence,
    })),
    evidence: evidence.map((one) => shown(one, deep)),
    findings: deep
      ? diagnosis.findings.map((finding) => ({
          expert: finding.expert,
          paragraphs: findingParagraphs(finding),
        }))
      : conclusionOf(diagnosis),
    rankings: deep ? diagnosis.rankings.map(rankingWords) : [],
    gaps: diagnosis.gaps.map(gapWords),
    uncertainty: diagnosis.uncertainty,
    earlier: diagnosis.earlier.map((incident) => earlierWords(incident, question)),
    nextSteps: nextSteps(diagnosis),
    madeFrom: madeFromWords(diagnosis),
    left: {
      causes: diagnosis.causes.length - causes.length,
      evidence: diagnosis.evidence.length - evidence.length,
    },
    buttons: answerButtons(diagnosis),
    suspects: suspectsOf(diagnosis),
  };
}

/** What a language model concludes; a template says what stands above already. */
function conclusionOf({ findings }: Diagnosis): Answer["findings"] {
  const last = findings.at(-1);
  return last === undefined || last.by !== "model"
    ? []
    : [{ expert: last.expert, paragraphs: findingParagraphs(last, ["finalAnswer", "tryFirst"]) }];
}

/** Each shown cause's first evidence, then its second, and so on: no cause stands without any. */
function strongest(
  evidence: readonly Evidence[],
  causes: readonly { readonly evidence: readonly string[] }[],
): Evidence[] {
  const byId = new Map(evidence.map((one) => [one.id, one]));
  const chosen = new Map<string, Evidence>();
  const deepest = Math.max(0, ...causes.map((cause) => cause.evidence.length));
  for (let depth = 0; depth < deepest; depth++) {
    for (const cause of causes) {
      const one = byId.get(cause.evidence[depth] ?? "");
      if (one !== undefined && chosen.size < shortEvidence) chosen.set(one.id, one);
    }
  }
  return causes.length > 0 ? [...chosen.values()] : evidence.slice(0, shortEvidence);
}

function shown(evidence: Evidence, deep: boolean): ShownEvidence {
  const text = (deep ? evidence.full : evidence.short) ?? evidence.text;
  // What the sentence says already is not said twice.
  const others = evidence.examples.filter((example) => !text.includes(example));
  return {
    id: evidence.id,
    modality: evidence.modality,
    service: evidence.service,
    instance: evidence.instance,
    start: evidence.start,
    end: evidence.end,
    text,
    values: evidence.modality === "metric" ? evidence.values : [],
    examples: deep ? others : others.slice(0, evidence.modality === "log" ? 1 : 0),
  };
}

function atFault(service: string, what: "metric" | "code region", diagnosis: Diagnosis): string[] {
  const names = diagnosis.metrics
    .filter((metric) => metric.service === service)
    .filter((metric) => isCodeRegion(metric, diagnosis) === (what === "code region"))
    .map(({ metric }) => metric);
  return [...new Set(names)].slice(0, metricsPerCause);
}

function originWords(from: Diagnosis["window"]["from"]): string {
  switch (from) {
    case "question":
      return "";
    case "asked":
      return ", as you chose";
    case "default":
      return ", the default window";
  }
}

/** What was looked at besides the window: "; every service", "; geo and what it calls; only logs". */
export function scopeWords({ scope }: Diagnosis): string {
  const where =
    scope.services.length === 0 ? "; every service" : `; ${scope.services.join(", ")} and what it calls`;
  if (scope.modalities === undefined) return where;
  return `${where}; only ${scope.modalities.map((modality) => `${modality}s`).join(" and ")}`;
}

/** "2026-11-20 14:20:30, 3 days before: geo, 80 % of the signs alike. Its cpu rose …" */
function earlierWords(
  { start, service, instance, likeness, why, confirmed }: Diagnosis["earlier"][number],
  { askedAt, timeZone }: Diagnosis["question"],
): string {
  const ago = durationWords(roundedDuration(askedAt - start));
  return `${dateTimeWords(start, timeZone)}, ${ago} before: ${placeWords(service, instance)}, ${percentWords(likeness)} of the signs alike. ${why}${confirmed == null ? "" : ` It was ${confirmed}, people said then.`}`.trim();
}

function rankingWords({ localizer, level, candidates }: Diagnosis["rankings"][number]): string {
  const first = candidates
    .slice(0, rankedPerLocalizer)
    .map(({ service, metric }) => (metric === null ? service : `${service} ${metric}`));
  const others = candidates.length - first.length;
  const rest = others > 0 ? ` and ${others} more` : "";
  return `${localizer} (${level}): ${first.length === 0 ? "ranks nothing" : `${first.join(", ")}${rest}`}`;
}

function madeFromWords({ madeWith, timings, model }: Diagnosis): string {
  const { seen, sources } = madeWith;
  const saw = [
    counted(seen.series, "metric series", "metric series"),
    counted(seen.logLines, "log line"),
    counted(seen.traces, "trace"),
  ].join(", ");
  const total = timings.total;
  const took = total === undefined ? "" : ` in ${(total / 1000).toFixed(1)} s`;
  const by = model === null ? "without a language model" : `with ${model}`;
  return `From ${saw} of ${sources.length === 0 ? "no source" : sources.join(", ")}${took}, ${by}; LocaleXpert ${madeWith.version}.`;
}
