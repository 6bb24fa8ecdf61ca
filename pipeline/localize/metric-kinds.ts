/** What kind of fact a metric is, and how much a deviation of it says about the cause. */
export interface MetricKind {
  readonly kind:
    | "cpu"
    | "memory"
    | "saturation"
    | "process"
    | "latency"
    | "errors"
    | "traffic"
    | "workload"
    | "node";
  /** 1 for what causes failures, less for what follows from load or from somebody else's failure. */
  readonly weight: number;
  /** Falling is no fault of its own: less use of a resource or shorter times. */
  readonly onlyUp: boolean;
  /** Percent of a limit, so that 100 is the end of it. */
  readonly percent: boolean;
}

const percentUnit = /%|percent|ratio|utili[sz]ation/i;

/** First match wins. Words are those of common exporters; a new kind is a new line. */
const kinds: readonly (readonly [RegExp, Omit<MetricKind, "percent">])[] = [
  // The machine, and not a runtime of that name.
  [/^node(?!js)/i, { kind: "node", weight: 0.1, onlyUp: true }],
  [/client.?latency/i, { kind: "latency", weight: 0, onlyUp: true }],
  // A process that ends or starts over is a cause, and no symptom of anybody else's.
  [/restart|^up$|\boom/i, { kind: "process", weight: 1, onlyUp: false }],
  [/success|availability/i, { kind: "errors", weight: 0.5, onlyUp: false }],
  [/error|fail|5xx|timeout|refused/i, { kind: "errors", weight: 0.5, onlyUp: true }],
  [/cpu|throttl/i, { kind: "cpu", weight: 1, onlyUp: true }],
  [/mem|heap|rss|working_set/i, { kind: "memory", weight: 0.7, onlyUp: true }],
  // The process's own trouble, though it is measured as a time.
  [
    /event.?loop|garbage|\bgc_|_gc_|run.?queue|lock.?wait|io.?wait/i,
    { kind: "saturation", weight: 0.9, onlyUp: true },
  ],
  [/latency|duration|response|_seconds|delay|p9\d|p50/i, { kind: "latency", weight: 0.5, onlyUp: true }],
  [
    /workload|\bops\b|\(ops\)|qps|rps|request|throughput|_calls|commands|queries|transactions/i,
    { kind: "workload", weight: 0.25, onlyUp: false },
  ],
  // Opened by those who call, so that many of them speak at least as much against a caller.
  [/connections|connected|clients|sessions/i, { kind: "saturation", weight: 0.5, onlyUp: false }],
  [/byte|packet|syscall|network|_io\b|disk.?(read|write)/i, { kind: "traffic", weight: 0.35, onlyUp: false }],
];

/** Queues, pools, connections, threads, descriptors, locks: what fills up before things fail. */
const otherwise: Omit<MetricKind, "percent"> = { kind: "saturation", weight: 0.7, onlyUp: false };

export function metricKind(metric: string, unit: string | null): MetricKind {
  const found = kinds.find(([words]) => words.test(metric))?.[1] ?? otherwise;
  return { ...found, percent: percentUnit.test(metric) || unit === "%" || unit === "percent" };
}

const causes: readonly MetricKind["kind"][] = ["cpu", "memory", "saturation", "process"];

/** Whether metrics of this kind name a cause; the others show what followed from one. */
export function isCause({ kind }: MetricKind): boolean {
  return causes.includes(kind);
}
