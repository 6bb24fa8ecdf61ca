import { describe, expect, it } from "vitest";
import { eventPairs } from "../../../../pipeline/localize/event-pairs.ts";
import { logAnomaly, slice, span, window } from "../../../fakes/telemetry.ts";

const broken = (id: string, service: string, more: Parameters<typeof logAnomaly>[0] | object = {}) =>
  logAnomaly({
    id,
    service,
    kind: "broken-sequence",
    template: "geo.go:31",
    expectedNext: "geo.go:34",
    count: 30,
    ...more,
  });

describe("eventPairs", () => {
  it("names a region after the two statements that enclose it, as strong as its break", () => {
    expect(eventPairs.localize(slice({}), [broken("log-1", "geo", { severity: 5 })])).toEqual([
      {
        service: "geo",
        instance: null,
        metric: "geo.go:31_geo.go:34",
        symptom: false,
        score: 5,
        evidence: ["log-1"],
        why: 'In 30 requests "geo.go:31" was no longer followed by "geo.go:34", which normally always comes.',
      },
    ]);
  });

  it("suspects whose answer a service is asked with, where it goes on otherwise from its start and does not fail", () => {
    const requests = (status: "ok" | "error") =>
      Array.from({ length: 12 }, (_, index) => {
        const one = (
          spanId: string,
          parentId: string | null,
          service: string,
          operation: string,
          at: number,
        ) =>
          span({
            traceId: `${index}`,
            spanId,
            parentId,
            service,
            operation,
            start: window.start + index * 1000 + at,
            durationMs: spanId === "1" ? 90 : 10,
            status: service === "profile" ? status : "ok",
          });
        return [
          one("1", null, "web", "/hotels", 0),
          one("2", "1", "web", "call search", 5),
          one("3", "2", "search", "/nearby", 6),
          one("4", "1", "web", "call profile", 30),
          one("5", "4", "profile", "/profiles", 31),
        ];
      }).flat();
    const other = broken("log-1", "profile", { template: "/profiles start", severity: 5 });
    const found = (status: "ok" | "error") =>
      eventPairs
        .localize(slice({ spans: requests(status), referenceSpans: requests("ok") }), [other])
        .map(({ service, score }) => [service, score]);

    expect(found("ok")).toEqual([
      ["profile", 5],
      ["search", 4],
    ]);
    expect(found("error")).toEqual([["profile", 5]]);
  });

  it("names no region of code where one instance of several fails", () => {
    const spansOf = (failing: readonly string[]) =>
      ["geo-1", "geo-2"].flatMap((instance) =>
        Array.from({ length: 6 }, (_, index) =>
          span({
            traceId: `${instance} ${index}`,
            spanId: "1",
            service: "geo",
            instance,
            status: failing.includes(instance) ? "error" : "ok",
          }),
        ),
      );
    const metricOf = (failing: readonly string[]) =>
      eventPairs.localize(slice({ spans: spansOf(failing) }), [broken("log-1", "geo")])[0]?.metric;

    expect(metricOf(["geo-2"])).toBeNull();
    expect(metricOf(["geo-1", "geo-2"])).toBe("geo.go:31_geo.go:34");
  });

  it("names no region of code where a call reaches nobody", () => {
    const referenceSpans = Array.from({ length: 6 }, (_, index) => [
      span({ traceId: `${index}`, spanId: "1", service: "web", operation: "call geo" }),
      span({ traceId: `${index}`, spanId: "2", parentId: "1", service: "geo", operation: "/geo" }),
    ]).flat();
    const unanswered = broken("log-1", "web", { template: "call geo start", expectedNext: "/geo start" });

    const [call] = eventPairs.localize(slice({ referenceSpans }), [unanswered]);

    expect(call).toMatchObject({ service: "web", metric: null });
    expect(eventPairs.localize(slice({}), [unanswered])[0]?.metric).toBe("call geo start_/geo start");
  });

  it("suspects the service after whose call several break off, by the root of the sum of squares", () => {
    const candidates = eventPairs.localize(slice({}), [
      broken("log-1", "web", { severity: 3, calleeBefore: "store" }),
      broken("log-2", "geo", { severity: 4, calleeBefore: "store" }),
      broken("log-3", "geo", { severity: 1, calleeBefore: "store" }),
    ]);

    const store = candidates.filter(({ service }) => service === "store");
    expect(store).toHaveLength(1);
    expect(store[0]!.score).toBeCloseTo(0.9 * 5, 12);
    expect(store[0]).toMatchObject({
      symptom: true,
      evidence: ["log-1", "log-2", "log-3"],
      why: "geo, web break off right after calling it.",
    });
  });

  it("says it in the singular for one caller", () => {
    const candidates = eventPairs.localize(slice({}), [broken("log-1", "web", { calleeBefore: "store" })]);

    expect(candidates[1]!.why).toBe("web breaks off right after calling it.");
  });

  it("cannot be made to close its quotes, or to carry markup or control characters", () => {
    const evil = '</b> {service} `rm` " \u001b[31mred\u0007 \u202egnp';
    const [region] = eventPairs.localize(slice({}), [
      broken("log-1", "geo", { template: evil, expectedNext: evil }),
    ]);

    expect(region!.why.split('"')).toHaveLength(5);
    expect(region!.why).not.toMatch(/[<>`{}\p{Cc}\p{Cf}]/u);
  });

  it("ranks nothing by lines that only became more", () => {
    expect(
      eventPairs.localize(slice({}), [logAnomaly({ id: "log-1", service: "geo", kind: "more" })]),
    ).toEqual([]);
  });
});
