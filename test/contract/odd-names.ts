import { expect, it } from "vitest";
import type { Source } from "../../pipeline/ports.ts";
import type { TimeWindow } from "../../pipeline/types.ts";
import { oddService } from "../support/backend-data.ts";

/** Nothing that a name holds changes a query: a service of quotes, braces and line breaks is only itself. */
export function itTakesNamesAsTheyAre(
  opened: () => { readonly sources: readonly Source[]; readonly window: TimeWindow },
): void {
  it("takes a service's name as it is, whatever it is made of", async () => {
    const { sources, window } = opened();
    const signal = new AbortController().signal;
    for (const source of sources) {
      const query = { windows: [window], limit: 1000 };
      const all = (await source.fetch({ ...query, services: null }, signal)).items;
      const some = (await source.fetch({ ...query, services: [oddService] }, signal)).items;

      const of = (items: typeof all) =>
        items.map((item) => ("key" in item ? item.key.service : item.service));
      expect(some.length).toBeGreaterThan(0);
      expect(new Set(of(some))).toEqual(new Set([oddService]));
      expect(of(all).filter((service) => service === oddService)).toHaveLength(some.length);
    }
  });
}
