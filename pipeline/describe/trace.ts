import type { SlowNode, TraceAnomaly } from "../types.ts";
import { name } from "./foreign-text.ts";
import {
  compose,
  type Features,
  fill,
  type Level,
  slowNodeTemplate,
  traceParts,
  traceRecipes,
  withParts,
} from "./templates.ts";
import { type Clock, numberText } from "./wording.ts";

const mostPaths = 5;
const mostTraceIds = 5;

/** The paper's sentences for a trace; where several have the same anomaly, the first of them stands for all. */
export function describeTrace(anomaly: TraceAnomaly, clock: Clock, level: Level): string {
  const features = withParts(featuresOf(anomaly, clock, level), traceParts);
  return compose(traceRecipes[anomaly.kind][level], features);
}

/** Atomic features: call path, added and missing calls, slow nodes with how far over their limit. */
function featuresOf(anomaly: TraceAnomaly, clock: Clock, level: Level): Features {
  const { start, end, traceId, traceIds, traceCount, callPath, service, instance, slowNodes } = anomaly;
  const suspect = slowNodes.find((node) => node.suspect);
  const list = slowNodes.map((node) => slowNode(node, level)).join("\n");
  return {
    traceId: name(traceId),
    traceIds: traceCount > 1 ? traceIds.slice(0, mostTraceIds).map(name).join(", ") : null,
    groupCount: traceCount > 1 ? String(traceCount) : null,
    start: clock.moment(start),
    end: clock.until(end, start),
    startTime: clock.time(start),
    service: name(service),
    instance: instance === null ? null : name(instance),
    path: callPath.length === 0 ? null : callPath.map(name).join(" -> "),
    onlySlow: slowNodes.length === 1 ? list : null,
    slow: slowNodes.length > 1 ? list : null,
    suspect: suspect === undefined ? null : name(suspect.service),
    ...differences(anomaly),
    ...worst(slowNodes),
    zone: clock.zone(start),
  };
}

function differences({ added, removed }: TraceAnomaly): Features {
  const listed = (paths: readonly string[]) => {
    const shown = paths.slice(0, mostPaths).map(pathText).join("; ");
    return paths.length > mostPaths ? `${shown} and ${paths.length - mostPaths} more` : shown;
  };
  const [missing] = removed;
  const [unusual] = added;
  return {
    removed: removed.length === 0 ? null : listed(removed),
    added: added.length === 0 ? null : listed(added),
    firstRemoved: missing === undefined ? null : pathText(missing),
    firstAdded: unusual === undefined ? null : pathText(unusual),
  };
}

/** The arrows of a call path are ours, the names between them are not. */
function pathText(path: string): string {
  return path.split(" -> ").map(name).join(" -> ");
}

/** The call that is furthest over its limit. */
function worst(nodes: readonly SlowNode[]): Features {
  const [first] = [...nodes].sort((a, b) => b.excessMs - a.excessMs);
  return {
    worstService: first === undefined ? null : name(first.service),
    worstDuration: first === undefined ? null : numberText(first.durationMs),
    worstExcess: first === undefined ? null : numberText(first.excessMs),
  };
}

function slowNode({ service, operation, durationMs, limitMs, excessMs }: SlowNode, level: Level): string {
  return fill(level === "full" ? slowNodeTemplate.full : slowNodeTemplate.usual, {
    service: name(service),
    operation: name(operation),
    duration: numberText(durationMs),
    limit: numberText(limitMs),
    excess: numberText(excessMs),
  });
}
