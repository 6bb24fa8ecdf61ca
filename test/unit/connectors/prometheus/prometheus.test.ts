import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { openNames } from "../../../../connectors/names/names.ts";
import { openPrometheus } from "../../../../connectors/prometheus/index.ts";
import { PrometheusOptions } from "../../../../connectors/prometheus/options.ts";
import { labelIs, promqlText } from "../../../../connectors/prometheus/promql.ts";
import { takeInventory } from "../../../../pipeline/collect.ts";
import type { TelemetryQuery } from "../../../../pipeline/ports.ts";
import { localServer, type Seen, sendJson } from "../../../support/http-server.ts";

const live = () => new AbortController().signal;
const names = openNames({ map: {}, aliases: {} });
const query: TelemetryQuery = { windows: [{ start: 0, end: 60_000 }], services: null, limit: 1_000 };

function open(url: string, options: object = {}) {
  const parsed = PrometheusOptions.parse({
    type: "prometheus",
    url,
    name: "p",
    scrapeSeconds: 15,
    ...options,
  });
  const connector = openPrometheus(parsed, { readSecret: () => "geheim", names, clock: () => 60_000 });
  const [source] = connector.sources;
  if (source?.modality !== "metric") throw new Error("no source of metrics");
  return { ...connector, source, [Symbol.asyncDispose]: () => connector.close() };
}

const success = (data: unknown, more: object = {}) => ({ status: "success", data, ...more });
const matrix = (values: unknown) => ({ resultType: "matrix", result: [{ metric: { job: "geo" }, values }] });

/** Answers as a Prometheus with one service does, but for the paths that `differently` answers. */
function prometheus(differently: (request: Seen, response: ServerResponse) => boolean = () => false) {
  return localServer((request, response) => {
    if (differently(request, response)) return;
    const { url } = request;
    if (url.startsWith("/api/v1/label/")) sendJson(response, success(["up", "go_goroutines"]));
    else if (url === "/api/v1/series") sendJson(response, success([{ job: "geo" }]));
    else if (url === "/api/v1/query_range") sendJson(response, success(matrix([[0, "1"]])));
    else sendJson(response, success({ resultType: "vector", result: [] }));
  });
}

describe("what gets into a query", () => {
  it("is a value only, whatever it holds", () => {
    expect(promqlText('a"} or up{b="\n\\')).toBe('"a\\"} or up{b=\\"\\n\\\\"');
    expect(promqlText("\ud800")).toBe('"\ufffd"');
    expect(labelIs("pod", ['a"'])).toBe('pod="a\\""');
    expect(labelIs("pod", ["a.b", "c|d"])).toBe('pod=~"a\\\\.b|c\\\\|d"');
  });
});

describe("a backend", () => {
  it("that answers in part is a gap beside what it gave", async () => {
    await using server = await prometheus(({ url }, response) => {
      if (url !== "/api/v1/query_range") return false;
      sendJson(response, success(matrix([[0, "1"]]), { warnings: ["store-2 timed out"], isPartial: true }));
      return true;
    });
    await using connector = open(server.url);

    const { items, gaps } = await connector.source.fetch(query, live());

    expect(items.map(({ key }) => key.metric)).toEqual(["goroutines", "up"]);
    expect(gaps.map(({ reason, detail }) => `${reason}: ${detail}`)).toEqual([
      "missing: Only a part of the metrics could be read: store-2 timed out.",
      "missing: Only a part of the metrics could be read: a part of its storage did not answer.",
    ]);
  });

  it("that has nothing is no error", async () => {
    await using server = await localServer(({ url }, response) => {
      if (url.startsWith("/api/v1/label/")) sendJson(response, success(null));
      else sendJson(response, success({ resultType: "vector", result: [] }));
    });
    await using connector = open(server.url);

    expect(await connector.source.fetch(query, live())).toEqual({ items: [], gaps: [] });
    expect(await connector.inventory.inventory(live())).toMatchObject({ services: [], topology: null });
  });

  it("that fails one query of several is a gap, and all of them an error", async () => {
    const failing = (wanted: (body: string) => boolean) =>
      prometheus(({ url, body }, response) => {
        if (url !== "/api/v1/query_range" || !wanted(body)) return false;
        sendJson(response, { status: "error", errorType: "execution", error: "too many samples" }, 422);
        return true;
      });
    await using some = await failing((body) => body.includes("goroutines"));
    await using all = await failing(() => true);
    await using first = open(some.url);
    await using second = open(all.url);

    const { items, gaps } = await first.source.fetch(query, live());

    expect(items.map(({ key }) => key.metric)).toEqual(["up"]);
    expect(gaps).toMatchObject([
      { reason: "failed", detail: expect.stringMatching(/1 of 2 .* too many samples/) },
    ]);
    await expect(second.source.fetch(query, live())).rejects.toMatchObject({ code: "source-invalid" });
  });

  it.each([
    ["a web page", "<html>", "source-invalid"],
    ["half an answer", '{"status":"succ', "source-invalid"],
    ["JSON of something else", '{"took": 3, "hits": []}', "source-invalid"],
    ["data of another shape", '{"status":"success","data":{"resultType":"streams"}}', "source-invalid"],
    ["samples that are none", JSON.stringify(success(matrix(["x"]))), "source-invalid"],
  ])("that answers %s is said to", async (_what, text, code) => {
    await using server = await prometheus(({ url }, response) => {
      if (url !== "/api/v1/query_range") return false;
      response.end(text);
      return true;
    });
    await using connector = open(server.url);

    await expect(connector.source.fetch(query, live())).rejects.toMatchObject({ code });
  });

  it("that is down is unavailable, for the data and for the probe, and a gap beside one that is up", async () => {
    await using up = await prometheus();
    const down = await prometheus();
    await down[Symbol.asyncDispose]();
    await using good = open(up.url);
    await using bad = open(down.url);

    await expect(bad.source.fetch(query, live())).rejects.toMatchObject({ code: "source-unavailable" });
    await expect(bad.source.probe(live())).rejects.toMatchObject({ code: "source-unavailable" });
    const toolbox = {
      inventories: [bad.inventory, { ...good.inventory, name: "good" }],
      sources: [bad.source, good.source],
      model: null,
      prompts: new Map(),
      stopwatch: () => 0,
    };
    const inventory = await takeInventory(toolbox as never, live());
    expect(inventory.services).toEqual(["geo"]);
    expect(inventory.gaps).toMatchObject([{ from: "p", reason: "unreachable" }]);
  });

  it("is asked only for what exists, with the credentials and the selector", async () => {
    await using server = await prometheus();
    await using connector = open(server.url, {
      auth: { bearer: { env: "TOKEN" } },
      selector: { namespace: 'ho"tel' },
    });

    await connector.source.fetch({ ...query, services: ["geo"] }, live());

    const bodies = server.seen
      .filter(({ url }) => url === "/api/v1/query_range")
      .map(({ body }) => new URLSearchParams(body).get("query"));
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toContain('(up{namespace="ho\\"tel",job="geo"})');
    expect(server.seen.every(({ headers }) => headers.authorization === "Bearer geheim")).toBe(true);
  });
});
