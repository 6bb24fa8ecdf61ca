import type { LogLine } from "../../pipeline/types.ts";
import { idsOf, streamOf } from "../support/incident-telemetry.ts";
import { type LocalServer, listen } from "../support/local-server.ts";
import { nanos } from "../support/otlp.ts";

type Stream = Readonly<Record<string, string>>;

/** The part of Loki's API that is asked, over these lines, in the form of what a real 3.2 answered. */
export function lokiServer(lines: readonly LogLine[], run: string): Promise<LocalServer> {
  const entries = lines
    .map((line) => ({
      nanos: BigInt(nanos(line.t)),
      body: line.body,
      labels: streamOf(line, run),
      stream: { ...streamOf(line, run), ...idsOf(line) },
    }))
    .sort((a, b) => (a.nanos < b.nanos ? -1 : 1));

  function select(query: string, start: bigint, end: bigint) {
    const passes = matcherOf(query);
    return entries.filter((one) => one.nanos >= start && one.nanos < end && passes(one.labels, one.body));
  }

  function values(query: URLSearchParams) {
    const [start, end] = [BigInt(query.get("start") ?? 0), BigInt(query.get("end") ?? 0)];
    const found = select(query.get("query") ?? "", start, end).slice(0, Number(query.get("limit") ?? 100));
    const streams = new Map<string, { stream: Stream; values: [string, string][] }>();
    for (const { stream, nanos, body } of found) {
      const key = JSON.stringify(stream);
      const known = streams.get(key) ?? { stream, values: [] };
      known.values.push([String(nanos), body]);
      streams.set(key, known);
    }
    return { status: "success", data: { resultType: "streams", result: [...streams.values()] } };
  }

  function count(query: URLSearchParams) {
    const { selector = "", seconds = "0" } =
      /count_over_time\((?<selector>.*)\[(?<seconds>\d+)s\]\)/s.exec(query.get("query") ?? "")?.groups ?? {};
    const end = BigInt(query.get("time") ?? 0);
    const total = select(selector, end - BigInt(seconds) * 1_000_000_000n, end).length;
    const result = total === 0 ? [] : [{ metric: {}, value: [0, String(total)] }];
    return { status: "success", data: { resultType: "vector", result } };
  }

  function series() {
    const known = new Map(entries.map(({ labels }) => [JSON.stringify(labels), labels]));
    return { status: "success", data: [...known.values()] };
  }

  return listen(async ({ url }) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    switch (pathname.replace("/loki/api/v1/", "")) {
      case "labels":
        return { status: 200, body: { status: "success", data: ["level", "pod", "run", "service_name"] } };
      case "query_range":
        return { status: 200, body: values(searchParams) };
      case "query":
        return { status: 200, body: count(searchParams) };
      case "series":
        return { status: 200, body: series() };
      case "status/buildinfo":
        return { status: 200, body: { version: "3.2.0" } };
      default:
        return { status: 404, body: "not found" };
    }
  });
}

/** Of LogQL, what the connector writes: matchers with `=` and `=~`, and one line filter. */
function matcherOf(query: string): (labels: Stream, body: string) => boolean {
  const text = '"(?:[^"\\\\]|\\\\.)*"';
  const [selector = "", ...rest] = query.split(/(?<=\})\s*/);
  const matchers = [...selector.matchAll(new RegExp(`([a-z_]+)(=~?)(${text})`, "g"))].map(
    ([, label = "", how, value = '""']) => {
      const wanted = String(JSON.parse(value));
      const pattern = how === "=" ? null : new RegExp(`^(?:${wanted.replace("(?s)", "")})$`, "s");
      return (labels: Stream) =>
        pattern === null ? (labels[label] ?? "") === wanted : pattern.test(labels[label] ?? "");
    },
  );
  const filter = new RegExp(`\\|~ (${text})`).exec(rest.join(""))?.[1];
  const words = filter === undefined ? null : new RegExp(String(JSON.parse(filter)).replace("(?i)", ""), "i");
  return (labels, body) => matchers.every((one) => one(labels)) && (words?.test(body) ?? true);
}
