import { describe, expect, it } from "vitest";
import { endedServices } from "../../../../pipeline/detect/ended-services.ts";
import { line, minute, series, slice, window } from "../../../fakes/telemetry.ts";

const normal = Array.from({ length: 20 }, () => 1);
const gap = Number.NaN;
const referenceLogs = Array.from({ length: 120 }, (_, index) =>
  line({ service: "geo", body: `asked for ${index}`, t: window.start - 10 * minute + index * 5_000 }),
);

function found(ofGeo: readonly number[]) {
  const metrics = [
    series({ service: "geo", reference: normal, window: ofGeo }),
    series({ service: "rate", reference: normal, window: [1, 1, 1, 1, 1, 1] }),
  ];
  return endedServices.detect(slice({ metrics, referenceLogs }));
}

describe("endedServices", () => {
  it("tells which statement a service that ended does not write any more", () => {
    const [anomaly, ...others] = found([1, 1, gap, gap, gap, gap]);

    expect(others).toEqual([]);
    expect(anomaly).toMatchObject({ service: "geo", kind: "vanished", template: "asked for <*>", count: 0 });
    expect(anomaly?.start).toBe(window.start + 2 * minute);
    expect(anomaly?.expected).toBeGreaterThan(20);
  });

  it("tells nothing while it is measured", () => {
    expect(found([1, 1, 1, 1, 1, 1])).toEqual([]);
  });
});
