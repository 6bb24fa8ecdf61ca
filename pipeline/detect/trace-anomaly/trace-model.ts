import { z } from "zod";
import { restoreParameters, savedParameters } from "../../learn/saved-parameters.ts";
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
    weights: savedParameters(parametersOf(network)),
  };
}

/** null where the weights are not as many as the network has. */
export function restoredTraces(model: NonNullable<TraceModel>): FittedTraces | null {
  const network = newNetwork(model.size, () => 0.5);
  const isWhole =
    model.columns.paths.length === model.size.columns &&
    restoreParameters(parametersOf(network), model.weights);
  if (!isWhole) return null;
  return { columns: model.columns, knownPaths: model.knownPaths, network, threshold: model.threshold };
}
