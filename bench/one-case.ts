import { performance } from "node:perf_hooks";
import { openToolbox } from "../compose.ts";
import { diagnose } from "../pipeline/diagnose.ts";
import type { Diagnosis } from "../pipeline/diagnosis.ts";
import { asBotError } from "../pipeline/errors.ts";
import { PipelineOptions } from "../pipeline/options.ts";
import type { Inventory, Toolbox } from "../pipeline/ports.ts";
import type { ChatQuestion } from "../pipeline/types.ts";
import { type CaseAnswer, type CaseRun, PipelineInput } from "./case-message.ts";

/**
 * The process that diagnoses one case, started by run-case.ts: one message in, one out, then it ends.
 * It learns nothing but `PipelineInput`. Seconds are counted from opening the telemetry to the
 * diagnosis; starting Node and loading the program is not in them.
 */
async function runOne(message: unknown): Promise<CaseRun> {
  const { source, ...asked } = PipelineInput.parse(message);
  const question: ChatQuestion = { id: "bench", ...asked, askedWindow: null };
  const started = performance.now();
  const measured = () => ({ seconds: (performance.now() - started) / 1000, peakMb: peakMb() });
  try {
    const toolbox = await openToolbox({ sources: [source] });
    try {
      const { signal } = new AbortController();
      const diagnosis = await diagnose(question, toolbox, PipelineOptions.parse({}), signal);
      const cost = measured();
      return { ...cost, answer: caseAnswer(diagnosis, await inventories(toolbox, signal)), error: null };
    } finally {
      await toolbox.close();
    }
  } catch (error) {
    return { ...measured(), answer: null, error: said(error) };
  }
}

/** The most memory this process ever had, in 10^6 bytes; the system counts in units of 1,024. */
function peakMb(): number {
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}

function inventories({ inventories: known }: Toolbox, signal: AbortSignal): Promise<Inventory[]> {
  return Promise.all(known.map(({ inventory }) => inventory(signal)));
}

function caseAnswer(diagnosis: Diagnosis, known: readonly Inventory[]): CaseAnswer {
  const { verdict, window, causes, metrics, rankings, madeWith, timings } = diagnosis;
  return {
    verdict,
    window,
    reference: madeWith.reference.from,
    services: unrepeated(causes.map(({ service }) => service)),
    instances: unrepeated(causes.flatMap(({ instance }) => (instance === null ? [] : [instance]))),
    metrics: metrics.map(({ service, metric }) => ({ service, metric })),
    rankings,
    known: {
      services: unrepeated(known.flatMap(({ services }) => services)),
      instances: known.reduce((sum, { instances }) => sum + instances.length, 0),
      series: madeWith.seen.series,
    },
    stages: timings,
  };
}

function unrepeated(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/** A bug comes with its stack, since the bench is where it must be found. */
function said(error: unknown): string {
  const known = asBotError(error);
  if (known !== null) return `${known.code}: ${known.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

process.once("message", (message) => {
  runOne(message).then(
    (run) => process.send?.(run, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${said(error)}\n`);
      process.exit(1);
    },
  );
});
// Ctrl-C reaches every process of the terminal; the bench ends this one itself.
process.on("SIGINT", () => {});
// The bench has ended, however it did: nobody waits for this answer.
process.once("disconnect", () => process.exit(1));
