import type { EarlierIncident } from "../diagnosis.ts";
import type { FusedService } from "../fusion/fuse.ts";
import type { Narrowed } from "../narrow.ts";
import type { ResolvedWindow } from "../resolve.ts";
import type { Anomaly, Candidate, ChatQuestion, Description, Ranking, TelemetrySlice } from "../types.ts";

/** Everything an expert may look at. */
export interface CaseFile {
  readonly question: ChatQuestion;
  readonly window: ResolvedWindow;
  readonly slice: TelemetrySlice;
  readonly anomalies: readonly Anomaly[];
  readonly descriptions: readonly Description[];
  readonly rankings: readonly Ranking[];
  readonly fused: { readonly services: readonly FusedService[]; readonly metrics: readonly Candidate[] };
  readonly narrowed: Narrowed;
  /** Whether the evidence is strong enough to name a cause; a weak first place is none. */
  readonly isNamed: boolean;
  /** Incidents like this one that were diagnosed before. */
  readonly earlier: readonly EarlierIncident[];
  /** One line per service with anomalies. */
  readonly summaries: readonly string[];
}
