import { isNamed } from "./conclude.ts";
import { type FusedService, fuseMetrics, fuseServices, withEvidence } from "./fusion/fuse.ts";
import { type Weighing, weighingOf } from "./fusion/fusion-weights.ts";
import { localize } from "./localize/index.ts";
import { type Narrowed, narrow } from "./narrow.ts";
import type { PipelineOptions } from "./options.ts";
import type { FittedModels } from "./ports.ts";
import type { Anomaly, Candidate, Ranking, TelemetrySlice } from "./types.ts";

/** Who is suspected, and by whom. */
export interface Ranked {
  readonly rankings: readonly Ranking[];
  readonly fused: { readonly services: readonly FusedService[]; readonly metrics: readonly Candidate[] };
  readonly narrowed: Narrowed;
  /** The first suspect is strong enough to be named. */
  readonly isNamed: boolean;
  /** What the methods' votes counted. */
  readonly weighing: Weighing;
}

/** Localizes, fuses and narrows down (Filter 2): from anomalies to suspects. */
export function ranked(
  slice: TelemetrySlice,
  anomalies: readonly Anomaly[],
  options: Pick<PipelineOptions, "localizers" | "fusion">,
  fitted?: FittedModels,
): Ranked {
  const rankings = localize(slice, anomalies, options.localizers, fitted?.models);
  const held = withEvidence(rankings);
  const weighing = weighingOf(fitted, slice);
  const services = fuseServices(held, options.fusion, weighing.weights);
  const narrowed = narrow(held, services, slice, anomalies);
  const metrics = fuseMetrics(held, services, narrowed.services);
  const named = isNamed(services, options.fusion);
  return { rankings, fused: { services, metrics }, narrowed, isNamed: named, weighing };
}
