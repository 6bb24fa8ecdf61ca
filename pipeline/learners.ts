import { logDetectors, metricDetectors, traceDetectors } from "./detect/index.ts";
import { fusionLearner, fusionName } from "./fusion/fusion-weights.ts";
import { localizers } from "./localize/index.ts";
import type { AnomalyDetector, Learner, Localizer } from "./ports.ts";

/** Every method that can be fitted, and the weights with which their rankings are fused, by name. */
export function learners(): ReadonlyMap<string, Learner<unknown>> {
  const methods: readonly (Localizer<unknown> | AnomalyDetector<unknown>)[] = [
    ...Object.values(localizers),
    ...Object.values({ ...metricDetectors, ...traceDetectors, ...logDetectors }),
  ];
  return new Map<string, Learner<unknown>>([
    ...methods.flatMap(({ name, learner }) => (learner === undefined ? [] : [[name, learner] as const])),
    [fusionName, fusionLearner],
  ]);
}
