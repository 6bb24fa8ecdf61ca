import type { Fetched } from "./ports.ts";
import type { Gap, RawSeries, Samples } from "./types.ts";

/** No measurement is this large, and the squares of larger ones are no numbers any more. */
const largest = 1e150;

/**
 * The series with their samples in order, without those that have no time or a value that cannot be one.
 *
 * Shape:  a missing value (NaN) stays, and a series that is fine is the same object.
 */
export function usableSeries(raw: readonly RawSeries[]): Fetched<RawSeries> {
  let dropped = 0;
  let touched = 0;
  const items = raw.map((series) => {
    const { samples } = series;
    if (isUsable(samples)) return series;
    const usable = ordered(samples);
    const gone = samples.t.length - usable.t.length;
    if (gone > 0) touched++;
    dropped += gone;
    return { ...series, samples: usable };
  });
  return { items, gaps: dropped === 0 ? [] : [brokenSamples(dropped, touched)] };
}

function isUsable({ t, v }: Samples): boolean {
  for (let i = 0; i < t.length; i++) {
    const [time, value] = [t[i] ?? Number.NaN, v[i] ?? Number.NaN];
    if (!Number.isFinite(time) || Math.abs(value) > largest || time < (t[i - 1] ?? time)) return false;
  }
  return true;
}

function ordered({ t, v }: Samples): Samples {
  const kept = [...t.keys()]
    .filter((i) => Number.isFinite(t[i]) && !(Math.abs(v[i] ?? Number.NaN) > largest))
    .sort((a, b) => (t[a] ?? 0) - (t[b] ?? 0) || a - b);
  return {
    t: Float64Array.from(kept, (i) => t[i] ?? 0),
    v: Float64Array.from(kept, (i) => v[i] ?? Number.NaN),
  };
}

function brokenSamples(count: number, series: number): Gap {
  const what = count === 1 ? "1 sample" : `${count} samples`;
  const where = series === 1 ? "1 metric series" : `${series} metric series`;
  const detail = `${what} of ${where} have no time, or a value over 1e150 that nothing can measure: they are left out.`;
  return { from: "metrics", reason: "broken-rows", detail };
}
