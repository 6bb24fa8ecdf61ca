import { readMachine } from "../machine.ts";
import { table } from "../markdown.ts";
import type { CampaignResult, RunResult } from "./campaign.ts";
import { type LoadPart, type LoadResult, quantile } from "./load.ts";
import { type Action, actions } from "./plan.ts";

/** The campaign as Markdown: a line for each action, then what was broken, if anything. */
export async function campaignTable(
  { runs, schedule, crashes, troubles }: CampaignResult,
  { command, seconds }: { readonly command: string; readonly seconds: number },
): Promise<string> {
  const names = (Object.keys(actions) as Action[]).filter((name) =>
    runs.some(({ fault }) => fault.action === name),
  );
  const rows = names.map((name) =>
    row(
      actions[name],
      runs.filter(({ fault }) => fault.action === name),
    ),
  );
  const broken = runs.flatMap((run) =>
    run.broken.map((what) => `${run.fault.action} at ${run.fault.moment}: ${what}`),
  );
  const wrong = [...broken, ...schedule.broken, ...crashes];
  return [
    table(
      [
        "fault",
        "runs",
        "moment came",
        "moments",
        "questions",
        "answered once",
        "of them with a failure",
        "last answer after, median and most",
      ],
      [...rows, row("all", runs)],
    ),
    "",
    `The schedule fired ${schedule.fired} times, ${schedule.broken.length === 0 ? "each minute was covered once" : `with ${schedule.broken.length} faults`}. Programs that ended unplanned: ${crashes.length}. Lines of trouble on stderr: ${troubles.length}.`,
    "",
    ...(wrong.length === 0 ? [] : [...wrong.map((line) => `- ${line}`), ""]),
    `\`${command}\`, ${Math.round(seconds)} s, ${await machineWords()}`,
    "",
  ].join("\n");
}

async function machineWords(): Promise<string> {
  const { cpu, cores, node, commit } = await readMachine();
  return `on ${cores} cores of ${cpu}, Node ${node}${commit === null ? "" : `, commit ${commit}`}.`;
}

/** The load as Markdown: a line for each way of asking, then memory and CPU. */
export async function loadTable({ parts, memory, cpuMs }: LoadResult, command: string): Promise<string> {
  const [first, last] = [memory[0], memory.at(-1)];
  return [
    table(
      [
        "asked",
        "questions",
        "acknowledged: median, p99, most",
        "first sign: median, p99",
        "all answered after",
        "lost, twice or out of order",
      ],
      parts.map(loadRow),
    ),
    "",
    ...(first === undefined || last === undefined
      ? []
      : [
          `Memory after ${first.after} questions: bot ${first.bot.toFixed(0)} MB, worker ${first.worker.toFixed(0)} MB; after ${last.after}: bot ${last.bot.toFixed(0)} MB, worker ${last.worker.toFixed(0)} MB.`,
          `CPU for a question without its pipeline: bot ${cpuMs.bot.toFixed(1)} ms, worker ${cpuMs.worker.toFixed(1)} ms, Redis ${cpuMs.redis.toFixed(1)} ms.`,
        ]),
    "",
    `\`${command}\`, ${await machineWords()}`,
    "",
  ].join("\n");
}

function loadRow({ name, asked, acknowledgedMs, signMs, allMs, broken }: LoadPart): string[] {
  const ms = (values: readonly number[], share: number) => `${quantile(values, share).toFixed(0)} ms`;
  return [
    name,
    String(asked),
    `${ms(acknowledgedMs, 0.5)}, ${ms(acknowledgedMs, 0.99)}, ${ms(acknowledgedMs, 1)}`,
    `${ms(signMs, 0.5)}, ${ms(signMs, 0.99)}`,
    allMs === null ? "not waited for" : `${(allMs / 1_000).toFixed(1)} s`,
    allMs === null ? "–" : String(broken.length),
  ];
}

function row(name: string, runs: readonly RunResult[]): string[] {
  const questions = runs.reduce((sum, run) => sum + run.questions, 0);
  const wrong = runs.reduce((sum, run) => sum + Math.min(run.questions, run.broken.length), 0);
  const failures = runs.reduce((sum, run) => sum + run.failures, 0);
  const times = runs.flatMap(({ recoveredMs }) => recoveredMs ?? []).sort((a, b) => a - b);
  const seconds = (ms: number | undefined) => (ms === undefined ? "–" : `${(ms / 1_000).toFixed(1)} s`);
  return [
    name,
    String(runs.length),
    String(runs.filter(({ isHit }) => isHit).length),
    String(new Set(runs.map(({ fault }) => fault.moment)).size),
    String(questions),
    String(questions - wrong),
    String(failures),
    `${seconds(times[Math.floor(times.length / 2)])}, ${seconds(times.at(-1))}`,
  ];
}
