import { z } from "zod";
import { type ErrorCode, errorCodes } from "../pipeline/errors.ts";

const Window = z.object({ start: z.number(), end: z.number() });
const Exclusion = Window.extend({ why: z.string() });

/** What a fitting process is told. Sources and options are the configuration's, checked there. */
export const FitOrder = z.object({
  /** `learn`: fit the methods. `new-paths`: only add what is new in the period to what the call paths' model knows. */
  task: z.enum(["learn", "new-paths"]),
  sources: z.array(z.unknown()),
  /** What the sources call services. */
  names: z.unknown().optional(),
  /** Periods that the configuration calls fault-free, beside those that the sources do. */
  faultFree: z.array(Window),
  pipeline: z.unknown(),
  modelFolder: z.string(),
  methods: z.array(z.string()).min(1),
  seed: z.number().int(),
  /** A fault-free period; the declared ones where it is null. */
  normal: Window.nullable(),
  /** Times that are not normal, whatever lies around them. */
  excluded: z.array(Exclusion),
  /** Whether methods go on from what they learnt before, which takes less time. */
  isWarm: z.boolean(),
  incidents: z.array(
    z.object({
      id: z.string(),
      text: z.string(),
      askedAt: z.number(),
      /** Folder of the telemetry; null: the sources. */
      telemetry: z.string().nullable(),
      services: z.array(z.string()),
      faultType: z.string(),
    }),
  ),
});
export type FitOrder = z.infer<typeof FitOrder>;

const Fit = z.object({
  method: z.string(),
  /** What it learnt and how it was tested, where it says so itself. */
  words: z.array(z.string()).optional(),
  file: z.string(),
  seconds: z.number(),
  trainedOn: z.object({
    normalPeriods: z.number(),
    incidents: z.number(),
    traces: z.number(),
    series: z.number(),
  }),
  /** Its networks: how many, how many of them went on from before, epochs of all, mean loss on what was held back. */
  networks: z
    .object({ count: z.number(), warm: z.number(), epochs: z.number(), loss: z.number() })
    .nullable(),
  /** On incidents that the model had not seen; null with too few. */
  validation: z
    .object({
      folds: z.number(),
      incidents: z.number(),
      at1: z.number(),
      at3: z.number(),
      unranked: z.number(),
    })
    .nullable(),
});
export type Fit = z.infer<typeof Fit>;

/** What was fitted on what. */
export const FitReport = z.object({
  fits: z.array(Fit),
  /** The fault-free periods that were learnt from. */
  periods: z.array(Window),
  /** What was left out of them. */
  excluded: z.array(Exclusion),
  /** Call paths that a model was told of. */
  newPaths: z.array(z.string()),
});
export type FitReport = z.infer<typeof FitReport>;

const codes = Object.keys(errorCodes) as ErrorCode[];

/** What it says: steps as they come, then one of the others. */
export const FitMessage = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("step"), text: z.string() }),
  FitReport.extend({ kind: z.literal("fitted") }),
  z.object({ kind: z.literal("failure"), code: z.enum(codes), message: z.string() }),
  z.object({ kind: z.literal("bug"), message: z.string() }),
]);
export type FitMessage = z.infer<typeof FitMessage>;
