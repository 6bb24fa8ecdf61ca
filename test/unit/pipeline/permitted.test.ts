import { describe, expect, it } from "vitest";
import { fits, permittedNames } from "../../../pipeline/permitted.ts";

describe("names that may be seen", () => {
  it.each([
    ["geo", ["geo"], true],
    ["mongodb-geo", ["geo"], false],
    ["geo-2", ["geo*"], true],
    ["geo", ["geo*"], true],
    ["payments/api", ["payments/*"], true],
    ["payments", ["payments/*"], false],
    ["shop-eu-cart", ["shop-*-cart"], true],
    ["shop-cart", ["shop-*-cart"], false],
    ["aba", ["ab*ba"], false],
    ["abba", ["ab*ba"], true],
    ["a.c", ["a?c", "abc"], false],
    ["anything", ["*"], true],
    ["anything", [], false],
    ["", ["*"], true],
    ["a-b-c-d", ["*b*d"], true],
    ["a-d-b", ["*b*d"], false],
  ])("%s with %j: %s", (name, patterns, expected) => {
    expect(fits(name, patterns)).toBe(expected);
  });

  it("lets everything through where nothing is restricted", () => {
    expect(fits("geo", null)).toBe(true);
    expect(permittedNames(["geo", "rate"], null)).toEqual(["geo", "rate"]);
    expect(permittedNames(["geo", "rate"], { services: ["r*"], sources: null })).toEqual(["rate"]);
  });

  it("judges a long name against many stars at once", () => {
    expect(fits("a".repeat(100_000), [`${"a*".repeat(1_000)}b`])).toBe(false);
  });
});
