import { z } from "zod";
import { fnv1a } from "./learn/xoshiro.ts";
import type { Course, Learner, Lessons } from "./ports.ts";

/** Something learnt, as it is kept: what made it, from what, and the model itself. */
export const FittedModel = z.object({
  algorithm: z.string(),
  version: z.number().int(),
  seed: z.number().int(),
  /** Of the features the model's numbers stand for. */
  schemaHash: z.string(),
  trainedOn: z.object({
    /** First and last moment of what was learnt from; null where nothing was. */
    from: z.number().nullable(),
    to: z.number().nullable(),
    normalPeriods: z.number().int(),
    incidents: z.number().int(),
    traces: z.number().int(),
    series: z.number().int(),
  }),
  model: z.unknown(),
});
export type FittedModel = z.infer<typeof FittedModel>;

/** Fits a method; the same lessons, seed and previous model give the same model. */
export function fitModel<Model>(
  algorithm: string,
  learner: Learner<Model>,
  lessons: Lessons,
  seed: number,
  course?: Course<Model>,
): FittedModel {
  const slices = [...lessons.normal, ...lessons.incidents.map(({ slice }) => slice)];
  const moments = slices.flatMap(({ window, referencePeriods }) => [
    window,
    ...referencePeriods.trace,
    ...referencePeriods.metric,
  ]);
  const earliest = moments.reduce((least, { start }) => Math.min(least, start), Number.POSITIVE_INFINITY);
  const latest = moments.reduce((most, { end }) => Math.max(most, end), Number.NEGATIVE_INFINITY);
  const count = (of: (slice: (typeof slices)[number]) => number) =>
    slices.reduce((sum, one) => sum + of(one), 0);
  return {
    algorithm,
    version: learner.version,
    seed,
    schemaHash: schemaHash(learner),
    trainedOn: {
      from: moments.length > 0 ? earliest : null,
      to: moments.length > 0 ? latest : null,
      normalPeriods: lessons.normal.length,
      incidents: lessons.incidents.length,
      traces: count(({ traces }) => traces.reference.length + traces.window.length),
      series: count(({ metrics }) => metrics.length),
    },
    model: learner.fit(lessons, seed, course),
  };
}

/** The model to work with, or why it is none, in a sentence that names the remedy. */
export type OpenedModel<Model> =
  | { readonly model: Model; readonly problem: null }
  | { readonly model: null; readonly problem: string };

/** Refuses what another version, other features or another method has made. */
export function openModel<Model>(
  algorithm: string,
  learner: Learner<Model>,
  kept: unknown,
): OpenedModel<Model> {
  const artifact = FittedModel.safeParse(kept);
  const refused = (why: string): OpenedModel<Model> => ({
    model: null,
    problem: `The fitted model of ${algorithm} ${why}, so it is not used: run localexpert fit again.`,
  });
  if (!artifact.success) return refused("is damaged");
  const { version, schemaHash: hash } = artifact.data;
  if (artifact.data.algorithm !== algorithm) return refused(`was made by ${artifact.data.algorithm}`);
  if (version !== learner.version) return refused(`is of version ${version}, not ${learner.version}`);
  if (hash !== schemaHash(learner)) return refused("was made from other features");
  const model = learner.model.safeParse(artifact.data.model);
  return model.success ? { model: model.data, problem: null } : refused("is damaged");
}

function schemaHash({ features }: Pick<Learner<unknown>, "features">): string {
  return (fnv1a(JSON.stringify(features)) >>> 0).toString(16).padStart(8, "0");
}
