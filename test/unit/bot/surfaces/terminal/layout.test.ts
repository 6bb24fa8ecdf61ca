import { describe, expect, it } from "vitest";
import { cut, textWidth, wrap } from "../../../../../bot/surfaces/terminal/layout.ts";

describe("wrap", () => {
  it("breaks between words", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  });

  it("breaks a word that is longer than a line", () => {
    expect(wrap("ab cdefghij k", 4)).toEqual(["ab", "cdef", "ghij", "k"]);
  });

  it("counts two columns for wide characters and emoji", () => {
    expect(wrap("地理 地理", 5)).toEqual(["地理", "地理"]);
    expect(textWidth("🔥a\u0301")).toBe(3);
  });

  it("gives no line for nothing", () => {
    expect(wrap("", 10)).toEqual([]);
    expect(wrap(" \n\t ", 10)).toEqual([]);
  });
});

describe("cut", () => {
  it("keeps what fits", () => {
    expect(cut("geo", 3)).toBe("geo");
  });

  it("ends a longer text with an ellipsis within the width", () => {
    expect(cut("frontend", 5)).toBe("fron…");
    expect(cut("a".repeat(100_000), 10)).toBe("aaaaaaaaa…");
  });

  it("never splits an emoji", () => {
    expect(cut("🔥🔥🔥", 4)).toBe("🔥…");
  });
});
