import { distance } from "fastest-levenshtein";
import type { UnknownService } from "../types.ts";
import { ordinaryNames, ordinaryWords, verbsOfNames } from "./ordinary-words.ts";
import { serviceRoles } from "./service-roles.ts";
import { serviceMark } from "./time-token.ts";
import { readTokens } from "./time-tokens.ts";

export interface ServiceMentions {
  readonly services: readonly string[];
  readonly unknownServices: readonly UnknownService[];
  readonly notes: readonly string[];
  /** The text with each name made one mark, so that no part of a name is read as a time. */
  readonly masked: string;
}

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
}

type Match =
  | { readonly kind: "known"; readonly name: string; readonly guessed: boolean }
  | { readonly kind: "unknown"; readonly nearest: readonly string[] };

const nearestCount = 5;
/** Nothing deployed has a longer name (a Kubernetes name ends at 63 letters; some have a namespace). */
const longestName = 130;
const suffixes = new Set(["service", "services", "svc", "srv", "microservice", "dienst", "服务", "サービス"]);
const mentionEnds = new Set([
  ...suffixes,
  "pod",
  "pods",
  "container",
  "containers",
  "instance",
  "instances",
  "deployment",
]);
/** Parts of a name that tell it from no other: dropped for "travel service" = ts-travel-service. */
const emptyParts = new Set(["ts", "service", "svc", "srv", "microservice"]);
const leads = new Set(
  "in on with for from at of inside within bei mit von fur für im auf en dans sur avec con para de at affecting between about check only and und et y is was are were did does has why has isn't wasn't isnt both or hit hits was ist war".split(
    " ",
  ),
);
const trails = new Set(
  "is was slow down failing fails failed fail broken broke crash crashed crashes crashing died dies has keeps errors error latency timeouts timeout timing unavailable unhealthy restarted restarting again since last past over yesterday today between ist war".split(
    " ",
  ),
);
const spoiled = new Set(
  "of limit limits limiting experience reports report complaints complaint complains requests request sessions session traffic space per results page picture account accounts id ids data input base count".split(
    " ",
  ),
);
const spoilers = new Set(
  "error failure success request hit miss click conversion sampling the a an each every per our my their this that any no one same high low growth refresh frame drop to please can you we i let's".split(
    " ",
  ),
);
const faultWords =
  /^(?:broke|broken|break|breaks|fail\w{0,4}|failure|failures|wrong|errors?|happen\w{0,4}|issues?|problems?|slow|slowness|down|off|matter|los|kaputt|passiert|fehler|crash\w{0,4}|outage|incident|latency|anomal\w{0,4}|odd|weird|up)$/;

const key = (name: string) => name.toLowerCase().replace(/[-_.\s/]/g, "");
const aliasOf = (name: string) =>
  name
    .toLowerCase()
    .split(/[-_.\s/]/)
    .filter((part) => !emptyParts.has(part))
    .join("");

/**
 * Finds the inventory's services in a cleaned text: exact, then without case, hyphens and "service", then by
 * a distance of at most two letters. The longest name wins, so `mongodb-geo` is never `geo`. A word that is
 * also an ordinary one ("rate", "user") counts only where the sentence uses it as a name.
 *
 * Shape:  `services` in order of mention, each once.
 * Source: ALGORITHMS.md section 9, Filter 1.
 */
export function readServiceNames(text: string, serviceNames: readonly string[]): ServiceMentions {
  const lookup = lookupOf(serviceNames);
  const words = wordsOf(text);
  const services = new Set<string>();
  const unknown = new Map<string, readonly string[]>();
  const notes: string[] = [];
  let masked = "";
  let copied = 0;
  for (let at = 0; at < words.length; ) {
    const found = matchAt(text, words, at, lookup);
    if (found === null) {
      at += 1;
      continue;
    }
    const first = words[at];
    const last = words[at + found.count - 1];
    if (first === undefined || last === undefined) break;
    const mentioned = text.slice(first.start, last.end);
    if (found.match.kind === "known") {
      services.add(found.match.name);
      if (found.match.guessed) notes.push(`"${mentioned}" was read as the service ${found.match.name}.`);
    } else unknown.set(mentioned, found.match.nearest);
    masked += text.slice(copied, first.start) + serviceMark;
    copied = last.end;
    at += found.count;
  }
  return {
    services: [...services],
    unknownServices: [...unknown].map(([mentioned, nearest]) => ({ mentioned, nearest })),
    notes,
    masked: (masked + text.slice(copied)).replaceAll("`", " "),
  };
}

interface Lookup {
  readonly names: readonly string[];
  readonly exact: ReadonlySet<string>;
  readonly byKey: ReadonlyMap<string, readonly string[]>;
  readonly byAlias: ReadonlyMap<string, readonly string[]>;
  readonly heads: ReadonlySet<string>;
}

function lookupOf(names: readonly string[]): Lookup {
  const group = (of: (name: string) => string) => {
    const groups = new Map<string, string[]>();
    for (const name of names) groups.set(of(name), [...(groups.get(of(name)) ?? []), name]);
    groups.delete("");
    return groups;
  };
  const heads = names
    .map((name) => name.toLowerCase().split(/[-_.]/))
    .filter((parts) => parts.length > 1)
    .map((parts) => parts[0] ?? "");
  return { names, exact: new Set(names), byKey: group(key), byAlias: group(aliasOf), heads: new Set(heads) };
}

/** Runs of Latin letters and digits, hyphens and dots inside them, so that CJK text around a name ends it. */
function wordsOf(text: string): readonly Word[] {
  const pattern = /[\p{Script=Latin}\d]+(?:[-_./'’][\p{Script=Latin}\d]+)*|[,;:?!()]|服务|サービス/gu;
  const words: Word[] = [];
  for (const found of text.matchAll(pattern)) {
    const written = found[0].replace(/['’]s$/, "");
    const end = found.index + written.length;
    words.push({
      text: written,
      start: found.index,
      end,
      quoted: text[found.index - 1] === "`" && text[end] === "`",
    });
  }
  return words;
}

interface MatchAt {
  readonly match: Match;
  readonly count: number;
}

function matchAt(text: string, words: readonly Word[], at: number, lookup: Lookup): MatchAt | null {
  for (let count = Math.min(4, words.length - at); count >= 2; count -= 1) {
    const run = words.slice(at, at + count);
    if (!adjacent(text, run) || run.some((word) => word.text.length > longestName)) continue;
    const joined = run.map((word) => word.text).join("-");
    const whole = single(lookup.byKey.get(key(joined)));
    if (whole !== null) return { match: whole, count };
    const ending = run.at(-1)?.text.toLowerCase() ?? "";
    const alias = suffixes.has(ending) ? lookup.byAlias.get(aliasOf(joined)) : undefined;
    if (alias !== undefined)
      return { match: single(alias) ?? { kind: "unknown", nearest: alias.slice(0, nearestCount) }, count };
  }
  const store = matchStore(text, words, at, lookup);
  if (store !== null) return store;
  const match = matchWord(words, at, lookup);
  return match === null ? null : { match, count: 1 };
}

/** "mongodb for geo", "the geo service's database", "db-geo": what a service keeps its data in. */
function matchStore(text: string, words: readonly Word[], at: number, lookup: Lookup): MatchAt | null {
  const run = words.slice(at, at + 5);
  const between = (index: number) => text.slice(run[index]?.end, run[index + 1]?.start);
  const blanks = run.findIndex((_word, index) => !/^(?:['’]s)?[ \t]$/.test(between(index)));
  const near = run.slice(0, blanks === -1 ? run.length : blanks + 1).map((word) => word.text.toLowerCase());
  const [first = "", second = ""] = near;
  const parts = first.split(/[-_]/);
  if (parts.length === 2)
    return (
      storeOf(parts[0] ?? "", parts[1] ?? "", 1, lookup) ?? storeOf(parts[1] ?? "", parts[0] ?? "", 1, lookup)
    );
  const suffixed = near.length > 2 && suffixes.has(second) ? 1 : 0;
  const owned = near[1 + suffixed];
  const found = owned === undefined ? null : storeOf(first, owned, 2 + suffixed, lookup);
  if (found !== null) return found;
  if (!/^(?:for|of|behind|für|von|de|para)$/.test(second)) return null;
  const article = /^(?:the|la|le|el|den|der|dem)$/.test(near[2] ?? "") ? 1 : 0;
  return storeOf(near[2 + article] ?? "", first, 3 + article, lookup);
}

/** The one service of that kind whose name has the owner's in it. */
function storeOf(owner: string, role: string, count: number, lookup: Lookup): MatchAt | null {
  const meant = serviceRoles.find(({ called }) => called.exec(role)?.[0] === role);
  if (meant === undefined || single(lookup.byKey.get(key(owner))) === null) return null;
  const stores = lookup.names.filter(
    (name) => meant.named.test(name) && name.toLowerCase().split(/[-_.]/).includes(owner),
  );
  const match = single(stores);
  return match === null ? null : { match, count };
}

function adjacent(text: string, run: readonly Word[]): boolean {
  return run.every((word, index) => {
    const next = run[index + 1];
    return (
      /^[\p{L}\d]/u.test(word.text) &&
      (next === undefined || /^[ \t_-]?$/.test(text.slice(word.end, next.start)))
    );
  });
}

function single(names: readonly string[] | undefined): Match | null {
  const name = names?.[0];
  return name === undefined || names?.length !== 1 ? null : { kind: "known", name, guessed: false };
}

function matchWord(words: readonly Word[], at: number, lookup: Lookup): Match | null {
  const word = words[at];
  if (word === undefined || word.text.length > longestName || !/\p{L}/u.test(word.text)) return null;
  const lower = word.text.toLowerCase();
  const before = words[at - 1]?.text.toLowerCase() ?? null;
  const after = words[at + 1]?.text.toLowerCase() ?? null;
  const named = word.quoted || (after !== null && mentionEnds.has(after));
  const exact = lookup.exact.has(word.text)
    ? ({ kind: "known", name: word.text, guessed: false } as const)
    : single(lookup.byKey.get(key(word.text)));
  if (exact !== null) {
    if (named || !ordinaryNames.has(lower)) return exact;
    if (before === "to" && lookup.exact.has(words[at - 2]?.text ?? "")) return exact;
    return isUsedAsName(lower, before, after, lookup) ? exact : null;
  }
  const plural = lower.endsWith("s") ? single(lookup.byKey.get(key(lower.slice(0, -1)))) : null;
  if (
    plural !== null &&
    plural.kind === "known" &&
    !ordinaryNames.has(lower.slice(0, -1)) &&
    lower.length > 3
  )
    return plural;
  const isTime = readTokens(word.text)[0]?.kind !== "word";
  if (isTime && !word.quoted) return null;
  const compound = /[-_]/.test(word.text);
  const opens = before === null && after !== null && trails.has(after);
  const placed = opens || (before !== null && leads.has(before));
  if (ordinaryWords.has(lower) || mentionEnds.has(lower)) return null;
  const alias = single(lookup.byAlias.get(aliasOf(word.text)));
  if (
    alias !== null &&
    (named ||
      compound ||
      (placed && before !== "and" && before !== "of" && !(after !== null && spoiled.has(after))))
  )
    return alias;
  if (lower.length < 3 || /^[\d.]+$/.test(lower) || /\d{3}/.test(lower)) return null;
  const looksNamed = named || compound;
  const inFault = placed && isFaultAbout(words, at);
  if (!looksNamed && !placed) return null;
  const near = nearNames(lower, lookup, looksNamed);
  if (near.length === 1 && near[0] !== undefined) return { kind: "known", name: near[0], guessed: true };
  if (near.length > 1) return { kind: "unknown", nearest: near.slice(0, nearestCount) };
  const clearlyNamed = word.quoted
    ? /^[\p{L}][\p{L}\d._-]{2,60}$/u.test(word.text)
    : named || (compound && looksLikeInventory(lower, lookup)) || (inFault && endsMention(words, at));
  return clearlyNamed && lookup.names.length > 0
    ? { kind: "unknown", nearest: nearestNames(lower, lookup.names) }
    : null;
}

function isUsedAsName(lower: string, before: string | null, after: string | null, lookup: Lookup): boolean {
  if (after !== null && spoiled.has(after)) return false;
  const verb =
    verbsOfNames.has(lower) && after !== null && /^(?:for|through|the|my|our|logs?|in|all|me)$/.test(after);
  if (before === null) return !verb;
  if (verb && (after === "for" || after === "through")) return false;
  if (spoilers.has(before)) return false;
  if (/^[,;:(]$/.test(before) || leads.has(before)) return true;
  if (lookup.byKey.has(key(before))) return true;
  return after === null ? /^(?:affect|affected|blame|broke|break)$/.test(before) : trails.has(after);
}

/** "what broke in X", "errors with X": the word after the preposition is what the fault is about. */
function isFaultAbout(words: readonly Word[], at: number): boolean {
  const lead = words[at - 1]?.text.toLowerCase() ?? "";
  const fault = words[at - 2]?.text.toLowerCase() ?? "";
  if (!/^(?:in|with|on|of|at|inside|bei|mit|im|en|dans|con)$/.test(lead)) return false;
  return faultWords.test(fault) || (fault === "on" && words[at - 3]?.text.toLowerCase() === "going");
}

function endsMention(words: readonly Word[], at: number): boolean {
  const after = words[at + 1]?.text;
  if (after === undefined || /^[,;:?!()]$/.test(after)) return true;
  const lower = after.toLowerCase();
  if (leads.has(lower) || trails.has(lower)) return true;
  return readTokens(after)[0]?.kind !== "word";
}

/** A hyphenated word of the inventory's kind: "mongodb-xyz" beside "mongodb-geo", or "…-service". */
function looksLikeInventory(lower: string, lookup: Lookup): boolean {
  const parts = lower.split(/[-_]/);
  return lookup.heads.has(parts[0] ?? "") || suffixes.has(parts.at(-1) ?? "");
}

function nearNames(lower: string, lookup: Lookup, looksNamed: boolean): readonly string[] {
  const wanted = key(lower);
  let best = wanted.length <= 4 ? 1 : 2;
  let near: string[] = [];
  for (const name of lookup.names) {
    const known = key(name);
    if (ordinaryNames.has(known) && !looksNamed && (known.length < 6 || wanted === `${known}s`)) continue;
    if (known.length <= 2 || Math.abs(known.length - wanted.length) > best) continue;
    if (/[-_]/.test(name) && /[-_]/.test(lower) && differsInHead(name.toLowerCase(), lower)) continue;
    const apart = isSwap(wanted, known) ? 1 : distance(wanted, known);
    if (apart > best || (known.length <= 4 && apart > 1)) continue;
    if (apart < best) near = [];
    best = apart;
    near.push(name);
  }
  return near;
}

/** Numbered siblings ("ts-travel2-service") and short parts are other services, not spelling mistakes. */
function differsInHead(name: string, written: string): boolean {
  const digits = (text: string) => text.replace(/\D/g, "");
  return digits(name) !== digits(written);
}

function isSwap(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  const at = [...a].findIndex((letter, index) => letter !== b[index]);
  return at >= 0 && a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}

function nearestNames(lower: string, names: readonly string[]): readonly string[] {
  const wanted = aliasOf(lower) || key(lower);
  const apart = (name: string) => {
    const alias = aliasOf(name) || key(name);
    return (
      distance(wanted, alias) - (alias.includes(wanted) || wanted.includes(alias) ? wanted.length / 2 : 0)
    );
  };
  return names
    .map((name) => ({ name, apart: apart(name) }))
    .sort((a, b) => a.apart - b.apart || (a.name < b.name ? -1 : 1))
    .slice(0, nearestCount)
    .map(({ name }) => name);
}
