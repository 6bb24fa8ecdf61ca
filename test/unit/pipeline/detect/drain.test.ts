import { describe, expect, it } from "vitest";
import { drain, mask } from "../../../../pipeline/detect/drain.ts";

const lines = [
  "connected to 10.0.0.1 in 35 ms",
  "connected to 10.0.0.7 in 9 ms",
  "user 1001 login failed",
  "user 1002 login failed",
  "user 1003 logout ok",
  "panic: no reachable servers",
  "panic: no reachable servers",
  "GET /hotels/5 200",
  "GET /hotels/77 200",
];
const mined = (masked: boolean, input: readonly string[] = lines) => {
  const miner = drain({ masked });
  for (const line of input) miner.add(line);
  return miner.templates().map(({ text, count }) => [text, count]);
};

describe("drain", () => {
  it("mines the known templates from masked lines (KAT 9.1)", () => {
    expect(mined(true)).toEqual([
      ["connected to <*> in <*> ms", 2],
      ["user <*> login failed", 2],
      ["user <*> logout ok", 1],
      ["panic: no reachable servers", 2],
      ["GET /hotels/<*> <*>", 2],
    ]);
  });

  it("mines the known templates from lines as they are (KAT 9.1)", () => {
    expect(mined(false)).toEqual([
      ["connected to <*> in <*> ms", 2],
      ["user <*> login failed", 2],
      ["user 1003 logout ok", 1],
      ["panic: no reachable servers", 2],
      ["GET <*> 200", 2],
    ]);
  });

  it("keeps a template's position while its text gets more general", () => {
    const miner = drain({ masked: false });

    expect([miner.add("stop host a now"), miner.add("go"), miner.add("stop host b now")]).toEqual([0, 1, 0]);
    expect(miner.templates()[0]).toEqual({ text: "stop host <*> now", count: 2 });
  });

  it("keeps empty lines, lines of one word and very long lines apart", () => {
    expect(mined(true, ["", "  ", "alone", "x".repeat(100_000)])).toMatchObject([
      ["", 2],
      ["alone", 1],
      ["x".repeat(2000), 1],
    ]);
  });

  it("shares a branch once a node has 100 children", () => {
    const many = Array.from(
      { length: 150 },
      (_, i) => `${String.fromCharCode(97 + (i % 26))}${"z".repeat(i)} is up`,
    );

    const texts = mined(false, many).map(([text]) => text);

    expect(texts).toHaveLength(101);
    expect(texts[100]).toBe("<*> is up");
  });
});

describe("mask", () => {
  it("replaces what varies and leaves code locations standing", () => {
    expect(mask("id 123e4567-e89b-12d3-a456-426614174000 done")).toBe("id <*> done");
    expect(mask("at 2023-01-29T08:48:42.425Z took 35ms, 1.5s, 20MiB")).toBe("at <*> took <*>, <*>, <*>");
    expect(mask("block blk_-1608999687919862906 at 10.0.0.1:8080")).toBe("block <*> at <*>");
    expect(mask("trace 49a51828322183eb from 0xff, deadbeef and facade")).toBe(
      "trace <*> from <*>, deadbeef and facade",
    );
    expect(mask("t.s.TravelServiceImpl#532 server.go:88 v2 utf8 -5")).toBe(
      "t.s.TravelServiceImpl#532 server.go:88 v2 utf8 <*>",
    );
    expect(mask("no digits here")).toBe("no digits here");
  });
});
