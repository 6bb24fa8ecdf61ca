import { describe, expect, it } from "vitest";
import { readOtlpSpan } from "../../../../connectors/otlp/otlp-span.ts";
import { readJaegerTrace } from "../../../../connectors/traces/jaeger-span.ts";

const call = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  name: "SELECT orders",
  startTimeUnixNano: "1700000000000000000",
  endTimeUnixNano: "1700000000010000000",
};
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const peerOf = (more: object) => {
  const read = readOtlpSpan({ ...call, ...more }, { service: "cart", instance: null });
  return typeof read === "string" ? read : read.peer;
};

describe("readOtlpSpan", () => {
  it.each([
    [
      "the operator's name before the host",
      [text("server.address", "db-1"), text("peer.service", "orders")],
      "orders",
    ],
    [
      "the host",
      [text("net.peer.name", "orders-db.shop.svc"), text("db.system", "mysql")],
      "orders-db.shop.svc",
    ],
    [
      "the kind of database, where the host is a number",
      [text("server.address", "10.0.0.7"), text("db.system.name", "mysql")],
      "mysql",
    ],
    ["nobody, where nothing is said", [], undefined],
    ["nobody, of attributes that cannot be read", "none", undefined],
  ])("takes whom a client calls from its attributes: %s", (_what, attributes, peer) => {
    expect(peerOf({ kind: 3, attributes })).toBe(peer);
    expect(peerOf({ kind: "SPAN_KIND_CLIENT", attributes })).toBe(peer);
  });

  it("takes nobody for the peer of a server: that is its caller", () => {
    expect(peerOf({ kind: 2, attributes: [text("net.peer.name", "frontend")] })).toBeUndefined();
  });
});

describe("readJaegerTrace", () => {
  it("takes the peer from a client's tags", () => {
    const span = (spanID: string, kind: string) => ({
      traceID: "1",
      spanID,
      startTime: 1,
      duration: 1,
      processID: "p1",
      tags: [
        { key: "span.kind", value: kind },
        { key: "peer.service", value: "orders-db" },
      ],
    });

    const { spans } = readJaegerTrace({
      traceID: "1",
      spans: [span("a", "client"), span("b", "server")],
      processes: { p1: { serviceName: "cart" } },
    });

    expect(spans.map(({ peer }) => peer)).toEqual(["orders-db", undefined]);
  });
});
