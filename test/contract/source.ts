import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Source } from "../../pipeline/ports.ts";
import type { LogLine, RawSeries, Span, TimeWindow } from "../../pipeline/types.ts";

/** A source that is ready to be asked, and what the suite may know about it. */
export interface SourceUnderTest {
  readonly source: Source;
  /** A window with telemetry of several services. */
  readonly window: TimeWindow;
  /** A second window with telemetry, apart from the first. */
  readonly other: TimeWindow;
  /** A service with telemetry in `window`, which is not the only one there. */
  readonly service: string;
}

interface Seen {
  readonly t: number;
  readonly service: string;
}

/** What every source promises, whatever it reads from. */
export function describeSource(
  title: string,
  open: () => Promise<{ cases: readonly SourceUnderTest[]; close: () => Promise<void> }>,
): void {
  describe(`${title} keeps the contract of a source`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    const each = (work: (one: SourceUnderTest) => Promise<void>) => async () => {
      expect(opened.cases.length).toBeGreaterThan(0);
      for (const one of opened.cases) await work(one);
    };

    it(
      "gives only items within the windows that were asked",
      each(async ({ source, window, other }) => {
        const seen = await fetchFrom(source, [window, other], null);

        expect(seen.length).toBeGreaterThan(0);
        expect(seen.filter(({ t }) => !inside(t, window) && !inside(t, other))).toEqual([]);
        expect(seen.some(({ t }) => inside(t, window))).toBe(true);
        expect(seen.some(({ t }) => inside(t, other))).toBe(true);
      }),
    );

    it(
      "leaves out what lies at the end of a window, and keeps its start",
      each(async ({ source, window }) => {
        const [first] = await fetchFrom(source, [window], null);
        const at = first?.t ?? Number.NaN;

        expect(await fetchFrom(source, [{ start: at, end: at + 0.001 }], null)).not.toEqual([]);
        const before = await fetchFrom(source, [{ start: window.start, end: at }], null);
        expect(before.filter(({ t }) => t >= at)).toEqual([]);
      }),
    );

    it(
      "gives items in the order of time",
      each(async ({ source, window, other }) => {
        for (const times of await timesOf(source, [other, window])) {
          expect([...times]).toEqual([...times].sort((a, b) => a - b));
        }
      }),
    );

    it(
      "gives the same items when asked again",
      each(async ({ source, window }) => {
        expect(await itemsOf(source, [window], null)).toEqual(await itemsOf(source, [window], null));
      }),
    );

    it(
      "respects the services that were asked",
      each(async ({ source, window, service }) => {
        const all = new Set((await fetchFrom(source, [window], null)).map((one) => one.service));
        const some = new Set((await fetchFrom(source, [window], [service])).map((one) => one.service));

        expect(all.size).toBeGreaterThan(1);
        expect([...some]).toEqual([service]);
      }),
    );

    it(
      "gives nothing for a service it does not know, even one that is made of quotes",
      each(async ({ source, window }) => {
        expect(await fetchFrom(source, [window], ["no such service"])).toEqual([]);
        expect(
          await fetchFrom(source, [window], ["' OR 1 = 1 --", "\u0000", "geo'; DROP TABLE x; --"]),
        ).toEqual([]);
      }),
    );

    it(
      "gives nothing for an empty window, for no window and for no service",
      each(async ({ source, window }) => {
        expect(await fetchFrom(source, [{ start: window.start, end: window.start }], null)).toEqual([]);
        expect(await fetchFrom(source, [{ start: window.end, end: window.start }], null)).toEqual([]);
        expect(await fetchFrom(source, [], null)).toEqual([]);
        expect(await fetchFrom(source, [window], [])).toEqual([]);
      }),
    );

    it(
      "keeps to its limit and says that it did",
      each(async ({ source, window, other }) => {
        const seen = await fetchFrom(source, [window, other], null);
        const limit = Math.ceil(seen.length / 2);
        const { items, gaps } = await source.fetch(
          { windows: [window, other], services: null, limit },
          live(),
        );

        const kept = items.flatMap((item) => timesIn(item)).length;
        expect(kept).toBeGreaterThan(0);
        expect(kept).toBeLessThanOrEqual(limit);
        expect(gaps.filter(({ reason }) => reason === "truncated")).toHaveLength(1);
      }),
    );

    it(
      "rejects when it is stopped, before and while it reads",
      each(async ({ source, window }) => {
        const query = { windows: [window], services: null, limit: 1000 };
        await expect(source.fetch(query, AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
        const controller = new AbortController();
        const reading = source.fetch(query, controller.signal);
        controller.abort();
        await expect(reading).rejects.toMatchObject({ code: "cancelled" });
      }),
    );

    it(
      "answers a probe",
      each(async ({ source }) => {
        await expect(source.probe(live())).resolves.toBeUndefined();
        await expect(source.probe(AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
      }),
    );
  });
}

function live(): AbortSignal {
  return new AbortController().signal;
}

function inside(t: number, { start, end }: TimeWindow): boolean {
  return t >= start && t < end;
}

async function itemsOf(source: Source, windows: readonly TimeWindow[], services: readonly string[] | null) {
  const { items } = await source.fetch({ windows, services, limit: 1_000_000 }, live());
  return items;
}

async function fetchFrom(
  source: Source,
  windows: readonly TimeWindow[],
  services: readonly string[] | null,
): Promise<Seen[]> {
  const items: readonly (RawSeries | LogLine | Span)[] = await itemsOf(source, windows, services);
  const seen = items.flatMap((item) => timesIn(item).map((t) => ({ t, service: serviceIn(item) })));
  return seen.sort((a, b) => a.t - b.t);
}

async function timesOf(source: Source, windows: readonly TimeWindow[]): Promise<number[][]> {
  const items: readonly (RawSeries | LogLine | Span)[] = await itemsOf(source, windows, null);
  const series = items.filter((item) => "samples" in item).map((item) => timesIn(item));
  const single = items.filter((item) => !("samples" in item)).flatMap((item) => timesIn(item));
  return [...series, single];
}

function timesIn(item: RawSeries | LogLine | Span): number[] {
  if ("samples" in item) return [...item.samples.t];
  return ["start" in item ? item.start : item.t];
}

function serviceIn(item: RawSeries | LogLine | Span): string {
  return "samples" in item ? item.key.service : item.service;
}
