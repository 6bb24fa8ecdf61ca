import { describe, expect, it } from "vitest";
import { excludedFrom, halves, withoutIncidents } from "../../../pipeline/fault-free.ts";

const minute = 60_000;
const period = (from: number, to: number) => ({ start: from * minute, end: to * minute });
const incident = (from: number, to: number) => ({ ...period(from, to), why: "geo broke" });

describe("withoutIncidents", () => {
  it("cuts incidents out, with five minutes on either side", () => {
    expect(withoutIncidents([period(0, 120)], [period(60, 70), period(20, 30)])).toEqual([
      period(0, 15),
      period(35, 55),
      period(75, 120),
    ]);
  });

  it("leaves nothing of a period inside an incident, nor stretches under ten minutes", () => {
    expect(withoutIncidents([period(10, 50)], [period(0, 60)])).toEqual([]);
    expect(withoutIncidents([period(0, 60)], [period(14, 50)])).toEqual([]);
  });

  it("takes incidents that lie in one another for one", () => {
    expect(withoutIncidents([period(0, 90)], [period(20, 60), period(25, 30)])).toEqual([
      period(0, 15),
      period(65, 90),
    ]);
  });

  it("leaves a period without incidents as it is, however short", () => {
    expect(withoutIncidents([period(0, 5), period(100, 130)], [period(50, 60)])).toEqual([
      period(0, 5),
      period(100, 130),
    ]);
  });
});

describe("excludedFrom", () => {
  it("names the incidents that a period was cut for", () => {
    const near = incident(62, 70);

    expect(excludedFrom([period(0, 60)], [near, incident(65, 70), incident(-20, -6)])).toEqual([near]);
  });
});

describe("halves", () => {
  it("splits a period without a gap", () => {
    expect(halves({ start: 0, end: 7 })).toEqual({
      reference: { start: 0, end: 3 },
      window: { start: 3, end: 7 },
    });
  });
});
