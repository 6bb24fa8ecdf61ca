import { describe, expect, it } from "vitest";
import type { CaseAnswer } from "../../../bench/case-message.ts";
import type { Outcome } from "../../../bench/methods.ts";
import { transferTables } from "../../../bench/transfer.ts";

type Rankings = CaseAnswer["rankings"];

function outcome(system: string, id: number, right: string | null, rankings: Rankings): Outcome {
  return {
    labelled: {
      id: `${system}-${id}`,
      system,
      faultType: `fault ${id % 4}`,
      question: { text: "What broke?", askedAt: 0 },
      lookbackMs: null,
      telemetry: `/${system}/one`,
      truth: { services: right === null ? [] : [right], instances: [], metrics: [] },
    },
    run: {
      seconds: 1,
      peakMb: 1,
      error: null,
      perturbed: [],
      answer: {
        verdict: "found",
        window: { start: 0, end: 1, from: "question" },
        reference: "declared",
        services: [],
        instances: [],
        metrics: [],
        confidence: null,
        confidenceFrom: null,
        rankings,
        known: { services: ["geo", "web"], instances: 0, series: 0 },
        model: null,
        stages: {},
      },
    },
  };
}

function ranked(localizer: string, service: string, score: number): Rankings[number] {
  const candidate = { service, instance: null, metric: null, score, evidence: ["log-1"] };
  return { localizer, level: "service", candidates: [candidate] };
}

/** Faults of this strength, and as many quiet windows in which a suspect reaches `quiet`. */
function system(name: string, fault: number, quiet: number): Outcome[] {
  return Array.from({ length: 12 }, (_, id) => [
    outcome(name, id, "geo", [ranked("sound", "geo", fault)]),
    outcome(name, id + 100, null, [ranked("sound", "web", quiet)]),
  ]).flat();
}

describe("transferTables", () => {
  it("reports on a system what thresholds do that were chosen on the other ones", () => {
    const tables = transferTables([...system("a", 2.7, 1), ...system("b", 5, 3.3)], 7).join("\n");

    // On b a threshold over 3.3 leaves quiet windows alone; on a it finds nothing, as the shipped one.
    expect(tables).toContain("| a | 0.00 | 0 of 12 | 0.00 | 0 of 12 | weakestCause 3.4 |");
    // On a a threshold of 2.5 finds the faults; on b it names a cause in each quiet window, as the shipped one.
    expect(tables).toContain("| b | 1.00 | 12 of 12 | 1.00 | 12 of 12 | weakestCause 2.5 |");
  });

  it("keeps what is shipped where the others do no better without it", () => {
    const tables = transferTables([...system("a", 5, 1), ...system("b", 5, 1)], 7).join("\n");

    expect(tables).toContain("| a | 1.00 | 0 of 12 | 1.00 | 0 of 12 | as shipped |");
  });

  it("says what weights of the other systems' incidents are worth", () => {
    const loud = (name: string) =>
      Array.from({ length: 24 }, (_, id) =>
        outcome(name, id, id % 2 === 0 ? "geo" : "web", [
          ranked("sound", id % 2 === 0 ? "geo" : "web", 4),
          ranked("loud", id % 2 === 0 ? "web" : "geo", 4.5),
        ]),
      );

    const tables = transferTables([...loud("a"), ...loud("b")], 7).join("\n");

    expect(tables).toMatch(/\| a \| itself, in folds \| 24 \| 24 \| 0.00 \| 1.00 \|.*loud 0\.\d/);
    expect(tables).toMatch(/\| b \| the other systems \| 24 \| 24 \| 0.00 \| 1.00 \|.*loud 0\.\d/);
  });
});
