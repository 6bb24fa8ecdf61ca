import { z } from "zod";

/**
 * All that the process is told which runs the detectors over one folder of telemetry: questions as people put
 * them, and no label. `isRanked`: suspects are wanted as well, with all detectors and without each.
 */
export const DetectorInput = z.strictObject({
  timeZone: z.string(),
  source: z.strictObject({ type: z.literal("files"), path: z.string() }),
  asked: z.array(z.strictObject({ text: z.string(), askedAt: z.number(), isRanked: z.boolean() })),
});
export type DetectorInput = z.infer<typeof DetectorInput>;

/** What one detector, or the default ones together, found in a window. */
const DetectorFindings = z.object({
  detector: z.string(),
  modality: z.enum(["metric", "log", "trace"]),
  /** Seconds of processor time. */
  seconds: z.number(),
  /** Services by what is told: metric events, and anomalies of traces and logs. */
  told: z.array(z.string()),
  /** Metric anomalies that chance explains too. */
  signals: z.number(),
  /** Traces that an anomaly names. */
  traces: z.number(),
});
export type DetectorFindings = z.infer<typeof DetectorFindings>;

/** Suspects, worst first, with the detector off that is named. */
const Suspects = z.object({
  without: z.string().nullable(),
  services: z.array(z.string()),
  instances: z.array(z.string()),
  metrics: z.array(z.object({ service: z.string(), metric: z.string() })),
});
export type Suspects = z.infer<typeof Suspects>;

export const DetectorWindow = z.object({
  /** Hours of the window, hours times its series, and its traces. */
  hours: z.number(),
  seriesHours: z.number(),
  traces: z.number(),
  findings: z.array(DetectorFindings),
  suspects: z.array(Suspects),
});
export type DetectorWindow = z.infer<typeof DetectorWindow>;

/** One entry for each question, in their order. */
export const DetectorAnswer = z.object({ windows: z.array(DetectorWindow) });
