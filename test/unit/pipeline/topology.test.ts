import { describe, expect, it } from "vitest";
import { assembleTraces } from "../../../pipeline/detect/assemble-traces.ts";
import { callEdges, downstream } from "../../../pipeline/topology.ts";
import { span } from "../../fakes/telemetry.ts";

const call = (caller: string, callee: string) => ({ caller, callee, calls: 1 });

describe("callEdges", () => {
  it("counts calls between services and leaves out those inside one", () => {
    const traces = assembleTraces(
      ["t1", "t2"].flatMap((traceId) => [
        span({ traceId, spanId: "1", service: "web" }),
        span({ traceId, spanId: "2", parentId: "1", service: "web" }),
        span({ traceId, spanId: "3", parentId: "2", service: "geo" }),
        span({ traceId, spanId: "4", parentId: "2", service: "auth" }),
      ]),
    );

    expect(callEdges(traces)).toEqual([
      { caller: "web", callee: "auth", calls: 2 },
      { caller: "web", callee: "geo", calls: 2 },
    ]);
  });

  it("makes no edge of a span whose parent was lost", () => {
    const traces = assembleTraces([span({ traceId: "t", spanId: "2", parentId: "gone", service: "geo" })]);

    expect(callEdges(traces)).toEqual([]);
    expect(callEdges([])).toEqual([]);
  });
});

describe("downstream", () => {
  it("follows calls all the way down and never up", () => {
    const edges = [call("web", "geo"), call("geo", "store"), call("web", "auth")];

    expect(downstream(["geo"], edges)).toEqual(["geo", "store"]);
  });

  it("ends on a cycle, and keeps a service that no edge names", () => {
    const edges = [call("a", "b"), call("b", "a"), call("b", "b")];

    expect(downstream(["b", "lonely"], edges)).toEqual(["a", "b", "lonely"]);
    expect(downstream([], edges)).toEqual([]);
  });

  it("takes 50,000 callees of one service without going slow", { timeout: 2000 }, () => {
    const edges = Array.from({ length: 50_000 }, (_, index) => call("hub", `s${index}`));

    expect(downstream(["hub"], edges)).toHaveLength(50_001);
  });
});
