import { describe, expect, it } from "vitest";
import { lostRequests } from "../../../../pipeline/detect/lost-requests.ts";
import { series, slice } from "../../../fakes/telemetry.ts";

const availability = (window: readonly number[], reference: readonly number[] = []) =>
  series({ service: "cart", metric: "availability", unit: "%", class: "symptom", reference, window });

describe("lost-requests", () => {
  it("flags the stretch in which requests failed, with the metric it was read from", () => {
    const found = lostRequests.detect(slice({ metrics: [availability([100, 100, 80, 70, 100])] }));

    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      service: "cart",
      key: { metric: "availability" },
      direction: "down",
      peak: 70,
      mean: 100,
    });
    expect(found[0]?.end).toBe((found[0]?.start ?? 0) + 60_000);
    expect(found[0]?.zPeak).toBeLessThan(-2);
  });

  it("finds nothing in values as usual, and nothing in a window too short to judge itself", () => {
    const usual = Array.from({ length: 40 }, (_, index) => 100 - (index % 3));

    expect(lostRequests.detect(slice({ metrics: [availability([99, 98, 100, 99], usual)] }))).toEqual([]);
    expect(lostRequests.detect(slice({ metrics: [availability([100, 60])] }))).toEqual([]);
    expect(lostRequests.detect(slice({}))).toEqual([]);
  });
});
