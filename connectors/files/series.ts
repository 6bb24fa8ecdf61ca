import type { RawSeries, Samples } from "../../pipeline/types.ts";

interface Growing {
  readonly service: string;
  readonly instance: string | null;
  readonly metric: string;
  readonly unit: string | null;
  t: Float64Array;
  v: Float64Array;
  length: number;
  /** Samples seen, kept or not. */
  seen: number;
}

export interface SeriesCollector {
  add(
    service: string,
    instance: string | null,
    metric: string,
    unit: string | null,
    t: number,
    v: number,
  ): void;
  /** Sorted by service, instance, metric; each by time, one sample per time. */
  finish(): RawSeries[];
  readonly seen: number;
  readonly kept: number;
}

/**
 * Gathers samples into series. Beyond `limit` samples it keeps every second, fourth, … sample of each
 * series, so that memory stays in proportion to the limit and every series keeps its shape.
 */
export function collectSeries(limit: number): SeriesCollector {
  const series = new Map<string, Map<string | null, Map<string, Growing>>>();
  const all: Growing[] = [];
  let seen = 0;
  let kept = 0;
  let stride = 1;
  let most = limit;

  function find(service: string, instance: string | null, metric: string, unit: string | null): Growing {
    const instances = getOrAdd(series, service, () => new Map<string | null, Map<string, Growing>>());
    const metrics = getOrAdd(instances, instance, () => new Map<string, Growing>());
    return getOrAdd(metrics, metric, () => {
      const [t, v] = [new Float64Array(16), new Float64Array(16)];
      const one: Growing = { service, instance, metric, unit, t, v, length: 0, seen: 0 };
      all.push(one);
      return one;
    });
  }

  return {
    add(service, instance, metric, unit, t, v) {
      const one = find(service, instance, metric, unit);
      seen++;
      if (one.seen++ % stride !== 0) return;
      if (one.length === one.t.length) grow(one);
      one.t[one.length] = t;
      one.v[one.length] = v;
      one.length++;
      kept++;
      if (kept <= most) return;
      stride *= 2;
      kept = 0;
      for (const other of all) {
        halve(other);
        kept += other.length;
      }
      // More series than the limit allows samples: halving on every sample would not help.
      most = kept > limit ? kept * 2 : limit;
    },
    finish() {
      const names = ({ service, instance, metric }: Growing) =>
        `${service}\u0000${instance ?? ""}\u0000${metric}`;
      const named = all.map((one) => ({ one, name: names(one) }));
      named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      return named.map(({ one }) => ({
        key: { service: one.service, instance: one.instance, metric: one.metric },
        unit: one.unit,
        samples: inOrder(one),
      }));
    },
    get seen() {
      return seen;
    },
    get kept() {
      return kept;
    },
  };
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function grow(one: Growing): void {
  const t = new Float64Array(one.t.length * 2);
  const v = new Float64Array(one.v.length * 2);
  t.set(one.t);
  v.set(one.v);
  one.t = t;
  one.v = v;
}

function halve(one: Growing): void {
  const length = Math.ceil(one.length / 2);
  for (let i = 0; i < length; i++) {
    one.t[i] = one.t[i * 2] ?? 0;
    one.v[i] = one.v[i * 2] ?? Number.NaN;
  }
  one.length = length;
}

/** Ascending, and one sample per time: the first that is a number. */
function inOrder({ t, v, length }: Growing): Samples {
  let ascending = true;
  for (let i = 1; i < length && ascending; i++) ascending = (t[i] ?? 0) > (t[i - 1] ?? 0);
  if (ascending) return { t: t.slice(0, length), v: v.slice(0, length) };
  const order = Array.from({ length }, (_, index) => index).sort((a, b) => (t[a] ?? 0) - (t[b] ?? 0));
  const sorted = { t: new Float64Array(length), v: new Float64Array(length) };
  let at = -1;
  for (const index of order) {
    const time = t[index] ?? 0;
    const value = v[index] ?? Number.NaN;
    if (at < 0 || sorted.t[at] !== time) {
      at++;
      sorted.t[at] = time;
      sorted.v[at] = value;
    } else if (Number.isNaN(sorted.v[at] ?? Number.NaN)) sorted.v[at] = value;
  }
  return { t: sorted.t.slice(0, at + 1), v: sorted.v.slice(0, at + 1) };
}
