import type { CallPaths } from "./call-path.ts";
import type { PathTime, TraceShape } from "./trace-shape.ts";

/** Fewer values than this tell no spread. */
const fewestTwins = 6;
/** With fewer normal traces, twins are too rare: times are pooled per edge of the call graph. */
const fewestTraces = 20;
const k = 3;
/** Times that never vary would make every microsecond abnormal. */
const smallestStdMs = 1;
const smallestStdShare = 0.05;

/** What is normal for one call path. `limitMs` = mean + 3 std; `selfLimitMs` the same of own times. */
export interface PathLimit {
  readonly meanMs: number;
  readonly stdMs: number;
  readonly limitMs: number;
  readonly selfLimitMs: number;
}

/** Tells what is normal for one path of a trace; null where too few normal traces are like it. */
export type PathLimits = (shape: TraceShape, time: PathTime, isNormal: boolean) => PathLimit | null;

/**
 * Learns how long each call path normally takes, from traces with the same set of call paths ("twins");
 * where there are fewer than 6 of them, or fewer than 20 normal traces at all, from every call of the
 * same caller to the same callee.
 *
 * Units:  milliseconds; standard deviations with ddof 1, at least 1 ms and 5 % of the mean.
 * Shape:  with `isNormal`, the asked trace is one of those learned from and is left out: judged by
 *         limits that it made itself, no trace of six could ever be too slow.
 * Source: ALGORITHMS 4.4 (timeout), after the authors' code; the floor and leaving out are ours.
 */
export function pathLimits(normal: readonly TraceShape[], paths: CallPaths): PathLimits {
  const byTwins = new Map<string, Times>();
  const byEdge = new Map<string, Times>();
  for (const shape of normal) {
    for (const time of shape.times.values()) {
      add(byTwins, twinsKey(shape, time), time);
      add(byEdge, edgeKey(time, paths), time);
    }
  }
  return (shape, time, isNormal) => {
    const fewest = fewestTwins + (isNormal ? 1 : 0);
    const twins = normal.length >= fewestTraces ? byTwins.get(twinsKey(shape, time)) : undefined;
    const times =
      twins !== undefined && twins.total.count >= fewest ? twins : byEdge.get(edgeKey(time, paths));
    if (times === undefined || times.total.count < fewest) return null;
    const total = spread(isNormal ? without(times.total, time.totalMs) : times.total);
    const self = spread(isNormal ? without(times.self, time.selfMs) : times.self);
    return {
      meanMs: total.mean,
      stdMs: total.std,
      limitMs: total.mean + k * total.std,
      selfLimitMs: self.mean + k * self.std,
    };
  };
}

/** Welford's running moments. */
interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
}

interface Times {
  readonly total: Moments;
  readonly self: Moments;
}

const none: Moments = { count: 0, mean: 0, squares: 0 };

function add(map: Map<string, Times>, key: string, { totalMs, selfMs }: PathTime): void {
  const known = map.get(key);
  map.set(key, {
    total: withValue(known?.total ?? none, totalMs),
    self: withValue(known?.self ?? none, selfMs),
  });
}

function withValue({ count, mean, squares }: Moments, value: number): Moments {
  const away = value - mean;
  const moved = mean + away / (count + 1);
  return { count: count + 1, mean: moved, squares: squares + away * (value - moved) };
}

function without({ count, mean, squares }: Moments, value: number): Moments {
  const moved = (count * mean - value) / (count - 1);
  return { count: count - 1, mean: moved, squares: Math.max(0, squares - (value - mean) * (value - moved)) };
}

function spread({ count, mean, squares }: Moments): { mean: number; std: number } {
  const std = Math.sqrt(squares / (count - 1));
  return { mean, std: Math.max(std, smallestStdMs, smallestStdShare * mean) };
}

function twinsKey({ root, pathSet }: TraceShape, { path }: PathTime): string {
  return `${path}|${root}|${pathSet}`;
}

function edgeKey({ path }: PathTime, paths: CallPaths): string {
  return `${paths.serviceOf(paths.parentOf(path))}\n${paths.serviceOf(path)}`;
}
