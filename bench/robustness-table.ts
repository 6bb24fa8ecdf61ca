import {
  fitConfidence,
  judgedAnswers,
  type Reliability,
  reliability,
  shippedReliability,
} from "./calibrate.ts";
import { isQuiet } from "./cases.ts";
import { table } from "./markdown.ts";
import { type Level, type Method, type Outcome, product, withoutLocalizer } from "./methods.ts";
import { perturbationNames } from "./perturb.ts";
import { perturbedOutcomes } from "./robustness.ts";
import { accuracy } from "./score.ts";

interface Group {
  readonly system: string;
  readonly outcomes: readonly Outcome[];
}

const none = "–";

/** Service level with each localizer left out: what it alone is worth to the others. */
export function leftOutTable(groups: readonly Group[], seed: number): string {
  const names = groups.flatMap(({ outcomes }) =>
    outcomes.flatMap(({ run }) => run.answer?.rankings.map(({ localizer }) => localizer) ?? []),
  );
  const rows = groups.flatMap(({ system, outcomes }) => {
    const of = (method: Method) => [
      share(method, outcomes, "service", seed, "at1"),
      share(method, outcomes, "service", seed, "at3"),
    ];
    return [
      [system, "none", ...of(withoutLocalizer(null))],
      ...[...new Set(names)].map((name) => [system, name, ...of(withoutLocalizer(name))]),
    ];
  });
  return table(["system", "left out", "service A@1", "service A@3"], rows);
}

/** Accuracy of the harder forms; nothing where none was run. */
export function robustness(outcomes: readonly Outcome[], seed: number): string[] {
  const perturbed = perturbedOutcomes(outcomes);
  if (perturbed.length === 0) return [];
  const rows: string[][] = [];
  for (const system of systemsOf(outcomes)) {
    const own = outcomes.filter(({ labelled }) => labelled.system === system && !isQuiet(labelled));
    const forms: [string, Outcome[]][] = [
      ["as asked", own],
      ...perturbationNames.map((name): [string, Outcome[]] => [
        name,
        perturbed.filter(({ labelled }) => labelled.system === system && labelled.faultType === name),
      ]),
    ];
    for (const [name, some] of forms) {
      if (some.length === 0) continue;
      rows.push([
        system,
        name,
        String(some.length),
        share(product, some, "service", seed, "at1"),
        share(product, some, "service", seed, "at3"),
        share(product, some, "metric", seed, "at1"),
        String(some.filter(({ run }) => run.answer?.verdict === "found").length),
      ]);
    }
  }
  return [
    "## Robustness",
    "The same cases made harder, without a label (bench/perturb.ts, seed 7). In a longer window any fault that shows in it for a minute is right. `found`: how many name a cause.",
    table(["system", "form", "cases", "service A@1", "service A@3", "metric A@1", "found"], rows),
  ];
}

/** What is said of windows with and without a fault, and what confidences are worth. */
export function verdicts(outcomes: readonly Outcome[], seed: number): string[] {
  const judged = judgedAnswers(outcomes);
  const sections = ["## Verdicts", verdictTable(outcomes)];
  if (judged.length === 0) return sections;
  const tables: [string, Reliability][] = [
    ["as shipped", shippedReliability(judged)],
    ["fitted on other incidents", reliability(judged, "incident", seed)],
    ["fitted on other systems", reliability(judged, "system", seed)],
  ];
  const rows = tables.flatMap(([weights, { bins }]) =>
    bins.map(({ from, to, count, promised, right }) => [
      weights,
      `${from.toFixed(2)} to ${to.toFixed(2)}`,
      String(count),
      promised.toFixed(2),
      right.toFixed(2),
    ]),
  );
  const worth = tables.map(([weights, { calibrationError, brier }]) => [
    weights,
    calibrationError.toFixed(3),
    brier.toFixed(3),
  ]);
  return [
    ...sections,
    "## Confidence",
    `${judged.length} answers that name a cause: of the cases, their harder forms, and windows without a fault. What the confidence of the first cause promised, and how often it was right: with the shipped weights, and with weights that never saw the incident (in no form) or the system.`,
    table(["weights", "calibration error", "Brier score"], worth),
    table(["weights", "confidence", "answers", "promised", "right"], rows),
    `Weights fitted on all of them: \`${JSON.stringify(fitConfidence(judged))}\`.`,
  ];
}

function verdictTable(outcomes: readonly Outcome[]): string {
  const rows = systemsOf(outcomes).flatMap((system) =>
    [false, true].flatMap((quiet) => {
      const own = outcomes.filter(
        ({ labelled }) => labelled.system === system && isQuiet(labelled) === quiet,
      );
      const said = (verdict: string) => own.filter(({ run }) => run.answer?.verdict === verdict).length;
      if (own.length === 0) return [];
      const sure = own.flatMap(({ run }) => run.answer?.confidence ?? []);
      const mean = sure.reduce((sum, value) => sum + value, 0) / sure.length;
      return [
        [
          system,
          quiet ? "nothing" : "a fault",
          String(own.length),
          ...["found", "nothing-found", "cannot-tell"].map((verdict) => String(said(verdict))),
          sure.length === 0 ? none : mean.toFixed(2),
        ],
      ];
    }),
  );
  const titles = ["system", "what was broken", "windows", "found", "nothing-found", "cannot-tell"];
  return table([...titles, "mean confidence where found"], rows);
}

function share(
  method: Method,
  outcomes: readonly Outcome[],
  level: Level,
  seed: number,
  depth: "at1" | "at3",
): string {
  const scored = outcomes.flatMap((outcome) => {
    const credit = method.score(outcome, level);
    return credit === null ? [] : [credit];
  });
  return accuracy(scored, seed)?.[depth].value.toFixed(2) ?? none;
}

function systemsOf(outcomes: readonly Outcome[]): string[] {
  return [...new Set(outcomes.map(({ labelled }) => labelled.system))];
}
