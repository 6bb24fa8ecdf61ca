import { quote } from "../describe/foreign-text.ts";
import { isEvent } from "../detect/significance.ts";
import type { Anomaly, Modality } from "../types.ts";
import type { CaseFile } from "./case-file.ts";
import { callsId, type EvidenceBook } from "./evidence-book.ts";
import { fitted, fittedLengths } from "./tokens.ts";

/** Lines of a prompt's section, and the ids that may be cited of them. */
export interface Section {
  readonly text: string;
  readonly ids: readonly string[];
}

const none = "(none)";

/** The items as "id: text", as many and as much of each as fit. */
export function itemSection(ids: readonly string[], book: EvidenceBook, budget: number): Section {
  const items = ids.flatMap((id) => book.items.get(id) ?? []);
  const lines = fittedLengths(
    items.map(({ id, short, text, full }) => ({
      short: `${id}: ${short}`,
      text: `${id}: ${text}`,
      full: `${id}: ${full}`,
    })),
    budget,
  );
  const shown = items
    .slice(0, lines.length)
    .filter((item, index) => lines[index]?.startsWith(`${item.id}: `));
  return { text: lines.length === 0 ? none : lines.join("\n"), ids: shown.map(({ id }) => id) };
}

/** Who calls whom among the services that matter, as many as fit; citable as a whole. */
export function callSection({ slice }: CaseFile, services: ReadonlySet<string>, budget: number): Section {
  const near = slice.topology.edges.filter(
    ({ caller, callee }) => services.has(caller) || services.has(callee),
  );
  const both = near.filter(({ caller, callee }) => services.has(caller) && services.has(callee));
  const edges = [...both, ...near.filter((edge) => !both.includes(edge))];
  const lines = fitted(
    edges.map(({ caller, callee }) => `${quote(caller)} calls ${quote(callee)}`),
    budget,
  );
  return lines.length === 0
    ? { text: none, ids: [] }
    : { text: `${callsId}: ${lines.join("; ")}`, ids: [callsId] };
}

export function questionSection({ question }: CaseFile): string {
  return quote(question.text);
}

/** The services that an expert looks at: those Filter 2 kept and those that rank. */
export function servicesOf(file: CaseFile, focus: readonly string[]): Set<string> {
  return new Set([...focus, ...file.fused.services.slice(0, 5).map(({ service }) => service)]);
}

/**
 * The anomalies of a modality, most telling first: what the ranked services rest on, then those of the
 * services in focus, then the events of the others, each by how far out they are.
 */
export function tellingAnomalies(
  file: CaseFile,
  focus: readonly string[],
  modality: Modality | null,
): string[] {
  const cited = file.fused.services.slice(0, 5).flatMap(({ evidence }) => evidence);
  const citedAt = new Map(cited.map((id, index) => [id, index]));
  const closeness = ({ id, service }: Anomaly) => (citedAt.has(id) ? 0 : focus.includes(service) ? 1 : 2);
  return file.anomalies
    .filter((anomaly) => modality === null || origin(anomaly) === modality)
    .filter((anomaly) => isEvent(anomaly) || closeness(anomaly) < 2)
    .sort(
      (a, b) =>
        closeness(a) - closeness(b) ||
        (citedAt.get(a.id) ?? 0) - (citedAt.get(b.id) ?? 0) ||
        b.severity - a.severity ||
        (a.id < b.id ? -1 : 1),
    )
    .map(({ id }) => id);
}

/** Delays between spans are metrics by their shape, but traces show them. */
export function origin(anomaly: Anomaly): Modality {
  return anomaly.modality === "metric" && anomaly.detector === "call-delays" ? "trace" : anomaly.modality;
}
