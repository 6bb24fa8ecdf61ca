import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { runCampaign } from "./campaign.ts";
import { faultPlan } from "./plan.ts";
import { campaignTable } from "./report.ts";

interface Options {
  readonly seed: string;
  readonly runs: string;
  readonly fsync: string;
  readonly only?: string;
  readonly markdown?: string;
}

const stop = new AbortController();
const say = (line: string) => void process.stdout.write(`${line}\n`);

async function run({ seed, runs, fsync, only, markdown }: Options): Promise<void> {
  const plan = faultPlan(Number(seed), Number(runs)).filter(
    ({ action, moment }) => only === undefined || `${action} at ${moment}`.includes(only),
  );
  const begun = performance.now();
  const result = await runCampaign({
    seed: Number(seed),
    plan,
    bots: 2,
    workers: 3,
    fsync: fsync === "everysec" ? "everysec" : "always",
    progress: say,
    signal: stop.signal,
  });
  const command = `npm run reliability -- --seed ${seed} --runs ${runs} --fsync ${fsync}`;
  const table = await campaignTable(result, { command, seconds: (performance.now() - begun) / 1_000 });
  say(table);
  if (markdown !== undefined) await writeFile(markdown, table);
  const isKept = result.runs.every(({ broken }) => broken.length === 0) && result.crashes.length === 0;
  process.exitCode = isKept && result.schedule.broken.length === 0 ? 0 : 1;
}

const program = new Command("reliability")
  .description("Kills, pauses and cuts off what answers in chats, and counts what was answered.")
  .option("--seed <number>", "of the plan", "7")
  .option("--runs <number>", "one fault each", "100")
  .option("--fsync <policy>", "Redis's appendfsync: always or everysec", "always")
  .option("--only <text>", 'faults whose "ACTION at MOMENT" holds this')
  .option("--markdown <file>", "writes the table there too")
  .action(run);

process.on("SIGINT", () => stop.abort());
process.on("SIGTERM", () => stop.abort());
await program.parseAsync();
