import type { Span, Trace } from "../types.ts";

/**
 * Puts spans together to traces, in whatever order they came.
 *
 * Shape:  one trace per trace id, by start; spans by start, the longer first. A span that a source
 *         repeats counts once. Two different spans with one id are Zipkin's two sides of a call: the
 *         second is the first one's child.
 *         Parents never form a cycle: the link of the earliest span on one is cut (-1), which leaves a
 *         span with a parent id and no parent, as when the parent was lost.
 * Throws: never. Linear in the spans, but for the sorting.
 */
export function assembleTraces(spans: readonly Span[]): Trace[] {
  const byTrace = new Map<string, Span[]>();
  for (const span of spans) {
    const known = byTrace.get(span.traceId);
    if (known === undefined) byTrace.set(span.traceId, [span]);
    else known.push(span);
  }
  return [...byTrace]
    .map(([traceId, members]) => assemble(traceId, members))
    .sort((a, b) => a.start - b.start || (a.traceId < b.traceId ? -1 : 1));
}

function assemble(traceId: string, members: Span[]): Trace {
  members.sort(byStart);
  const spans: Span[] = [];
  const sameId = new Map<string, number[]>();
  let end = Number.NEGATIVE_INFINITY;
  for (const span of members) {
    const namesakes = sameId.get(span.spanId) ?? [];
    if (isRepeated(span, namesakes, spans)) continue;
    namesakes.push(spans.length);
    sameId.set(span.spanId, namesakes);
    spans.push(span);
    end = Math.max(end, span.start + span.durationMs);
  }
  const parents = new Int32Array(spans.length);
  spans.forEach((span, index) => {
    parents[index] = parentOf(span, index, spans, sameId);
  });
  cutCycles(parents);
  return { traceId, spans, parents, start: spans[0]?.start ?? Number.NaN, end };
}

function byStart(a: Span, b: Span): number {
  return (
    a.start - b.start ||
    b.durationMs - a.durationMs ||
    compare(a.spanId, b.spanId) ||
    compare(a.service, b.service) ||
    compare(a.operation, b.operation)
  );
}

/** Repeats lie side by side in the order of `byStart`: the search ends at the first other time. */
function isRepeated(span: Span, namesakes: readonly number[], spans: readonly Span[]): boolean {
  for (let i = namesakes.length - 1; i >= 0; i--) {
    const earlier = spans[namesakes[i] ?? -1];
    if (earlier?.start !== span.start || earlier.durationMs !== span.durationMs) return false;
    if (isRepeat(earlier, span)) return true;
  }
  return false;
}

function isRepeat(a: Span | undefined, b: Span): boolean {
  return (
    a?.start === b.start &&
    a.durationMs === b.durationMs &&
    a.service === b.service &&
    a.operation === b.operation
  );
}

function parentOf(
  span: Span,
  index: number,
  spans: readonly Span[],
  sameId: ReadonlyMap<string, readonly number[]>,
): number {
  const [first] = sameId.get(span.spanId) ?? [];
  if (first !== undefined && first !== index && spans[first]?.service !== span.service) return first;
  if (span.parentId === null) return -1;
  const candidates = sameId.get(span.parentId) ?? [];
  const sameService = candidates.find((candidate) => spans[candidate]?.service === span.service);
  return sameService ?? candidates[candidates.length - 1] ?? -1;
}

/** Cuts each cycle at its span of the lowest position, the earliest. */
function cutCycles(parents: Int32Array): void {
  const seenFrom = new Int32Array(parents.length).fill(-1);
  for (let i = 0; i < parents.length; i++) {
    let at = i;
    while (at >= 0 && seenFrom[at] === -1) {
      seenFrom[at] = i;
      at = parents[at] ?? -1;
    }
    if (at < 0 || seenFrom[at] !== i) continue;
    let earliest = at;
    for (let next = parents[at] ?? -1; next !== at && next >= 0; next = parents[next] ?? -1) {
      earliest = Math.min(earliest, next);
    }
    parents[earliest] = -1;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
