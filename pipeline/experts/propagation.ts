import { name } from "../describe/foreign-text.ts";
import type { CaseFile } from "./case-file.ts";

/** Which abnormal services wait for `service`, in one sentence; empty where none is known to. */
export function edgeText(service: string, { slice, anomalies }: CaseFile): string {
  const abnormal = new Set(anomalies.map((anomaly) => anomaly.service));
  const callers = new Map<string, string[]>();
  for (const { caller, callee } of slice.topology.edges) {
    const known = callers.get(callee);
    if (known === undefined) callers.set(callee, [caller]);
    else known.push(caller);
  }
  const victims = new Set<string>();
  const open = [service];
  for (const next of open) {
    for (const caller of callers.get(next) ?? []) {
      if (caller === service || victims.has(caller) || !abnormal.has(caller)) continue;
      victims.add(caller);
      open.push(caller);
    }
  }
  if (victims.size === 0) return "";
  const names = [...victims].map(name);
  const shown = names.slice(0, 5).join(", ");
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  return `${shown}${more} ${names.length === 1 ? "calls" : "call"} it, directly or not, and ${names.length === 1 ? "is" : "are"} abnormal too.`;
}
