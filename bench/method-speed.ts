import { patternMatcher } from "../pipeline/describe/pattern-network.ts";
import { patternWeights } from "../pipeline/describe/pattern-weights.ts";
import { assembleTraces } from "../pipeline/detect/assemble-traces.ts";
import { callPaths } from "../pipeline/detect/call-path.ts";
import { drain } from "../pipeline/detect/drain.ts";
import { fitTraces } from "../pipeline/detect/trace-anomaly/fit.ts";
import { timesByPath, vectorOf } from "../pipeline/detect/trace-anomaly/service-vectors.ts";
import { improbable } from "../pipeline/detect/trace-anomaly/trace-anomaly.ts";
import { traceRules } from "../pipeline/detect/trace-rules.ts";
import { shapeOf } from "../pipeline/detect/trace-shape.ts";
import { xoshiro } from "../pipeline/learn/xoshiro.ts";
import type { Span, TelemetrySlice, Trace } from "../pipeline/types.ts";
import { peakMb } from "./answer-once.ts";
import { generate, generatedQuestion } from "./generate.ts";
import { readMachine } from "./machine.ts";
import { table } from "./markdown.ts";
import { makeSegments } from "./pattern-segments.ts";

/**
 * How long the methods for traces, logs and patterns take, and that their cost grows with the input and no faster:
 * `node dist/bench/method-speed.js traces|logs|patterns|trace-anomaly`. One part a process, so that its peak memory is its
 * own; seconds are of processor time, which a busy machine changes little.
 */
const seed = 7;
const windowMs = 15 * 60_000;
const hourMs = 3_600_000;
const services = 100;

interface Measured {
  readonly size: string;
  readonly seconds: number;
}

const parts: Readonly<Record<string, () => Promise<Measured[]>>> = {
  async traces() {
    const measured: Measured[] = [];
    for (const spans of [62_500, 250_000, 1_000_000]) {
      const slice = tracesSlice(await generated(spans));
      measured.push({
        size: `trace rules, ${spans.toLocaleString("en-US")} spans`,
        seconds: secondsOf(() => traceRules.detect(slice)),
      });
    }
    return measured;
  },
  async logs() {
    const random = xoshiro(seed, "log lines");
    const words = ["request", "order", "cache", "timeout", "user", "query", "connection", "payment"];
    const word = () => words[Math.floor(random() * words.length)] ?? "";
    const statements = Array.from({ length: 200 }, () => Array.from({ length: 8 }, word).join(" "));
    const lineOf = () => {
      const statement = statements[Math.floor(random() * statements.length)] ?? "";
      return `${statement} id=${Math.floor(random() * 1e6)} took ${Math.floor(random() * 900)} ms from 10.0.${Math.floor(random() * 255)}.7`;
    };
    return [50_000, 200_000, 800_000].map((count) => {
      const lines = Array.from({ length: count }, lineOf);
      return {
        size: `Drain, ${count.toLocaleString("en-US")} lines`,
        seconds: secondsOf(() => {
          const miner = drain();
          for (const line of lines) miner.add(line);
        }),
      };
    });
  },
  async patterns() {
    const match = patternMatcher(patternWeights);
    return [500, 2_000, 8_000].map((count) => {
      const segments = makeSegments(Math.ceil(count / 11), xoshiro(seed, "segments")).slice(0, count);
      return {
        size: `PatternMatcher, ${count.toLocaleString("en-US")} segments`,
        seconds: secondsOf(() => {
          for (const { values } of segments) match(values, "up");
        }),
      };
    });
  },
  async "trace-anomaly"() {
    const measured: Measured[] = [];
    for (const count of [1_250, 5_000, 20_000]) {
      const traces = assembleTraces(await generated(count * 12, 6)).slice(0, count);
      const paths = callPaths();
      const times = traces.map((trace) => timesByPath(shapeOf(trace, paths), paths));
      let fitted: ReturnType<typeof fitTraces> = null;
      const seconds = secondsOf(() => {
        fitted = fitTraces(times, seed);
      });
      const columns = new Set(times.flatMap((one) => [...one.keys()])).size;
      measured.push({
        size: `TraceAnomaly fitted on ${count.toLocaleString("en-US")} traces, ${columns} call paths`,
        seconds,
      });
      if (count < 20_000) continue;
      measured.push({
        size: "TraceAnomaly, 1,000 traces scored",
        seconds: scoring(fitted, times.slice(0, 1_000)),
      });
    }
    return measured;
  },
};

function scoring(
  fitted: ReturnType<typeof fitTraces>,
  times: readonly ReadonlyMap<string, number>[],
): number {
  if (fitted === null) return Number.NaN;
  const { columns } = fitted;
  return secondsOf(() =>
    improbable(
      fitted,
      times.map((one) => vectorOf(one, columns)),
    ),
  );
}

async function generated(spans: number, count = services): Promise<readonly Span[]> {
  const { sources } = generate({ services: count, spans, seed });
  const window = { start: generatedQuestion.askedAt - hourMs, end: generatedQuestion.askedAt };
  for (const source of sources) {
    if (source.modality !== "trace") continue;
    const query = { windows: [window], services: null, limit: spans };
    return (await source.fetch(query, new AbortController().signal)).items;
  }
  return [];
}

/** The last quarter of the hour, compared with what came before. */
function tracesSlice(spans: readonly Span[]): TelemetrySlice {
  const { askedAt } = generatedQuestion;
  const window = { start: askedAt - windowMs, end: askedAt };
  const traces = assembleTraces(spans);
  const inWindow = ({ start }: Trace) => start >= window.start;
  const reference = [{ start: askedAt - hourMs, end: window.start }];
  return {
    window,
    scope: { services: [] },
    referencePeriods: { metric: [], log: [], trace: reference, from: "preceding" },
    metrics: [],
    logs: { reference: [], window: [], isSampled: false },
    traces: { reference: traces.filter((one) => !inWindow(one)), window: traces.filter(inWindow) },
    topology: { services: [], edges: [] },
    gaps: [],
  };
}

function secondsOf(work: () => void): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

const part = parts[process.argv[2] ?? ""];
if (part === undefined) {
  process.stderr.write(`Name one of ${Object.keys(parts).join(", ")}.\n`);
  process.exitCode = 2;
} else {
  const measured = await part();
  const rows = measured.map(({ size, seconds }) => [size, seconds.toFixed(2)]);
  const machine = JSON.stringify(await readMachine());
  process.stdout.write(
    `${machine}\n\n${table(["what", "seconds"], rows)}\n\n${peakMb().toFixed(0)} MB at most\n`,
  );
}
