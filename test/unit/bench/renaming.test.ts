import { describe, expect, it } from "vitest";
import { renaming } from "../../../bench/renaming.ts";

const known = {
  services: ["cart", "cart-store", "shop"],
  instances: [{ service: "cart-store", instance: "cart-store-0" }],
  extent: { metric: null, log: null, trace: null },
  declaredReference: { metric: [], log: [], trace: [] },
  topology: null,
  gaps: [],
};

describe("renaming", () => {
  it("renames whom a call names as it renames the service, and whole words only", () => {
    const names = renaming(known, 7);
    const store = names.place({ service: "cart-store", instance: null }).service;
    const cart = names.place({ service: "cart", instance: null }).service;

    expect(names.operation("GET cart-store")).toBe(`GET ${store}`);
    expect(names.operation("/cart/get-carts")).toBe(`/${cart}/get-carts`);
    expect(names.original(store)).toBe("cart-store");
    expect(new Set([store, cart]).size).toBe(2);
  });
});
