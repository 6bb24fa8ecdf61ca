import { name } from "./describe/foreign-text.ts";
import type { CaseFile } from "./experts/case-file.ts";
import type { Finding } from "./experts/finding.ts";

/** About three lines of a chat. */
const longest = 500;

/** What the methods say before any expert is asked: the first of the ranking and why; null where no cause is named. */
export function rankedFinding({ fused, isNamed }: Pick<CaseFile, "fused" | "isNamed">): string | null {
  const [first] = fused.services;
  if (first === undefined || !isNamed) return null;
  const where =
    first.instance === null
      ? name(first.service)
      : `${name(first.service)} (instance ${name(first.instance)})`;
  return cut(`${where} comes first in the ranking. ${first.why}`);
}

/** The same with what the experts of each modality conclude, before the last one has weighed them. */
export function expertsFinding(ranked: string, findings: readonly Finding[]): string {
  const said = findings.map(({ expert, finalAnswer }) => `${capital(expert)}: ${finalAnswer}`);
  return cut([ranked, ...said].join(" "));
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** After a whole word. */
function cut(text: string): string {
  if (text.length <= longest) return text;
  const end = text.lastIndexOf(" ", longest - 1);
  return `${text.slice(0, end > 0 ? end : longest - 1)}…`;
}
