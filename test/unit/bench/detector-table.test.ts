import { describe, expect, it } from "vitest";
import type { DetectorFindings, DetectorWindow, Suspects } from "../../../bench/detector-message.ts";
import { detectorTables, type JudgedWindow } from "../../../bench/detector-table.ts";

const machine = { node: "v20", cpu: "one", cores: 2, system: "linux", commit: "abc" };
const truth = (service: string, metrics: { service: string; metric: string }[] = []) => ({
  services: [service],
  instances: [],
  metrics,
});

function findings(told: string[], more: Partial<DetectorFindings> = {}): DetectorFindings {
  return { detector: "three-sigma", modality: "metric", seconds: 0.5, told, signals: 4, traces: 0, ...more };
}

function found(own: DetectorFindings[], suspects: Suspects[] = []): DetectorWindow {
  return { hours: 0.5, seriesHours: 100, traces: 50, findings: own, suspects };
}

function suspects(without: string | null, services: string[]): Suspects {
  return { without, services, instances: [], metrics: [{ service: "geo", metric: "cpu" }] };
}

const row = (windows: JudgedWindow[], name: string) =>
  detectorTables(windows, machine, "today")
    .split("\n")
    .find((line) => line.startsWith(`| ${name} |`));

describe("detectorTables", () => {
  it("counts windows and services found, and what is told where nothing was broken", () => {
    const of = (told: string[], service: string | null): JudgedWindow => ({
      system: "hotel",
      truth: service === null ? null : truth(service),
      declares: service === null ? ["metric"] : [],
      found: found([findings(told)]),
    });

    const text = row(
      [
        of(["geo", "geo", "rate"], "geo"),
        of(["rate"], "geo"),
        of([], "geo"),
        of(["geo"], null),
        of([], null),
      ],
      "three-sigma",
    );

    // Two of three windows told; one quiet window told too; right in one of three; one of three services right.
    // One event in an hour of quiet time, and in 200 series-hours, with eight signals.
    expect(text).toBe("| three-sigma | 0.67 | 0.67 | 0.33 | 0.33 | 24.0 | 5.0 (40) | – | 2.5 |");
  });

  it("judges what finds traces by the time that is declared for traces, and by the traces it flags", () => {
    const rules = (traces: number, told: string[]) =>
      findings(told, { detector: "trace-rules", modality: "trace", signals: 0, traces });
    const windows: JudgedWindow[] = [
      { system: "hotel", truth: truth("geo"), declares: [], found: found([rules(9, ["geo"])]) },
      { system: "hotel", truth: null, declares: ["trace"], found: found([rules(1, ["geo"])]) },
      { system: "hotel", truth: null, declares: ["metric"], found: found([rules(7, ["geo"])]) },
    ];

    expect(row(windows, "trace-rules")).toBe(
      "| trace-rules | 1.00 | 0.50 | 1.00 | 1.00 | 48.0 | – | 2.00 % of 50 | 1.5 |",
    );
  });

  it("says how often the right one is ranked first with each detector off", () => {
    const ranked = [suspects(null, ["geo", "rate"]), suspects("three-sigma", ["rate", "geo"])];
    const windows: JudgedWindow[] = [
      {
        system: "hotel",
        truth: truth("geo", [{ service: "geo", metric: "cpu" }]),
        declares: [],
        found: found([findings([])], ranked),
      },
    ];

    expect(row(windows, "all of them")).toBe("| all of them | 1 | 1.00 | 1.00 | 1.00 | – |");
    expect(row(windows, "without three-sigma")).toBe("| without three-sigma | 1 | 0.00 | 1.00 | 1.00 | – |");
  });
});
