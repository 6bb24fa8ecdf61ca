import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { instanceName, type ServicePlan, services } from "./hotel-reservation.ts";
import { type Random, xoshiro128 } from "./random.ts";

const second = 1000;
const minute = 60 * second;
const stepMs = 30 * second;
const lengthMs = 180 * minute;
/** The fault begins this long before the end, and lasts. */
const faultMs = 38 * minute;
/** A short, harmless load on another service, for a tool to be misled by. */
const blipStartMs = 24 * minute;
const blipMs = 90 * second;
const traceEveryMs = 12 * second;
const logEveryMs = 20 * second;
const restartEveryMs = 45 * second;
/** Of the calls to geo during the fault, those that hit an instance that is starting. */
const failureShare = 0.75;

export interface SampleIncident {
  readonly folder: string;
  /** Epoch milliseconds. */
  readonly startsAt: number;
  readonly faultAt: number;
  readonly endsAt: number;
}

interface Clock {
  readonly startsAt: number;
  readonly faultAt: number;
  readonly endsAt: number;
}

/**
 * Writes three hours of a generated hotel-reservation system in the project's own layout, with one fault
 * in the last 38 minutes: geo cannot reach its store, panics and restarts in a loop; search and frontend
 * fail with it. Everything is made up by a seeded generator; nothing was recorded.
 *
 * The same `seed` and `endsAt` (epoch milliseconds) give the same bytes. The folder's own files of an
 * earlier run are replaced.
 */
export async function generateSampleIncident(options: {
  readonly folder: string;
  readonly endsAt: number;
  readonly seed: number;
}): Promise<SampleIncident> {
  const { folder, endsAt, seed } = options;
  const clock = { startsAt: endsAt - lengthMs, faultAt: endsAt - faultMs, endsAt };
  const random = xoshiro128(seed);
  const files = {
    "metrics/metrics.csv.gz": gzipSync(metricRows(clock, random)),
    "logs/logs.csv": logRows(clock, random),
    "spans/spans.csv.gz": gzipSync(spanRows(clock, random)),
    "label.json": `${JSON.stringify(labelOf(clock, seed), null, 2)}\n`,
    "README.md": readme(seed),
  };
  for (const name of ["metrics", "logs", "spans"]) {
    await rm(join(folder, name), { recursive: true, force: true });
    await mkdir(join(folder, name), { recursive: true });
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return { folder, ...clock };
}

// ── Metrics ─────────────────────────────────────────────────────────────────────────────────────

/** What one instance does in one step. */
interface State {
  readonly requestsPerSecond: number;
  readonly errorShare: number;
  readonly latencyMs: number;
  readonly cpuPercent: number;
  readonly memoryMb: number;
  readonly connections: number;
}

function metricRows(clock: Clock, random: Random): string {
  const rows = ["time,service,instance,metric,value,unit"];
  for (const plan of services) {
    for (let index = 0; index < plan.instances; index++) {
      const instance = instanceName(plan.name, index);
      let requests = Math.floor(random.uniform() * 1e6);
      let errors = Math.floor(random.uniform() * 100);
      let restarts = 0;
      for (let t = clock.startsAt + offsetOf(instance); t < clock.endsAt; t += stepMs) {
        const state = stateAt(plan, t, clock, random);
        const served = state.requestsPerSecond * (stepMs / second);
        requests += Math.round(served);
        errors += Math.round(served * state.errorShare);
        if (plan.name === "geo" && t >= clock.faultAt)
          restarts = Math.floor((t - clock.faultAt) / restartEveryMs) + 1;
        const time = new Date(t).toISOString();
        const add = (metric: string, value: number, unit: string, digits: number) =>
          rows.push(`${time},${plan.name},${instance},${metric},${value.toFixed(digits)},${unit}`);
        add("requests_total", requests, "requests", 0);
        add("errors_total", errors, "requests", 0);
        add("latency_p95", state.latencyMs, "ms", 2);
        add("cpu_usage", state.cpuPercent, "%", 2);
        add("memory_usage", state.memoryMb, "MiB", 1);
        if (plan.calls.length === 0) add("connections", state.connections, "connections", 0);
        else add("restarts", restarts, "restarts", 0);
      }
    }
  }
  return `${rows.join("\n")}\n`;
}

/** Scrapes are spread over the step, as they are in life. */
function offsetOf(instance: string): number {
  let sum = 0;
  for (const character of instance) sum += character.charCodeAt(0);
  return (sum % 28) * second;
}

function stateAt(plan: ServicePlan, t: number, clock: Clock, random: Random): State {
  const wave = 1 + 0.12 * Math.sin(((t - clock.startsAt) / lengthMs) * 2 * Math.PI + 1);
  const load = (14 / plan.instances) * wave * (1 + 0.05 * random.normal());
  const faulty = t >= clock.faultAt;
  const normal: State = {
    requestsPerSecond: load,
    errorShare: random.uniform() < 0.1 ? 0.003 : 0,
    latencyMs: plan.ownMs * (plan.calls.length > 0 ? 5 : 2) * (1 + 0.08 * Math.abs(random.normal())),
    cpuPercent: plan.cpuPercent * wave * (1 + 0.06 * random.normal()),
    memoryMb: plan.memoryMb * (1 + 0.01 * random.normal()),
    connections: Math.round(18 + 2 * random.normal()),
  };
  const blip = clock.endsAt - blipStartMs;
  if (plan.name === "recommendation" && t >= blip && t < blip + blipMs) {
    return { ...normal, cpuPercent: normal.cpuPercent * 3.2 };
  }
  if (!faulty) return normal;
  switch (plan.name) {
    case "geo":
      return {
        ...normal,
        requestsPerSecond: normal.requestsPerSecond * (1 - failureShare),
        errorShare: failureShare,
        latencyMs: 900 + 250 * Math.abs(random.normal()),
        cpuPercent: 64 + 6 * random.normal(),
        memoryMb: normal.memoryMb * (0.55 + 0.25 * random.uniform()),
      };
    case "mongodb-geo":
      return {
        ...normal,
        requestsPerSecond: normal.requestsPerSecond * 0.04,
        cpuPercent: normal.cpuPercent * 0.3,
        connections: Math.round(random.uniform() * 2),
      };
    case "search":
      return {
        ...normal,
        errorShare: 0.7,
        latencyMs: 1000 + 260 * Math.abs(random.normal()),
        cpuPercent: normal.cpuPercent * 0.8,
      };
    case "frontend":
      return {
        ...normal,
        errorShare: 0.4,
        latencyMs: 1050 + 280 * Math.abs(random.normal()),
        cpuPercent: normal.cpuPercent * 0.9,
      };
    case "rate":
    case "memcached-rate":
    case "mongodb-rate":
      return {
        ...normal,
        requestsPerSecond: normal.requestsPerSecond * 0.35,
        cpuPercent: normal.cpuPercent * 0.55,
      };
    default:
      return normal;
  }
}

// ── Logs ────────────────────────────────────────────────────────────────────────────────────────

interface LogRow {
  readonly t: number;
  readonly text: string;
}

function logRows(clock: Clock, random: Random): string {
  const rows: LogRow[] = [];
  const write = (t: number, service: string, instance: string, level: string, body: string) =>
    rows.push({ t, text: `${new Date(t).toISOString()},${service},${instance},${level},${quoted(body)},,` });
  for (const plan of services) {
    for (let index = 0; index < plan.instances; index++) {
      const instance = instanceName(plan.name, index);
      const starved = plan.name === "geo" || plan.name === "mongodb-geo";
      let t = clock.startsAt + Math.floor(random.uniform() * logEveryMs);
      while (t < clock.endsAt) {
        const silent = starved && t >= clock.faultAt;
        if (!silent) write(t, plan.name, instance, "INFO", filled(plan.log, random));
        if (!silent && plan.warning !== null && random.uniform() < 0.03) {
          write(t + 3, plan.name, instance, "WARN", filled(plan.warning, random));
        }
        if (plan.name === "search" && t >= clock.faultAt) {
          const body = `geo.Nearby failed: rpc error: code = Unavailable desc = connection refused to geo:8083 after ${900 + Math.floor(random.uniform() * 300)}ms`;
          write(t + 5, plan.name, instance, "ERROR", body);
        }
        if (plan.name === "frontend" && t >= clock.faultAt && random.uniform() < 0.8) {
          write(
            t + 7,
            plan.name,
            instance,
            "ERROR",
            "request failed path=/hotels status=500: search unavailable",
          );
        }
        t += Math.floor(logEveryMs * (0.6 + 0.8 * random.uniform()));
      }
      if (plan.name === "geo")
        restartLoop(clock, random, (at, level, body) => write(at, "geo", instance, level, body));
    }
  }
  rows.sort((a, b) => a.t - b.t || (a.text < b.text ? -1 : 1));
  return `${["time,service,instance,level,body,trace_id,span_id", ...rows.map(({ text }) => text)].join("\n")}\n`;
}

function restartLoop(
  clock: Clock,
  random: Random,
  write: (t: number, level: string, body: string) => void,
): void {
  let t = clock.faultAt + Math.floor(random.uniform() * 5 * second);
  while (t + 12 * second < clock.endsAt) {
    write(t, "INFO", "main.main: starting geo service on port 8083");
    write(t + 120, "INFO", "main.initializeDatabase: dialing mongodb-geo:27017");
    write(t + 10 * second, "FATAL", "panic: no reachable servers");
    write(
      t + 10 * second + 1,
      "FATAL",
      "goroutine 1 [running]: main.initializeDatabase(0x7ffe) /app/cmd/geo/db.go:34",
    );
    t += Math.floor(restartEveryMs * (0.9 + 0.2 * random.uniform()));
  }
}

function filled(template: string, random: Random): string {
  return template.replace(/\{(\w+)\}/g, (_, kind: string) => {
    switch (kind) {
      case "ms":
        return (2 + random.uniform() * 30).toFixed(1);
      case "count":
        return String(1 + Math.floor(random.uniform() * 9));
      case "coordinate":
        return (37 + random.uniform()).toFixed(4);
      case "address":
        return `10.0.${Math.floor(random.uniform() * 16)}.${Math.floor(random.uniform() * 250)}`;
      case "word":
        return random.pick(["price", "distance", "rating"]);
      default:
        return String(Math.floor(random.uniform() * 500));
    }
  });
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// ── Spans ───────────────────────────────────────────────────────────────────────────────────────

/** What users ask for, and the services that frontend calls for it. */
const requests = [
  { operation: "GET /hotels", calls: ["search", "profile"], weight: 0.6 },
  { operation: "GET /recommendations", calls: ["recommendation", "profile"], weight: 0.25 },
  { operation: "POST /reservation", calls: ["user", "reservation"], weight: 0.15 },
] as const;

function spanRows(clock: Clock, random: Random): string {
  const rows: string[] = ["trace_id,span_id,parent_id,service,instance,operation,start,duration,status"];
  const plans = new Map(services.map((plan) => [plan.name, plan]));

  /** Writes the span and those below it; gives its end and whether it failed. */
  function call(
    traceId: string,
    parentId: string,
    plan: ServicePlan,
    at: number,
    operation: string,
    calls: readonly string[],
  ): { end: number; failed: boolean } {
    const spanId = random.hex(16);
    const instance = instanceName(plan.name, Math.floor(random.uniform() * plan.instances));
    let end = at + plan.ownMs * (0.3 + 0.2 * random.uniform());
    let failed = plan.name === "geo" && at >= clock.faultAt && random.uniform() < failureShare;
    if (failed) end += 850 + 300 * random.uniform();
    else {
      for (const name of calls) {
        const callee = plans.get(name);
        if (callee === undefined) continue;
        const result = call(traceId, spanId, callee, end, callee.operation, callee.calls);
        end = result.end;
        if (!result.failed) continue;
        failed = true;
        break;
      }
    }
    end += plan.ownMs * (0.4 + 0.4 * random.uniform());
    const start = new Date(Math.floor(at)).toISOString().slice(0, -1);
    const micros = String(Math.floor((at % 1) * 1000)).padStart(3, "0");
    const duration = (end - at).toFixed(3);
    rows.push(
      `${traceId},${spanId},${parentId},${plan.name},${instance},${operation},${start}${micros}Z,${duration},${failed ? "error" : "ok"}`,
    );
    return { end, failed };
  }

  const frontend = plans.get("frontend");
  if (frontend === undefined) return `${rows.join("\n")}\n`;
  let t = clock.startsAt + random.uniform() * traceEveryMs;
  while (t < clock.endsAt - 5 * second) {
    const drawn = random.uniform();
    const request =
      drawn < requests[0].weight
        ? requests[0]
        : drawn < requests[0].weight + requests[1].weight
          ? requests[1]
          : requests[2];
    call(random.hex(32), "", frontend, t, request.operation, request.calls);
    t += traceEveryMs * (0.5 + random.uniform());
  }
  return `${rows.join("\n")}\n`;
}

// ── Beside the telemetry ────────────────────────────────────────────────────────────────────────

function labelOf(clock: Clock, seed: number) {
  return {
    generated: true,
    seed,
    rootCause: { service: "geo", cause: "its store mongodb-geo cannot be reached", metric: "cpu_usage" },
    window: { start: new Date(clock.faultAt).toISOString(), end: new Date(clock.endsAt).toISOString() },
  };
}

function readme(seed: number): string {
  return `# A generated incident

These files are GENERATED by testbed/sample-incident.ts with seed ${seed}; nothing here was recorded.
They show a small hotel-reservation system in which, 38 minutes before the end, geo loses its store.
label.json holds the answer and is not read when a question is answered.
`;
}
