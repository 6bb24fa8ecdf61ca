import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Connector } from "../../../connectors/connector.ts";
import { ElasticsearchOptions } from "../../../connectors/logs/elasticsearch-options.ts";
import { LokiOptions } from "../../../connectors/logs/loki-options.ts";
import { openElasticsearch } from "../../../connectors/logs/open-elasticsearch.ts";
import { openLoki } from "../../../connectors/logs/open-loki.ts";
import { openPrometheus } from "../../../connectors/prometheus/index.ts";
import { PrometheusOptions } from "../../../connectors/prometheus/options.ts";
import { JaegerOptions } from "../../../connectors/traces/jaeger-options.ts";
import { openJaeger } from "../../../connectors/traces/open-jaeger.ts";
import { openTempo } from "../../../connectors/traces/open-tempo.ts";
import { TempoOptions } from "../../../connectors/traces/tempo-options.ts";
import { surroundings } from "../../support/backends.ts";
import { certificates } from "../../support/certificates.ts";
import { stateFolder } from "../../support/state-folder.ts";

const start = Date.parse("2026-11-23T10:00:00Z");
const query = { windows: [{ start, end: start + 60_000 }], services: null, limit: 1000 };
const live = () => new AbortController().signal;

type Open = (common: {
  readonly name: string;
  readonly url: string;
  readonly timeoutSeconds: number;
}) => Connector;
const connectors: Record<string, Open> = {
  Prometheus: (common) =>
    openPrometheus(PrometheusOptions.parse({ type: "prometheus", ...common }), surroundings),
  Loki: (common) => openLoki(LokiOptions.parse({ type: "loki", pageSize: 2, ...common }), surroundings),
  Elasticsearch: (common) =>
    openElasticsearch(
      ElasticsearchOptions.parse({ type: "elasticsearch", pageSize: 2, ...common }),
      surroundings,
    ),
  "Jaeger v1": (common) => openJaeger(JaegerOptions.parse({ type: "jaeger", ...common }), surroundings),
  "Jaeger v3": (common) =>
    openJaeger(JaegerOptions.parse({ type: "jaeger", api: "v3", ...common }), surroundings),
  Tempo: (common) => openTempo(TempoOptions.parse({ type: "tempo", ...common }), surroundings),
};

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const faults: Record<string, { readonly code: string; readonly answer: RequestListener }> = {
  "is down": { code: "source-unavailable", answer: (request) => request.socket.destroy() },
  "never answers": { code: "source-unavailable", answer: () => {} },
  "is too busy": { code: "source-unavailable", answer: (_, response) => json(response, 429, {}) },
  "is out of order": { code: "source-unavailable", answer: (_, response) => json(response, 503, {}) },
  "answers half a body": {
    code: "source-unavailable",
    answer: (_, response) => {
      response.writeHead(200, { "content-length": "100" }).write('{"data":');
      response.destroy();
    },
  },
  "refuses the credentials": { code: "source-invalid", answer: (_, response) => json(response, 401, {}) },
  "is a web page": {
    code: "source-invalid",
    answer: (_, response) => response.end("<!DOCTYPE html><title>Log in</title>"),
  },
  "answers another JSON": {
    code: "source-invalid",
    answer: (_, response) => json(response, 200, [{ data: 7 }]),
  },
  "answers broken JSON": { code: "source-invalid", answer: (_, response) => response.end('{"data": [') },
};

async function serve(answer: RequestListener, tls?: { cert: string; key: string }): Promise<string> {
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A fault that passes is tried again until the time is over; all others are told at once. */
async function sourceAt(name: string, answer: RequestListener, passes = false) {
  return sourceOf(name, await serve(answer), passes ? 0.25 : 30);
}

function sourceOf(name: string, url: string, timeoutSeconds: number) {
  const connector = connectors[name]?.({ name: "shop", url, timeoutSeconds });
  const source = connector?.sources[0];
  if (connector === undefined || source === undefined) throw new Error(`no connector ${name}`);
  onTestFinished(() => connector.close());
  return { connector, source };
}

describe.each(Object.keys(connectors))("%s", (name) => {
  describe.concurrent("ends in a clear error", () => {
    it.each(Object.entries(faults))("when it %s", async (_, { code, answer }) => {
      const { connector, source } = await sourceAt(name, answer, code === "source-unavailable");

      const calls = [
        source.fetch(query, live()),
        source.probe(live()),
        connector.inventory.inventory(live()),
      ];
      const ended = await Promise.allSettled(calls);
      expect(ended.map((one) => (one.status === "rejected" ? one.reason.code : "no error"))).toEqual([
        code,
        code,
        code,
      ]);
    });
  });

  it("names itself in its errors", async () => {
    const { source } = await sourceAt(name, (_, response) => json(response, 401, {}));

    await expect(source.fetch(query, live())).rejects.toThrow(/^shop \(127/);
  });

  it("trusts no certificate that nobody vouches for", async () => {
    const url = await serve(answerEmpty, certificates(await stateFolder()).server);
    const { source } = sourceOf(name, url, 30);

    await expect(source.fetch(query, live())).rejects.toMatchObject({
      code: "source-unavailable",
      message: expect.stringContaining("certificate is not trusted"),
    });
  });

  it("takes an empty answer for what it is", async () => {
    const { source } = await sourceAt(name, answerEmpty);

    expect(await source.fetch(query, live())).toEqual({ items: [], gaps: [] });
  });

  it.each([
    ["ahead of", 600_000],
    ["behind", -600_000],
  ])("says that its clock is 10 minutes %s ours", async (way, offsetMs) => {
    const { connector } = await sourceAt(name, (request, response) => {
      response.setHeader("date", new Date(Date.now() + offsetMs).toUTCString());
      answerEmpty(request, response);
    });

    const { gaps } = await connector.inventory.inventory(live());

    expect(gaps).toMatchObject([
      {
        from: "shop",
        reason: "missing",
        detail: expect.stringMatching(`its clock is 10 minutes ${way} this`),
      },
    ]);
  });

  it("says nothing of a clock that agrees, or of a date that a cache repeats", async () => {
    const { connector } = await sourceAt(name, answerEmpty);
    const cached = await sourceAt(name, (request, response) => {
      response.setHeader("date", new Date(Date.now() - 600_000).toUTCString());
      response.setHeader("age", "600");
      answerEmpty(request, response);
    });

    expect((await connector.inventory.inventory(live())).gaps).toEqual([]);
    expect((await cached.connector.inventory.inventory(live())).gaps).toEqual([]);
  });
});

const emptyAnswers: readonly (readonly [path: string, body: unknown])[] = [
  ["/loki/api/v1/labels", { status: "success" }],
  ["/api/v1/label/", { status: "success", data: [] }],
  ["/api/v1/query", { status: "success", data: { resultType: "vector", result: [] } }],
  ["/_field_caps", { indices: [], fields: {} }],
  ["/_count", { count: 0 }],
  ["/_search", { hits: { hits: [] } }],
  ["/api/v3/services", { services: null }],
  ["/api/services", { data: null, total: 0, errors: null }],
  ["/api/dependencies", { data: [] }],
  ["/api/v2/search/tag/", { tagValues: [] }],
  ["/api/search", { metrics: {} }],
];

const answerEmpty: RequestListener = (request, response) => {
  const empty = emptyAnswers.find(([path]) => request.url?.includes(path));
  json(response, empty === undefined ? 404 : 200, empty?.[1] ?? {});
};

describe("A clock", () => {
  it("that is ahead is noticed by Elasticsearch's newest data, since its answers have no date", async () => {
    const newest = Date.now() + 600_000;
    const { connector } = await sourceAt("Elasticsearch", (request, response) => {
      response.sendDate = false;
      if (request.url?.includes("_field_caps")) {
        return json(response, 200, { fields: { "@timestamp": { date: { aggregatable: true } } } });
      }
      return json(response, 200, { aggregations: { first: { value: start }, last: { value: newest } } });
    });

    const { gaps } = await connector.inventory.inventory(live());

    expect(gaps).toMatchObject([
      { from: "shop", detail: expect.stringMatching("dated 10 minutes in the future") },
    ]);
  });
});

describe("A cut in the middle of paging", () => {
  it("is an error for Loki, and not the end of the log", async () => {
    let pages = 0;
    const { source } = await sourceAt("Loki", (request, response) => {
      if (request.url?.includes("/labels")) return json(response, 200, { data: ["service_name"] });
      if (request.url?.includes("/query?")) {
        return json(response, 200, { data: { result: [{ value: [1, "4"] }] } });
      }
      if (pages++ > 0) return request.socket.destroy();
      const values = [0, 1].map((index) => [`${start + index}000000`, `line ${index}`]);
      return json(response, 200, {
        data: { resultType: "streams", result: [{ stream: { service_name: "geo" }, values }] },
      });
    });

    await expect(source.fetch(query, live())).rejects.toMatchObject({ code: "source-unavailable" });
    expect(pages).toBeGreaterThan(1);
  });

  it("is an error for Elasticsearch, and its point in time is closed all the same", async () => {
    const asked: string[] = [];
    const hit = (id: string) => ({
      _id: id,
      _source: { "@timestamp": new Date(start).toISOString(), message: id, service: { name: "geo" } },
      sort: [start, id],
    });
    const { source } = await sourceAt("Elasticsearch", (request, response) => {
      asked.push(`${request.method} ${request.url?.split("?")[0]}`);
      if (request.url?.includes("_field_caps")) return json(response, 200, { fields: {} });
      if (request.url?.includes("_count")) return json(response, 200, { count: 4 });
      if (request.url === "/") return json(response, 200, { version: { number: "8.15.0" } });
      if (request.url?.includes("_pit")) return json(response, 200, { id: "point" });
      const searches = asked.filter((one) => one.endsWith("_search")).length;
      if (searches > 2) return request.socket.destroy();
      return json(response, 200, { pit_id: "point", hits: { hits: [hit("a"), hit("b")] } });
    });

    await expect(source.fetch(query, live())).rejects.toMatchObject({ code: "source-unavailable" });
    expect(asked).toContain("DELETE /_pit");
  });
});

describe("A cut in the middle of reading traces", () => {
  const trace = (id: string) => ({
    traceID: id,
    spans: [{ traceID: id, spanID: "1", startTime: start * 1000, duration: 5, processID: "p1" }],
    processes: { p1: { serviceName: "geo" } },
  });

  it("is an error for Jaeger, and not fewer traces", async () => {
    let searches = 0;
    const url = await serve((request, response) => {
      if (request.url?.includes("/api/services")) return json(response, 200, { data: ["geo"] });
      // Full, so that it is searched again in halves.
      if (searches++ === 0) return json(response, 200, { data: [trace("a"), trace("b")] });
      return request.socket.destroy();
    });
    const options = JaegerOptions.parse({ type: "jaeger", url, pageSize: 2, timeoutSeconds: 0.5 });
    const connector = openJaeger(options, surroundings);
    onTestFinished(() => connector.close());

    await expect(connector.sources[0]?.fetch(query, live())).rejects.toMatchObject({
      code: "source-unavailable",
    });
    expect(searches).toBeGreaterThan(1);
  });

  it("is an error for Tempo, and not fewer traces", async () => {
    let read = 0;
    const { source } = await sourceAt(
      "Tempo",
      (request, response) => {
        if (request.url?.includes("/api/search")) {
          const traces = ["a", "b"].map((traceID) => ({ traceID, startTimeUnixNano: `${start}000000` }));
          return json(response, 200, { traces });
        }
        if (read++ === 0) return json(response, 200, { trace: { resourceSpans: [] } });
        return request.socket.destroy();
      },
      true,
    );

    await expect(source.fetch(query, live())).rejects.toMatchObject({ code: "source-unavailable" });
    expect(read).toBeGreaterThan(1);
  });
});

describe("Two million log lines", () => {
  it("are sampled with the numbers said, in a bounded number of requests", async () => {
    const total = 2_000_000;
    const window = { start, end: start + total };
    let requests = 0;
    const url = await serve((request, response) => {
      requests++;
      const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
      if (pathname.endsWith("/labels")) return json(response, 200, { data: ["service_name"] });
      if (pathname.endsWith("/series")) return json(response, 200, { data: [{ service_name: "geo" }] });
      if (pathname.endsWith("/query")) {
        return json(response, 200, { data: { result: [{ value: [1, String(total)] }] } });
      }
      const isErrors = searchParams.get("query")?.includes("|~") === true;
      const every = isErrors ? 1000n : 1n;
      const values: [string, string][] = [];
      const [from, to] = [BigInt(searchParams.get("start") ?? 0), BigInt(searchParams.get("end") ?? 0)];
      for (let nanos = from; nanos < to && values.length < Number(searchParams.get("limit")); ) {
        const body = isErrors ? `error ${nanos}` : `request ${nanos} done`;
        values.push([String(nanos), body]);
        nanos += every * 1_000_000n;
      }
      return json(response, 200, {
        data: { resultType: "streams", result: [{ stream: { service_name: "geo" }, values }] },
      });
    });
    const connector = openLoki(LokiOptions.parse({ type: "loki", url }), surroundings);
    onTestFinished(() => connector.close());

    const fetched = await connector.sources[0]?.fetch(
      { windows: [window], services: null, limit: 6000 },
      live(),
    );

    const items = (fetched?.items ?? []) as readonly { t: number; body: string }[];
    expect(items.length).toBeGreaterThan(3000);
    expect(items.length).toBeLessThanOrEqual(6000);
    expect(items.filter(({ body }) => body.startsWith("error")).length).toBe(2000);
    // From all over the window.
    expect(items.some(({ t }) => t > window.end - total / 50)).toBe(true);
    expect(fetched?.gaps).toHaveLength(1);
    expect(fetched?.gaps[0]).toMatchObject({ reason: "truncated" });
    expect(fetched?.gaps[0]?.detail).toContain("Of about 2,000,000 log lines");
    expect(requests).toBeLessThan(200);
  });
});
