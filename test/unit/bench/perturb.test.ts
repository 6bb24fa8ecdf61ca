import { describe, expect, it } from "vitest";
import { lookbackOf, perturb } from "../../../bench/perturb.ts";
import { remembering } from "../../../bench/remembering.ts";
import type { LogLine, Span } from "../../../pipeline/types.ts";
import { line, minute, series, span, window } from "../../fakes/telemetry.ts";
import { fakeToolbox } from "../../fakes/toolbox.ts";

const asked = { text: "What broke in cart in the last 3 minutes?", askedAt: window.end };
const spans = Array.from({ length: 60 }, (_, index) =>
  span({ traceId: `t${index}`, spanId: `s${index}`, service: "cart", start: window.start + index * 3000 }),
);
const logs = spans.map(({ start }, index) => line({ service: "mail", body: `line ${index}`, t: start }));
const metrics = [series({ service: "cart", instance: "cart-1", window: [1, 2] })].map(
  ({ key, window: w }) => ({
    key,
    unit: null,
    samples: w,
  }),
);
const toolbox = fakeToolbox({ spans, logs, metrics, services: ["cart", "mail"] });
const { signal } = new AbortController();
const query = { windows: [window], services: null, limit: 1000 };

async function formed(name: Parameters<typeof perturb>[0]) {
  const inventory = await toolbox.inventories[0]!.inventory(signal);
  const form = perturb(name, asked, toolbox, inventory, 7);
  const items = async (modality: string) => {
    const source = form.toolbox.sources.find((one) => one.modality === modality);
    return source === undefined ? null : (await source.fetch(query, signal)).items;
  };
  return { ...form, items };
}

describe("perturb", () => {
  it("asks at another time, and about longer windows, never shorter ones", async () => {
    expect((await formed("asked 60 s earlier")).asked.askedAt).toBe(asked.askedAt - minute);
    expect(lookbackOf((await formed("window of 10 minutes")).asked)).toBe(10 * minute);
    const inventory = await toolbox.inventories[0]!.inventory(signal);
    const hour = { ...asked, text: "What broke in the last 60 minutes?" };
    expect(perturb("window of 10 minutes", hour, toolbox, inventory, 7).asked).toEqual(hour);
  });

  it("takes away a kind of telemetry, about half of the traces or lines, or a minute of both", async () => {
    expect(await (await formed("no logs")).items("log")).toBeNull();
    expect(await (await formed("no logs")).items("trace")).toHaveLength(60);
    const half = (await (await formed("half the traces")).items("trace"))!.length;
    expect(half).toBeGreaterThan(15);
    expect(half).toBeLessThan(45);
    const missing = await formed("a minute of logs and traces missing");
    expect(await missing.items("trace")).toHaveLength(40);
    expect(await missing.items("log")).toHaveLength(40);
  });

  it("drops the same at every run", async () => {
    const first = await (await formed("half the log lines")).items("log");
    const again = await (await formed("half the log lines")).items("log");

    expect(again).toEqual(first);
  });

  it("gives services each other's names everywhere, and the names back", async () => {
    const form = await formed("services renamed");

    const [renamedSpan] = (await form.items("trace")) as readonly Span[];
    const [renamedLine] = (await form.items("log")) as readonly LogLine[];

    expect(form.original(renamedSpan!.service)).toBe("cart");
    expect(form.original(renamedLine!.service)).toBe("mail");
    expect(new Set([renamedSpan!.service, renamedLine!.service])).toEqual(new Set(["cart", "mail"]));
    expect(form.asked.text).toContain(renamedSpan!.service);
  });

  it("forgets declared normal periods, or keeps a third of each", async () => {
    const declaring = fakeToolbox({ spans, services: ["cart"], declared: { trace: [window] } });
    const inventory = await declaring.inventories[0]!.inventory(signal);
    const declared = async (name: Parameters<typeof perturb>[0]) => {
      const form = perturb(name, asked, declaring, inventory, 7);
      return (await form.toolbox.inventories[0]!.inventory(signal)).declaredReference.trace;
    };

    expect(await declared("no declared normal period")).toEqual([]);
    expect(await declared("a third of the normal minutes")).toEqual([
      { start: window.start, end: window.start + minute },
    ]);
  });
});

describe("remembering", () => {
  it("reads what is asked twice once", async () => {
    let reads = 0;
    const counting = {
      ...toolbox,
      sources: toolbox.sources.map((source) =>
        source.modality === "trace"
          ? {
              ...source,
              fetch: (...asking: Parameters<typeof source.fetch>) => {
                reads++;
                return source.fetch(...asking);
              },
            }
          : source,
      ),
    };
    const source = remembering(counting).sources.find(({ modality }) => modality === "trace");

    await source?.fetch(query, signal);
    await source?.fetch(query, signal);

    expect(reads).toBe(1);
  });
});
