import type { CallEdge, Trace } from "./types.ts";

/** Who calls whom, from spans whose parent is in another service. Sorted by caller, then callee. */
export function callEdges(traces: readonly Trace[]): CallEdge[] {
  const calls = new Map<string, Map<string, number>>();
  for (const { spans, parents } of traces) {
    for (let i = 0; i < spans.length; i++) {
      const callee = spans[i]?.service;
      const caller = spans[parents[i] ?? -1]?.service;
      if (callee === undefined || caller === undefined || caller === callee) continue;
      const callees = calls.get(caller) ?? new Map<string, number>();
      callees.set(callee, (callees.get(callee) ?? 0) + 1);
      calls.set(caller, callees);
    }
  }
  const edges: CallEdge[] = [];
  for (const [caller, callees] of calls) {
    for (const [callee, count] of callees) edges.push({ caller, callee, calls: count });
  }
  return edges.sort((a, b) => compare(a.caller, b.caller) || compare(a.callee, b.callee));
}

/** Callees of each caller; one that is named by two graphs is there twice. */
export function calleesOf(edges: readonly CallEdge[]): Map<string, string[]> {
  const callees = new Map<string, string[]>();
  for (const { caller, callee } of edges) {
    const known = callees.get(caller);
    if (known === undefined) callees.set(caller, [callee]);
    else known.push(callee);
  }
  return callees;
}

/** `services` and all that they call, directly or not. Sorted. */
export function downstream(services: readonly string[], edges: readonly CallEdge[]): string[] {
  const callees = calleesOf(edges);
  const seen = new Set(services);
  const open = [...services];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const callee of callees.get(next) ?? []) {
      if (seen.has(callee)) continue;
      seen.add(callee);
      open.push(callee);
    }
  }
  return [...seen].sort();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
