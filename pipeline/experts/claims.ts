import {
  aloneWords,
  counted,
  denial,
  earlierWords,
  extremes,
  fall,
  goesOn,
  hearsayWords,
  leastWords,
  modalityWords,
  mostWords,
  noAnomaly,
  noCause,
  normal,
  numberWords,
  originates,
  places,
  rankedWords,
  ratios,
  relations,
  rise,
  spreads,
} from "./claim-patterns.ts";

/**
 * The relations that an English sentence claims between services, by patterns. Names are marked before: "<geo>" is
 * a service (or an instance of it), "[cpu_usage]" a metric. What no pattern fits claims nothing here.
 */
export type Claim =
  | { readonly kind: "causes"; readonly from: Side; readonly to: Side; readonly isDenied: boolean }
  | { readonly kind: "waits"; readonly from: Side; readonly to: Side; readonly isDenied: boolean }
  | { readonly kind: "before"; readonly from: Side; readonly to: Side; readonly isDenied: boolean }
  | { readonly kind: "first" | "last"; readonly about: Side; readonly modality: string | null }
  | { readonly kind: "ranked"; readonly about: Side; readonly place: number; readonly by: string | null }
  | { readonly kind: "people-said"; readonly about: Side }
  | { readonly kind: "earlier"; readonly about: Side }
  | { readonly kind: "normal"; readonly about: Side; readonly words: string }
  | { readonly kind: "no-cause"; readonly about: Side }
  | { readonly kind: "only"; readonly about: Side; readonly words: string }
  | {
      readonly kind: "moved";
      readonly about: Side;
      readonly direction: "up" | "down";
      readonly words: string;
      readonly isDenied: boolean;
    }
  | { readonly kind: "count"; readonly about: Side; readonly count: number | "all"; readonly noun: CountNoun }
  | { readonly kind: "ratio"; readonly about: Side; readonly value: number }
  | { readonly kind: "strongest"; readonly about: Side; readonly of: "rank" | "most" | "least" };

/** Who stands on one side of a relation. */
export interface Side {
  readonly services: readonly string[];
  readonly metrics: readonly string[];
}
export type CountNoun = "instances" | "services" | "methods" | "callers" | "requests";

const name = /<([^<>]+)>/g;
const metric = /\[([^[\]]+)\]/g;
/** "<geo>", "<geo> and <rate>", "<geo>, <rate> and <search>". */
const group = "<[^<>]+>(?:(?:,| and| or|, and|, or) (?:the )?<[^<>]+>)*";
const firstGroup = new RegExp(group);
const everyGroup = new RegExp(group, "g");

/** All claims of a sentence whose names are marked. Words of others in it were taken out before. */
export function claimsIn(marked: string): Claim[] {
  const clauses = marked
    .toLowerCase()
    .split(/;|:\s|\bwhile\b|\bwhereas\b|\bbut\b|\balthough\b|\bthough\b/)
    .filter((clause) => clause.trim() !== "");
  // Without a name only hearsay and counts claim anything.
  if (!/[<[]/.test(marked)) return clauses.flatMap((clause) => [...hearsayIn(clause), ...countsIn(clause)]);
  return clauses.flatMap((clause) => [
    ...relationsIn(clause),
    ...placesIn(clause),
    ...hearsayIn(clause),
    ...statesIn(clause),
    ...countsIn(clause),
  ]);
}

function relationsIn(clause: string): Claim[] {
  const turnedRound = leading(clause) ?? spreading(clause);
  if (turnedRound !== null) return [turnedRound];
  const claims: Claim[] = [];
  let rest = clause;
  for (const { kind, turned, words } of relations) {
    for (const found of rest.matchAll(words)) {
      const before = rest.slice(0, found.index);
      const after = rest.slice(found.index + found[0].length);
      const near = nearestBefore(before);
      const far = nearestAfter(after);
      if (near === null || far === null || (!turned && goesOn.test(after))) continue;
      const isDenied = denial.test(before.split(/[,<>]/).at(-1) ?? "");
      claims.push({ kind, from: turned ? far : near, to: turned ? near : far, isDenied });
    }
    // "is caused by" is not read again as "caused".
    rest = rest.replace(words, (found) => " ".repeat(found.length));
  }
  return claims;
}

/** "Because geo failed, search is slow", "After geo failed, …", "Before geo failed, …". */
function leading(clause: string): Claim | null {
  const [, word = "", first = "", second = ""] =
    /^\s*(because of|because|since|as|due to|owing to|after|once|when|before)\b([^,]*),(.*)$/.exec(clause) ??
    [];
  const near = sideOf(firstGroup.exec(first)?.[0] ?? "");
  const far = sideOf(firstGroup.exec(second)?.[0] ?? "");
  // "Since search calls geo, …" says why, and no cause.
  const isOne = near.services.length > 0 && sideOf(first).services.length === near.services.length;
  if (word === "" || !isOne || far.services.length === 0) return null;
  const isTime = /^(after|once|when|before)$/.test(word);
  const isTurned = word === "before";
  return {
    kind: isTime ? "before" : "causes",
    from: isTurned ? far : near,
    to: isTurned ? near : far,
    isDenied: false,
  };
}

/** "The failure spread from geo to search and frontend", "it originates in geo and reaches search". */
function spreading(clause: string): Claim | null {
  const [, before = "", from = "", to = ""] = spreads.exec(clause) ?? originates.exec(clause) ?? [];
  const near = sideOf(firstGroup.exec(from)?.[0] ?? "");
  const far = sideOf(firstGroup.exec(to)?.[0] ?? "");
  if (near.services.length === 0 || far.services.length === 0) return null;
  return { kind: "causes", from: near, to: far, isDenied: denial.test(before) };
}

function placesIn(clause: string): Claim[] {
  const ranked = rankedWords.exec(clause);
  if (ranked !== null) {
    const about = nearestBefore(clause.slice(0, ranked.index + ranked[0].length)) ?? nearestAfter(clause);
    const by = /\b([a-z]+-[a-z-]+)\b(?=[^<]*\b(?:rank|plac|put|name))/.exec(clause)?.[1] ?? null;
    return about === null ? [] : [{ kind: "ranked", about, place: places[ranked[1] ?? ""] ?? 1, by }];
  }
  const claims: Claim[] = [];
  const modality = modalityWords.find(([words]) => words.test(clause))?.[1] ?? null;
  for (const [kind, words] of extremes) {
    const found = words.exec(clause);
    if (found === null) continue;
    const about = nearestBefore(clause.slice(0, found.index)) ?? nearestAfter(clause.slice(found.index));
    if (about !== null) claims.push({ kind, about, modality });
  }
  return claims;
}

function hearsayIn(clause: string): Claim[] {
  const said = hearsayWords.exec(clause);
  const earlier = earlierWords.exec(clause);
  const claims: Claim[] = [];
  if (said !== null) {
    const after = sideOf(clause.slice(said.index));
    claims.push({ kind: "people-said", about: after.services.length > 0 ? after : sideOf(clause) });
  } else if (earlier !== null && sideOf(clause).services.length > 0) {
    claims.push({ kind: "earlier", about: sideOf(clause) });
  }
  return claims;
}

function statesIn(clause: string): Claim[] {
  const claims: Claim[] = [];
  const well = normal.exec(clause);
  const nothing = noAnomaly.exec(clause);
  const about =
    well !== null
      ? nearestBefore(clause.slice(0, well.index))
      : nothing !== null
        ? nearestAfter(clause.slice(nothing.index))
        : null;
  const notWell =
    well !== null && /\b(?:not|never|longer)\b/.test(well[0].replace(/not (?:affected|abnormal)/, ""));
  if (about !== null && !notWell)
    claims.push({ kind: "normal", about, words: well === null ? "" : clause.slice(0, well.index) });
  const cleared = noCause.exec(clause);
  const innocent =
    cleared === null
      ? null
      : (nearestBefore(clause.slice(0, cleared.index)) ?? nearestAfter(clause.slice(cleared.index)));
  if (innocent !== null) claims.push({ kind: "no-cause", about: innocent });
  const alone = aloneWords.exec(clause);
  if (
    alone !== null &&
    /\b(?:is|was|are|were|shows?|showed|fail|abnormal|affected|slow|logs?|logged|has|had|only service|only one|in)\b/.test(
      clause,
    )
  ) {
    claims.push({ kind: "only", about: sideOf(alone[1] ?? alone[2] ?? alone[3] ?? ""), words: clause });
  }
  for (const [direction, words] of [
    ["up", rise],
    ["down", fall],
  ] as const) {
    const found = words.exec(clause);
    if (found === null) continue;
    const before = clause.slice(0, found.index);
    const subject = nearestBefore(before) ?? (before.includes("[") ? sideOf(clause) : null);
    if (subject === null) continue;
    const isDenied = denial.test(before.split(/[,\]>]/).at(-1) ?? "");
    claims.push({
      kind: "moved",
      about: { ...subject, metrics: sideOf(before).metrics.slice(-1) },
      direction,
      words: before,
      isDenied,
    });
  }
  return claims;
}

function countsIn(clause: string): Claim[] {
  const claims: Claim[] = [];
  for (const [whole, all, number, total, noun = ""] of clause.matchAll(counted)) {
    const inside = sideOf(whole);
    const about =
      inside.services.length > 0
        ? inside
        : (nearestAfter(clause.slice(clause.indexOf(whole) + whole.length)) ?? sideOf(clause));
    const isWhole = all !== undefined || number === "both";
    const kind = nounOf(noun);
    // "no instance" is a claim of none; a number of requests is looked up as any number is.
    if (kind === "requests" && !isWhole) continue;
    const count = (value: number | "all") => claims.push({ kind: "count", about, count: value, noun: kind });
    if (all === "no" || all === "none") count(0);
    else if (isWhole) count("all");
    // Of "two of the five" only the five is sure to be of what is counted here.
    const said = total ?? number;
    if (said !== undefined) count(numberWords[said] ?? Number(said));
  }
  const ratio = ratios.find(([words]) => words.test(clause));
  if (ratio !== undefined) claims.push({ kind: "ratio", about: sideOf(clause), value: ratio[1] });
  const most = mostWords.exec(clause);
  const least = leastWords.exec(clause);
  const found = most ?? least;
  if (found !== null) {
    const about = nearestBefore(clause.slice(0, found.index)) ?? nearestAfter(clause.slice(found.index));
    const isRank = /^\s*(?:suspect|candidate|suspicion|ranked)/.test(
      clause.slice(found.index + found[0].length),
    );
    if (about !== null) {
      const metrics = sideOf(clause).metrics;
      claims.push({
        kind: "strongest",
        about: { ...about, metrics },
        of: isRank ? "rank" : most !== null ? "most" : "least",
      });
    }
  }
  return claims;
}

function nounOf(noun: string): CountNoun {
  if (/^(instance|replica|pod)/.test(noun)) return "instances";
  if (/^service/.test(noun)) return "services";
  if (/^(method|localizer)/.test(noun)) return "methods";
  return /^caller/.test(noun) ? "callers" : "requests";
}

/** Who stands nearest before some words, with who is named together with them; by a metric where no service is. */
function nearestBefore(text: string): Side | null {
  const services = text.match(everyGroup)?.at(-1) ?? "";
  const metrics = [...text.matchAll(metric)].slice(-1).map(([, one = ""]) => one);
  return orNull({ services: sideOf(services).services, metrics });
}

function nearestAfter(text: string): Side | null {
  const services = firstGroup.exec(text)?.[0] ?? "";
  const metrics = [...text.matchAll(metric)].slice(0, 1).map(([, one = ""]) => one);
  return orNull({ services: sideOf(services).services, metrics });
}

function orNull(side: Side): Side | null {
  return side.services.length === 0 && side.metrics.length === 0 ? null : side;
}

function sideOf(text: string): Side {
  return {
    services: [...new Set([...text.matchAll(name)].map(([, one = ""]) => one))],
    metrics: [...new Set([...text.matchAll(metric)].map(([, one = ""]) => one))],
  };
}
