import { causeTitle, evidenceTitle } from "../../basis-words.ts";
import type { Button } from "../../buttons.ts";
import type { Answer, ShownCause, ShownEvidence } from "../../reply.ts";
import { sparkline } from "../../sparkline.ts";
import { counted } from "../../time-words.ts";
import { percentWords, placeWords } from "../../verdict.ts";
import {
  actionRows,
  bullets,
  type CardAction,
  type CardElement,
  container,
  mostInRow,
  paragraph,
  type Run,
  type RunStyle,
  run,
  section,
  toggle,
} from "./card.ts";
import { deadRun } from "./dead-text.ts";
import { correctionForm, submit } from "./pressed.ts";

const longestQuestion = 280;
const fewestPoints = 3;
const mostPoints = 60;
const sparkWidth = 30;
const detailsId = "details";
const correctionId = "correction";

/** The parts of an answer's card. */
export interface AnswerParts {
  readonly head: readonly CardElement[];
  /** Hidden behind a button where all of it fits into one message. */
  readonly details: readonly CardElement[];
  readonly tail: readonly CardElement[];
}

export function answerParts(answer: Answer): AnswerParts {
  return {
    head: [
      ...questionElements(answer),
      verdict(answer),
      ...causeTable(answer.causes),
      ...chart(answer.evidence),
      ...section("Could not be seen", bullets(answer.gaps, "!")),
    ],
    details: [
      ...section(evidenceTitle, answer.evidence.flatMap(evidenceElements)),
      ...leftElements(answer),
      ...answer.findings.flatMap(({ expert, paragraphs }) =>
        section(
          `The ${expert}`,
          paragraphs.map((text) => paragraph([run(text)])),
        ),
      ),
      ...section("What each method ranked", bullets(answer.rankings, "·")),
      ...section("Next", numbered(answer.nextSteps)),
      ...section("Keep in mind", bullets(answer.uncertainty, "·")),
      ...section("Seen before", bullets(answer.earlier, "·")),
      paragraph([run(answer.madeFrom, { isSubtle: true, size: "Small" })], "Medium"),
    ],
    tail: correction(answer),
  };
}

/** The body of a card that holds all of an answer, its details hidden until somebody wants them. */
export function wholeAnswer(answer: Answer, { head, details, tail }: AnswerParts): CardElement[] {
  return [
    ...head,
    ...actionRows([...firstRow(answer), ...secondRow(answer)].filter((action) => action !== null)),
    ...tail,
    container(details, { id: detailsId, isVisible: false }),
  ];
}

/** The body of the first of several cards. */
export function answerHead(answer: Answer, { head, tail }: AnswerParts): CardElement[] {
  const rows = [...firstRow(answer).filter((action) => action.title !== detailsTitle), ...secondRow(answer)];
  return [...head, ...actionRows(rows), ...tail];
}

export function questionElements({
  question,
  looked,
}: {
  readonly question: string;
  readonly looked: string;
}): CardElement[] {
  const asked = question.length > longestQuestion ? `${question.slice(0, longestQuestion)}…` : question;
  return [
    paragraph([run(asked, { isSubtle: true, size: "Small", weight: "Bolder" })]),
    paragraph([run(looked, { isSubtle: true, size: "Small" })], "None"),
  ];
}

const verdictStyle: Record<Answer["verdict"], "attention" | "good" | "warning"> = {
  found: "attention",
  "nothing-found": "good",
  "cannot-tell": "warning",
};

function verdict({ verdict: kind, verdictLines }: Answer): CardElement {
  const [first = "", ...others] = verdictLines;
  return container(
    [
      paragraph([run(first, { weight: "Bolder", size: "Medium" })], "None"),
      ...others.map((line) => paragraph([run(line)])),
    ],
    { style: verdictStyle[kind] },
  );
}

export function confidenceStyle(confidence: number): RunStyle {
  if (confidence >= 0.6) return { weight: "Bolder", color: "Attention" };
  return confidence >= 0.3 ? { weight: "Bolder" } : { isSubtle: true };
}

function causeTable(causes: readonly ShownCause[]): CardElement[] {
  if (causes.length === 0) return [];
  const cell = (items: readonly CardElement[]): CardElement => ({ type: "TableCell", items });
  const header: CardElement = {
    type: "TableRow",
    cells: ["#", causeTitle, "Confidence"].map((title) =>
      cell([paragraph([run(title, { weight: "Bolder" })])]),
    ),
  };
  const rows = causes.map(
    (cause): CardElement => ({
      type: "TableRow",
      cells: [
        cell([paragraph([run(String(cause.rank))])]),
        cell(causeElements(cause)),
        cell([paragraph([run(percentWords(cause.confidence), confidenceStyle(cause.confidence))])]),
      ],
    }),
  );
  return [
    {
      type: "Table",
      spacing: "Medium",
      firstRowAsHeaders: true,
      showGridLines: false,
      columns: [{ width: 1 }, { width: 9 }, { width: 4 }],
      rows: [header, ...rows],
    },
  ];
}

function causeElements(cause: ShownCause): CardElement[] {
  const ids: Run[] =
    cause.evidence.length === 0 ? [] : [run(` [${cause.evidence.join(", ")}]`, { isSubtle: true })];
  const faults = [
    ...(cause.metrics.length === 0 ? [] : [`Metrics most at fault: ${cause.metrics.join(", ")}.`]),
    ...cause.codeRegions.map((region) => `Code region at fault: ${region}.`),
  ];
  return [
    paragraph([run(placeWords(cause.service, cause.instance), { weight: "Bolder" })]),
    paragraph([run(cause.why), ...ids], "None"),
    ...faults.map((text) => paragraph([run(text)], "None")),
  ];
}

/** The worst metric's samples; where a client draws no charts, as a row of bars. */
function chart(evidence: readonly ShownEvidence[]): CardElement[] {
  const worst = evidence.find(
    ({ values }) => values.filter((value) => value !== null).length >= fewestPoints,
  );
  if (worst === undefined) return [];
  const from = Math.max(0, worst.values.length - mostPoints);
  const points = worst.values
    .slice(from)
    .flatMap((y, index) => (y === null || !Number.isFinite(y) ? [] : [{ x: index + 1, y }]));
  const title = `${worst.id}: ${placeWords(worst.service, worst.instance)}`;
  return [
    {
      type: "Chart.Line",
      spacing: "Medium",
      title: deadRun(title),
      xAxisTitle: deadRun(`${title}, sample by sample`),
      colorSet: "diverging",
      data: [{ legend: deadRun(worst.id), values: points }],
      fallback: paragraph([
        run(`${title}  `),
        run(sparkline(worst.values, sparkWidth), { fontType: "Monospace", color: "Accent" }),
      ]),
    },
  ];
}

export function evidenceElements(evidence: ShownEvidence): CardElement[] {
  const kind = evidence.modality === "trace" ? "trace" : "log";
  return [
    paragraph([
      run(`${evidence.id}  `, { color: "Accent", weight: "Bolder" }),
      run(placeWords(evidence.service, evidence.instance), { weight: "Bolder" }),
    ]),
    paragraph([run(evidence.text)], "None"),
    ...evidence.examples.map((example) =>
      paragraph(
        [run(`${kind}: ${example}`, { fontType: "Monospace", size: "Small", isSubtle: true })],
        "None",
      ),
    ),
  ];
}

function leftElements({ left }: Answer): CardElement[] {
  const parts = [
    left.causes > 0 ? counted(left.causes, "more suspect") : "",
    left.evidence > 0 ? counted(left.evidence, "more piece of evidence", "more pieces of evidence") : "",
  ].filter((part) => part !== "");
  if (parts.length === 0) return [];
  return [paragraph([run(`${parts.join(" and ")} not shown here.`, { isSubtle: true })])];
}

function numbered(texts: readonly string[]): CardElement[] {
  return texts.map((text, index) => paragraph([run(`${index + 1}. ${text}`)]));
}

// ── Buttons ─────────────────────────────────────────────────────────────────────────────────────

const detailsTitle = "Details";

/** What most people want next: the details, and to say whether it is right. */
function firstRow(answer: Answer): CardAction[] {
  const first = answer.buttons.filter(({ role }) => role !== "ask");
  const asks = answer.buttons.filter(({ role }) => role === "ask").slice(0, mostInRow - 1 - first.length);
  return [
    toggle(detailsTitle, detailsId),
    ...[...asks, ...first].map((button) => action(button, answer.questionId)),
  ];
}

function secondRow(answer: Answer): CardAction[] {
  const others = answer.buttons.filter(({ role }) => role !== "ask").length;
  return answer.buttons
    .filter(({ role }) => role === "ask")
    .slice(mostInRow - 1 - others)
    .map((button) => action(button, answer.questionId));
}

export function action({ label, text, role }: Button, about: string | null): CardAction {
  return role === "correct" ? toggle(deadRun(label), correctionId) : submit(label, text, about);
}

function correction({ buttons, suspects, questionId }: Answer): CardElement[] {
  const button = buttons.find(({ role }) => role === "correct");
  return button === undefined ? [] : [correctionForm(correctionId, button, suspects, questionId)];
}
