import { causesTitle, evidenceTitle } from "../../basis-words.ts";
import type { Answer, ShownCause, ShownEvidence, ShownIncident, SummaryReply } from "../../reply.ts";
import { bar, sparkline } from "../../sparkline.ts";
import { counted } from "../../time-words.ts";
import { percentWords, placeWords } from "../../verdict.ts";
import { type Block, longestText, mrkdwn } from "./block.ts";
import { buttonBlocks } from "./buttons.ts";
import { bold, code, literal, pieces } from "./mrkdwn.ts";

const barWidth = 10;
const sparkWidth = 30;
const longestQuestion = 280;
const longestExample = 400;
const verdictSigns: Readonly<Record<Answer["verdict"], string>> = {
  found: ":red_circle:",
  "nothing-found": ":large_green_circle:",
  "cannot-tell": ":large_yellow_circle:",
};

/** An answer: the verdict, the causes, what can be pressed, then what it rests on. */
export function answerBlocks(answer: Answer, modern: boolean): Block[] {
  const { row, feedback } = buttonBlocks({ ...answer, about: answer.questionId }, modern);
  const [headline = "", ...why] = answer.verdictLines;
  return [
    ...sections([`${verdictSigns[answer.verdict]} ${bold(headline)}`, ...why.map(literal)]),
    ...questionBlocks(answer),
    ...titled(causesTitle, answer.causes.flatMap(causeLines), true),
    ...row,
    ...titled(evidenceTitle, [...answer.evidence.flatMap(evidenceLines), ...leftLines(answer)]),
    ...answer.findings.flatMap(({ expert, paragraphs }) => titled(`The ${expert}`, paragraphs.map(literal))),
    ...titled("What each method ranked", bullets(answer.rankings)),
    ...titled("Could not be seen", bullets(answer.gaps, ":warning:")),
    ...titled("Keep in mind", bullets(answer.uncertainty)),
    ...titled("Seen before", bullets(answer.earlier)),
    ...titled(
      "Next",
      answer.nextSteps.map((step, index) => `${index + 1}. ${literal(step)}`),
    ),
    ...context([answer.madeFrom]),
    ...feedback,
  ];
}

export function summaryBlocks(summary: SummaryReply): Block[] {
  const sign = summary.incidents.length === 0 ? ":large_green_circle:" : ":red_circle:";
  return [
    ...sections([`${sign} ${bold(summary.headline)}`]),
    ...questionBlocks(summary),
    ...titled("Incidents", summary.incidents.flatMap(incidentLines), true),
    ...titled("What recurs", bullets(summary.recurrences)),
    ...titled("Could not be seen", bullets(summary.gaps, ":warning:")),
    ...titled("Keep in mind", bullets(summary.uncertainty)),
    ...context([summary.madeFrom]),
  ];
}

/** Lines of mrkdwn in as few sections as hold them; what need not `expand`, Slack folds where it is long. */
export function sections(lines: readonly string[], expand = true): Block[] {
  return pieces(lines, longestText).map((text) => ({ type: "section", text: mrkdwn(text), expand }));
}

export function context(texts: readonly string[]): Block[] {
  return pieces(texts.map(literal), longestText).map((text) => ({
    type: "context",
    elements: [mrkdwn(text)],
  }));
}

function titled(title: string, lines: readonly string[], expand = false): Block[] {
  return lines.length === 0 ? [] : sections([bold(title), ...lines], expand);
}

function questionBlocks({
  question,
  looked,
}: {
  readonly question: string;
  readonly looked: string;
}): Block[] {
  return context([`“${shortened(question, longestQuestion)}”`, looked]);
}

function causeLines(cause: ShownCause): string[] {
  const { full, rest } = bar(cause.confidence, barWidth);
  const ids = cause.evidence.length === 0 ? "" : ` [${cause.evidence.map(literal).join(", ")}]`;
  return [
    `${cause.rank}. ${bold(placeWords(cause.service, cause.instance))}  ${full}${rest} ${literal(percentWords(cause.confidence))}`,
    `${literal(cause.why)}${ids}`,
    ...(cause.metrics.length === 0 ? [] : [`Metrics most at fault: ${cause.metrics.map(code).join(", ")}.`]),
    ...cause.codeRegions.map((region) => `Code region at fault: ${literal(region)}.`),
  ];
}

function evidenceLines(evidence: ShownEvidence): string[] {
  const spark = sparkline(evidence.values, sparkWidth);
  const place = literal(placeWords(evidence.service, evidence.instance));
  return [
    `${code(evidence.id)} ${place}${spark === "" ? "" : `  ${spark}`}`,
    literal(evidence.text),
    ...evidence.examples.map((example) => {
      const noun = evidence.modality === "trace" ? "trace" : "log";
      return `${noun}: ${code(shortened(example, longestExample))}`;
    }),
  ];
}

function leftLines({ left }: Answer): string[] {
  const parts = [
    left.causes > 0 ? counted(left.causes, "more suspect") : "",
    left.evidence > 0 ? counted(left.evidence, "more piece of evidence", "more pieces of evidence") : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? [] : [`${parts.join(" and ")}: press Show evidence.`];
}

function incidentLines(incident: ShownIncident): string[] {
  const ids = incident.evidence.length === 0 ? "" : ` [${incident.evidence.map(literal).join(", ")}]`;
  const history = incident.history === "" ? "" : `  ${literal(incident.history)}`;
  return [
    `${code(incident.id)} ${literal(incident.when)}${history}`,
    `${bold(incident.cause)}`,
    `${literal(incident.why)}${ids}`,
    ...(incident.atFault.length === 0 ? [] : [`Most at fault: ${incident.atFault.map(literal).join(", ")}.`]),
  ];
}

function bullets(texts: readonly string[], mark = "•"): string[] {
  return texts.map((text) => `${mark} ${literal(text)}`);
}

function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
