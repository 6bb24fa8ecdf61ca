import type { EvidenceBook } from "./evidence-book.ts";

interface Token {
  readonly word: string;
  readonly service: boolean;
}

/** What a sentence names of the case, in lower case; its tokens; and what is left without names. */
export interface NamesSaid {
  readonly names: readonly string[];
  readonly tokens: readonly Token[];
  readonly rest: string;
}

const token = /[\p{L}\p{N}_][\p{L}\p{N}_./:@-]*(?:\([\p{L}%/]*\))?/gu;

/** Words that services are called by and that sentences are made of: "the error rate", "a search". */
const ordinary = new Set(
  "rate search user order orders profile review reservation recommendation payment cart product catalog currency email checkout shipping route price seat food news train travel station config security admin auth notification gateway database cache queue web api login".split(
    " ",
  ),
);
/** Before an ordinary word, these make it the word and not the service. */
const makesWord =
  /^(the|a|an|error|errors|request|requests|success|failure|failed|arrival|hit|miss|usage|traffic|high|higher|low|lower|its|their|this|that|each|every|of|full|any|per|no|drop|call)$/;

/** After an ordinary word, these make it a service: "Search waits for geo", "the latency of search rose". */
const makesService =
  /^(is|was|are|were|has|had|have|does|did|do|can|could|and|or|to|in|at|on|by|for|from|with|as|because|before|after|while|when|which|that|first|last|not|never|also|too|alone|itself)$|^(affect|answer|behave|break|call|caus|chang|degrad|depend|deviat|drop|dropp|explain|fail|increas|lead|log|look|made|make|mak|overload|propagat|rank|reach|recover|remain|respond|rise|seem|show|slow|start|stay|suffer|time|trigger|wait)(s|es|ed|d|ing)?$|^(began|broke|brought|fell|led|made|put|rose|saw|took|went)$/;

export function namesSaid(text: string, book: EvidenceBook): NamesSaid {
  const found = [...text.matchAll(token)].map(([raw]) => trimmed(raw));
  const tokens = found.map((raw) => raw.toLowerCase());
  const names = new Set<string>();
  let rest = text;
  tokens.forEach((word, index) => {
    const name = knownAs(word, book);
    if (name === null || isPlainWord(word, tokens[index - 1], tokens[index + 1], book)) return;
    names.add(name);
    rest = rest.replace(found[index] ?? "", " ");
  });
  // Ids of evidence are no numbers of it.
  rest = rest.replace(/\b(metric|trace|log|candidate|suspect|fact|earlier)-\d+\b/gi, " ");
  return {
    names: [...names],
    tokens: tokens.map((word) => ({ word, service: book.services.has(word) })),
    rest,
  };
}

/** The text with each name of the case as `mark` writes it; one for which it gives null stays. */
export function markedNames(text: string, book: EvidenceBook, mark: (name: string) => string | null): string {
  const found = [...text.matchAll(token)].map((match) => ({ at: match.index, word: trimmed(match[0]) }));
  let marked = "";
  let done = 0;
  found.forEach(({ at, word }, index) => {
    const lower = word.toLowerCase();
    const name = knownAs(lower, book);
    const around = [index - 1, index + 1].map((other) => found[other]?.word.toLowerCase());
    const written = name === null || isPlainWord(lower, around[0], around[1], book) ? null : mark(name);
    if (written === null) return;
    marked += text.slice(done, at) + written;
    done = at + word.length;
  });
  return marked + text.slice(done);
}

function trimmed(raw: string): string {
  return raw.replace(/[./:@-]+$/, "").replace(/['’]s$/, "");
}

function knownAs(word: string, { names }: EvidenceBook): string | null {
  return names.get(word) ?? names.get(word.replace(/\([^)]*\)$/, "")) ?? null;
}

function isPlainWord(
  word: string,
  before: string | undefined,
  after: string | undefined,
  book: EvidenceBook,
): boolean {
  if (!ordinary.has(word) || after === "service" || after === "services" || before === "service")
    return false;
  if (before === undefined) return after === undefined || !makesService.test(after);
  if (before === "of" || before === "that") {
    return after !== undefined && !makesService.test(after) && knownAs(after, book) === null;
  }
  return makesWord.test(before);
}

/** Words before "service" that are no name of one. */
const ofService =
  /^(the|a|an|this|that|these|those|each|every|any|no|other|another|one|same|single|first|second|third|its|their|our|your|which|what|per|cause|backend|frontend|downstream|upstream|slow|root|deepest|whole|entire|faulty|abnormal|normal|healthy|critical|individual|callee|caller|callers|web|likely|top|and|or|of|in|by|to|for|from|with|between|across|among|external|internal|remote|database|multiple|several|both|all|many|two|three|four|five|most|more|own|new|micro|specific|core|main|dependent|relevant|different|central|additional|initial|final)$|(ed|ing|est|ary|ive|ous|ful|able|ible)$/i;
const plainParts = new Set("cross per multi inter micro single whole client self each".split(" "));
const serviceLike =
  /-(service|svc|db|mongo|mongodb|mysql|postgres|redis|server|gateway|api|pod|proxy|deployment)$/i;

/** Words that look like names of services, instances or metrics and are none of this case's. */
export function unknownNames(text: string, book: EvidenceBook): string[] {
  const unknown: string[] = [];
  const firstParts = new Set<string>();
  for (const name of book.services) if (name.includes("-")) firstParts.add(name.slice(0, name.indexOf("-")));
  for (const [raw] of text.matchAll(token)) {
    const word = trimmed(raw);
    const lower = word.toLowerCase();
    if (knownAs(lower, book) !== null) continue;
    const [first = ""] = lower.split("-");
    const isNameLike =
      /_/.test(word) ||
      /[a-z][A-Z]/.test(word) ||
      /^\d{1,3}(\.\d{1,3}){3}/.test(word) ||
      (word.includes("-") && !plainParts.has(first) && (serviceLike.test(word) || firstParts.has(first)));
    if (isNameLike && !/^(metric|trace|log|candidate|suspect|fact|earlier)-\d+$/.test(lower))
      unknown.push(word);
  }
  for (const [, raw = ""] of text.matchAll(/([\p{L}\p{N}_-]+)[\s"'”`]+(?:micro)?services?\b/giu)) {
    const lower = raw.toLowerCase();
    if (!book.services.has(lower) && !ofService.test(lower) && !/\d/.test(lower) && !book.names.has(lower))
      unknown.push(raw);
  }
  return unknown;
}
