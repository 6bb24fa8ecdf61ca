const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/**
 * Samples as a row of bars between their smallest and largest value; a missing one is a blank, a flat
 * row is all low. More samples than `width` are averaged in equal buckets.
 */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const shown = values.length > width ? averaged(values, width) : values;
  const known = shown.filter((value) => value !== null && Number.isFinite(value));
  const min = Math.min(...known.filter((value) => value !== null));
  const max = Math.max(...known.filter((value) => value !== null));
  return shown
    .map((value) => {
      if (value === null || !Number.isFinite(value)) return " ";
      const share = max > min ? (value - min) / (max - min) : 0;
      return bars[Math.min(bars.length - 1, Math.floor(share * bars.length))] ?? " ";
    })
    .join("");
}

function averaged(values: readonly (number | null)[], width: number): (number | null)[] {
  const buckets: (number | null)[] = [];
  for (let i = 0; i < width; i++) {
    const from = Math.floor((i * values.length) / width);
    const to = Math.floor(((i + 1) * values.length) / width);
    let sum = 0;
    let count = 0;
    for (const value of values.slice(from, to)) {
      if (value === null || !Number.isFinite(value)) continue;
      sum += value;
      count++;
    }
    buckets.push(count === 0 ? null : sum / count);
  }
  return buckets;
}

/** A share (0 to 1) as a bar of `width` columns; more than nothing is never empty. */
export function bar(share: number, width: number): { full: string; rest: string } {
  const bounded = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  const filled = bounded > 0 ? Math.max(1, Math.round(bounded * width)) : 0;
  return { full: "█".repeat(filled), rest: "░".repeat(width - filled) };
}
