import type { Incident, IncidentSummary, Recurrence } from "../pipeline/incident-summary.ts";
import type { TimeWindow } from "../pipeline/types.ts";
import type { ShownIncident, SummaryReply } from "./reply.ts";
import { counted, dateTimeWords, durationWords, timeWords, windowWords } from "./time-words.ts";
import { gapWords, percentWords, placeWords } from "./verdict.ts";

/** Below this confidence an incident has no clear cause. */
const unclear = 0.3;
const shownRecurrences = 5;

/** A summary as every surface shows it: one line where nothing broke, else an incident each. */
export function renderSummary(summary: IncidentSummary): SummaryReply {
  const { question, period, incidents, steps, madeWith, timings } = summary;
  const took = timings.total === undefined ? "" : ` in ${(timings.total / 1000).toFixed(1)} s`;
  return {
    kind: "summary",
    questionId: question.id,
    question: question.text,
    looked: `${windowWords(period, question.timeZone)}${scopeWords(summary)}`,
    headline: headline(summary),
    incidents: incidents.map((incident) => shown(incident, summary)),
    recurrences: recurrenceLines(summary),
    gaps: [...unseenWords(summary), ...summary.gaps.map(gapWords)],
    uncertainty: summary.uncertainty,
    madeFrom: `Looked at ${counted(steps.count, "step")} of ${durationWords(steps.stepMs)}${took}, from ${madeWith.sources.join(", ") || "no source"}; LocaleXpert ${madeWith.version}.`,
  };
}

function headline({ incidents, period, comparedWith, question, steps }: IncidentSummary): string {
  const length = durationWords(period.end - period.start);
  if (incidents.length === 0) {
    const blind = lengthOf(steps.unseen) > 0 ? " Not all of it could be seen." : "";
    return `Quiet: nothing broke in these ${length}.${blind}`;
  }
  const ongoing = incidents.filter((incident) => incident.ongoing);
  const going =
    ongoing.length === 0
      ? ""
      : `; ${ongoing.length === incidents.length ? "" : `${ongoing.length} `}not over at ${timeWords(period.end, question.timeZone, period)}`;
  const before =
    comparedWith === null
      ? ""
      : ` The ${length.replace(/^1 /, "")} before had ${comparedWith.incidents || "none"}.`;
  return `${counted(incidents.length, "incident")} in ${length}${going}.${before}`;
}

function shown(incident: Incident, { question, period, comparedWith }: IncidentSummary): ShownIncident {
  const [first, second] = incident.causes;
  const time = (at: number) => timeWords(at, question.timeZone, period);
  const until = incident.ongoing ? "on" : `to ${time(incident.end)}`;
  const metrics = incident.metrics
    .filter(({ service }) => service === first?.service)
    .map(({ metric }) => metric);
  return {
    id: incident.id,
    when: `${time(incident.start)} ${until} (${durationWords(incident.end - incident.start)})`,
    cause: first === undefined ? "No service stands out." : causeWords(first, second),
    confidence: first?.confidence ?? 0,
    why: first?.why ?? "",
    atFault: [...new Set(metrics)].slice(0, 2),
    history: [comparedWith === null ? "" : historyWords(incident.before), judgedWords(incident, question)]
      .filter((part) => part !== "")
      .join("; "),
    evidence: first?.evidence ?? [],
  };
}

function causeWords(
  first: Incident["causes"][number],
  second: Incident["causes"][number] | undefined,
): string {
  const place = placeWords(first.service, first.instance);
  if (first.confidence >= unclear || second === undefined)
    return `${place}, ${percentWords(first.confidence)}`;
  return `No clear cause: ${place} with ${percentWords(first.confidence)}, then ${second.service} with ${percentWords(second.confidence)}`;
}

function historyWords(before: number): string {
  return before === 0 ? "new" : `again: ${before === 1 ? "once" : `${before} times`} in the period before`;
}

/** What people said of an incident like it: "like that of 2026-11-20 14:20:30, which was rate". */
function judgedWords({ earlier }: Incident, { timeZone }: IncidentSummary["question"]): string {
  const judged = earlier.find(({ confirmed }) => confirmed != null);
  if (judged === undefined) return "";
  return `like that of ${dateTimeWords(judged.start, timeZone)}, which people said was ${judged.confirmed}`;
}

/** What came again, and what broke before and held this time. */
function recurrenceLines({ recurrences, comparedWith }: IncidentSummary): string[] {
  const several = recurrences.filter(({ now }) => now > 1).slice(0, shownRecurrences);
  const lines = several.map(
    ({ service, now, before }: Recurrence) =>
      `${service}: ${now} incidents${comparedWith === null ? "" : `, ${before || "none"} in the period before`}.`,
  );
  const held = recurrences.filter(({ now, before }) => now === 0 && before > 0).map(({ service }) => service);
  return held.length === 0
    ? lines
    : [...lines, `Held this time, after breaking in the period before: ${held.join(", ")}.`];
}

function unseenWords({ steps: { unseen }, question, period }: IncidentSummary): string[] {
  if (unseen.length === 0) return [];
  const time = (at: number) => timeWords(at, question.timeZone, period);
  const stretches = unseen.map(({ start, end }) => `${time(start)} to ${time(end)}`);
  return [`No telemetry from ${stretches.join(", ")}.`];
}

function lengthOf(windows: readonly TimeWindow[]): number {
  return windows.reduce((sum, { start, end }) => sum + end - start, 0);
}

function scopeWords({ scope }: IncidentSummary): string {
  return scope.services.length === 0 ? "; every service" : `; ${scope.services.join(", ")} and what it calls`;
}
