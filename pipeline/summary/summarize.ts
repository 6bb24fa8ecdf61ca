import { takeInventory } from "../collect.ts";
import { diagnose } from "../diagnose.ts";
import type { Diagnosis } from "../diagnosis.ts";
import { BotError } from "../errors.ts";
import type { Incident, IncidentSummary } from "../incident-summary.ts";
import type { PipelineOptions } from "../options.ts";
import { permittedKey } from "../permitted.ts";
import { permittedToolbox } from "../permitted-toolbox.ts";
import type { Inventory, Toolbox } from "../ports.ts";
import { readingCalls, readWithModel } from "../question/index.ts";
import { redactor } from "../redact/redactor.ts";
import { type ResolvedWindow, resolveScope, resolveWindow } from "../resolve.ts";
import type { ChatQuestion, Scope, Stage, StageName, TimeWindow } from "../types.ts";
import { version } from "../version.ts";
import { groupSteps, type StepGroup } from "./group-steps.ts";
import { quietTime, withQuietTime } from "./quiet-time.ts";
import { recurrences } from "./recurrences.ts";
import { type Sweep, sweep } from "./sweep.ts";

/** What happens first tells the cause; hours later everything is abnormal. */
const longestDiagnosedMs = 60 * 60_000;
const shownCauses = 3;
const shownMetrics = 3;
/** Progress is told so often while a period is swept. */
const progressEvery = 0.1;

/** A summary, and the diagnoses that its incidents were taken from. */
export interface Summarized {
  readonly summary: IncidentSummary;
  readonly diagnoses: readonly Diagnosis[];
}

/**
 * What broke in a period: the period is swept step by step, abnormal steps are joined to incidents,
 * each incident is diagnosed like a question of its own, and all is compared with the period before.
 *
 * Throws: BotError as `diagnose` does; "source-unavailable" when no step of the period could be read.
 */
export async function summarize(
  question: ChatQuestion,
  whole: Toolbox,
  options: PipelineOptions,
  signal: AbortSignal,
  onStage: (stage: Stage) => void = () => {},
): Promise<Summarized> {
  const toolbox = permittedToolbox(whole, question.permitted);
  const begun = toolbox.stopwatch();
  const timings: Record<string, number> = {};
  async function stage<Result>(
    name: StageName,
    work: () => Promise<Result>,
    say: (result: Result) => string,
  ): Promise<Result> {
    const started = toolbox.stopwatch();
    onStage({ name, state: "started", detail: "" });
    const result = await work();
    timings[name] = toolbox.stopwatch() - started;
    onStage({ name, state: "done", detail: say(result) });
    return result;
  }

  const { period, scope, inventory, notes, reading } = await stage(
    "read",
    async () => {
      const known = await takeInventory(toolbox, signal, question.askedAt);
      const read = await readWithModel(question, known.services, options, toolbox, signal);
      return {
        period: resolveWindow(question, read, options),
        scope: resolveScope(question, read),
        inventory: known,
        notes: read.notes,
        reading: readingCalls(question, read),
      };
    },
    (read) => read.scope.services.join(", ") || "every service",
  );
  const look = (window: TimeWindow, onStep?: (done: number, all: number) => void) =>
    sweep(window, scope, inventory, toolbox, options, signal, onStep);
  const swept = await stage(
    "collect",
    () => look(period, progressOf(onStage)),
    ({ steps }) => `${steps.length} steps of the period`,
  );
  if (swept.steps.every(({ isSeen }) => !isSeen)) {
    const [gap] = swept.gaps.filter(({ reason }) => reason === "unreachable");
    if (gap !== undefined) throw new BotError("source-unavailable", gap.detail);
  }
  const groups = groupSteps(swept.steps);
  const diagnoses = await stage(
    "localize",
    () => diagnoseEach(groups, question, scope, inventory, toolbox, options, signal),
    (made) => `${made.length} of ${groups.length} abnormal stretches are incidents`,
  );
  const before = await stage(
    "conclude",
    () => lookBefore(period, inventory, look),
    (earlier) => (earlier === null ? "nothing before to compare with" : "compared with the period before"),
  );

  const groupsBefore = before === null ? [] : groupSteps(before.sweep.steps);
  const servicesBefore = groupsBefore.map(({ service }) => service);
  const incidents = diagnoses.map(({ group, diagnosis }, index) =>
    incidentOf(`incident-${index + 1}`, group, diagnosis, period, servicesBefore),
  );
  // The diagnoses hide secrets by themselves; these are the other texts from outside.
  const { restore } = options.redaction;
  const { redact } = redactor(options.redaction);
  const shown = (text: string) => (restore ? text : redact(text));
  const summary: IncidentSummary = {
    question: {
      id: question.id,
      text: shown(question.text),
      askedAt: question.askedAt,
      timeZone: question.timeZone,
      ...permittedKey(question.permitted),
    },
    period,
    scope: { services: [...scope.services] },
    incidents,
    comparedWith:
      before === null
        ? null
        : {
            ...before.period,
            incidents: groupsBefore.length,
            abnormalMs: groupsBefore.reduce((sum, { start, end }) => sum + end - start, 0),
          },
    recurrences: recurrences(
      incidents.map(({ causes }) => causes[0]?.service ?? ""),
      servicesBefore,
    ),
    steps: { count: swept.steps.length, stepMs: swept.stepMs, unseen: unseen(swept) },
    gaps: [...(toolbox.withheld === undefined ? [] : [toolbox.withheld.gap]), ...swept.gaps].map((gap) => ({
      ...gap,
      detail: shown(gap.detail),
    })),
    uncertainty: uncertainty(notes, groups.length - diagnoses.length),
    modelCalls: [...reading],
    timings: { ...timings, total: toolbox.stopwatch() - begun },
    madeWith: { version, options, sources: toolbox.sources.map(({ name }) => name) },
  };
  return { summary, diagnoses: diagnoses.map(({ diagnosis }) => diagnosis) };
}

/** Tells of every tenth of the steps. */
function progressOf(onStage: (stage: Stage) => void): (done: number, all: number) => void {
  let told = 0;
  return (done, all) => {
    if (done / all - told < progressEvery || done === all) return;
    told = done / all;
    onStage({ name: "collect", state: "started", detail: `${done} of ${all} steps` });
  };
}

/** The diagnosis of each group; without those in which nothing holds on a closer look. */
async function diagnoseEach(
  groups: readonly StepGroup[],
  question: ChatQuestion,
  scope: Scope,
  inventory: Inventory,
  toolbox: Toolbox,
  options: PipelineOptions,
  signal: AbortSignal,
): Promise<{ group: StepGroup; diagnosis: Diagnosis }[]> {
  const made: { group: StepGroup; diagnosis: Diagnosis }[] = [];
  for (const group of groups) {
    const askedWindow = { start: group.start, end: Math.min(group.end, group.start + longestDiagnosedMs) };
    const quiet = withQuietTime(inventory, quietTime(askedWindow, groups, options.referenceMs));
    const about = scope.services.length === 0 ? "" : ` in ${scope.services.join(" and ")}`;
    const id = `${question.id}-${made.length + 1}`;
    const diagnosis = await diagnose(
      { ...question, id, text: `What broke${about}?`, askedWindow, reading: [] },
      // A summary shows each incident's causes and no explanation: the model is for people who wait for one.
      { ...toolbox, model: null, inventories: [{ name: "summary", inventory: async () => quiet }] },
      options,
      signal,
    );
    if (diagnosis.verdict === "found") made.push({ group, diagnosis });
  }
  return made;
}

/** The period of equal length before, where telemetry reaches back over all of it. */
async function lookBefore(
  period: ResolvedWindow,
  { extent }: Inventory,
  look: (window: TimeWindow) => Promise<Sweep>,
): Promise<{ period: TimeWindow; sweep: Sweep } | null> {
  const before = { start: period.start - (period.end - period.start), end: period.start };
  const reachesBack = Object.values(extent).some((known) => known !== null && known.start <= before.start);
  if (!reachesBack) return null;
  const swept = await look(before);
  return swept.steps.some(({ isSeen }) => isSeen) ? { period: before, sweep: swept } : null;
}

function incidentOf(
  id: string,
  group: StepGroup,
  diagnosis: Diagnosis,
  period: TimeWindow,
  servicesBefore: readonly string[],
): Incident {
  const causes = diagnosis.causes.slice(0, shownCauses);
  const metrics = diagnosis.metrics.slice(0, shownMetrics);
  const cited = new Set([...causes, ...metrics].flatMap(({ evidence }) => evidence));
  return {
    id,
    start: group.start,
    end: group.end,
    ongoing: group.end >= period.end,
    causes,
    metrics,
    evidence: diagnosis.evidence.filter((evidence) => cited.has(evidence.id)),
    diagnosisId: diagnosis.question.id,
    earlier: [],
    before: servicesBefore.filter((service) => service === causes[0]?.service).length,
  };
}

/** Neighbouring steps without telemetry, joined. */
function unseen({ steps }: Sweep): TimeWindow[] {
  const stretches: TimeWindow[] = [];
  for (const { start, end, isSeen } of steps) {
    if (isSeen) continue;
    const last = stretches[stretches.length - 1];
    if (last !== undefined && last.end === start) stretches[stretches.length - 1] = { ...last, end };
    else stretches.push({ start, end });
  }
  return stretches;
}

function uncertainty(notes: readonly string[], passed: number): string[] {
  if (passed === 0) return [...notes];
  const stretches = passed === 1 ? "One stretch" : `${passed} stretches`;
  return [...notes, `${stretches} looked abnormal at first and not on a closer look.`];
}
