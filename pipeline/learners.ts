import { logDetectors, metricDetectors, traceDetectors } from "./detect/index.ts";
import { localizers } from "./localize/index.ts";
import type { AnomalyDetector, Learner, Localizer } from "./ports.ts";

/** Every method that can be fitted, by name. */
export function learners(): ReadonlyMap<string, Learner<unknown>> {
  const methods: readonly (Localizer<unknown> | AnomalyDetector<unknown>)[] = [
    ...Object.values(localizers),
    ...Object.values({ ...metricDetectors, ...traceDetectors, ...logDetectors }),
  ];
  return new Map(
    methods.flatMap(({ name, learner }) => (learner === undefined ? [] : [[name, learner] as const])),
  );
}
