import type { Diagnosis } from "../../pipeline/diagnosis.ts";

const minute = 60_000;
/** 2026-11-23T14:20:30Z. */
const start = Date.UTC(2026, 10, 23, 14, 20, 30);
const at = (minutes: number) => start + minutes * minute;

/** A hand-made diagnosis of one hour in which geo's cpu ran out. */
export function geoDiagnosis(changes: Partial<Diagnosis> = {}): Diagnosis {
  return {
    question: {
      id: "terminal-1",
      text: "what broke in geo in the last hour",
      askedAt: at(60),
      timeZone: "Europe/Berlin",
    },
    window: { start, end: at(60), from: "question" },
    scope: { services: ["geo"] },
    verdict: "found",
    causes: [
      {
        rank: 1,
        service: "geo",
        instance: "geo-1",
        confidence: 0.782,
        why: "Its cpu is 12 standard deviations above the reference, and callers wait for it.",
        evidence: ["metric-1", "trace-1", "log-1"],
      },
      {
        rank: 2,
        service: "search",
        instance: null,
        confidence: 0.104,
        why: "It is slow, but only while it waits for geo.",
        evidence: ["trace-1", "metric-2"],
      },
      {
        rank: 3,
        service: "mongodb-geo",
        instance: null,
        confidence: 0.03,
        why: "It is called by geo.",
        evidence: [],
      },
      {
        rank: 4,
        service: "rate",
        instance: null,
        confidence: 0.004,
        why: "A little slower.",
        evidence: ["metric-3"],
      },
    ],
    metrics: [
      { rank: 1, service: "geo", instance: "geo-1", metric: "cpu_usage", score: 1, evidence: ["metric-1"] },
      {
        rank: 2,
        service: "search",
        instance: null,
        metric: "latency_p99",
        score: 0.41,
        evidence: ["metric-2"],
      },
    ],
    evidence: [
      {
        id: "metric-1",
        modality: "metric",
        service: "geo",
        instance: "geo-1",
        start: at(31),
        end: at(58),
        text: "Metric cpu_usage of geo-1 is abnormal (level shift up) from 15:51:30 to 16:18:30: it reaches 0.97, up from 0.21.",
        kind: "up",
        metric: "cpu_usage",
        pattern: "level shift up",
        severity: 12,
        values: [0.2, 0.21, null, 0.22, 0.2, 0.6, 0.9, 0.97, 0.95, 0.96],
        examples: [],
      },
      {
        id: "metric-2",
        modality: "metric",
        service: "search",
        instance: null,
        start: at(32),
        end: at(57),
        text: "Metric latency_p99 of search is abnormal (spike) from 15:52:30 to 16:17:30: it reaches 812 ms, up from 35 ms.",
        kind: "up",
        metric: "latency_p99",
        pattern: "spike",
        severity: 7,
        values: [35, 36, 35, 812, 790],
        examples: [],
      },
      {
        id: "metric-3",
        modality: "metric",
        service: "rate",
        instance: null,
        start: at(40),
        end: at(41),
        text: "Metric memory of rate is abnormal.",
        kind: "up",
        metric: "memory",
        pattern: null,
        severity: 3.2,
        values: [1, 1, 1, 1],
        examples: [],
      },
      {
        id: "trace-1",
        modality: "trace",
        service: "geo",
        instance: "geo-1",
        start: at(31),
        end: at(57),
        text: "37 traces, such as 4bf92f35, time out along frontend->search->geo: geo.Nearby takes 802 ms, 761 ms over its normal upper limit.",
        kind: "timeout",
        metric: null,
        pattern: null,
        severity: 9,
        values: [],
        examples: ["4bf92f3577b34da6", "00f067aa0ba902b7"],
      },
      {
        id: "log-1",
        modality: "log",
        service: "geo",
        instance: "geo-1",
        start: at(33),
        end: at(50),
        text: 'The log statement "deadline exceeded after <*> ms" is new: 41 times.',
        kind: "new",
        metric: null,
        pattern: null,
        severity: 6,
        values: [],
        examples: ["deadline exceeded after 800 ms", "deadline exceeded after 802 ms"],
      },
    ],
    explanation: "Observation: geo's cpu is full.\nReasoning: callers wait.\nFinal Answer: geo.",
    findings: [
      {
        expert: "failure localization expert",
        observation: "2 of 2 methods that rank anything put geo first.",
        reasoning: "Callers wait for geo.",
        finalAnswer: "The most likely root cause is geo.",
        evidence: ["metric-1"],
        by: "template",
        sentences: [],
        dropped: 0,
        repaired: 0,
      },
    ],
    uncertainty: ["No period is declared fault-free: the time before the window was taken as normal."],
    gaps: [{ from: "files logs", reason: "broken-rows", detail: "3 rows of logs.csv could not be read." }],
    rankings: [
      {
        localizer: "simple-rca",
        level: "service",
        candidates: [
          { service: "geo", instance: null, metric: null, score: 3 },
          { service: "search", instance: null, metric: null, score: 1 },
        ],
      },
      { localizer: "robust-scorer", level: "metric", candidates: [] },
    ],
    narrowedBy: "trace",
    earlier: [
      {
        questionId: "terminal-0",
        start: at(-3 * 24 * 60),
        end: at(-3 * 24 * 60 + 20),
        service: "geo",
        instance: "geo-1",
        metric: "cpu_usage",
        why: "Its cpu rose to 0.93 where 0.2 is usual.",
        likeness: 0.667,
      },
    ],
    model: null,
    modelCalls: [],
    timings: { read: 20, total: 1312 },
    madeWith: {
      version: "0.1.0",
      options: { seed: 7 },
      sources: ["files metrics", "files logs", "files traces"],
      prompts: {},
      seen: { series: 12, logLines: 1204, traces: 312, spans: 2800 },
      reference: {
        from: "preceding",
        metric: [{ start: at(-125), end: at(-5) }],
        log: [],
        trace: [],
      },
    },
    ...changes,
  };
}

export function nothingFound(): Diagnosis {
  return geoDiagnosis({
    verdict: "nothing-found",
    causes: [],
    earlier: [],
    metrics: [],
    evidence: [],
    findings: [],
    gaps: [],
  });
}

export function cannotTell(): Diagnosis {
  const base = geoDiagnosis();
  return geoDiagnosis({
    verdict: "cannot-tell",
    window: { ...base.window, from: "default" },
    scope: { services: [] },
    causes: [],
    earlier: [],
    metrics: [],
    evidence: [],
    findings: [],
    gaps: [{ from: "files traces", reason: "unreachable", detail: "traces.csv cannot be opened." }],
    madeWith: { ...base.madeWith, seen: { series: 0, logLines: 0, traces: 0, spans: 0 } },
  });
}
