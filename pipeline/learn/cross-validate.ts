import { type DetectorNames, detect } from "../detect/index.ts";
import { inOrder } from "../localize/index.ts";
import type { LabelledIncident, Lessons, Localizer } from "../ports.ts";
import { shuffled } from "./perceptron.ts";
import { xoshiro } from "./xoshiro.ts";

export interface CrossValidation {
  readonly folds: number;
  readonly incidents: number;
  /** Shares of the incidents whose service came first, and among the first three. */
  readonly at1: number;
  readonly at3: number;
  /** Incidents in which nothing was ranked; each counts as a miss. */
  readonly unranked: number;
}

const mostFolds = 5;

/**
 * How well a fitted localizer does on incidents it has not seen. Incidents of one service and kind of fault
 * are in one fold, so that none is recognized.
 *
 * Shape:  null with fewer than two such groups, or for a method that learns nothing.
 */
export function crossValidate(
  localizer: Localizer<unknown>,
  { normal, incidents }: Lessons,
  detectors: DetectorNames,
  seed: number,
): CrossValidation | null {
  const { learner } = localizer;
  const groups = [...new Set(incidents.map(groupOf))].sort();
  if (learner === undefined || groups.length < 2) return null;
  const folds = Math.min(mostFolds, groups.length);
  const foldOf = new Map<string, number>();
  shuffled(groups.length, xoshiro(seed, "folds")).forEach((at, position) => {
    foldOf.set(groups[at] ?? "", position % folds);
  });
  let [first, third, unranked] = [0, 0, 0];
  for (let fold = 0; fold < folds; fold++) {
    const isTested = (one: LabelledIncident) => foldOf.get(groupOf(one)) === fold;
    const model = learner.fit({ normal, incidents: incidents.filter((one) => !isTested(one)) }, seed);
    for (const { slice, services } of incidents.filter(isTested)) {
      const candidates = localizer.localize(slice, detect(slice, detectors), model);
      const ranked = [...new Set(inOrder(candidates).map(({ service }) => service))];
      if (ranked.length === 0) unranked++;
      const place = ranked.findIndex((service) => services.includes(service));
      if (place === 0) first++;
      if (place >= 0 && place < 3) third++;
    }
  }
  const count = incidents.length;
  return { folds, incidents: count, at1: first / count, at3: third / count, unranked };
}

function groupOf({ services, faultType }: LabelledIncident): string {
  return `${[...services].sort().join(" ")} ${faultType}`;
}
