import type { ExpertFinding } from "../types.ts";
import type { CaseFile } from "./case-file.ts";
import { localizationFinding } from "./localization-finding.ts";
import { modalityFinding } from "./modality-finding.ts";

/**
 * The trace, metric and log experts, then the failure localization expert (paper, III-C), each filled
 * from templates: every sentence is made of descriptions, counts and rankings, so none can be
 * invented. A modality without telemetry has no finding.
 */
export function consult(file: CaseFile): ExpertFinding[] {
  const findings = (["trace", "metric", "log"] as const).flatMap((modality) =>
    modalityFinding(modality, file),
  );
  return [...findings, localizationFinding(file)];
}
