import { describe, expect, it } from "vitest";
import { assembleTraces } from "../../../pipeline/detect/assemble-traces.ts";
import { peerInference } from "../../../pipeline/inferred-peers.ts";
import type { Span } from "../../../pipeline/types.ts";
import { span } from "../../fakes/telemetry.ts";

const known = {
  services: ["cart", "cart-store", "shop", "shop-store"],
  instances: [
    { service: "cart-store", instance: "cart-store-0" },
    { service: "shop-store", instance: "shop-store-0" },
    { service: "shop-store", instance: "shop-store-1" },
  ],
};
const request = span({ traceId: "1", spanId: "a", service: "cart", start: 1000, durationMs: 50 });
const call = (more: Partial<Span>) =>
  span({ traceId: "1", spanId: "b", parentId: "a", service: "cart", start: 1010, ...more });

function inferred(spans: readonly Span[], services = known) {
  const traces = assembleTraces(spans);
  return peerInference([traces, []], services)(traces);
}

describe("peerInference", () => {
  it("puts the service that a call without children names below it, as its caller saw it", () => {
    const failed = call({ operation: "GET cart-store", durationMs: 30, status: "error" });
    const later = call({ spanId: "c", operation: "render", start: 1045 });

    const [trace] = inferred([request, failed, later]);

    expect(trace?.spans.map(({ service, operation }) => [service, operation])).toEqual([
      ["cart", request.operation],
      ["cart", "GET cart-store"],
      ["cart-store", "GET cart-store"],
      ["cart", "render"],
    ]);
    expect([...(trace?.parents ?? [])]).toEqual([-1, 0, 1, 0]);
    expect(trace?.spans[2]).toMatchObject({
      parentId: "b",
      instance: "cart-store-0",
      start: 1010,
      durationMs: 30,
      status: "error",
    });
  });

  it.each([
    ["by its name", { operation: "SELECT orders", peer: "cart-store" }],
    ["by its host", { operation: "SELECT orders", peer: "cart-store.shop.svc.cluster.local" }],
    ["by what else is said, where the peer is nobody known", { operation: "GET cart-store", peer: "redis" }],
  ])("takes the peer that the client names %s, and keeps no attribute", (_how, more) => {
    const [trace] = inferred([request, call(more)]);

    expect(trace?.spans.map(({ service }) => service)).toEqual(["cart", "cart", "cart-store"]);
    expect(trace?.spans.some((one) => "peer" in one)).toBe(false);
  });

  it("keeps no attribute of a call to a service that writes spans", () => {
    const [trace] = inferred([request, call({ peer: "cart" })], { services: ["cart"], instances: [] });

    expect(trace?.spans).toEqual([request, call({})]);
  });

  it("knows no instance where there are several", () => {
    const [trace] = inferred([request, call({ operation: "redis:shop-store/SET" })]);

    expect(trace?.spans[2]).toMatchObject({ service: "shop-store", instance: null });
  });

  it.each([
    ["names nobody", call({ operation: "GET /items" })],
    ["names a part of a name", call({ operation: "GET cart-store2" })],
    ["names two", call({ operation: "COPY cart-store shop-store" })],
    ["names a service that writes spans", call({ operation: "call cart" })],
  ])("leaves a call alone that %s", (_what, one) => {
    const spans = [request, one];

    expect(inferred(spans)).toEqual(assembleTraces(spans));
  });

  it("leaves a call alone that holds spans", () => {
    const spans = [
      request,
      call({ operation: "GET cart-store" }),
      call({ spanId: "c", parentId: "b", operation: "connect" }),
    ];

    expect(inferred(spans)).toEqual(assembleTraces(spans));
  });

  it("infers nobody whose spans are in another period: there, silence says something", () => {
    const window = assembleTraces([request, call({ operation: "GET cart-store" })]);
    const reference = assembleTraces([span({ traceId: "0", spanId: "z", service: "cart-store" })]);

    expect(peerInference([window, reference], known)(window)).toEqual(window);
  });
});
