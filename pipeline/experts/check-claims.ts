import type { Sign } from "./case-facts.ts";
import { type Claim, claimsIn, type Side } from "./claims.ts";
import { type EvidenceBook, reaches } from "./evidence-book.ts";
import { markedNames } from "./names-said.ts";

/** Starts nearer than this may be told apart by how often each is sampled, and by nothing else. */
const sameTimeMs = 60_000;
/** "Twice" is said of 1.7 times and of 2.3 times. */
const looseRatio = 0.15;

/**
 * What a sentence says of how things hang together that the case contradicts, or does not hold: who caused what,
 * who waits for whom, what came first, what people said, what is normal, which way a metric went, how many, what is
 * worst. Null where it claims nothing of the kind, or what it claims is so.
 *
 * Causes must be abnormal, and reach what they are said to have caused: through calls from the effect to the cause, or
 * the other way where the cause is ranked higher; and they may not begin clearly later.
 */
export function claimProblem(text: string, book: EvidenceBook, shown: ReadonlySet<string>): string | null {
  const signs = book.facts.signs.filter(({ id }) => shown.has(id));
  for (const claim of claimsIn(marked(text, book))) {
    const problem = problemOf(claim, { book, signs });
    if (problem !== null) return problem;
  }
  return null;
}

interface Case {
  readonly book: EvidenceBook;
  /** What was shown to who says it. */
  readonly signs: readonly Sign[];
}

const quoted = /"[^"]*"|“[^”]*”|`[^`]*`/g;

/** Instances count for their services; what is quoted is not said. */
function marked(text: string, book: EvidenceBook): string {
  const { facts, services } = book;
  const serviceOf = new Map(
    [...facts.instances].flatMap(([service, instances]) =>
      [...instances].map((one) => [one, service] as const),
    ),
  );
  const metrics = new Set(facts.signs.flatMap(({ metric }) => metric ?? []));
  return markedNames(text.replace(quoted, " ").replaceAll(/[<>[\]]/g, " "), book, (name) => {
    const service = services.has(name) ? name : serviceOf.get(name);
    if (service !== undefined) return `<${service}>`;
    return metrics.has(name) ? `[${name}]` : null;
  });
}

function problemOf(claim: Claim, file: Case): string | null {
  switch (claim.kind) {
    case "causes":
      return pairProblem(claim, file, isCause, "caused");
    case "waits":
      return pairProblem(claim, file, (from, to, { book }) => reaches(from, to, book), "waits for");
    case "before":
      return pairProblem(claim, file, isBefore, "came before");
    case "first":
    case "last":
      return extremeProblem(claim, file);
    case "ranked":
      return rankProblem(claim, file);
    case "people-said":
      return hearsayProblem(claim.about, file);
    case "earlier":
      return earlierProblem(claim.about, file);
    case "normal":
      return normalProblem(claim, file);
    case "no-cause":
      return only(claim.about, (service) => file.book.facts.ranks.get(service) !== 1, "clears");
    case "only":
      return onlyProblem(claim, file);
    case "moved":
      return movedProblem(claim, file);
    case "count":
      return countProblem(claim, file);
    case "ratio":
      return ratioProblem(claim, file);
    case "strongest":
      return strongestProblem(claim, file);
  }
}

function only(side: Side, holds: (service: string) => boolean, verb: string): string | null {
  const wrong = side.services.find((service) => !holds(service));
  return wrong === undefined ? null : `${verb} ${wrong}`;
}

/** A relation must hold between every two that are named; one that is denied, between none. */
function pairProblem(
  { from, to, isDenied }: { readonly from: Side; readonly to: Side; readonly isDenied: boolean },
  file: Case,
  holds: (from: string, to: string, file: Case, metrics: readonly [string | null, string | null]) => boolean,
  words: string,
): string | null {
  const metrics = [from.metrics[0] ?? null, to.metrics[0] ?? null] as const;
  for (const one of servicesOf(from, file)) {
    for (const other of servicesOf(to, file)) {
      // "whether it runs before restarting it" tells of one thing.
      if (one === other && metrics[0] === metrics[1]) continue;
      if (holds(one, other, file, metrics) === isDenied) {
        return `says that ${one} ${isDenied ? "not " : ""}${words} ${other}`;
      }
    }
  }
  return null;
}

/** Where only a metric is named, the services in which it is abnormal, if that is one. */
function servicesOf({ services, metrics }: Side, { book }: Case): readonly string[] {
  if (services.length > 0) return services;
  const own = book.facts.signs.filter(({ metric }) => metric !== null && metrics.includes(metric));
  const found = [...new Set(own.map(({ service }) => service))];
  return found.length === 1 ? found : [];
}

function isCause(
  from: string,
  to: string,
  file: Case,
  metrics: readonly [string | null, string | null],
): boolean {
  const { book } = file;
  if (from === to) return isBeforeOrAtOnce(from, to, file, metrics);
  if (!isAbnormal(from, book)) return false;
  const isFelt = reaches(to, from, book);
  const isPushed = reaches(from, to, book) && outranks(from, to, book);
  return (isFelt || isPushed) && isBeforeOrAtOnce(from, to, file, [null, null]);
}

function isAbnormal(service: string, { facts }: EvidenceBook): boolean {
  return facts.ranks.has(service) || facts.signs.some((sign) => sign.service === service);
}

function outranks(one: string, other: string, { facts: { ranks } }: EvidenceBook): boolean {
  return (ranks.get(one) ?? Number.POSITIVE_INFINITY) < (ranks.get(other) ?? Number.POSITIVE_INFINITY);
}

function onset(service: string, { signs }: Case, metric: string | null = null): number | null {
  const own = signs.filter(
    (sign) => sign.service === service && sign.tellsMoment && (metric === null || sign.metric === metric),
  );
  return own.length === 0 ? null : Math.min(...own.map(({ start }) => start));
}

function isBeforeOrAtOnce(
  from: string,
  to: string,
  file: Case,
  [first, second]: readonly [string | null, string | null],
): boolean {
  const [one, other] = [onset(from, file, first), onset(to, file, second)];
  return one === null || other === null || one - other <= sameTimeMs;
}

function isBefore(
  from: string,
  to: string,
  file: Case,
  [first, second]: readonly [string | null, string | null],
): boolean {
  const [one, other] = [onset(from, file, first), onset(to, file, second)];
  // What is not abnormal began nowhere.
  return one !== null && other !== null && one < other;
}

function extremeProblem(
  { kind, about, modality }: Extract<Claim, { kind: "first" | "last" }>,
  file: Case,
): string | null {
  const signs = file.signs.filter(
    (sign) => sign.tellsMoment && (modality === null || sign.modality === modality),
  );
  const metric = about.metrics[0] ?? null;
  const isAbout = (sign: Sign) =>
    (about.services.length === 0 || about.services.includes(sign.service)) &&
    (metric === null || sign.metric === metric);
  const own = signs.filter(isAbout).map(({ start }) => start);
  const all = signs.map(({ start }) => start);
  if (own.length === 0) return `says what came ${kind}`;
  const holds =
    kind === "first" ? Math.min(...own) <= Math.min(...all) : Math.max(...own) >= Math.max(...all);
  return holds ? null : `says that ${about.services[0] ?? metric} came ${kind}`;
}

function rankProblem(
  { about, place, by }: Extract<Claim, { kind: "ranked" }>,
  { book: { facts } }: Case,
): string | null {
  const [service] = about.services;
  if (service === undefined) return null;
  const first = by === null ? undefined : facts.firsts.get(by);
  if (first !== undefined) {
    return (first === service) === (place === 1) ? null : `says that ${by} ranks ${service} ${place}`;
  }
  return facts.ranks.get(service) === place ? null : `says that ${service} is ranked ${place}`;
}

function hearsayProblem(about: Side, { book: { facts } }: Case): string | null {
  const said = new Set([...facts.confirmed.values()].flatMap((one) => one ?? []));
  if (said.size === 0) return "says what people said";
  return about.services.length === 0
    ? null
    : only(about, (service) => said.has(service), "says that people named");
}

function earlierProblem(about: Side, { book }: Case): string | null {
  const earlier = [...book.items.values()].filter(({ id }) => id.startsWith("earlier-"));
  const isOne = about.services.some((service) => earlier.some(({ names }) => names.has(service)));
  return isOne ? null : `says that an earlier incident was in ${about.services[0]}`;
}

/** "The memory of <geo> is normal" is about its memory; "<geo> is normal" about all of it. */
function normalProblem({ about, words }: Extract<Claim, { kind: "normal" }>, { book }: Case): string | null {
  const isPart = /\b(?:of|for|in) (?:the )?<[^<>]+>[^<]*$|<[^<>]+>(?:['’]s)? [a-z[]/.test(words);
  return only(
    about,
    (service) =>
      !book.facts.signs.some(
        (sign) => sign.service === service && (!isPart || (sign.metric !== null && isMeant(sign, words))),
      ),
    "calls normal",
  );
}

function onlyProblem({ about, words }: Extract<Claim, { kind: "only" }>, { book }: Case): string | null {
  const modality = /\blog/.test(words) ? "log" : /\btrace|\brequest/.test(words) ? "trace" : null;
  const others = book.facts.signs.filter(
    ({ service, modality: own }) =>
      !about.services.includes(service) && (modality === null || own === modality),
  );
  return others.length === 0 ? null : `says that only ${about.services[0]} shows it`;
}

function movedProblem(
  { about, direction, words, isDenied }: Extract<Claim, { kind: "moved" }>,
  { book }: Case,
): string | null {
  const own = book.facts.signs.filter(
    ({ service, metric, measures, direction: moved }) =>
      moved !== null &&
      metric !== null &&
      (about.services.length === 0 || about.services.includes(service)) &&
      (about.metrics.length > 0 ? about.metrics.includes(metric) : isMeant({ metric, measures }, words)),
  );
  if (own.length === 0) return null;
  const isSo = own.some(({ direction: moved }) => moved === direction);
  return isSo === isDenied ? `says that it ${isDenied ? "did not go" : "went"} ${direction}` : null;
}

/** How sentences call what metrics measure, beside the words of their names. */
const measureWords: Readonly<Record<string, RegExp>> = {
  latency: /\b(?:latency|latencies|delay|duration|response times?)\b/,
  traffic: /\b(?:traffic|throughput|load|requests|request rate)\b/,
  workload: /\b(?:traffic|throughput|load|requests|request rate)\b/,
  errors: /\b(?:errors?|failures?|error rate)\b/,
  memory: /\b(?:memory|heap)\b/,
  cpu: /\b(?:cpu|processor)\b/,
};

/** "cpu" of "cpu_usage(%)" stands in the words, or what it measures does. */
function isMeant({ metric, measures }: Pick<Sign, "metric" | "measures">, words: string): boolean {
  const said = words.replaceAll(/<[^<>]*>/g, " ");
  const parts = (metric ?? "").split(/[^a-z]+/).filter((part) => part.length > 2);
  return (
    parts.some((part) => new RegExp(`\\b${part}\\b`).test(said)) ||
    measureWords[measures ?? ""]?.test(said) === true
  );
}

function countProblem(
  { about, count, noun }: Extract<Claim, { kind: "count" }>,
  { book, signs }: Case,
): string | null {
  const [service] = about.services;
  const { facts, services, calls } = book;
  const problem = `says ${count === 0 ? "no" : count} ${noun}`;
  const abnormal = new Set(facts.signs.map((sign) => sign.service));
  switch (noun) {
    case "instances": {
      const own = facts.signs.filter((sign) => service === undefined || sign.service === service);
      const ill = new Set(own.flatMap(({ instance }) => instance ?? []));
      const known =
        service === undefined ? new Set<string>() : (facts.instances.get(service) ?? new Set<string>());
      if (count === "all") return known.size > 1 && [...known].every((one) => ill.has(one)) ? null : problem;
      return count === ill.size || (count > 0 && count === known.size) ? null : problem;
    }
    case "services":
      if (count === "all") return abnormal.size >= services.size ? null : problem;
      return [
        services.size,
        abnormal.size,
        new Set(signs.map((sign) => sign.service)).size,
        about.services.length,
      ].includes(count)
        ? null
        : problem;
    case "methods": {
      const agreeing = [...facts.firsts.values()].filter((first) => first === service).length;
      return (
        count === "all"
          ? agreeing === facts.firsts.size
          : count === agreeing || count === facts.firsts.size
      )
        ? null
        : problem;
    }
    case "callers": {
      const callers = [...calls].flatMap((call) =>
        call.endsWith(` ${service}`) ? [call.split(" ")[0] ?? ""] : [],
      );
      if (count === "all")
        return callers.length > 0 && callers.every((one) => abnormal.has(one)) ? null : problem;
      return count === callers.length || count === callers.filter((one) => abnormal.has(one)).length
        ? null
        : problem;
    }
    case "requests":
      // How many there were in all is in no evidence.
      return count === "all" || count === 0 ? problem : null;
  }
}

/** "Doubled" of what shared evidence says is about twice as much; "twice" also of lines that were logged twice. */
function ratioProblem(
  { about, value }: Extract<Claim, { kind: "ratio" }>,
  { book, signs }: Case,
): string | null {
  const own = signs.filter(({ service }) => about.services.length === 0 || about.services.includes(service));
  const holds = own.some(({ id, modality }) =>
    book.items
      .get(id)
      ?.quantities.some(
        (one) =>
          (one.unit === "ratio" && Math.abs(one.value - value) <= looseRatio * value) ||
          (modality === "log" && one.unit === null && one.value === value),
      ),
  );
  return holds ? null : `says ${value} times`;
}

function strongestProblem(
  { about, of }: Extract<Claim, { kind: "strongest" }>,
  { book }: Case,
): string | null {
  const { signs, ranks } = book.facts;
  const [service] = about.services;
  if (service === undefined) return null;
  if (of === "rank") return ranks.get(service) === 1 ? null : `calls ${service} the strongest suspect`;
  const [named] = about.metrics;
  const same = named === undefined ? signs : signs.filter(({ metric }) => metric === named);
  const size = ({ peak, severity }: Sign) => (named === undefined ? severity : (peak ?? severity));
  const own = same.filter((sign) => sign.service === service).map(size);
  if (own.length === 0) return `says what is ${of} in ${service}`;
  const all = same.map(size);
  const holds = of === "most" ? Math.max(...own) >= Math.max(...all) : Math.min(...own) <= Math.min(...all);
  return holds || (named === undefined && of === "most" && ranks.get(service) === 1)
    ? null
    : `says what is ${of} in ${service}`;
}
