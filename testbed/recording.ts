import { copyFile, link, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FaultType, findFault } from "./faults.ts";
import { messageOf } from "./request.ts";
import type { RootCause } from "./root-causes.ts";
import { startTestbed, type Testbed, type TestbedOptions } from "./testbed.ts";
import { TestbedError } from "./testbed-error.ts";

/** A fault as it happened. Times are epoch milliseconds. */
export interface FaultLabel {
  readonly type: string;
  readonly target: string;
  readonly start: number;
  readonly end: number;
  readonly rootCauses: readonly RootCause[];
}

interface Period {
  readonly start: number;
  readonly end: number;
}

/** A recording under way: what was done to the system while its telemetry was written. */
export interface Recording {
  readonly testbed: Testbed;
  /** Lets the healthy system run, and declares that time fault-free. */
  normal(ms: number): Promise<void>;
  /** Lets it run without declaring anything: it may still recover. */
  settle(ms: number): Promise<void>;
  fault(type: string, target: string, ms: number, share?: number): Promise<FaultLabel>;
  /** Adds a labelled case that was asked right at the end of the fault. */
  addCase(id: string, label: FaultLabel, text: string): Promise<void>;
  /** Marks the recording as whole. */
  finish(): Promise<void>;
}

export interface RecordingOptions extends TestbedOptions {
  readonly progress: (line: string) => void;
}

const system = "hotel";
const recoveryTimeoutMs = 40_000;
/** The last rows come with the next export. */
const flushSteps = 1.5;

/**
 * Runs `work` with a testbed that is stopped afterwards, whatever happens.
 *
 * `recording.json` in the recording's folder says whether it is whole; one that broke off says why.
 * Throws: what `work` throws; TestbedError when the recording cannot be written or is stopped.
 */
export async function withRecording(
  options: RecordingOptions,
  work: (recording: Recording) => Promise<void>,
): Promise<void> {
  const { folder } = options.telemetry;
  await mkdir(folder, { recursive: true });
  const startedAt = Date.now();
  const mark = (state: Readonly<Record<string, unknown>>) =>
    writeFile(
      join(folder, "recording.json"),
      `${JSON.stringify({ startedAt: iso(startedAt), seed: options.seed, ...state }, null, 1)}\n`,
    );
  await mark({ complete: false, problem: "it is running, or was killed" });
  try {
    const testbed = await startTestbed(options);
    try {
      await work(recordingOf(testbed, options, mark));
    } finally {
      await testbed.stop();
    }
  } catch (error) {
    // On a full disk this cannot be written either; the file of the start says enough.
    await mark({ complete: false, endedAt: iso(Date.now()), problem: messageOf(error) }).catch(
      () => undefined,
    );
    throw error;
  }
}

function recordingOf(
  testbed: Testbed,
  options: RecordingOptions,
  mark: (state: Readonly<Record<string, unknown>>) => Promise<void>,
): Recording {
  const { signal, progress } = options;
  const { folder, metricStepMs } = options.telemetry;
  const periods: Period[] = [];
  const cases: unknown[] = [];
  /** When the fault-free time that is going on began. */
  let healthySince: number | null = null;

  async function endHealthyTime(): Promise<void> {
    if (healthySince === null) return;
    periods.push({ start: healthySince, end: Date.now() });
    healthySince = null;
    await writeReference(join(folder, "telemetry"), periods);
  }

  async function wait(ms: number): Promise<void> {
    const until = performance.now() + ms;
    while (performance.now() < until) {
      await sleep(Math.min(1_000, Math.max(0, until - performance.now())), undefined, { signal }).catch(
        () => {
          throw new TestbedError("The recording was stopped before its end.");
        },
      );
      const problem = testbed.problem();
      if (problem !== null) {
        throw new TestbedError(
          `The recording cannot be written: ${problem}. Free some space, or name another folder.`,
        );
      }
    }
  }

  return {
    testbed,
    settle: wait,
    async normal(ms) {
      healthySince = Date.now();
      await wait(ms);
      await endHealthyTime();
    },
    async fault(type, target, ms, share = 1) {
      const found = findFault(type, target);
      // Somebody may not wait for the end of the fault-free time; then this is its end.
      await endHealthyTime();
      const start = Date.now();
      const mend = await found.fault.inject(testbed, found.target, share);
      try {
        await wait(ms);
      } finally {
        progress(`${type} ${found.target}: ${Math.round((Date.now() - start) / 1_000)} s`);
      }
      const end = Date.now();
      await mend();
      await recovered(testbed, signal);
      return { type, target: found.target, start, end, rootCauses: causesOf(found.fault, found.target) };
    },
    async addCase(id, label, text) {
      await wait(flushSteps * metricStepMs);
      await writeCaseFolder(folder, id, periods);
      cases.push(caseRecord(id, label, text));
      await writeFile(join(folder, "cases.json"), `${JSON.stringify(cases, null, 1)}\n`);
    },
    finish: () => mark({ complete: true, endedAt: iso(Date.now()) }),
  };
}

function causesOf(fault: FaultType, target: string): readonly RootCause[] {
  return fault.rootCauses(target);
}

/** After a fault every instance is up again; some were started again and wait for their turn. */
async function recovered(testbed: Testbed, signal: AbortSignal): Promise<void> {
  const until = performance.now() + recoveryTimeoutMs;
  while (!testbed.isUp() && performance.now() < until && !signal.aborted) await sleep(200);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

async function writeReference(folder: string, periods: readonly Period[]): Promise<void> {
  const told = periods.map(({ start, end }) => ({ start: iso(start), end: iso(end) }));
  await writeFile(join(folder, "reference.json"), `${JSON.stringify({ periods: told }, null, 1)}\n`);
}

/**
 * What may be known when the case is asked: the recording's telemetry, and of the fault-free periods
 * those before the fault.
 */
async function writeCaseFolder(folder: string, id: string, periods: readonly Period[]): Promise<void> {
  const caseFolder = join(folder, "asked", id);
  await mkdir(caseFolder, { recursive: true });
  for (const kind of ["metrics", "logs", "spans"]) {
    const from = join(folder, "telemetry", kind);
    const to = join(caseFolder, kind);
    await mkdir(to);
    // Hard links take no space, and unlike symbolic ones they lead nowhere outside of the case's folder.
    for (const name of await readdir(from).catch(() => [])) await link(join(from, name), join(to, name));
  }
  await copyFile(join(folder, "telemetry", "topology.csv"), join(caseFolder, "topology.csv"));
  await writeReference(caseFolder, periods);
}

function caseRecord(id: string, label: FaultLabel, text: string): unknown {
  return {
    id,
    system,
    fault_type: label.type,
    telemetry: `asked/${id}`,
    query: { at: iso(label.end), text, lookback_s: Math.round((label.end - label.start) / 1_000) },
    root_cause: label.rootCauses,
    fault: { target: label.target, start: iso(label.start), end: iso(label.end) },
  };
}
