import { dirname } from "node:path";
import { isNamed, weakestCause } from "../pipeline/conclude.ts";
import { FusionOptions, fuseServices, fusionConstants, withEvidence } from "../pipeline/fusion/fuse.ts";
import { type FusionModel, fitWeights } from "../pipeline/fusion/fusion-weights.ts";
import type { Ranking } from "../pipeline/types.ts";
import { isQuiet } from "./cases.ts";
import { table } from "./markdown.ts";
import { asRanking, type Outcome } from "./methods.ts";

/** The global thresholds of the ranking, by the names that the code gives them. */
const shipped = { weakestCause, mix: FusionOptions.parse({}).mix, ...fusionConstants };
type Thresholds = typeof shipped;
type ThresholdName = keyof Thresholds;

const tried: Readonly<Record<ThresholdName, readonly number[]>> = {
  weakestCause: [2, 2.5, 2.8, 3.1, 3.4, 3.7, 4],
  mix: [0, 0.1, 0.25, 0.4, 0.6],
  noiseStrength: [1, 1.5, 2, 2.5, 3],
  judgedShare: [0.25, 0.5, 0.75, 1],
  victimShare: [0.25, 0.5, 0.75, 1],
};
const names = Object.keys(shipped) as ThresholdName[];
const sweeps = 2;
const none = "–";

/** An answer as thresholds see it. */
interface Judged {
  readonly system: string;
  /** Its cases.json lies beside or in this folder: cases of one recording. */
  readonly recording: string;
  readonly faultType: string;
  readonly rankings: readonly Ranking[];
  /** Empty where nothing was broken. */
  readonly right: readonly string[];
}

/** What thresholds and weights are worth on a system when they were chosen on the other ones. */
export function transferTables(outcomes: readonly Outcome[], seed: number): string[] {
  const judged = outcomes.flatMap(judgedOf);
  return [
    "## Chosen on one system, reported on the other",
    "Service A@1 of cases with a fault, and windows without one in which a cause is named, when every threshold is chosen on the *other* systems: one at a time, each system counting the same, a fault found and a quiet window left alone counting the same. Of values that do equally well the one nearest to the shipped one is taken.",
    thresholdTable(judged),
    "## Weights from confirmed incidents",
    "Service A@1 with weights of the fusion that were fitted on other incidents: of the same system (five folds, incidents of one service and fault type in one fold), of earlier recordings of it, of the other systems. Supervised: not comparable with the other tables. `kept` means that the fit changes nothing, and why.",
    weightTable(judged, seed),
  ];
}

function judgedOf({ labelled, run }: Outcome): Judged[] {
  if (run.answer === null) return [];
  const { system, faultType, telemetry, truth } = labelled;
  const rankings = withEvidence(run.answer.rankings.map(asRanking));
  const right = isQuiet(labelled) ? [] : truth.services;
  return [{ system, recording: dirname(telemetry), faultType, rankings, right }];
}

function thresholdTable(judged: readonly Judged[]): string {
  const rows = systemsOf(judged).map((system) => {
    const own = judged.filter((one) => one.system === system);
    const others = judged.filter((one) => one.system !== system);
    const chosen = others.length === 0 ? shipped : choose(others);
    const changed = names.filter((name) => chosen[name] !== shipped[name]);
    return [
      system,
      ...figuresOf(own, shipped),
      ...figuresOf(own, chosen),
      changed.length === 0 ? "as shipped" : changed.map((name) => `${name} ${chosen[name]}`).join(", "),
    ];
  });
  return table(
    ["system", "shipped: A@1", "named in quiet", "chosen: A@1", "named in quiet", "chosen elsewhere"],
    rows,
  );
}

/** Climbs one threshold at a time. */
function choose(judged: readonly Judged[]): Thresholds {
  let best = shipped;
  let value = worth(judged, best);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const name of names) {
      const nearest = [...tried[name]].sort(
        (a, b) => Math.abs(a - shipped[name]) - Math.abs(b - shipped[name]),
      );
      for (const candidate of nearest) {
        const thresholds = { ...best, [name]: candidate };
        const now = worth(judged, thresholds);
        if (now <= value) continue;
        value = now;
        best = thresholds;
      }
    }
  }
  return best;
}

/** Mean over the systems of the share of right answers, with and without a fault. */
function worth(judged: readonly Judged[], thresholds: Thresholds): number {
  const systems = systemsOf(judged);
  const shares = systems.map((system) => {
    const own = judged.filter((one) => one.system === system);
    const kinds = [
      own.filter(({ right }) => right.length > 0),
      own.filter(({ right }) => right.length === 0),
    ];
    const filled = kinds.filter((kind) => kind.length > 0);
    return filled.reduce((sum, kind) => sum + rightShare(kind, thresholds), 0) / filled.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / systems.length;
}

function figuresOf(judged: readonly Judged[], thresholds: Thresholds): string[] {
  const faults = judged.filter(({ right }) => right.length > 0);
  const quiet = judged.filter(({ right }) => right.length === 0);
  const named = Math.round((1 - rightShare(quiet, thresholds)) * quiet.length);
  return [
    faults.length === 0 ? none : rightShare(faults, thresholds).toFixed(2),
    quiet.length === 0 ? none : `${named} of ${quiet.length}`,
  ];
}

function rightShare(judged: readonly Judged[], thresholds: Thresholds): number {
  return judged.filter((one) => isRight(one, thresholds)).length / judged.length;
}

function isRight(
  { rankings, right }: Judged,
  { weakestCause: weakest, mix, ...constants }: Thresholds,
): boolean {
  const options = FusionOptions.parse({ mix });
  const services = fuseServices(rankings, options, {}, constants);
  const first = isNamed(services, options, weakest) ? services[0]?.service : undefined;
  return first === undefined ? right.length === 0 : right.includes(first);
}

function weightTable(judged: readonly Judged[], seed: number): string {
  const faults = judged.filter(({ right }) => right.length > 0);
  const rows = systemsOf(faults).flatMap((system) => {
    const own = faults.filter((one) => one.system === system);
    const recordings = [...new Set(own.map(({ recording }) => recording))].sort();
    const early = recordings.slice(0, Math.floor(recordings.length / 2));
    const later = own.filter(({ recording }) => !early.includes(recording));
    const itself = fitted(own, seed);
    return [
      foldRow(system, own.length, itself),
      ...(early.length === 0
        ? []
        : [
            weightRow(
              system,
              "its earlier recordings",
              later,
              fitted(
                own.filter(({ recording }) => early.includes(recording)),
                seed,
              ),
            ),
          ]),
      weightRow(
        system,
        "the other systems",
        own,
        fitted(
          faults.filter((one) => one.system !== system),
          seed,
        ),
      ),
    ];
  });
  return table(["system", "fitted on", "incidents", "cases", "without", "with", "weights"], rows);
}

type Fitted = Omit<FusionModel, "services">;

function fitted(judged: readonly Judged[], seed: number): Fitted {
  const incidents = judged.map(({ rankings, right, system, faultType }) => ({
    rankings,
    services: right,
    group: `${system} ${[...right].sort().join(" ")} ${faultType}`,
  }));
  return fitWeights(incidents, seed);
}

function foldRow(system: string, cases: number, { tested, incidents, ...rest }: Fitted): string[] {
  const share = (count: number) => (count / cases).toFixed(2);
  return [
    system,
    "itself, in folds",
    String(incidents),
    String(cases),
    tested === null ? none : share(tested.unweighted),
    tested === null ? none : share(tested.weighted),
    weightWords(rest),
  ];
}

function weightRow(system: string, from: string, on: readonly Judged[], model: Fitted): string[] {
  const options = FusionOptions.parse({});
  const first = (weights: Fitted["weights"]) => {
    const right = on.filter((one) => {
      const services = fuseServices(one.rankings, options, weights);
      return isNamed(services, options) && one.right.includes(services[0]?.service ?? "");
    });
    return (right.length / on.length).toFixed(2);
  };
  return [
    system,
    from,
    String(model.incidents),
    String(on.length),
    first({}),
    first(model.weights),
    weightWords(model),
  ];
}

function weightWords({ weights, why }: Pick<Fitted, "weights" | "why">): string {
  if (why !== null) return `kept: ${why}`;
  const changed = Object.entries(weights).filter(([, weight]) => weight !== 1);
  return changed.map(([name, weight]) => `${name} ${weight}`).join(", ");
}

function systemsOf(judged: readonly Judged[]): string[] {
  return [...new Set(judged.map(({ system }) => system))];
}
