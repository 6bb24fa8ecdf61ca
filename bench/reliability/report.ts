import { readMachine } from "../machine.ts";
import { table } from "../markdown.ts";
import type { CampaignResult, RunResult } from "./campaign.ts";
import { type Action, actions } from "./plan.ts";

/** The campaign as Markdown: a line for each action, then what was broken, if anything. */
export async function campaignTable(
  { runs, schedule, crashes, troubles }: CampaignResult,
  { command, seconds }: { readonly command: string; readonly seconds: number },
): Promise<string> {
  const { cpu, cores, node, commit } = await readMachine();
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
    `\`${command}\`, ${Math.round(seconds)} s, on ${cores} cores of ${cpu}, Node ${node}${commit === null ? "" : `, commit ${commit}`}.`,
    "",
  ].join("\n");
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
