import type { Cause, Diagnosis, Evidence } from "../pipeline/diagnosis.ts";
import { percentWords, placeWords } from "./verdict.ts";

const shownContributions = 5;

/**
 * Why the first cause is first and the second is not, a line each: what every method adds to a cause,
 * the anomalies that it rests on with their numbers, and how the failure spread. Indented by twos.
 */
export function explain(diagnosis: Diagnosis): string[] {
  const [first, second] = diagnosis.causes;
  if (first === undefined) return ["No cause is named, so there is nothing to compare."];
  return [
    `Why ${first.service} is first`,
    ...causeLines(first, diagnosis),
    ...propagationLines(diagnosis),
    ...(second === undefined
      ? ["No other service is suspected."]
      : [`Why ${second.service} is not first`, ...whyNot(first, second), ...causeLines(second, diagnosis)]),
    ...incidentLines(diagnosis),
    ...weightLines(diagnosis),
  ];
}

function causeLines(cause: Cause, { evidence }: Diagnosis): string[] {
  const { contributions = [], strength } = cause;
  const byId = new Map(evidence.map((one) => [one.id, one]));
  const place = placeWords(cause.service, cause.instance);
  return [
    `  ${place}: ${strength === undefined ? "" : `strength ${figure(strength)}, `}confidence ${percentWords(cause.confidence)}`,
    ...contributions.slice(0, shownContributions).flatMap((one) => [
      `  ${one.counted > 0 ? `+${figure(one.counted)}` : "+0"} ${one.localizer} (its own score ${figure(one.score)}): ${one.why}`,
      ...one.evidence.flatMap((id) => {
        const found = byId.get(id);
        return found === undefined ? [] : [`      ${id}: ${numbers(found)}`];
      }),
    ]),
  ];
}

/** The two scores side by side, by the methods that make the difference. */
function whyNot(first: Cause, second: Cause): string[] {
  const gap = (first.strength ?? 0) - (second.strength ?? 0);
  const counted = (cause: Cause, localizer: string) =>
    cause.contributions?.find((one) => one.localizer === localizer)?.counted ?? 0;
  const names = (first.contributions ?? []).map(({ localizer }) => localizer);
  const [decisive] = names
    .map((localizer) => ({ localizer, more: counted(first, localizer) - counted(second, localizer) }))
    .sort((a, b) => b.more - a.more || (a.localizer < b.localizer ? -1 : 1));
  const most =
    decisive === undefined || decisive.more <= 0
      ? ""
      : `; ${decisive.localizer} makes most of it, ${figure(decisive.more)} more for ${first.service}`;
  return [`  It is ${figure(gap)} weaker than ${first.service}${most}.`];
}

function propagationLines({ propagation }: Diagnosis): string[] {
  if (propagation === null || propagation === undefined) return [];
  const { origin, path, victims } = propagation;
  if (victims.length === 0) return [`  No abnormal service is known to wait for ${origin}.`];
  const waiting = victims.map(
    ({ service, waitsFor, evidence }) =>
      `    ${service} waits for ${waitsFor}${evidence.length === 0 ? "" : ` (${evidence.join(", ")})`}`,
  );
  return [`  It spread from the right to the left: ${path.join(" → ")}`, ...waiting];
}

function incidentLines({ incidents = [] }: Diagnosis): string[] {
  if (incidents.length < 2) return [];
  return [
    "Separate faults in this window",
    ...incidents.map(({ rank, services }) => `  ${rank}. ${services.join(", ")}`),
  ];
}

function weightLines({ fusedWith }: Diagnosis): string[] {
  if (fusedWith === undefined) return [];
  const changed = Object.entries(fusedWith.weights).filter(([, weight]) => weight !== 1);
  return [
    `What the methods say is weighed, as fits ${fusedWith.incidents} confirmed incidents`,
    ...changed.map(([localizer, weight]) => `  ${localizer} counts ${figure(weight)} times`),
  ];
}

function numbers({ text, severity }: Evidence): string {
  return text === "" ? `severity ${figure(severity)}` : `${text} (severity ${figure(severity)})`;
}

function figure(value: number): string {
  return value.toFixed(2);
}
