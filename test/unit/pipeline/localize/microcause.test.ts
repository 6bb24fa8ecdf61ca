import { describe, expect, it } from "vitest";
import { localize } from "../../../../pipeline/localize/index.ts";
import { microcause, microcausePaper, microcauseRcaeval } from "../../../../pipeline/localize/microcause.ts";
import { microcauseMatrix } from "../../../../pipeline/localize/microcause-columns.ts";
import { metricAnomaly, minute, samples, series, slice, window } from "../../../fakes/telemetry.ts";
import { randomOf } from "../detect/inputs.ts";

const edges = [{ caller: "web", callee: "geo", calls: 10 }];

/**
 * geo's queue fills up; a minute later its latency follows, and another later web's. 150 samples, the last
 * 10 of them in the window; the queue steps up in its second.
 */
function incident(seed: number, past = 140) {
  const random = randomOf(seed);
  const total = past + 10;
  const noise = () => random() + random() - 1;
  const queue = new Float64Array(total);
  const own = new Float64Array(total);
  const front = new Float64Array(total);
  for (let t = 1; t < total; t++) {
    queue[t] = 20 + 0.4 * (queue[t - 1]! - 20) + 3 * noise() + (t > past ? 40 : 0);
    own[t] = 5 + queue[t - 1]! + noise();
    front[t] = 10 + own[t - 1]! + noise();
  }
  const of = (service: string, metric: string, values: Float64Array) => ({
    ...series({ service, metric, class: metric === "queue" ? "resource" : "symptom", window: [] }),
    reference: samples([...values.subarray(1, past)], window.start - (past - 1) * minute),
    window: samples([...values.subarray(past)], window.start),
  });
  return [
    of("geo", "queue", queue),
    of("geo", "latency_p95", own),
    of("web", "latency_p95", front),
    of(
      "web",
      "latency_p99",
      front.map((value) => value * 1.5),
    ),
  ];
}

describe("microcauseMatrix", () => {
  it("starts at the latency of the service that nobody calls, and keeps one of two twins", () => {
    const matrix = microcauseMatrix(slice({ metrics: incident(1), edges }));

    const names = matrix!.columns.map(({ series: { key } }) => `${key.service} ${key.metric}`);
    expect(names[matrix!.front]).toBe("web latency_p95");
    expect(names).not.toContain("web latency_p99");
    expect(names.sort()).toEqual(["geo latency_p95", "geo queue", "web latency_p95"]);
  });

  it("keeps the forty that are furthest out", () => {
    const random = randomOf(2);
    const many = Array.from({ length: 60 }, (_, index) =>
      series({
        service: `s${index}`,
        reference: Array.from({ length: 60 }, () => 10 + random()),
        window: [10 + index, 10 + index],
      }),
    );

    const { columns } = microcauseMatrix(slice({ metrics: many }))!;

    expect(columns).toHaveLength(40);
    expect(columns.every(({ series: { key } }) => Number(key.service.slice(1)) >= 20)).toBe(true);
  });

  it("leaves out a metric with many gaps", () => {
    const metrics = incident(1);
    const queue = metrics[0]!;
    const holes = queue.reference.v.map((value, index) => (index % 10 < 7 ? Number.NaN : value));
    const broken = { ...queue, reference: { ...queue.reference, v: holes } };

    const matrix = microcauseMatrix(slice({ metrics: [broken, ...metrics.slice(1)], edges }))!;

    expect(matrix.columns.map(({ series: { key } }) => key.metric)).not.toContain("queue");
  });
});

describe("microcause", () => {
  it.each([1, 2, 3, 4, 5])("ranks what moved first before what followed, and says how (seed %i)", (seed) => {
    const anomalies = [
      metricAnomaly({
        id: "metric-1",
        service: "geo",
        key: { service: "geo", instance: null, metric: "queue" },
      }),
    ];

    const [first] = localize(slice({ metrics: incident(seed), edges }), anomalies, ["microcause"])[0]!
      .candidates;

    expect(first).toMatchObject({ service: "geo", metric: "queue", symptom: false, evidence: ["metric-1"] });
    expect(first!.why).toMatch(
      /^Its queue moves 60 s before geo's latency_p95 \(partial correlation \d\.\d\d, p (below )?[\de-]+\)\.$/,
    );
  });

  it("never ranks the metric that it starts from", () => {
    for (const one of [microcause, microcausePaper, microcauseRcaeval]) {
      const ranked = one.localize(slice({ metrics: incident(3), edges }), []);

      expect(ranked.length).toBeGreaterThan(0);
      expect(ranked.filter(({ service }) => service === "web")).toEqual([]);
    }
  });

  it("ranks nothing of fewer than 60 samples, and says so", () => {
    const data = slice({ metrics: incident(1, 50), edges });

    const [ranking] = localize(data, [], ["microcause"]);

    expect(ranking!.candidates).toEqual([]);
    expect(ranking!.note).toBe(
      "Causal links between metrics were not looked for: that takes 60 samples without a gap, and there are 53.",
    );
  });

  it("has nothing to say where there are no metrics", () => {
    expect(localize(slice({}), [], ["microcause"])[0]).toEqual({
      localizer: "microcause",
      level: "metric",
      candidates: [],
    });
  });
});
