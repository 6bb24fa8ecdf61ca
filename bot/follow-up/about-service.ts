import { type Diagnosis, firstSigns } from "../../pipeline/diagnosis.ts";
import { timeWords } from "../time-words.ts";
import { percentWords, placeWords } from "../verdict.ts";

const mostCited = 3;

/** What the answer says of one service: its place, why, and what it rests on. */
export function aboutService(service: string, diagnosis: Diagnosis): string[] {
  const cause = diagnosis.causes.find((one) => one.service === service);
  const found = diagnosis.evidence.filter((one) => one.service === service);
  const place =
    cause === undefined
      ? rankedWords(service, diagnosis)
      : `${placeWords(service, cause.instance)} is number ${cause.rank} of ${diagnosis.causes.length}, with ${percentWords(cause.confidence)} confidence. ${cause.why}`;
  const rest = found.length - mostCited;
  return [
    place,
    ...found.slice(0, mostCited).map(({ id, text }) => `${id}: ${text}`),
    ...(rest > 0 ? [`And ${rest} more; say "evidence for ${service}" to see them.`] : []),
  ];
}

/** Why a service does not come first, by what was measured of it and of the one that does. */
export function whyNotFirst(service: string, diagnosis: Diagnosis): string[] {
  const [first] = diagnosis.causes;
  const cause = diagnosis.causes.find((one) => one.service === service);
  if (first === undefined) return aboutService(service, diagnosis);
  if (cause?.rank === 1) return [`${service} is what comes first.`, ...aboutService(service, diagnosis)];
  const found = diagnosis.evidence.filter((one) => one.service === service);
  const weaker =
    cause === undefined
      ? rankedWords(service, diagnosis)
      : `${service} is number ${cause.rank}: ${percentWords(cause.confidence)} against ${percentWords(first.confidence)} for ${first.service}. ${cause.why}`;
  const strongest = Math.max(0, ...found.map(({ severity }) => severity));
  const against = Math.max(
    0,
    ...diagnosis.evidence.filter((one) => one.service === first.service).map(({ severity }) => severity),
  );
  return [
    weaker,
    found.length === 0
      ? `Nothing measured in ${service} is cited: its telemetry looked like that of the reference period, or there was none.`
      : `Its strongest sign is ${ids(service, diagnosis)}, ${strongest < against ? "weaker than" : "not weaker than"} that of ${first.service} (severity ${severityWords(strongest)} against ${severityWords(against)}).`,
    ...sequence(service, first.service, diagnosis),
    `For ${first.service} speaks: ${first.why}`,
  ];
}

/** Who was first to show anything tells who did not start it. */
function sequence(service: string, first: string, diagnosis: Diagnosis): string[] {
  const startOf = (name: string) =>
    firstSigns(diagnosis.evidence.filter((one) => one.service === name))[0]?.start ??
    Number.POSITIVE_INFINITY;
  const own = startOf(service);
  const other = startOf(first);
  if (!Number.isFinite(own) || !Number.isFinite(other) || own <= other) return [];
  const time = (at: number) => timeWords(at, diagnosis.question.timeZone, diagnosis.window);
  return [`${first} showed its first sign at ${time(other)}, ${service} at ${time(own)}.`];
}

function ids(service: string, { evidence }: Diagnosis): string {
  return evidence
    .filter((one) => one.service === service)
    .sort((a, b) => b.severity - a.severity)
    .slice(0, 1)
    .map(({ id }) => id)
    .join("");
}

const severityWords = (severity: number) => String(Number(severity.toPrecision(3)));

/** Where the methods have a service that is no cause. */
function rankedWords(service: string, { rankings, evidence }: Diagnosis): string {
  const places = rankings.flatMap(({ localizer, candidates }) => {
    const at = candidates.findIndex((one) => one.service === service);
    return at === -1 ? [] : [`${localizer} has it at ${at + 1}`];
  });
  if (places.length > 0) return `${service} is not among the causes; ${places.join(", ")}.`;
  return evidence.some((one) => one.service === service)
    ? `${service} is not among the causes, though something in it was abnormal.`
    : `${service} is not among the causes: no method ranks it, and nothing in it was abnormal.`;
}
