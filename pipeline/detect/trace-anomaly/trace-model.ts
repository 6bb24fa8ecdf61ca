import { z } from "zod";
import type { FittedTraces } from "./fit.ts";
import { newNetwork, parametersOf } from "./variational.ts";

/** A fitted model as it is kept; null where there were too few traces to fit one. */
export const TraceModel = z
  .object({
    columns: z.object({
      paths: z.array(z.string()),
      mean: z.array(z.number()),
      std: z.array(z.number()),
    }),
    knownPaths: z.array(z.string()),
    size: z.object({
      columns: z.number().int(),
      hidden: z.number().int(),
      latent: z.number().int(),
      blocks: z.number().int(),
    }),
    threshold: z.number(),
    /** Rounded to Float32, one parameter after another. */
    weights: z.array(z.number()),
  })
  .nullable();
export type TraceModel = z.infer<typeof TraceModel>;

export function savedTraces({ columns, knownPaths, network, threshold }: FittedTraces): TraceModel {
  return {
    columns: { paths: [...columns.paths], mean: [...columns.mean], std: [...columns.std] },
    knownPaths: [...knownPaths],
    size: network.size,
    threshold,
    weights: parametersOf(network).flatMap(({ data }) => Array.from(data, Math.fround)),
  };
}

/** null where the weights are not as many as the network has. */
export function restoredTraces(model: NonNullable<TraceModel>): FittedTraces | null {
  const network = newNetwork(model.size, () => 0.5);
  const parameters = parametersOf(network);
  const wanted = parameters.reduce((sum, { data }) => sum + data.length, 0);
  if (wanted !== model.weights.length || model.columns.paths.length !== model.size.columns) return null;
  let at = 0;
  for (const { data } of parameters) {
    data.set(model.weights.slice(at, at + data.length));
    at += data.length;
  }
  return { columns: model.columns, knownPaths: model.knownPaths, network, threshold: model.threshold };
}
