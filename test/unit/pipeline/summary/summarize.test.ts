import { describe, expect, it } from "vitest";
import { BotError } from "../../../../pipeline/errors.ts";
import { IncidentSummary } from "../../../../pipeline/incident-summary.ts";
import { PipelineOptions } from "../../../../pipeline/options.ts";
import { summarize } from "../../../../pipeline/summary/summarize.ts";
import type { ChatQuestion, RawSeries, TimeWindow } from "../../../../pipeline/types.ts";
import { samples } from "../../../fakes/telemetry.ts";
import { type FakeTelemetry, fakeToolbox } from "../../../fakes/toolbox.ts";

const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 10, 23, 12);
const options = PipelineOptions.parse({});
const never = new AbortController().signal;
const sixHours: TimeWindow = { start: noon - 6 * hour, end: noon };

/** A sample a minute since midnight; the service's CPU is used up in the stretches, in minutes since midnight. */
function cpu(service: string, ...loud: readonly (readonly [number, number])[]): RawSeries {
  const values = Array.from({ length: 12 * 60 }, (_, index) =>
    loud.some(([from, to]) => index >= from && index < to) ? 96 + (index % 3) : 5 + (index % 3),
  );
  return {
    key: { service, instance: `${service}-1`, metric: "CpuUsageRate(%)" },
    unit: "%",
    samples: samples(values, noon - 12 * hour),
  };
}

function telemetry(metrics: readonly RawSeries[]): FakeTelemetry {
  return { services: ["geo", "rate"], metrics };
}

function summed(held: FakeTelemetry, changes: Partial<ChatQuestion> = {}, extent: TimeWindow | null = null) {
  const question: ChatQuestion = {
    id: "s1",
    text: "sum up the last 6 hours",
    askedAt: noon,
    timeZone: "UTC",
    askedWindow: null,
    ...changes,
  };
  const toolbox = fakeToolbox(held);
  const inventories = toolbox.inventories.map((source) => ({
    ...source,
    inventory: async (signal: AbortSignal) => {
      const known = await source.inventory(signal);
      return { ...known, extent: { ...known.extent, metric: extent } };
    },
  }));
  return summarize(question, { ...toolbox, inventories }, options, never);
}

describe("summarize", () => {
  it("finds each incident once, with its time, its cause and a diagnosis of its own", async () => {
    const { summary, diagnoses } = await summed(
      telemetry([cpu("geo", [420, 435], [640, 650]), cpu("rate", [540, 600])]),
    );

    expect(summary.period).toEqual({ ...sixHours, from: "question" });
    expect(summary.incidents.map(({ causes }) => causes[0]?.service)).toEqual(["geo", "rate", "geo"]);
    const [first, second] = summary.incidents;
    expect(first?.start).toBeLessThanOrEqual(noon - 12 * hour + 420 * minute);
    expect(first?.end).toBeGreaterThanOrEqual(noon - 12 * hour + 435 * minute);
    expect((second?.end ?? 0) - (second?.start ?? 0)).toBeGreaterThanOrEqual(45 * minute);
    expect(summary.incidents.every(({ ongoing }) => !ongoing)).toBe(true);
    expect(diagnoses.map(({ question }) => question.id)).toEqual(
      summary.incidents.map(({ diagnosisId }) => diagnosisId),
    );
    for (const { causes, evidence } of summary.incidents) {
      const known = evidence.map(({ id }) => id);
      expect(known.length).toBeGreaterThan(0);
      expect(known).toEqual(expect.arrayContaining(causes.flatMap((cause) => cause.evidence)));
    }
  });

  it("finds nothing in a quiet period", async () => {
    const { summary, diagnoses } = await summed(telemetry([cpu("geo"), cpu("rate")]));

    expect(summary.incidents).toEqual([]);
    expect(diagnoses).toEqual([]);
    expect(summary.steps.unseen).toEqual([]);
  });

  it("says that an incident is not over", async () => {
    const { summary } = await summed(telemetry([cpu("geo", [690, 720]), cpu("rate")]));

    expect(summary.incidents).toMatchObject([{ ongoing: true, end: noon }]);
  });

  it("compares with the period before, and tells what recurs and what held", async () => {
    const { summary } = await summed(
      telemetry([cpu("geo", [200, 210], [420, 435]), cpu("rate", [300, 320])]),
      {},
      { start: noon - 12 * hour, end: noon },
    );

    expect(summary.comparedWith).toMatchObject({
      start: noon - 12 * hour,
      end: noon - 6 * hour,
      incidents: 2,
    });
    expect(summary.incidents).toMatchObject([{ before: 1 }]);
    expect(summary.recurrences).toEqual([
      { service: "geo", now: 1, before: 1 },
      { service: "rate", now: 0, before: 1 },
    ]);
  });

  it("names the hours for which there is no telemetry", async () => {
    const { key, unit, samples: all } = cpu("geo");
    const until = noon - 3 * hour;
    const kept = all.t.filter((t) => t < until).length;
    const cut = { t: all.t.slice(0, kept), v: all.v.slice(0, kept) };

    const { summary } = await summed(telemetry([{ key, unit, samples: cut }]));

    expect(summary.steps.unseen).toEqual([{ start: until, end: noon }]);
  });

  it("gives the same bytes twice, and survives a trip through JSON", async () => {
    const held = telemetry([cpu("geo", [420, 435]), cpu("rate")]);

    const [{ summary: first }, { summary: second }] = [await summed(held), await summed(held)];

    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
    expect(IncidentSummary.parse(JSON.parse(JSON.stringify(first)))).toEqual(first);
  });

  it("fails when nothing of the period can be read", async () => {
    const fails = { metric: new BotError("source-unavailable", "Prometheus did not answer in 10 s.") };

    await expect(summed({ ...telemetry([]), fails })).rejects.toMatchObject({ code: "source-unavailable" });
  });

  it("hides the secrets of the question and of what sources say", async () => {
    const gap = {
      from: "fake",
      reason: "truncated",
      detail: "Stopped at password=hunter2-grackle.",
    } as const;

    const { summary } = await summed(
      { ...telemetry([cpu("geo")]), gaps: [gap] },
      { text: "sum up the last 6 hours, password=hunter2-grackle" },
    );

    expect(summary.gaps).not.toHaveLength(0);
    expect(JSON.stringify(summary)).not.toContain("grackle");
  });

  it("refuses a service that nobody knows", async () => {
    await expect(
      summed(telemetry([]), { text: "sum up what broke in the billing service in the last 6 hours" }),
    ).rejects.toMatchObject({ code: "service-unknown" });
  });
});
