import { clockIn } from "../describe/wording.ts";
import { type Diagnosis, type Evidence, momentlessKinds } from "../diagnosis.ts";
import type { CaseFacts, Sign } from "./case-facts.ts";
import {
  aliased,
  callsItem,
  candidateItem,
  type EvidenceBook,
  type EvidenceItem,
  earlierItem,
  evidenceItem,
  lower,
  timesIn,
} from "./evidence-book.ts";
import { measured } from "./quantities.ts";

/**
 * What may be said of a saved diagnosis: its evidence, its ranked services, who waits for whom, and the facts that were
 * looked up for the question, as "fact-1" and so on.
 *
 * Departure: of the calls only those are saved that the failure took, and of the instances only the abnormal ones, so that
 *         less can be said than when the diagnosis was made.
 */
export function answerBook(diagnosis: Diagnosis, facts: readonly string[]): EvidenceBook {
  const { question, window, causes, evidence, metrics, earlier } = diagnosis;
  const moment = (at: number) => clockIn(question.timeZone).moment(at);
  const calls = callsOf(diagnosis);
  const candidates = causes.map((cause, index) => [`candidate-${index + 1}`, asCandidate(cause)] as const);
  const items = [
    ...evidence.map((one) => savedItem(one, moment)),
    ...candidates.map(([id, candidate], index) => candidateItem(id, candidate, index + 1)),
    ...earlier.map((one, index) => earlierItem(`earlier-${index + 1}`, one, moment)),
    callsItem(calls),
  ];
  const ranked = diagnosis.rankings.flatMap((ranking) => ranking.candidates);
  const services = lower(
    [...causes, ...metrics, ...evidence, ...ranked].map(({ service }) => service),
    calls.flat(),
    diagnosis.scope.services,
  );
  const names = aliased(
    lower(
      [...services],
      [...metrics, ...evidence, ...ranked].flatMap(({ instance, metric }) => [instance, metric]),
      items.flatMap((item) => [...item.names]),
    ),
  );
  const known = facts.map((text, index) => factItem(`fact-${index + 1}`, text, names));
  const edges = [moment(window.start), moment(window.end)];
  return {
    items: new Map([...items, ...known].map((item) => [item.id, item])),
    services,
    names,
    calls: new Set(calls.map(([caller, callee]) => `${caller} ${callee}`.toLowerCase())),
    windowTimes: edges.flatMap(timesIn),
    windowDates: edges.map((edge) => edge.slice(0, 10)),
    windowQuantities: [measured(window.end - window.start, "ms")],
    candidates: new Map(candidates),
    facts: factsOf(diagnosis),
  };
}

function asCandidate({ service, instance, why, evidence, strength = 0 }: Diagnosis["causes"][number]) {
  return { service, instance, metric: null, symptom: false, score: strength, why, evidence };
}

function savedItem(one: Evidence, moment: (at: number) => string): EvidenceItem {
  return evidenceItem(
    one.id,
    one.text,
    [...one.examples, moment(one.start), moment(one.end)],
    [one.service, one.instance, one.metric],
    [measured(one.end - one.start, "ms"), measured(one.severity, null)],
  );
}

/** What is looked up names what it is about in its words alone. */
function factItem(id: string, text: string, names: ReadonlyMap<string, string>): EvidenceItem {
  const words = new Set(text.toLowerCase().match(/[\p{L}\p{N}_][\p{L}\p{N}_./:@()%-]*/gu) ?? []);
  const said = [...words].flatMap((word) => names.get(word.replace(/[./:@,-]+$/, "")) ?? []);
  return evidenceItem(id, text, [], said, []);
}

/** From who waits to whom they wait for. */
function callsOf({ propagation, rankings }: Diagnosis): (readonly [string, string])[] {
  const path = propagation?.path ?? [];
  return [
    ...path.slice(1).map((callee, index) => [path[index] ?? callee, callee] as const),
    ...(propagation?.victims ?? []).map(({ service, waitsFor }) => [service, waitsFor] as const),
    ...rankings.flatMap(({ candidates }) =>
      candidates.flatMap(({ service, waitsFor }) =>
        waitsFor === undefined ? [] : [[service, waitsFor] as const],
      ),
    ),
  ];
}

function factsOf({ evidence, causes, rankings, earlier }: Diagnosis): CaseFacts {
  return {
    signs: evidence.map(signOf),
    ranks: new Map(causes.map(({ service, rank }) => [service.toLowerCase(), rank])),
    firsts: new Map(
      rankings.flatMap(({ localizer, level, candidates: [first] }) =>
        first === undefined || level !== "service" ? [] : [[localizer, first.service.toLowerCase()] as const],
      ),
    ),
    confirmed: new Map(
      earlier.map(({ confirmed }, index) => [`earlier-${index + 1}`, confirmed?.toLowerCase() ?? null]),
    ),
    instances: new Map(),
  };
}

function signOf(one: Evidence): Sign {
  const isMetric = one.modality === "metric";
  return {
    id: one.id,
    modality: one.modality,
    service: one.service.toLowerCase(),
    instance: one.instance?.toLowerCase() ?? null,
    metric: one.metric?.toLowerCase() ?? null,
    measures: null,
    start: one.start,
    direction: isMetric && (one.kind === "up" || one.kind === "down") ? one.kind : null,
    peak: null,
    severity: one.severity,
    tellsMoment: one.modality !== "log" || !momentlessKinds.has(one.kind),
  };
}
