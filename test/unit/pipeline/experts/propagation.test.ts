import { describe, expect, it } from "vitest";
import { edgeText } from "../../../../pipeline/experts/propagation.ts";
import { caseFile } from "../../../fakes/case-file.ts";
import { metricAnomaly, slice } from "../../../fakes/telemetry.ts";

const call = (caller: string, callee: string) => ({ caller, callee, calls: 1 });

function fileOf(edges: ReturnType<typeof call>[], abnormal: string[]) {
  return caseFile({
    slice: slice({ edges }),
    anomalies: abnormal.map((service, index) => metricAnomaly({ id: `metric-${index + 1}`, service })),
  });
}

describe("edgeText", () => {
  it("names abnormal callers all the way up, through abnormal services only", () => {
    const edges = [call("web", "geo"), call("geo", "store"), call("cron", "batch"), call("batch", "store")];

    expect(edgeText("store", fileOf(edges, ["store", "geo", "web", "cron"]))).toBe(
      "geo, web call it, directly or not, and are abnormal too.",
    );
  });

  it("says it in the singular for one caller, and nothing for none", () => {
    const edges = [call("web", "geo")];

    expect(edgeText("geo", fileOf(edges, ["geo", "web"]))).toBe(
      "web calls it, directly or not, and is abnormal too.",
    );
    expect(edgeText("geo", fileOf(edges, ["geo"]))).toBe("");
    expect(edgeText("web", fileOf(edges, ["geo", "web"]))).toBe("");
    expect(edgeText("geo", fileOf([], []))).toBe("");
  });

  it("ends on a cycle and never counts the service among its own victims", () => {
    const edges = [call("a", "b"), call("b", "a"), call("a", "a"), call("a", "b")];

    expect(edgeText("a", fileOf(edges, ["a", "b"]))).toBe(
      "b calls it, directly or not, and is abnormal too.",
    );
  });

  it("shows five of many callers and counts the others", () => {
    const callers = Array.from({ length: 7 }, (_, index) => `c${index}`);
    const text = edgeText(
      "store",
      fileOf(
        callers.map((caller) => call(caller, "store")),
        callers,
      ),
    );

    expect(text).toBe("c0, c1, c2, c3, c4 and 2 more call it, directly or not, and are abnormal too.");
  });

  it("takes names for data", () => {
    const text = edgeText("geo", fileOf([call("<b>web</b>\u001b[31m", "geo")], ["<b>web</b>\u001b[31m"]));

    expect(text).toMatch(/^‹b›web‹\/b› calls it/);
  });

  it("takes a service with 50,000 callers", { timeout: 3000 }, () => {
    const edges = Array.from({ length: 50_000 }, (_, index) => call(`c${index}`, "store"));

    expect(edgeText("store", fileOf(edges, ["store", "c7"]))).toContain("c7 calls it");
  });
});
