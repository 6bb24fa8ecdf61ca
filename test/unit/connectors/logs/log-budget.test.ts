import { describe, expect, it } from "vitest";
import { type LogPages, type LogSelection, readLogPages } from "../../../../connectors/logs/log-budget.ts";
import { openNames } from "../../../../connectors/names/names.ts";
import type { LogLine } from "../../../../pipeline/types.ts";

const names = openNames({ map: {}, aliases: {} });
const signal = new AbortController().signal;
const window = { start: 0, end: 600_000 };
const page = 100;

/** A backend with so many lines of each service, evenly spread; every hundredth of them an error. */
function backend(sizes: Readonly<Record<string, number>>, tellsApart = true) {
  const linesOf = ({ window: { start, end }, services, errors }: LogSelection): LogLine[] =>
    Object.entries(sizes)
      .filter(([service]) => services === null || services.includes(service))
      .flatMap(([service, size]) =>
        Array.from({ length: size }, (_, index) => {
          const isError = index % 100 === 50;
          const [t, body] = [(index * window.end) / size, isError ? `failed ${index}` : `did ${index}`];
          const level = isError ? "error" : "info";
          return { t, service, instance: null, level, body, traceId: null, spanId: null };
        }),
      )
      .filter(({ t, level }) => t >= start && t < end && (!errors || level === "error"))
      .sort((a, b) => a.t - b.t);
  let reads = 0;
  const pages: LogPages = {
    services: async () => Object.keys(sizes),
    count: async (selection) => linesOf(tellsApart ? selection : { ...selection, services: null }).length,
    async read(selection, _, onPage) {
      reads++;
      const lines = linesOf(selection);
      for (let at = 0; at < lines.length; at += page) if (!onPage(lines.slice(at, at + page))) break;
      return [];
    },
  };
  return { pages, reads: () => reads };
}

function countOf(items: readonly LogLine[], service: string): number {
  return items.filter((line) => line.service === service).length;
}

describe("The budget of log lines", () => {
  it("is shared by the services: a quiet one is read whole beside loud ones", async () => {
    const { pages, reads } = backend({ loud: 20_000, louder: 40_000, quiet: 100 });

    const query = { windows: [window], services: null, limit: 2000 };
    const { items, gaps } = await readLogPages(pages, "shop logs", query, names, signal);

    expect(countOf(items, "quiet")).toBe(100);
    for (const service of ["loud", "louder"]) {
      expect(countOf(items, service)).toBeGreaterThan(500);
      expect(countOf(items, service)).toBeLessThanOrEqual(950);
      expect(
        items.filter((line) => line.service === service && line.level === "error").length,
      ).toBeGreaterThan(190);
    }
    expect(items.length).toBeLessThanOrEqual(2000);
    expect(gaps).toMatchObject([
      {
        reason: "truncated",
        detail: expect.stringMatching(
          /^Of about 60,000 log lines [\d,]+ were read \(louder [\d,]+ of 40,000, loud [\d,]+ of 20,000; other services whole\)/,
        ),
      },
    ]);
    expect(reads()).toBeLessThan(100);
  });

  it("is one for all where the backend cannot count services apart", async () => {
    const { pages } = backend({ loud: 20_000, quiet: 100 }, false);

    const query = { windows: [window], services: null, limit: 2000 };
    const { items, gaps } = await readLogPages(pages, "shop logs", query, names, signal);

    expect(items.length).toBeGreaterThan(500);
    expect(items.length).toBeLessThanOrEqual(2000);
    expect(gaps).toMatchObject([
      { detail: expect.stringMatching(/^Of about 20,100 log lines [\d,]+ were read:/) },
    ]);
  });

  it("is not cut where there are few lines", async () => {
    const { pages } = backend({ geo: 300, frontend: 500 });

    const query = { windows: [window], services: null, limit: 2000 };
    const { items, gaps } = await readLogPages(pages, "shop logs", query, names, signal);

    expect(items).toHaveLength(800);
    expect(gaps).toEqual([]);
  });
});
