import { type Diagnosis, type Evidence, firstSigns } from "../../pipeline/diagnosis.ts";
import type { FollowUp, LookAgain } from "../../pipeline/types.ts";
import { nextSteps } from "../next-steps.ts";
import { type Reply, renderReply, scopeWords, type Words } from "../reply.ts";
import { counted, timeWords, windowWords } from "../time-words.ts";
import { gapWords, percentWords, placeWords } from "../verdict.ts";
import { aboutService, whyNotFirst } from "./about-service.ts";

/** What a follow-up asks of the stored answer; what needs another look at data is none of these. */
export type AboutAnswer = Exclude<FollowUp, LookAgain>;

const mostEvidence = 8;
const mostExamples = 5;
const mostRivals = 5;
const mostAbout = 6;

/**
 * The reply to a follow-up, made of the saved answer alone: every name, number and time in it stands there,
 * so nothing is looked up and nothing can be invented.
 */
export function answerFollowUp(followUp: AboutAnswer, diagnosis: Diagnosis): Reply {
  const reply = answered(followUp, diagnosis);
  return reply.kind === "words" ? withCited(reply, diagnosis) : reply;
}

/** With the evidence that is named in it. */
export function withCited(reply: Words, diagnosis: Diagnosis): Words {
  return { ...reply, ...citedIn(reply, diagnosis) };
}

/** Nothing where no evidence is named. */
function citedIn({ paragraphs }: Words, { evidence }: Diagnosis): Pick<Words, "cited"> {
  const named = new Set(
    paragraphs.flatMap((paragraph) => paragraph.match(/\b(?:metric|log|trace)-\d+\b/g) ?? []),
  );
  const cited = evidence.filter(({ id }) => named.has(id)).map(({ id, text }) => ({ id, text }));
  return cited.length === 0 ? {} : { cited };
}

function answered(followUp: AboutAnswer, diagnosis: Diagnosis): Reply {
  switch (followUp.kind) {
    case "more":
      return renderReply(diagnosis, "deep");
    case "thanks":
      return said("You are welcome. Ask on about this answer, or ask a new question with a time.");
    case "confidence":
      return said(...confidence(diagnosis));
    case "first-change":
      return said(...firstChange(diagnosis));
    case "rivals":
      return said(...rivals(diagnosis));
    case "next-steps":
      return said(...nextSteps(diagnosis));
    case "gaps":
      return said(...gaps(diagnosis));
    case "looked-at":
      return said(...lookedAt(diagnosis));
    case "which-trace":
      return said(...whichTrace(diagnosis));
    case "which-instance":
      return said(...whichInstance(diagnosis));
    case "why":
      return said(...why(followUp, diagnosis));
    case "why-not":
      return said(...whyNot(followUp, diagnosis));
    case "about":
      return said(...about(followUp, diagnosis));
    case "show":
      return said(...shown(followUp, diagnosis));
    case "is-over":
      return said(...isOver(diagnosis));
  }
}

function said(...paragraphs: readonly string[]): Words {
  return { kind: "words", paragraphs: paragraphs.filter((paragraph) => paragraph !== "") };
}

const nothingNamed = (diagnosis: Diagnosis) =>
  diagnosis.verdict === "nothing-found"
    ? "Nothing abnormal was found, so no service was named."
    : "Too little could be seen to name a service.";

function confidence(diagnosis: Diagnosis): string[] {
  const [first, second] = diagnosis.causes;
  if (first === undefined) return [nothingNamed(diagnosis), ...diagnosis.uncertainty];
  const rest =
    second === undefined
      ? " No other service was suspected."
      : ` Next is ${second.service} with ${percentWords(second.confidence)}.`;
  const methods = diagnosis.rankings.filter(
    ({ level, candidates }) => level === "service" && candidates.length > 0,
  );
  const agreeing = methods.filter(({ candidates }) => candidates[0]?.service === first.service);
  return [
    `${percentWords(first.confidence)} for ${first.service}.${rest}`,
    methods.length === 0
      ? ""
      : `${agreeing.length} of ${counted(methods.length, "method that ranks services", "methods that rank services")} put it first.`,
    "This number orders answers by how clear they are; it is not a measured probability.",
    ...diagnosis.uncertainty,
  ];
}

function firstChange(diagnosis: Diagnosis): string[] {
  const inOrder = firstSigns(diagnosis.evidence);
  const [first, ...later] = inOrder;
  if (first === undefined) return [nothingNamed(diagnosis)];
  const suspect = diagnosis.causes[0]?.service;
  const own = inOrder.find(({ service }) => service === suspect);
  const atStart = first.start - diagnosis.window.start < 60_000;
  return [
    `The first sign is at ${moment(first.start, diagnosis)}, in ${placeWords(first.service, first.instance)}: ${first.text} (${first.id})`,
    own === undefined || own === first
      ? ""
      : `In ${own.service}, the first suspect, it is at ${signWords(own, diagnosis)}.`,
    later.length === 0
      ? ""
      : `Then: ${later
          .slice(0, mostEvidence)
          .map((one) => signWords(one, diagnosis))
          .join("; ")}.`,
    atStart ? 'The window begins there: it may have started earlier. Say "widen to 3 hours" to look.' : "",
  ];
}

function signWords(one: Evidence, diagnosis: Diagnosis): string {
  return `${moment(one.start, diagnosis)} ${one.service} ${one.metric ?? one.kind} (${one.id})`;
}

function rivals(diagnosis: Diagnosis): string[] {
  const [first, ...others] = diagnosis.causes;
  if (first === undefined) return [nothingNamed(diagnosis)];
  if (others.length === 0) return [`No service but ${first.service} was suspected.`];
  return [
    `After ${first.service} come:`,
    ...others
      .slice(0, mostRivals)
      .map(
        ({ rank, service, instance, confidence: share, why: reason }) =>
          `${rank}. ${placeWords(service, instance)}, ${percentWords(share)}: ${reason}`,
      ),
  ];
}

function gaps(diagnosis: Diagnosis): string[] {
  if (diagnosis.gaps.length === 0)
    return ["Every source that is connected answered, with data of this window and of a normal period."];
  return ["Not seen:", ...diagnosis.gaps.map(gapWords)];
}

function lookedAt(diagnosis: Diagnosis): string[] {
  const { seen, sources } = diagnosis.madeWith;
  return [
    `${windowWords(diagnosis.window, diagnosis.question.timeZone)}${scopeWords(diagnosis)}.`,
    `${counted(seen.series, "metric series", "metric series")}, ${counted(seen.logLines, "log line")} and ${counted(seen.traces, "trace")}, from ${sources.length === 0 ? "no source" : sources.join(", ")}.`,
  ];
}

function whichTrace(diagnosis: Diagnosis): string[] {
  const found = diagnosis.evidence.filter(({ modality }) => modality === "trace");
  if (found.length === 0) return [`No trace is abnormal in this answer.${seenWords("trace", diagnosis)}`];
  return found
    .slice(0, mostEvidence)
    .map(
      (one) =>
        `${one.id}, ${placeWords(one.service, one.instance)}, ${one.kind}: ${one.examples.slice(0, mostExamples).join(", ") || "no example was kept"}.`,
    );
}

function whichInstance(diagnosis: Diagnosis): string[] {
  const [first] = diagnosis.causes;
  if (first === undefined) return [nothingNamed(diagnosis)];
  const instances = [
    ...new Set(
      diagnosis.evidence.filter(({ service }) => service === first.service).map(({ instance }) => instance),
    ),
  ];
  const named = instances.filter((instance) => instance !== null);
  if (first.instance !== null)
    return [
      `${first.instance} of ${first.service}.${named.length > 1 ? ` Also abnormal: ${named.filter((one) => one !== first.instance).join(", ")}.` : ""}`,
    ];
  return [
    named.length === 0
      ? `The telemetry does not say which instance of ${first.service}.`
      : `No single one stands out in ${first.service}. Abnormal are ${named.join(", ")}.`,
  ];
}

type AboutServices = Extract<AboutAnswer, { readonly mentioned: string }>;

function why({ services, mentioned }: AboutServices, diagnosis: Diagnosis): string[] {
  const [first] = diagnosis.causes;
  if (services.length === 0 && mentioned !== "") return [notHere(mentioned, diagnosis)];
  const asked = services.length > 0 ? services : first === undefined ? [] : [first.service];
  if (asked.length === 0) return [nothingNamed(diagnosis)];
  const words = asked.flatMap((service) => aboutService(service, diagnosis));
  const final = diagnosis.findings.at(-1);
  return asked[0] === first?.service && final !== undefined ? [...words, final.reasoning] : words;
}

function whyNot({ services, mentioned }: AboutServices, diagnosis: Diagnosis): string[] {
  const second = diagnosis.causes[1]?.service;
  if (services.length === 0 && mentioned !== "") return [notHere(mentioned, diagnosis)];
  const asked = services.length > 0 ? services : second === undefined ? [] : [second];
  return asked.length === 0
    ? [nothingNamed(diagnosis)]
    : asked.flatMap((service) => whyNotFirst(service, diagnosis));
}

function about({ services, mentioned }: AboutServices, diagnosis: Diagnosis): string[] {
  if (services.length === 0) return [notHere(mentioned, diagnosis)];
  const words = services.slice(0, mostAbout).map((service) => aboutService(service, diagnosis));
  // Of several, what each rests on would be a wall of text.
  return words.length <= 2 ? words.flat() : words.flatMap(([place]) => place ?? []);
}

function notHere(mentioned: string, { scope }: Diagnosis): string {
  const where =
    scope.services.length === 0 ? "every service" : `${scope.services.join(", ")} and what it calls`;
  return `"${mentioned.slice(0, 60)}" does not occur in this answer, which looked at ${where}: nothing known by that name was abnormal or ranked. To look there, ask "what broke in" with its name and a time.`;
}

function shown({ what, services }: Extract<AboutAnswer, { kind: "show" }>, diagnosis: Diagnosis): string[] {
  if (what === "rankings") return renderReply(diagnosis, "deep").rankings.slice();
  const of = services.length === 0 ? "" : ` of ${services.join(", ")}`;
  const found = diagnosis.evidence.filter(
    (one) =>
      (what === "evidence" || one.modality === what) &&
      (services.length === 0 || services.includes(one.service)),
  );
  if (found.length === 0) {
    return [
      what === "evidence"
        ? `There is no evidence${of} in this answer: nothing${of} was abnormal enough to be cited.`
        : `No ${what}s${of} are cited in this answer: nothing in them was abnormal enough.${seenWords(what, diagnosis)}`,
    ];
  }
  const rest = found.length - mostEvidence;
  return [
    ...found.slice(0, mostEvidence).flatMap((one) => evidenceWords(one)),
    ...(rest > 0 ? [`And ${rest} more; say "more" to see all of it.`] : []),
  ];
}

function evidenceWords(one: Evidence): string[] {
  const lines =
    one.modality === "metric" ? [] : [...new Set(one.examples)].filter((line) => !one.text.includes(line));
  return [
    `${one.id}, ${placeWords(one.service, one.instance)}: ${one.text}`,
    ...lines.slice(0, mostExamples).map((line) => `· ${line}`),
  ];
}

/** From the stored answer alone: what the end of its window shows. */
function isOver(diagnosis: Diagnosis): string[] {
  const { window, evidence, causes } = diagnosis;
  const [first] = causes;
  if (first === undefined) return [nothingNamed(diagnosis)];
  const cited = evidence.filter(({ id }) => first.evidence.includes(id));
  const last = cited.reduce((end, one) => Math.max(end, one.end), window.start);
  const until = `What was looked at ends at ${moment(window.end, diagnosis)}; ask later to look anew.`;
  return window.end - last < 2 * 60_000
    ? [
        `It was not over: ${first.service} was still abnormal at ${moment(last, diagnosis)}, when the data ends.`,
        until,
      ]
    : [`It looks over: the last sign in ${first.service} is at ${moment(last, diagnosis)}.`, until];
}

function seenWords(what: "metric" | "log" | "trace", { madeWith: { seen } }: Diagnosis): string {
  const count = { metric: seen.series, log: seen.logLines, trace: seen.traces }[what];
  const noun = { metric: "metric series", log: "log line", trace: "trace" }[what];
  return ` ${counted(count, noun, what === "metric" ? noun : `${noun}s`)} were looked at.`.replace(
    " no ",
    " No ",
  );
}

function moment(at: number, diagnosis: Diagnosis): string {
  return timeWords(at, diagnosis.question.timeZone, diagnosis.window);
}
