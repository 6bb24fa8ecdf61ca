import type { Sentence } from "../../prompts/answer-schemas.ts";
import { claimProblem } from "./check-claims.ts";
import {
  callsId,
  datesIn,
  type EvidenceBook,
  type EvidenceItem,
  reaches,
  timesIn,
  withoutTimes,
} from "./evidence-book.ts";
import { namesSaid, unknownNames } from "./names-said.ts";
import { isSame, quantitiesIn } from "./quantities.ts";

/** A sentence that its evidence holds, or why it does not. */
export type Checked =
  | { readonly kind: "held"; readonly evidence: readonly string[]; readonly isRepaired: boolean }
  | { readonly kind: "dropped"; readonly why: string };

/**
 * Whether everything that a sentence says is in the evidence it cites: each service, instance and metric, each
 * number in its unit, each time, trace id and quotation, and who calls whom. Where another piece of
 * evidence holds it, the sentence is kept with that one (repaired); else it is dropped. What it says of how things
 * hang together (check-claims.ts) is held against the whole case, and no other evidence repairs that.
 */
export function checkSentence(
  { text, evidence }: Sentence,
  needsEvidence: boolean,
  book: EvidenceBook,
  shown: ReadonlySet<string>,
): Checked {
  const cited = evidence.flatMap((id) => (shown.has(id) ? (book.items.get(id) ?? []) : []));
  const outside = foreign(text);
  if (outside !== null) return { kind: "dropped", why: outside };
  const claimed = claimProblem(text, book, shown);
  if (claimed !== null) return { kind: "dropped", why: claimed };
  const problem = problemWith(text, cited, book);
  const ids = cited.map(({ id }) => id);
  if (problem === null) {
    // General knowledge needs no evidence; an observation without any observes nothing.
    if (ids.length > 0 || !needsEvidence) return { kind: "held", evidence: ids, isRepaired: false };
    return { kind: "dropped", why: "rests on nothing" };
  }
  for (const id of shown) {
    const other = book.items.get(id);
    if (other === undefined || ids.includes(id)) continue;
    if (problemWith(text, [other], book) === null) return { kind: "held", evidence: [id], isRepaired: true };
    if (problemWith(text, [...cited, other], book) === null) {
      return { kind: "held", evidence: [...ids, id], isRepaired: true };
    }
  }
  return { kind: "dropped", why: problem };
}

/** What no sentence of ours holds, whatever the evidence says. */
function foreign(text: string): string | null {
  if (/https?:|www\.|\]\(/i.test(text)) return "holds a link";
  return /(^|\s)[@!](here|channel|everyone|all|\w+)\b|<[@!#]/i.test(text) ? "mentions someone" : null;
}

/** Who calls whom says nothing else of a service. */
const isAboutCalls = /\b(call|caller|callee|depend|wait|upstream|downstream|path|chain|through|reach)/i;

function problemWith(text: string, given: readonly EvidenceItem[], book: EvidenceBook): string | null {
  const cited = isAboutCalls.test(text) ? given : given.filter(({ id }) => id !== callsId);
  const words = cited.map((one) => one.words).join("\n");
  for (const quoted of quotations(text)) {
    if (!plain(words).includes(plain(quoted))) return `quotes "${quoted}"`;
  }
  const bare = text.replace(quotation, " ");
  const said = namesSaid(text, book);
  const missing = said.names.find(
    (name) => !cited.some((one) => one.names.has(name) || saysWord(one.words, name)),
  );
  if (missing !== undefined) return `names ${missing}`;
  const unknown = unknownNames(text, book).find((name) => !words.includes(name.toLowerCase()));
  if (unknown !== undefined) return `names ${unknown}, which does not exist`;
  const call = callsSaid(said.tokens).find(([from, to]) => !reaches(from, to, book));
  if (call !== undefined) return `says that ${call[0]} calls ${call[1]}`;
  const id = (bare.match(traceId) ?? []).find((one) => /\d/.test(one) && !words.includes(one.toLowerCase()));
  if (id !== undefined) return `names the id ${id}`;
  return timeProblem(bare, cited, book) ?? numberProblem(said.rest, said.names, cited, book);
}

/** As a word of its own: "geo" is not said by "mongodb-geo". */
function saysWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const around = `${text[at - 1] ?? " "}${text[at + word.length] ?? " "}`;
    if (!/[\p{L}\p{N}_-]/u.test(around)) return true;
  }
  return false;
}

const quotation = /"([^"]{2,})"|“([^”]{2,})”|`([^`]{2,})`/g;
const traceId = /\b[0-9a-f]{8}[0-9a-f-]*\b/gi;

function quotations(text: string): string[] {
  return [...text.matchAll(quotation)].map(([, a, b, c]) => a ?? b ?? c ?? "");
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/["'`“”‘’]/g, "'")
    .replaceAll(/[…\s]+/g, " ")
    .replace(/[.,;:]$/, "")
    .trim();
}

function timeProblem(text: string, cited: readonly EvidenceItem[], book: EvidenceBook): string | null {
  const known = [...book.windowTimes, ...cited.flatMap(({ times }) => times)];
  const time = timesIn(text).find((one) => !known.some((other) => isNear(one, other)));
  if (time !== undefined) return `says ${time}`;
  const words = cited.map((one) => one.words).join("\n");
  const date = datesIn(text).find((one) => !book.windowDates.includes(one) && !words.includes(one));
  return date === undefined ? null : `says ${date}`;
}

/** To the second where seconds are said, else to the minute, rounded either way. */
function isNear(said: string, known: string): boolean {
  const apart = Math.abs(secondsOf(said) - secondsOf(known));
  return apart <= (said.length > 5 ? 1 : 60);
}

function secondsOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  return hours * 3_600 + minutes * 60 + seconds;
}

/** A number must be of what the sentence is about: of evidence that shares a name with it, where any does. */
function numberProblem(
  text: string,
  names: readonly string[],
  cited: readonly EvidenceItem[],
  book: EvidenceBook,
): string | null {
  const about = cited.filter((one) => names.some((name) => one.names.has(name)));
  const facts = [
    ...(about.length > 0 ? about : cited).flatMap(({ quantities }) => quantities),
    ...book.windowQuantities,
  ];
  const counts = [cited.length, names.length];
  for (const said of quantitiesIn(withoutTimes(text))) {
    const isCount = said.unit === null && counts.includes(said.value) && said.value > 0;
    if (!isCount && !facts.some((fact) => isSame(said, fact))) return `says ${said.value}`;
  }
  return null;
}

const callWords = new Set(["calls", "called", "invokes", "invoked", "requests"]);

/** "a calls b", as caller and callee; with at most two words between each of them. */
function callsSaid(
  tokens: readonly { readonly word: string; readonly service: boolean }[],
): [string, string][] {
  const edges: [string, string][] = [];
  tokens.forEach(({ word, service }, index) => {
    if (!service) return;
    const verb = tokens.slice(index + 1, index + 4).findIndex((next) => callWords.has(next.word));
    if (verb < 0 || tokens.slice(index + 1, index + 1 + verb).some((next) => next.service)) return;
    // "was called by" turns it round, and says nothing that the other order would not.
    const after = tokens.slice(index + 2 + verb, index + 5 + verb);
    if (after[0]?.word === "by") return;
    const callee = after.find((next) => next.service);
    if (callee !== undefined) edges.push([word, callee.word]);
  });
  return edges;
}
