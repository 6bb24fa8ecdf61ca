import { causesTitle, evidenceTitle } from "../../basis-words.ts";
import type { Answer, Failure, ShownCause, ShownEvidence, TimeRequest, Words } from "../../reply.ts";
import { bar, sparkline } from "../../sparkline.ts";
import { counted } from "../../time-words.ts";
import { percentWords, placeWords } from "../../verdict.ts";
import { blank, cut, type Format, type Line, segment, textWidth, wrap } from "./layout.ts";

const longestQuestion = 280;
const indent = "    ";
/** From this width on there is room for bars and sparklines of full length. */
const roomy = 70;
const narrowBarWidth = 10;
const barWidth = 20;
const longestPercent = "100 %".length;
const sparkWidth = 30;
const verdictFormat: Record<Answer["verdict"], Format> = {
  found: ["bold", "red"],
  "nothing-found": ["bold", "green"],
  "cannot-tell": ["bold", "yellow"],
};

/**
 * An answer as a thread: the question, the verdict in three lines, then what it rests on.
 *
 * Units: `width` in columns; `hint` says how to get what a short answer leaves out.
 */
export function answerLines(answer: Answer, width: number, hint: string): Line[] {
  return [
    ...questionLines(answer, width),
    blank,
    ...verdict(answer, width),
    ...section(
      causesTitle,
      answer.causes.flatMap((cause) => causeLines(cause, width)),
    ),
    ...section(
      evidenceTitle,
      answer.evidence.flatMap((evidence) => evidenceLines(evidence, width)),
    ),
    ...leftLines(answer, width, hint),
    ...findingLines(answer, width),
    ...section("What each method ranked", bullets(answer.rankings, "·", width)),
    ...section("Could not be seen", bullets(answer.gaps, "!", width, "yellow")),
    ...section("Keep in mind", bullets(answer.uncertainty, "·", width)),
    ...section("Seen before", bullets(answer.earlier, "·", width)),
    ...section("Next", numbered(answer.nextSteps, width)),
    blank,
    ...wrap(answer.madeFrom, width).map((text): Line => [segment(text, "dim")]),
  ];
}

export function wordsLines({ paragraphs }: Words, width: number): Line[] {
  return paragraphs.flatMap((text) => wrap(text, width).map((line): Line => [segment(line)]));
}

export function timeRequestLines({ text, choices }: TimeRequest, width: number): Line[] {
  return [
    ...wrap(text, width).map((line): Line => [segment(line, "bold")]),
    ...choices.map(({ label }, index): Line => [segment(`  ${index + 1}  `, "cyan"), segment(label)]),
    ...wrap("Type a number, or a time in your own words, such as: between 14:00 and 14:30", width).map(
      (line): Line => [segment(line, "dim")],
    ),
  ];
}

/** Never wrapped: one line what is wrong, one line what to do, for people and for grep. */
export function failureLines({ what, remedy }: Failure): Line[] {
  const [first = "", ...others] = what.split("\n");
  return [
    [segment("error: ", ["bold", "red"]), segment(first)],
    ...others.map((text): Line => [segment(text)]),
    [segment("  "), segment(remedy, "dim")],
  ];
}

export function questionLines(
  { question, looked }: { readonly question: string; readonly looked: string },
  width: number,
): Line[] {
  const asked = wrap(cut(question, longestQuestion), width - 2);
  const lines = asked.map((text): Line => [segment("┃ ", "cyan"), segment(text, "bold")]);
  const window = wrap(looked, width - 2).map((text): Line => [segment("┃ ", "cyan"), segment(text, "dim")]);
  return [...lines, ...window];
}

function verdict({ verdict: kind, verdictLines }: Answer, width: number): Line[] {
  return verdictLines.flatMap((text, index) =>
    wrap(text, width).map((line): Line => [segment(line, index === 0 ? verdictFormat[kind] : null)]),
  );
}

export function section(title: string, lines: readonly Line[]): Line[] {
  return lines.length === 0 ? [] : [blank, [segment(title, ["bold", "underline"])], ...lines];
}

function causeLines(cause: ShownCause, width: number): Line[] {
  const barColumns = width < roomy ? narrowBarWidth : barWidth;
  const { full, rest } = bar(cause.confidence, barColumns);
  const percent = percentWords(cause.confidence).padStart(longestPercent);
  const nameColumns = width - indent.length - barColumns - longestPercent - 3;
  const ids = cause.evidence.length === 0 ? "" : ` [${cause.evidence.join(", ")}]`;
  const metrics = cause.metrics.length === 0 ? [] : [`Metrics most at fault: ${cause.metrics.join(", ")}.`];
  const code = cause.codeRegions.map((region) => `Code region at fault: ${region}.`);
  return [
    [
      segment(`${cause.rank}.`.padEnd(indent.length), "bold"),
      segment(full, confidenceFormat(cause.confidence)),
      segment(rest, "dim"),
      segment(` ${percent}  `),
      segment(cut(placeWords(cause.service, cause.instance), nameColumns), "bold"),
    ],
    ...indented([`${cause.why}${ids}`, ...metrics, ...code], indent, width),
  ];
}

function confidenceFormat(confidence: number): Format {
  if (confidence >= 0.6) return "red";
  return confidence >= 0.3 ? "yellow" : "gray";
}

function evidenceLines(evidence: ShownEvidence, width: number): Line[] {
  const id = evidence.id.padEnd(indent.length * 2);
  const spark = sparkline(evidence.values, width < roomy ? narrowBarWidth : sparkWidth);
  const place = placeWords(evidence.service, evidence.instance);
  return [
    [
      segment(id, "cyan"),
      segment("  "),
      segment(cut(place, width - textWidth(id) - textWidth(spark) - 4)),
      segment(spark === "" ? "" : "  "),
      segment(spark, "yellow"),
    ],
    ...indented([evidence.text], indent, width),
    ...evidence.examples.map((example): Line => {
      const said = `${evidence.modality === "trace" ? "trace" : "log"}: ${example}`;
      return [segment(indent), segment(cut(said, width - indent.length), "dim")];
    }),
  ];
}

function leftLines({ left }: Answer, width: number, hint: string): Line[] {
  const parts = [
    left.causes > 0 ? counted(left.causes, "more suspect") : "",
    left.evidence > 0 ? counted(left.evidence, "more piece of evidence", "more pieces of evidence") : "",
  ].filter((part) => part !== "");
  if (parts.length === 0) return [];
  const text = `${parts.join(" and ")}: ${hint}`;
  return [blank, ...wrap(text, width).map((line): Line => [segment(line, "dim")])];
}

function findingLines({ findings }: Answer, width: number): Line[] {
  return findings.flatMap(({ expert, paragraphs }) =>
    section(`The ${expert}`, indented(paragraphs, "  ", width)),
  );
}

export function bullets(
  texts: readonly string[],
  mark: string,
  width: number,
  format: Format | null = null,
): Line[] {
  return texts.flatMap((text) =>
    wrap(text, width - 4).map(
      (line, index): Line => [segment(index === 0 ? `  ${mark} ` : "    ", format), segment(line)],
    ),
  );
}

function numbered(texts: readonly string[], width: number): Line[] {
  return texts.flatMap((text, position) =>
    wrap(text, width - 4).map(
      (line, index): Line => [segment(index === 0 ? `${position + 1}.`.padEnd(4) : "    "), segment(line)],
    ),
  );
}

export function indented(texts: readonly string[], indent: string, width: number): Line[] {
  return texts.flatMap((text) =>
    wrap(text, width - indent.length).map((line): Line => [segment(indent), segment(line)]),
  );
}
