import { describe, expect, it } from "vitest";
import { propagationFrom } from "../../../pipeline/propagation.ts";
import { metricAnomaly, slice } from "../../fakes/telemetry.ts";

const edges = [
  { caller: "front", callee: "cart", calls: 1 },
  { caller: "cart", callee: "store", calls: 1 },
  { caller: "other", callee: "store", calls: 1 },
  { caller: "store", callee: "cart", calls: 1 },
];
const abnormal = ["front", "cart", "store"].map((service) => metricAnomaly({ id: `of-${service}`, service }));

describe("propagationFrom", () => {
  it("leads from who feels the failure down to its origin, over abnormal callers alone", () => {
    const found = propagationFrom("store", slice({ edges }), abnormal);

    expect(found.path).toEqual(["front", "cart", "store"]);
    expect(found.victims).toEqual([
      { service: "cart", waitsFor: "store", hops: 1, evidence: ["of-cart"] },
      { service: "front", waitsFor: "cart", hops: 2, evidence: ["of-front"] },
    ]);
  });

  it("is the origin alone where nobody is known to wait for it", () => {
    expect(propagationFrom("store", slice({}), abnormal)).toMatchObject({ path: ["store"], victims: [] });
  });
});
