import { describe, expect, it } from "vitest";
import { z } from "zod";
import { crossValidate } from "../../../../pipeline/learn/cross-validate.ts";
import { PipelineOptions } from "../../../../pipeline/options.ts";
import type { LabelledIncident, Localizer } from "../../../../pipeline/ports.ts";
import { candidate, slice } from "../../../fakes/telemetry.ts";

const { detectors } = PipelineOptions.parse({});

/** Knows by heart the services of the incidents that it was fitted on, and ranks the one that is in the slice. */
const memorizing: Localizer<string[]> = {
  name: "memorizing",
  level: "service",
  learner: {
    version: 1,
    features: [],
    model: z.array(z.string()),
    fit: ({ incidents }) => incidents.flatMap(({ services }) => services),
  },
  localize: ({ topology }, _anomalies, model) =>
    topology.services
      .filter((service) => model?.includes(service))
      .map((service) => candidate({ service, score: 1 })),
};

function incident(id: string, service: string, faultType: string): LabelledIncident {
  return { id, slice: slice({ services: [service] }), services: [service], faultType };
}

describe("crossValidate", () => {
  it("never tests on a service and kind of fault that was learnt from", () => {
    const incidents = ["a", "b", "c", "d"].flatMap((service) => [
      incident(`${service}1`, service, "cpu"),
      incident(`${service}2`, service, "cpu"),
    ]);

    const found = crossValidate(memorizing as Localizer<unknown>, { normal: [], incidents }, detectors, 7);

    expect(found).toEqual({ folds: 4, incidents: 8, at1: 0, at3: 0, unranked: 8 });
  });

  it("counts what is known from another kind of fault", () => {
    const incidents = [incident("1", "a", "cpu"), incident("2", "a", "memory")];

    const found = crossValidate(memorizing as Localizer<unknown>, { normal: [], incidents }, detectors, 7);

    expect(found).toEqual({ folds: 2, incidents: 2, at1: 1, at3: 1, unranked: 0 });
  });

  it("is none with one group, or for what learns nothing", () => {
    const { learner: _, ...fixed } = memorizing;
    const one = { normal: [], incidents: [incident("1", "a", "cpu"), incident("2", "a", "cpu")] };
    const two = { normal: [], incidents: [incident("1", "a", "cpu"), incident("2", "b", "cpu")] };

    expect(crossValidate(memorizing as Localizer<unknown>, one, detectors, 7)).toBeNull();
    expect(crossValidate(fixed as Localizer<unknown>, two, detectors, 7)).toBeNull();
  });
});
