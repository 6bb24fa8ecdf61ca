import type { InventorySource, Source } from "../pipeline/ports.ts";
import type { EpochMs } from "../pipeline/types.ts";
import type { ReadSecret } from "./http/options.ts";
import type { Names } from "./names/names.ts";

/** One telemetry system of the configuration, open. */
export interface Connector {
  readonly name: string;
  readonly inventory: InventorySource;
  readonly sources: readonly Source[];
  /** What answers there, such as "Prometheus 2.53.0"; null where it does not tell. Rejects as `probe` does. */
  about(signal: AbortSignal): Promise<string | null>;
  close(): Promise<void>;
}

/** What a connector is opened with besides its own options. */
export interface Surroundings {
  readonly readSecret: ReadSecret;
  readonly names: Names;
  /** The time now; the pipeline hands its own where it counts. */
  readonly clock: () => EpochMs;
}
