import { networkDelay } from "../detect/call-delays.ts";
import { metricKind } from "../localize/metric-kinds.ts";
import { lastNamed } from "../localize/names-in-text.ts";
import type { Candidate } from "../types.ts";

/**
 * Puts the time that a caller itself measures of its calls to a service before the delay of that service which was
 * derived from spans: both are of the same way, and the first can be looked up where the operator's metrics are.
 *
 * Shape:  the same candidates in another order; what was derived becomes evidence for what was measured.
 */
export function measuredFirst(ranked: readonly Candidate[], clear: readonly Candidate[]): Candidate[] {
  const result = [...ranked];
  for (const derived of ranked) {
    if (derived.metric !== networkDelay) continue;
    const named = lastNamed([derived.service]);
    const measured = clear
      .filter(({ service, metric }) => {
        const name = metric ?? "";
        if (service === derived.service || metricKind(name, null).kind !== "latency") return false;
        return named(name.replaceAll("_", " ")) !== null;
      })
      .sort((a, b) => b.score - a.score || ((a.metric ?? "") < (b.metric ?? "") ? -1 : 1));
    const at = result.indexOf(derived);
    const moved: Candidate[] = [];
    for (const { service, metric } of measured) {
      const from = result.findIndex((one) => one.service === service && one.metric === metric);
      const one = result[from];
      if (one === undefined || from <= at || moved.includes(one)) continue;
      moved.push(one);
    }
    const rest = result.filter((one) => !moved.includes(one));
    const evident = moved.map((one) => ({
      ...one,
      score: derived.score,
      evidence: [...new Set([...one.evidence, ...derived.evidence])],
    }));
    result.splice(0, result.length, ...rest);
    result.splice(rest.indexOf(derived), 0, ...evident);
  }
  return result;
}
