import type { Diagnosis } from "../pipeline/diagnosis.ts";
import type { Inventory } from "../pipeline/ports.ts";
import type { CaseAnswer } from "./case-message.ts";
import { modelCost } from "./model-cost.ts";

/** What scoring needs of a diagnosis; `original` gives names back that were changed to ask. */
export function caseAnswer(
  diagnosis: Diagnosis,
  inventory: Inventory,
  original: (name: string) => string = (name) => name,
  cpuMs = 0,
): CaseAnswer {
  const { verdict, window, causes, metrics, rankings, madeWith, timings, confidenceFrom } = diagnosis;
  const place = <Named extends { service: string; instance: string | null }>(named: Named): Named => ({
    ...named,
    service: original(named.service),
    instance: named.instance === null ? null : original(named.instance),
  });
  return {
    verdict,
    window,
    reference: madeWith.reference.from,
    services: unrepeated(causes.map(({ service }) => original(service))),
    instances: unrepeated(causes.flatMap(({ instance }) => (instance === null ? [] : [original(instance)]))),
    metrics: metrics.map(({ service, metric }) => ({ service: original(service), metric })),
    confidence: causes[0]?.confidence ?? null,
    confidenceFrom:
      confidenceFrom === undefined ? null : { ...confidenceFrom, length: confidenceFrom.length ?? 1 },
    rankings: rankings.map((ranking) => ({ ...ranking, candidates: ranking.candidates.map(place) })),
    known: {
      services: [...inventory.services],
      instances: inventory.instances.length,
      series: madeWith.seen.series,
    },
    model: modelCost(diagnosis, cpuMs),
    stages: timings,
  };
}

function unrepeated(names: readonly string[]): string[] {
  return [...new Set(names)];
}
