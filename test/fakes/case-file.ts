import type { CaseFile } from "../../pipeline/experts/case-file.ts";
import { slice, window } from "./telemetry.ts";

/** What the experts look at: nothing seen and nothing found, but for what is given. */
export function caseFile(parts: Partial<CaseFile> = {}): CaseFile {
  return {
    question: { id: "q1", text: "what broke?", askedAt: window.end, timeZone: "UTC", askedWindow: null },
    window: { ...window, from: "question" },
    slice: slice({}),
    anomalies: [],
    descriptions: [],
    rankings: [],
    fused: { services: [], metrics: [] },
    narrowed: { services: [], by: "none" },
    summaries: [],
    earlier: [],
    isNamed: (parts.fused?.services.length ?? 0) > 0,
    ...parts,
  };
}
