import { join } from "node:path";
import { type FaultName, faultTypes } from "./faults.ts";
import { type Random, xoshiro128 } from "./random.ts";
import { type RecordingOptions, withRecording } from "./recording.ts";

export interface CampaignOptions {
  readonly folder: string;
  readonly seed: number;
  readonly cases: number;
  /** Testbeds at a time. */
  readonly parallel: number;
  readonly recording: Omit<RecordingOptions, "seed" | "telemetry"> & {
    readonly telemetry: Omit<RecordingOptions["telemetry"], "folder">;
  };
}

interface PlannedCase {
  readonly type: FaultName;
  readonly target: string;
}

const warmUpMs = 20_000;
/** The first stretch is the longest: a reference of some minutes. */
const firstNormalMs = 180_000;
const normalMs = 25_000;
const faultMs = 60_000;
const settleMs = 12_000;
const question = "What broke in the last 60 seconds?";

/**
 * Which faults happen to what: every type equally often, its targets in turn, in an order that the seed
 * decides. The same seed gives the same plan.
 */
export function planCampaign(seed: number, cases: number): PlannedCase[] {
  const random = xoshiro128(seed);
  const rounds = Object.entries(faultTypes).map(([type, { targets }]) => ({
    type: type as FaultName,
    targets: shuffled([...targets], random),
  }));
  const planned: PlannedCase[] = [];
  for (let round = 0; planned.length < cases; round++) {
    for (const { type, targets } of shuffled(rounds, random)) {
      const target = targets[round % targets.length];
      if (target !== undefined && planned.length < cases) planned.push({ type, target });
    }
  }
  return planned;
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    const [a, b] = [result[i], result[j]];
    if (a !== undefined && b !== undefined) [result[i], result[j]] = [b, a];
  }
  return result;
}

/** Records the campaign: one folder `run-N` with a `cases.json` for each testbed. */
export async function runCampaign(options: CampaignOptions): Promise<void> {
  const planned = planCampaign(options.seed, options.cases).map((one, index) => ({
    ...one,
    number: index + 1,
  }));
  const runs = Array.from({ length: Math.min(options.parallel, planned.length) }, (_unused, run) =>
    planned.filter((_one, index) => index % options.parallel === run),
  );
  // One that fails must not leave the others running on their own.
  const results = await Promise.allSettled(runs.map((cases, run) => runCases(options, run + 1, cases)));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function runCases(
  options: CampaignOptions,
  run: number,
  cases: readonly (PlannedCase & { readonly number: number })[],
): Promise<void> {
  const { recording, seed } = options;
  const telemetry = { ...recording.telemetry, folder: join(options.folder, `run-${run}`) };
  await withRecording({ ...recording, seed: seed * 100 + run, telemetry }, async (under) => {
    await under.settle(warmUpMs);
    await under.normal(firstNormalMs);
    for (const { number, type, target } of cases) {
      await under.normal(normalMs);
      const label = await under.fault(type, target, faultMs);
      const id = `${String(number).padStart(3, "0")}-${type}-${target.replace(">", "-to-")}`;
      await under.addCase(id, label, question);
      await under.settle(settleMs);
    }
    await under.finish();
  });
}
