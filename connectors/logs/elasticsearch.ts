import { z } from "zod";
import { BotError } from "../../pipeline/errors.ts";
import type { Gap, LogLine, TimeWindow } from "../../pipeline/types.ts";
import type { HttpClient } from "../http/client.ts";
import { type ElasticFields, fieldOf } from "./elasticsearch-fields.ts";
import type { LogPages, LogSelection } from "./log-budget.ts";
import { firstOf, type Selector } from "./log-fields.ts";

const keepAlive = "2m";
const mostNames = 1000;
const fieldsMs = 60_000;
const closeMs = 5_000;
const errorLevels = ["error", "err", "fatal", "critical", "crit", "panic", "severe", "emerg", "alert"];
const errorWords = "error exception fatal panic traceback critical failed";

export interface ElasticOptions {
  readonly from: string;
  /** Comma-separated names or patterns of indices. */
  readonly index: string;
  readonly fields: ElasticFields;
  /** Fields every document must have, such as a cluster or a namespace. */
  readonly selector: Selector;
  readonly pageSize: number;
  readonly serviceOf: (field: string, value: string) => string;
}

const Info = z.object({ version: z.object({ number: z.string(), distribution: z.string().optional() }) });
const Opened = z.object({ id: z.string().optional(), pit_id: z.string().optional() });
const Count = z.object({ count: z.number() });
const Caps = z.object({
  fields: z.record(z.string(), z.record(z.string(), z.object({ aggregatable: z.boolean().optional() }))),
});
const Hit = z.object({ _id: z.string(), _source: z.unknown(), sort: z.array(z.unknown()).min(1) });
const Page = z.object({
  pit_id: z.string().optional(),
  timed_out: z.boolean().optional(),
  _shards: z.object({ failed: z.number() }).optional(),
  hits: z.object({ hits: z.array(Hit) }),
});
const Bucket = z.object({ key: z.union([z.string(), z.number()]) });
const Extent = z.object({ value: z.number().nullable() });
const Names = z.object({
  services: z.object({
    buckets: z.array(Bucket.extend({ instances: z.object({ buckets: z.array(Bucket) }).optional() })),
  }),
});
const Survey = z.object({ aggregations: z.looseObject({ first: Extent, last: Extent }) });

export interface Elasticsearch extends LogPages {
  /** Of all there is, or of a window. */
  survey(
    signal: AbortSignal,
    window?: TimeWindow,
  ): Promise<{
    readonly names: readonly { service: string; instance: string | null }[];
    readonly extent: TimeWindow | null;
  }>;
  /** Product and version. */
  about(signal: AbortSignal): Promise<string>;
}

/** A field as the index knows it: under which name it can be compared and counted. */
interface KnownField {
  readonly field: string;
  readonly exact: string | null;
}

type KnownFields = (names: readonly string[]) => KnownField[];

/** Elasticsearch and OpenSearch by their search API, read-only: nothing but searches, all of them JSON. */
export function elasticsearch(http: HttpClient, options: ElasticOptions): Elasticsearch {
  const { from, fields, pageSize } = options;
  const index = options.index.split(",").map(encodeURIComponent).join(",");
  const lenient = { ignore_unavailable: "true", allow_no_indices: "true" };

  let remembered: { readonly until: number; readonly known: KnownFields } | null = null;

  /** Fields change seldom, and one question asks for them many times. */
  async function knownFields(signal: AbortSignal): Promise<KnownFields> {
    if (remembered !== null && remembered.until > performance.now()) return remembered.known;
    const known = await askFields(signal);
    remembered = { until: performance.now() + fieldsMs, known };
    return known;
  }

  async function askFields(signal: AbortSignal): Promise<KnownFields> {
    const wanted = [...fields.time, ...fields.service, ...fields.instance, ...fields.level, ...fields.body];
    const names = [...new Set(wanted)].flatMap((field) => [field, `${field}.keyword`]).join(",");
    const path = `/${index}/_field_caps`;
    const query = { ...lenient, fields: names };
    const { fields: known } = await http.fetchJson({ path, query }, Caps, signal);
    const countable = (field: string) => Object.values(known[field] ?? {}).some((one) => one.aggregatable);
    const isField = (field: string) => Object.keys(known[field] ?? {}).some((type) => type !== "object");
    return (asked) =>
      asked.filter(isField).map((field) => {
        const exact = [field, `${field}.keyword`].find(countable) ?? null;
        return { field, exact };
      });
  }

  async function queryOf({ window, services, errors }: LogSelection, signal: AbortSignal) {
    const known = await knownFields(signal);
    const time = known(fields.time)[0]?.field ?? fields.time[0] ?? "@timestamp";
    const filter: object[] = [rangeOf(time, window), ...whereOf(options.selector)];
    const named = services === null ? [] : serviceFilter(known(fields.service), services);
    if (named.length > 0) filter.push({ bool: { should: named, minimum_should_match: 1 } });
    if (errors) filter.push(errorFilter(known(fields.level), known(fields.body)));
    return { time, query: { bool: { filter } } };
  }

  async function openPoint(signal: AbortSignal): Promise<Point> {
    const { version } = await http.fetchJson({ path: "/" }, Info, signal);
    const isOpenSearch = version.distribution === "opensearch";
    const path = isOpenSearch ? `/${index}/_search/point_in_time` : `/${index}/_pit`;
    const query = { keep_alive: keepAlive, ignore_unavailable: "true" };
    const answer = await http.fetch({ method: "POST", path, query, expect: [400, 404, 405] }, signal);
    const opened = Opened.safeParse(answer.status < 300 ? http.readJson(answer, z.unknown()) : null);
    const id = opened.data?.id ?? opened.data?.pit_id;
    if (id !== undefined) return { id, isOpenSearch };
    const message = `${from} is version ${version.number} and has no points in time. Reading logs page by page needs Elasticsearch 7.10 or OpenSearch 2.4.`;
    throw new BotError("source-invalid", message);
  }

  /** Best effort: the server forgets it on its own in two minutes. */
  async function closePoint({ id, isOpenSearch }: Point): Promise<void> {
    const path = isOpenSearch ? "/_search/point_in_time" : "/_pit";
    const json = isOpenSearch ? { pit_id: [id] } : { id };
    await http.fetch({ method: "DELETE", path, json }, AbortSignal.timeout(closeMs)).catch(() => {});
  }

  async function count(selection: LogSelection, signal: AbortSignal): Promise<number> {
    const { query } = await queryOf(selection, signal);
    const path = `/${index}/_count`;
    const { count } = await http.fetchJson({ path, query: lenient, json: { query } }, Count, signal);
    return count;
  }

  async function searchPage(path: string, json: object, signal: AbortSignal) {
    const query = path === "/_search" ? {} : lenient;
    const page = await http.fetchJson({ path, query, json }, Page, signal);
    const { hits } = page.hits;
    const lines = hits.flatMap((hit) => lineOf(hit._source, options));
    const nameless = hits.length - lines.length;
    return { hits, lines, nameless, gaps: partial(from, page), pit: page.pit_id ?? null };
  }

  const server: Elasticsearch = {
    count,

    async read(selection, signal, onPage) {
      const { time, query } = await queryOf(selection, signal);
      const search = { size: pageSize, query, track_total_hits: false };
      const sort = [{ [time]: { order: "asc" } }];
      const first = await searchPage(`/${index}/_search`, { ...search, sort }, signal);
      if (first.hits.length < pageSize) {
        if (first.lines.length > 0) onPage(first.lines);
        return [...first.gaps, ...namelessGap(from, first.nameless)];
      }
      const point = await openPoint(signal);
      // Elasticsearch breaks ties by itself in a point in time; OpenSearch does not, and knows no _shard_doc.
      const ties = point.isOpenSearch ? [{ _id: { order: "asc" } }] : [];
      let gaps: readonly Gap[] = [];
      let nameless = 0;
      let id = point.id;
      let after: readonly unknown[] | null = null;
      try {
        for (;;) {
          const page = await searchPage(
            "/_search",
            {
              ...search,
              sort: [...sort, ...ties],
              pit: { id, keep_alive: keepAlive },
              ...(after === null ? {} : { search_after: after }),
            },
            signal,
          );
          if (gaps.length === 0) gaps = page.gaps;
          nameless += page.nameless;
          const more = page.lines.length === 0 || onPage(page.lines);
          id = page.pit ?? id;
          after = page.hits[page.hits.length - 1]?.sort ?? null;
          if (!more || page.hits.length < pageSize || after === null) break;
        }
      } finally {
        await closePoint({ ...point, id });
      }
      return [...gaps, ...namelessGap(from, nameless)];
    },

    async services(window, signal) {
      return [...new Set((await server.survey(signal, window)).names.map(({ service }) => service))];
    },

    async survey(signal, window) {
      const known = await knownFields(signal);
      const time = known(fields.time)[0]?.field;
      if (time === undefined) return { names: [], extent: null };
      const instance = known(fields.instance).find(({ exact }) => exact !== null)?.exact ?? null;
      const services = known(fields.service).filter(({ exact }) => exact !== null);
      const path = `/${index}/_search`;
      const within = window === undefined ? [] : [rangeOf(time, window)];
      const body = {
        size: 0,
        query: { bool: { filter: [...within, ...whereOf(options.selector)] } },
        aggs: {
          first: { min: { field: time } },
          last: { max: { field: time } },
          ...Object.fromEntries(services.map((_, at) => [`names${at}`, nameSurvey(services, at, instance)])),
        },
      };
      const { aggregations } = await http.fetchJson({ path, query: lenient, json: body }, Survey, signal);
      const names: { service: string; instance: string | null }[] = [];
      services.forEach(({ field }, at) => {
        const found = Names.safeParse(aggregations[`names${at}`]);
        for (const bucket of found.data?.services.buckets ?? []) {
          const service = options.serviceOf(field, String(bucket.key));
          names.push({ service, instance: null });
          for (const { key } of bucket.instances?.buckets ?? [])
            names.push({ service, instance: String(key) });
        }
      });
      const [first, last] = [aggregations.first.value, aggregations.last.value];
      return { names, extent: first === null || last === null ? null : { start: first, end: last + 1 } };
    },

    async about(signal) {
      const { version } = await http.fetchJson({ path: "/" }, Info, signal);
      return `${version.distribution === "opensearch" ? "OpenSearch" : "Elasticsearch"} ${version.number}`;
    },
  };
  return server;
}

/** The names in one field, of documents that have none of the fields before it. */
function nameSurvey(services: readonly KnownField[], at: number, instance: string | null): object {
  const instances =
    instance === null ? {} : { aggs: { instances: { terms: { field: instance, size: mostNames } } } };
  const earlier = services.slice(0, at).map(({ field }) => ({ exists: { field } }));
  return {
    filter: { bool: { must_not: earlier } },
    aggs: { services: { terms: { field: services[at]?.exact, size: mostNames }, ...instances } },
  };
}

interface Point {
  readonly id: string;
  readonly isOpenSearch: boolean;
}

/** Times may be kept to the millisecond only: what comes is compared exactly afterwards. */
function rangeOf(time: string, { start, end }: TimeWindow): object {
  return { range: { [time]: { gte: Math.floor(start), lt: Math.ceil(end), format: "epoch_millis" } } };
}

function whereOf(selector: Selector): object[] {
  return Object.entries(selector).map(([field, value]) => {
    const values = typeof value === "string" ? [value] : value;
    const should = values.map((one) => ({ match_phrase: { [field]: one } }));
    return { bool: { should, minimum_should_match: 1 } };
  });
}

/** Documents of the services, and a few more: names that are made from a pod's are looked at when they come. */
function serviceFilter(known: readonly KnownField[], services: readonly string[]): object[] {
  return known.flatMap(({ field, exact }): object[] => {
    if (exact === null) return services.map((name) => ({ match_phrase: { [field]: name } }));
    const isPod = /pod[._]name$/.test(field);
    const pods = isPod ? services.map((name) => ({ prefix: { [exact]: { value: `${name}-` } } })) : [];
    return [{ terms: { [exact]: services } }, ...pods];
  });
}

function errorFilter(levels: readonly KnownField[], bodies: readonly KnownField[]): object {
  const should = [
    ...levels.map(({ field }) => ({ match: { [field]: errorLevels.join(" ") } })),
    ...levels.flatMap(({ exact }) => (exact === null ? [] : [{ terms: { [exact]: variants(errorLevels) } }])),
    ...bodies.map(({ field }) => ({ match: { [field]: errorWords } })),
  ];
  return { bool: { should, minimum_should_match: 1 } };
}

function variants(words: readonly string[]): string[] {
  return words.flatMap((word) => [word, word.toUpperCase(), word.charAt(0).toUpperCase() + word.slice(1)]);
}

function partial(from: string, { timed_out, _shards }: z.infer<typeof Page>): Gap[] {
  const failed = _shards?.failed ?? 0;
  if (failed === 0 && timed_out !== true) return [];
  const why = failed > 0 ? `${failed} of its shards failed` : "its search timed out";
  return [{ from, reason: "truncated", detail: `${from} gave only a part of the log lines: ${why}.` }];
}

function namelessGap(from: string, nameless: number): Gap[] {
  if (nameless === 0) return [];
  const detail = `${nameless.toLocaleString("en")} log lines have no time or name no service in the fields that are looked at.`;
  return [{ from, reason: "broken-rows", detail }];
}

/** Nothing where a document has no time or names no service. */
function lineOf(source: unknown, { fields, serviceOf }: ElasticOptions): LogLine[] {
  const value = (names: readonly string[]) => firstOf(names, (name) => fieldOf(source, name));
  const t = timeOf(value(fields.time));
  const named = fields.service.find((name) => (fieldOf(source, name) ?? "") !== "");
  if (t === null || named === undefined) return [];
  return [
    {
      t,
      service: serviceOf(named, fieldOf(source, named) ?? ""),
      instance: value(fields.instance),
      level: value(fields.level),
      body: value(fields.body) ?? "",
      traceId: value(fields.traceId),
      spanId: value(fields.spanId),
    },
  ];
}

/** ISO 8601 with up to nanoseconds, of which microseconds are kept, or a number of milliseconds. */
function timeOf(text: string | null): number | null {
  if (text === null) return null;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const fraction = /[T ]\d\d:\d\d:\d\d[.,](\d+)/.exec(text)?.[1] ?? "";
  const t = Date.parse(text);
  return Number.isNaN(t) ? null : Math.floor(t) + Number(`0.${fraction.slice(3, 6) || "0"}`);
}
