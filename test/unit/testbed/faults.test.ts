import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { planCampaign } from "../../../testbed/campaign.ts";
import { type FaultType, faultTypes, findFault } from "../../../testbed/faults.ts";
import { callEdges, serviceNames, storeNames } from "../../../testbed/hotel.ts";
import { readPlan } from "../../../testbed/record-plan.ts";

const plans = new URL("../../../testbed/plans/", import.meta.url);
const names: readonly string[] = [...serviceNames, ...storeNames];
const kinds: [string, FaultType][] = Object.entries(faultTypes);

describe("the faults", () => {
  it("are at least fourteen kinds", () => {
    expect(kinds.length).toBeGreaterThanOrEqual(14);
  });

  it.each(kinds)("%s blames only what is at its target or at an end of its edge", (_name, fault) => {
    expect(fault.targets.length).toBeGreaterThan(0);
    for (const target of fault.targets) {
      const causes = fault.rootCauses(target);
      expect(causes.length).toBeGreaterThan(0);
      const blamed = causes.map(({ service }) => service);
      for (const service of blamed) {
        expect(names).toContain(service);
        const owners = callEdges().filter(({ callee }) => callee === target);
        expect([...target.split(">"), ...owners.map(({ caller }) => caller)]).toContain(service);
      }
    }
  });

  it("take a service for its store and for the edge that leads to it", () => {
    expect(findFault("store-down", "geo").target).toBe("geo-store");
    expect(findFault("cache-flush", "rate").target).toBe("rate-cache");
    expect(findFault("network-delay", "geo").target).toBe("search>geo");
    expect(findFault("cpu-hog", "geo").target).toBe("geo");
  });

  it("say what there is for a wrong name or place", () => {
    expect(() => findFault("store-gone", "geo")).toThrow(/There are: store-down, slow-dependency/);
    expect(() => findFault("bad-instance", "user")).toThrow(
      /cannot happen to "user", but to: search, geo, profile/,
    );
  });
});

describe("planCampaign", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(planCampaign(7, 60)).toEqual(planCampaign(7, 60));
    expect(planCampaign(8, 60)).not.toEqual(planCampaign(7, 60));
  });

  it("has every fault equally often", () => {
    const counts = new Map<string, number>();
    for (const { type } of planCampaign(7, 6 * kinds.length)) counts.set(type, (counts.get(type) ?? 0) + 1);

    expect(counts.size).toBe(kinds.length);
    expect([...counts.values()].every((count) => count === 6)).toBe(true);
  });

  it("comes to every target of a fault before it comes back to one", () => {
    const targets = planCampaign(7, 8 * kinds.length).flatMap(({ type, target }) =>
      type === "store-down" ? [target] : [],
    );

    expect([...targets].sort()).toEqual([...storeNames].sort());
  });
});

describe("readPlan", () => {
  it("reads each plan of the project, named for its incident", async () => {
    const files = await readdir(plans);
    expect(files.length).toBeGreaterThanOrEqual(4);
    for (const file of files) {
      const plan = await readPlan(new URL(file, plans).pathname);
      expect(`${plan.name}.json`).toBe(file);
      expect(plan.normalMinutes).toBeGreaterThanOrEqual(30);
    }
  });

  it("refuses a file that is not there", async () => {
    await expect(readPlan("/nowhere/plan.json")).rejects.toThrow(/\/nowhere\/plan\.json cannot be read/);
  });
});
