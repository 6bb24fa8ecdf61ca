import { type LogFilterAnswer, LogFilterAnswer as LogFilterSchema } from "../../prompts/answer-schemas.ts";
import { askExpert } from "./ask-expert.ts";
import type { CaseFile } from "./case-file.ts";
import type { Desk } from "./desk.ts";
import type { EvidenceBook } from "./evidence-book.ts";
import type { Judged } from "./judge-answer.ts";
import { promptOf } from "./prompt-parts.ts";
import { callSection, itemSection, questionSection, servicesOf, tellingAnomalies } from "./sections.ts";

const budget = { calls: 300, evidence: 1_500 } as const;
const maxAnswerTokens = 120;
export const logFilterName = "log filter";

/**
 * Filter 2 where the traces name no service (paper, III-A): the model reads a digest of the logs and says
 * which services to look at. Only names of the inventory count, and only with a line of the service's own.
 *
 * Departure: its choice says what the experts look at first; the ranking stays that of the methods.
 */
export async function filterByLogs(
  file: CaseFile,
  book: EvidenceBook,
  desk: Desk,
): Promise<{ readonly services: readonly string[] } | { readonly why: string }> {
  const asked = await askExpert<LogFilterAnswer>(
    {
      expert: logFilterName,
      prompt: promptOf(desk, "log-filter"),
      schema: LogFilterSchema,
      maxAnswerTokens,
      fill(share) {
        const evidence = itemSection(tellingAnomalies(file, [], "log"), book, budget.evidence * share);
        const calls = callSection(file, servicesOf(file, []), budget.calls * share);
        return {
          shown: new Set(evidence.ids),
          variables: { topology: calls.text, evidence: evidence.text, question: questionSection(file) },
        };
      },
      judge: (answer, shown) => judged(answer, file, shown),
    },
    desk,
  );
  return asked.output === null ? asked : { services: held(asked.output, file) };
}

function judged({ services }: LogFilterAnswer, file: CaseFile, shown: ReadonlySet<string>): Judged {
  const known = held(
    { services: services.map((one) => ({ ...one, evidence: one.evidence.filter((id) => shown.has(id)) })) },
    file,
  );
  const dropped = services.length - known.length;
  const problem = dropped > 0 && known.length === 0 ? "named only services that the logs do not show" : null;
  return { sentences: [], dropped, repaired: 0, problem };
}

/** The services with a line of their own in what was cited for them, by the inventory's spelling. */
function held({ services }: LogFilterAnswer, { anomalies }: CaseFile): string[] {
  return services.flatMap(({ service, evidence }) => {
    const own = anomalies.find(
      (anomaly) =>
        anomaly.modality === "log" &&
        evidence.includes(anomaly.id) &&
        anomaly.service.toLowerCase() === service.toLowerCase(),
    );
    return own === undefined ? [] : [own.service];
  });
}
