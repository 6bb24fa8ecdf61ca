import type { Fetched, Inventory, TelemetryQuery } from "../../pipeline/ports.ts";
import type { LogLine, RawSeries, Span } from "../../pipeline/types.ts";
import type { ListedFile } from "./listing.ts";
import type { Scanner } from "./scan.ts";

export type Read<Item> = (query: TelemetryQuery, signal: AbortSignal) => Promise<Fetched<Item>>;

/** A folder as one layout reads it. A modality without files is null. */
export interface OpenLayout {
  readonly metric: Read<RawSeries> | null;
  readonly log: Read<LogLine> | null;
  readonly trace: Read<Span> | null;
  readonly inventory: (signal: AbortSignal) => Promise<Inventory>;
  /**
   * The telemetry files, for checks; labels and notes are not among them. Empty where the layout chose
   * its files by what they hold.
   */
  readonly files: readonly ListedFile[];
}

/** A way to lay telemetry out in files. */
export interface Layout {
  /** What it looks for, for messages. */
  readonly looksFor: string;
  recognize(files: readonly ListedFile[]): boolean | Promise<boolean>;
  open(files: readonly ListedFile[], scanner: Scanner): OpenLayout | Promise<OpenLayout>;
}
