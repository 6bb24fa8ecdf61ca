import type { SlowNode, TraceAnomaly } from "../types.ts";
import { name } from "./foreign-text.ts";
import { fill, traceTemplates as templates } from "./templates.ts";
import { type Clock, numberText } from "./wording.ts";

const mostPaths = 5;

/** The paper's sentences for a trace; where several have the same anomaly, the first of them stands for all. */
export function describeTrace(anomaly: TraceAnomaly, clock: Clock): string {
  const { start, end, traceId, traceCount, callPath, service } = anomaly;
  const path = callPath.map(name).join(" -> ");
  const features = {
    traceId: name(traceId),
    count: String(traceCount),
    start: clock.moment(start),
    end: clock.until(end, start),
    service: name(service),
    path: path === "" ? "" : fill(templates.path, { path }),
    zone: clock.zone(start),
  };
  const say = (template: string) => fill(template, features);
  const isGroup = traceCount > 1;
  switch (anomaly.kind) {
    case "structural":
      return [
        say(isGroup ? templates.structuralGroup : templates.structural),
        ...differences(anomaly),
        ...(path === "" ? [] : [fill(templates.callPath, { path })]),
        say(templates.zone),
      ].join(" ");
    case "timeout":
      return [
        [say(isGroup ? templates.timeoutGroup : templates.timeout), ...slowList(anomaly)].join(" "),
        [...suspicion(anomaly), say(templates.zone)].join(" "),
      ].join(anomaly.slowNodes.length > 0 ? "\n" : " ");
    case "error":
      return [
        say(isGroup ? templates.errorGroup : templates.error),
        say(templates.deepest),
        say(templates.zone),
      ].join(" ");
    case "unclassified":
      return [
        say(isGroup ? templates.unclassifiedGroup : templates.unclassified),
        say(templates.strangest),
        say(templates.zone),
      ].join(" ");
    case "incomplete":
      return [say(isGroup ? templates.incompleteGroup : templates.incomplete), say(templates.zone)].join(" ");
  }
}

function differences({ added, removed, service }: TraceAnomaly): string[] {
  const listed = (paths: readonly string[]) => {
    const shown = paths.slice(0, mostPaths).map(callPath).join("; ");
    return paths.length > mostPaths ? `${shown} and ${paths.length - mostPaths} more` : shown;
  };
  return [
    ...(removed.length === 0
      ? []
      : [fill(templates.broken, { service: name(service), removed: listed(removed) })]),
    ...(added.length === 0 ? [] : [fill(templates.added, { added: listed(added) })]),
  ];
}

/** The arrows of a call path are ours, the names between them are not. */
function callPath(path: string): string {
  return path.split(" -> ").map(name).join(" -> ");
}

/** A list below the sentence, one line per slow service. */
function slowList({ slowNodes }: TraceAnomaly): string[] {
  if (slowNodes.length === 0) return [];
  const heading = slowNodes.length === 1 ? templates.slowOne : templates.slowSeveral;
  return [[heading, ...slowNodes.map(slowNode)].join("\n")];
}

function suspicion({ slowNodes }: TraceAnomaly): string[] {
  const suspect = slowNodes.find((node) => node.suspect);
  return suspect === undefined ? [] : [fill(templates.suspect, { service: name(suspect.service) })];
}

function slowNode({ service, durationMs, excessMs }: SlowNode): string {
  return fill(templates.slowNode, {
    service: name(service),
    duration: numberText(durationMs),
    excess: numberText(excessMs),
  });
}
