import { describe, expect, it } from "vitest";
import { type Evidence, firstSigns } from "../../../pipeline/diagnosis.ts";
import { geoDiagnosis } from "../../fakes/geo-diagnosis.ts";

describe("firstSigns", () => {
  const [metric] = geoDiagnosis().evidence;
  const sign = (id: string, start: number, more: Partial<Evidence> = {}): Evidence => ({
    ...metric!,
    id,
    start,
    ...more,
  });
  const ids = (evidence: readonly Evidence[]) => firstSigns(evidence).map(({ id }) => id);

  it("orders by time, and equal times by id", () => {
    expect(ids([sign("metric-2", 5), sign("metric-3", 4), sign("metric-1", 5)])).toEqual([
      "metric-3",
      "metric-1",
      "metric-2",
    ]);
  });

  it("leaves out what chance may explain, unless there is nothing else", () => {
    const chance = sign("metric-1", 1, { isSignal: true });

    expect(ids([chance, sign("metric-2", 5)])).toEqual(["metric-2"]);
    expect(ids([chance])).toEqual(["metric-1"]);
  });

  it("leaves out log patterns that were there all the while", () => {
    const more = sign("log-1", 1, { modality: "log", kind: "more" });

    expect(ids([more, sign("log-2", 5, { modality: "log", kind: "new" })])).toEqual(["log-2"]);
    expect(ids([more])).toEqual([]);
  });
});
