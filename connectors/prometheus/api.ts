import { z } from "zod";
import { BotError } from "../../pipeline/errors.ts";
import type { EpochMs, TimeWindow } from "../../pipeline/types.ts";
import type { HttpClient, HttpRequest } from "../http/client.ts";

export type LabelSet = Readonly<Record<string, string>>;

/** One series of an answer; the pairs are looked at where they are read, for there may be millions. */
export interface Series {
  readonly metric: LabelSet;
  readonly values: readonly unknown[];
}

export interface Answered<Data> {
  readonly data: Data;
  /** What the backend itself says was left out. */
  readonly partial: readonly string[];
}

const LabelSets = z.array(z.record(z.string(), z.string()));
const Pairs = z.custom<readonly unknown[]>(Array.isArray);
const Matrix = z.object({
  resultType: z.literal("matrix"),
  result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: Pairs })),
});
const Vector = z.object({
  resultType: z.literal("vector"),
  result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: Pairs })),
});
const BuildInfo = z.object({
  data: z.object({ version: z.string(), application: z.string().optional() }),
});
const Refusal = z.object({ status: z.literal("error"), errorType: z.string().optional(), error: z.string() });

const Answer = z.object({
  status: z.literal("success"),
  data: z.unknown(),
  warnings: z.array(z.string()).nullish(),
  /** VictoriaMetrics' word for a storage node that did not answer. */
  isPartial: z.boolean().optional(),
});

/** What the connector asks of a backend. All of it only reads. */
export interface PrometheusApi {
  /** Names of the metrics that had samples within the window. */
  metricNames(
    window: TimeWindow,
    matchers: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  series(
    window: TimeWindow,
    selectors: readonly string[],
    signal: AbortSignal,
  ): Promise<Answered<readonly LabelSet[]>>;
  instant(
    query: string,
    at: EpochMs,
    signal: AbortSignal,
  ): Promise<readonly { metric: LabelSet; value: number }[]>;
  range(
    query: string,
    range: { start: EpochMs; end: EpochMs; stepMs: number },
    signal: AbortSignal,
  ): Promise<Answered<readonly Series[]>>;
  /** "Prometheus 2.53.0"; null where it does not tell. */
  version(signal: AbortSignal): Promise<string | null>;
}

/** Longest word of a backend that is repeated to a person. */
const wordsShown = 200;

export function prometheusApi(client: HttpClient, timeoutSeconds: number): PrometheusApi {
  /** 400 and 422 come with Prometheus's own words for what it could not do. */
  async function ask<Data extends z.ZodType>(
    request: HttpRequest,
    data: Data,
    signal: AbortSignal,
  ): Promise<Answered<z.output<Data>>> {
    const answered = await client.fetch({ ...request, expect: [400, 422] }, signal);
    if (answered.status >= 400) {
      const { error } = client.readJson(answered, Refusal);
      const words = error.slice(0, wordsShown);
      throw new BotError("source-invalid", `${client.target} refused a query: ${words}`);
    }
    const { data: given, warnings, isPartial } = client.readJson(answered, Answer);
    const parsed = data.safeParse(given);
    if (!parsed.success) {
      throw new BotError(
        "source-invalid",
        `${client.target} answered ${request.path} with data of another shape.`,
      );
    }
    // Remarks on a query ("PromQL warning: …") are no missing data.
    const said = (warnings ?? []).filter((warning) => !warning.startsWith("PromQL "));
    const partial = isPartial === true ? [...said, "a part of its storage did not answer"] : said;
    return { data: parsed.data, partial: partial.map((words) => words.slice(0, wordsShown)) };
  }
  const post = (path: string, form: HttpRequest["form"] & object) => ({ path, form });
  const between = ({ start, end }: TimeWindow) => ({ start: seconds(start), end: seconds(end) });

  return {
    async metricNames(window, matchers, signal) {
      const query = {
        ...between(window),
        ...(matchers.length === 0 ? {} : { "match[]": `{${matchers.join(",")}}` }),
      };
      const request = { path: "/api/v1/label/__name__/values", query };
      return (await ask(request, z.array(z.string()).nullable(), signal)).data ?? [];
    },
    async series(window, selectors, signal) {
      return ask(post("/api/v1/series", { ...between(window), "match[]": selectors }), LabelSets, signal);
    },
    async instant(query, at, signal) {
      const request = post("/api/v1/query", { query, time: seconds(at), timeout: `${timeoutSeconds}s` });
      const { data } = await ask(request, Vector, signal);
      return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    async range(query, { start, end, stepMs }, signal) {
      const request = post("/api/v1/query_range", {
        query,
        start: seconds(start),
        end: seconds(end),
        step: seconds(stepMs),
        timeout: `${timeoutSeconds}s`,
      });
      const { data, partial } = await ask(request, Matrix, signal);
      return { data: data.result, partial };
    },
    async version(signal) {
      const answered = await client.fetch(
        { path: "/api/v1/status/buildinfo", expect: [400, 404, 405, 422] },
        signal,
      );
      if (answered.status >= 400) return null;
      const { version, application } = client.readJson(answered, BuildInfo).data;
      return `${application ?? "Prometheus"} ${version}`;
    },
  };
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
