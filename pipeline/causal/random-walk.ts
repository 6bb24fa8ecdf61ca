/** `cause` to `effect`. */
export interface Link {
  readonly cause: number;
  readonly effect: number;
}

/** How readily the walk turns back from a cause to its effect, beside going on. */
const usualBacktrack = 0.2;

/**
 * The walk's transition probabilities, a row for each variable: from an effect to its causes as much as
 * they go with the front metric (`likeness`, 0 to 1), back a little, and staying where no cause is more
 * alike.
 *
 * Shape:  rows add up to 1; where nothing leads on the walk stays.
 * Source: TCORW in MicroCause (Meng et al., IWQoS 2020).
 */
export function transitions(
  links: readonly Link[],
  likeness: readonly number[],
  front: number,
  backtrack = usualBacktrack,
): Float64Array[] {
  const size = likeness.length;
  const rows = likeness.map(() => new Float64Array(size));
  const linked = new Set(links.map(({ cause, effect }) => cause * size + effect));
  const mostAlikeCause = new Float64Array(size);
  const put = (from: number, to: number, weight: number) => {
    const row = rows[from];
    if (row !== undefined) row[to] = weight;
  };
  for (const { cause, effect } of links) {
    const ofCause = likeness[cause] ?? 0;
    if (cause !== front) {
      put(effect, cause, ofCause);
      mostAlikeCause[effect] = Math.max(mostAlikeCause[effect] ?? 0, ofCause);
    }
    if (effect !== front && !linked.has(effect * size + cause)) {
      put(cause, effect, backtrack * (likeness[effect] ?? 0));
    }
  }
  rows.forEach((row, at) => {
    if (at !== front) row[at] = Math.max(0, (likeness[at] ?? 0) - (mostAlikeCause[at] ?? 0));
    const sum = row.reduce((total, value) => total + value, 0);
    for (let to = 0; to < size; to++) row[to] = sum > 0 ? (row[to] ?? 0) / sum : to === at ? 1 : 0;
  });
  return rows;
}

/**
 * How often a walk of `steps` steps is expected at each variable, worked out rather than sampled. They add
 * up to `steps`.
 */
export function expectedVisits(
  rows: readonly Float64Array[],
  start: Float64Array,
  steps: number,
): Float64Array {
  const visits = new Float64Array(start.length);
  let now = start;
  for (let step = 0; step < steps; step++) {
    const next = new Float64Array(start.length);
    rows.forEach((row, from) => {
      const share = now[from] ?? 0;
      if (share === 0) return;
      for (let to = 0; to < row.length; to++) next[to] = (next[to] ?? 0) + share * (row[to] ?? 0);
    });
    next.forEach((share, at) => {
      visits[at] = (visits[at] ?? 0) + share;
    });
    now = next;
  }
  return visits;
}
