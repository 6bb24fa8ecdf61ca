import { describe, expect, it } from "vitest";
import { fitModel, openModel } from "../../../../pipeline/fitted-model.ts";
import { FusionOptions, fuseServices } from "../../../../pipeline/fusion/fuse.ts";
import {
  type FusionModel,
  fittedWords,
  fitWeights,
  fusionLearner,
  fusionName,
  type RankedIncident,
  weighingOf,
} from "../../../../pipeline/fusion/fusion-weights.ts";
import type { Ranking } from "../../../../pipeline/types.ts";
import { candidate, slice, span } from "../../../fakes/telemetry.ts";

const seed = 7;
const services = ["cart", "geo", "rate", "web"];

function ranking(localizer: string, service: string, score: number): Ranking {
  return { localizer, level: "service", candidates: [candidate({ service, score, evidence: ["log-1"] })] };
}

/** "loud" blames the service after the right one a little more strongly than "sound" blames the right one. */
function incidents(count: number, loud: number): RankedIncident[] {
  return Array.from({ length: count }, (_, index) => {
    const right = services[index % services.length] ?? "";
    const wrong = services[(index + 1) % services.length] ?? "";
    return {
      rankings: [ranking("sound", right, 4), ranking("loud", wrong, loud)],
      services: [right],
      group: `${right} ${index % 3}`,
    };
  });
}

function swappedName(one: Ranking): Ranking {
  return { ...one, localizer: one.localizer === "loud" ? "sound" : "loud" };
}

function model(more: Partial<FusionModel> = {}): FusionModel {
  return { weights: { loud: 0.5 }, why: null, incidents: 24, services, tested: null, ...more };
}

describe("fitWeights", () => {
  it("lets a localizer that is loud and wrong count less, tested on incidents left out", () => {
    const found = fitWeights(incidents(24, 4.5), seed);

    expect(found.weights.loud).toBeLessThan(1);
    expect(found.weights.sound).toBeGreaterThanOrEqual(1);
    expect(found).toMatchObject({
      why: null,
      incidents: 24,
      tested: { folds: 5, unweighted: 0, weighted: 24 },
    });
    expect(fitWeights(incidents(24, 4.5), seed)).toEqual(found);
  });

  it("changes nothing with few incidents, and says why", () => {
    expect(fitWeights(incidents(19, 4.5), seed)).toEqual({
      weights: {},
      why: "The methods keep their weights: 20 incidents are needed, and there are 19.",
      incidents: 19,
      tested: null,
    });
  });

  it("changes nothing where all incidents are of one kind", () => {
    const alike = incidents(24, 4.5).map((one) => ({ ...one, group: "geo cpu" }));

    expect(fitWeights(alike, seed)).toMatchObject({ weights: {}, tested: null });
  });

  it("changes nothing where incidents left out are not ranked better", () => {
    // Each localizer is right in half of the groups and wrong in the others: there is nothing to learn.
    const swapped = incidents(24, 4.5).map((one, index) => ({
      ...one,
      rankings: index % 2 === 0 ? one.rankings : one.rankings.map(swappedName),
      group: `${index}`,
    }));

    const { weights, why } = fitWeights(swapped, seed);

    expect(weights).toEqual({});
    expect(why).toContain("on incidents left out");
  });

  it("changes what methods are worth beside each other, not how strong all are", () => {
    const weights = Object.values(fitWeights(incidents(40, 4.5), seed).weights);
    const product = weights.reduce((all, weight) => all * weight, 1);

    expect(product).toBeCloseTo(1, 1);
    expect(Math.max(...weights) / Math.min(...weights)).toBeLessThan(2.9);
  });
});

describe("weights in the fusion", () => {
  it("scale what a localizer says; without any, all count in full", () => {
    const rankings = [ranking("sound", "geo", 4), ranking("loud", "web", 4.5)];
    const options = FusionOptions.parse({});

    expect(fuseServices(rankings, options)[0]?.service).toBe("web");
    expect(fuseServices(rankings, options, { loud: 0.8 })[0]?.service).toBe("geo");
    expect(fuseServices(rankings, options, {})).toEqual(fuseServices(rankings, options));
  });
});

describe("weighingOf", () => {
  const here = slice({
    spans: services.map((service) => span({ traceId: "t", spanId: service, service })),
  });
  const known = { ...here, topology: { services, edges: [] } };

  it("gives the weights and the incidents that they are from", () => {
    const fitted = { models: { [fusionName]: model() }, gaps: {} };

    expect(weighingOf(fitted, known)).toEqual({ weights: { loud: 0.5 }, incidents: 24, gap: null });
  });

  it("gives none where none were fitted, or the fit changed nothing", () => {
    const kept = { models: { [fusionName]: model({ weights: {}, why: "too few" }) }, gaps: {} };

    expect(weighingOf(undefined, known)).toEqual({ weights: {}, incidents: 0, gap: null });
    expect(weighingOf(kept, known)).toEqual({ weights: {}, incidents: 0, gap: null });
  });

  it("says where they are of another system, and where a file of them was refused", () => {
    const elsewhere = { models: { [fusionName]: model({ services: ["shop"] }) }, gaps: {} };
    const refused = {
      models: {},
      gaps: { [fusionName]: { from: "fusion", reason: "failed", detail: "old" } as const },
    };

    expect(weighingOf(elsewhere, known)).toMatchObject({
      weights: {},
      gap: {
        detail:
          "The weights of the methods were fitted on other services (0 of 4 are known), so all count alike: run localexpert fit again.",
      },
    });
    expect(weighingOf(refused, known).gap?.detail).toBe("old");
  });
});

describe("fusionLearner", () => {
  it("keeps its model so that another version is refused, and says what came of it", () => {
    const lessons = {
      normal: [],
      incidents: [{ id: "one", services: ["geo"], faultType: "cpu", slice: slice({}) }],
    };
    const artifact = fitModel(fusionName, fusionLearner, lessons, seed);

    const { model: read } = openModel(fusionName, fusionLearner, JSON.parse(JSON.stringify(artifact)));
    const { problem } = openModel(fusionName, fusionLearner, { ...artifact, version: 99 });

    expect(read).toMatchObject({ weights: {}, incidents: 1 });
    expect(fittedWords(read ?? model())).toEqual([
      "The methods keep their weights: 20 incidents are needed, and there is 1.",
    ]);
    expect(problem).toContain("is of version 99, not 1");
    expect(fittedWords(model({ tested: { folds: 5, unweighted: 20, weighted: 22 } }))).toEqual([
      "Counts loud 0.5 times.",
      "On incidents left out (5 folds of 24) the right service comes first in 22, in 20 without weights.",
    ]);
  });
});
