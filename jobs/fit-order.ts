import { z } from "zod";
import { type ErrorCode, errorCodes } from "../pipeline/errors.ts";

const Window = z.object({ start: z.number(), end: z.number() });

/** What a fitting process is told. Sources and options are the configuration's, checked there. */
export const FitOrder = z.object({
  sources: z.array(z.unknown()),
  /** What the sources call services. */
  names: z.unknown().optional(),
  pipeline: z.unknown(),
  modelFolder: z.string(),
  methods: z.array(z.string()).min(1),
  seed: z.number().int(),
  /** A fault-free period; the declared ones where it is null. */
  normal: Window.nullable(),
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
  file: z.string(),
  seconds: z.number(),
  trainedOn: z.object({ normalPeriods: z.number(), incidents: z.number(), traces: z.number() }),
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

const codes = Object.keys(errorCodes) as ErrorCode[];

/** What it says: steps as they come, then one of the others. */
export const FitMessage = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("step"), text: z.string() }),
  z.object({ kind: z.literal("fitted"), fits: z.array(Fit) }),
  z.object({ kind: z.literal("failure"), code: z.enum(codes), message: z.string() }),
  z.object({ kind: z.literal("bug"), message: z.string() }),
]);
export type FitMessage = z.infer<typeof FitMessage>;
