import { firstFindingWords } from "../../progress-so-far.ts";
import type { Progress, ShownIncident, SummaryReply, TimeRequest } from "../../reply.ts";
import { stageWords } from "../../stage-words.ts";
import { action, confidenceStyle, questionElements } from "./answer-card.ts";
import { actionRows, bullets, type CardElement, paragraph, run, section } from "./card.ts";
import { submit } from "./pressed.ts";

/** The stages so far, and what can be pressed meanwhile. */
export function progressElements({ stages, found, waiting, buttons, questionId }: Progress): CardElement[] {
  return [
    ...(waiting === undefined ? [] : [paragraph([run(waiting)])]),
    ...stages.map(({ name, state, detail }) =>
      state === "done"
        ? paragraph(
            [
              run("✓ ", { color: "Good", weight: "Bolder" }),
              run(stageWords[name]),
              ...(detail === "" ? [] : [run(`: ${detail}`, { isSubtle: true })]),
            ],
            "None",
          )
        : paragraph([run(`${stageWords[name]} …`)], "None"),
    ),
    ...(found === undefined
      ? []
      : [paragraph([run(`${firstFindingWords} `, { weight: "Bolder" }), run(found)], "Medium")]),
    ...actionRows((buttons ?? []).map((button) => action(button, questionId ?? null))),
  ];
}

export function choiceElements({ choices }: TimeRequest): CardElement[] {
  return actionRows(choices.map(({ label, text }) => submit(label, text, null)));
}

/** A summary, an element for each thing that may go to the next message where one is full. */
export function summaryElements(summary: SummaryReply): CardElement[] {
  return [
    ...questionElements(summary),
    ...section("Incidents", summary.incidents.flatMap(incidentElements)),
    ...section("What recurs", bullets(summary.recurrences, "·")),
    ...section("Could not be seen", bullets(summary.gaps, "!")),
    ...section("Keep in mind", bullets(summary.uncertainty, "·")),
    paragraph([run(summary.madeFrom, { isSubtle: true, size: "Small" })], "Medium"),
  ];
}

function incidentElements(incident: ShownIncident): CardElement[] {
  const ids = incident.evidence.length === 0 ? "" : ` [${incident.evidence.join(", ")}]`;
  const history = incident.history === "" ? [] : [run(`  ${incident.history}`, { weight: "Bolder" })];
  const faults = incident.atFault.length === 0 ? [] : [`Most at fault: ${incident.atFault.join(", ")}.`];
  return [
    paragraph(
      [run(`${incident.id}  `, { color: "Accent", weight: "Bolder" }), run(incident.when), ...history],
      "Medium",
    ),
    paragraph([run(incident.cause, confidenceStyle(incident.confidence))], "None"),
    ...[`${incident.why}${ids}`, ...faults]
      .filter((text) => text !== "")
      .map((text) => paragraph([run(text)], "None")),
  ];
}
