import type { ShownIncident, SummaryReply } from "../../reply.ts";
import { blank, type Line, segment, wrap } from "./layout.ts";
import { bullets, indented, questionLines, section } from "./thread.ts";

const indent = "    ";

/** A summary as a thread: the question, one line that says it all, then an incident each. */
export function summaryLines(summary: SummaryReply, width: number): Line[] {
  const quiet = summary.incidents.length === 0;
  return [
    ...questionLines(summary, width),
    blank,
    ...wrap(summary.headline, width).map(
      (text): Line => [segment(text, quiet ? ["bold", "green"] : ["bold", "red"])],
    ),
    ...section(
      "Incidents",
      summary.incidents.flatMap((incident) => incidentLines(incident, width)),
    ),
    ...section("What recurs", bullets(summary.recurrences, "·", width)),
    ...section("Could not be seen", bullets(summary.gaps, "!", width, "yellow")),
    ...section("Keep in mind", bullets(summary.uncertainty, "·", width)),
    blank,
    ...wrap(summary.madeFrom, width).map((text): Line => [segment(text, "dim")]),
  ];
}

function incidentLines(incident: ShownIncident, width: number): Line[] {
  const history = incident.history === "" ? "" : `  ${incident.history}`;
  const faults = incident.atFault.length === 0 ? [] : [`Most at fault: ${incident.atFault.join(", ")}.`];
  const ids = incident.evidence.length === 0 ? "" : ` [${incident.evidence.join(", ")}]`;
  return [
    [segment(`${incident.id}  `, "cyan"), segment(incident.when), segment(history, "yellow")],
    ...wrap(incident.cause, width - indent.length).map(
      (text): Line => [segment(indent), segment(text, "bold")],
    ),
    ...indented([`${incident.why}${ids}`, ...faults], indent, width),
  ];
}
