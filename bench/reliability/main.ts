import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { runCampaign } from "./campaign.ts";
import { runLoad } from "./load.ts";
import { faultPlan } from "./plan.ts";
import { campaignTable, loadTable } from "./report.ts";

interface Options {
  readonly seed: string;
  readonly runs: string;
  readonly fsync: string;
  readonly only?: string;
  readonly markdown?: string;
  readonly load?: boolean;
  readonly questions: string;
}

const stop = new AbortController();
const say = (line: string) => void process.stdout.write(`${line}\n`);

async function run(options: Options): Promise<void> {
  const isKept = options.load === true ? await load(options) : await campaign(options);
  process.exitCode = isKept ? 0 : 1;
}

async function load({ seed, questions, markdown }: Options): Promise<boolean> {
  const wanted = { seed: Number(seed), questions: Number(questions), progress: say, signal: stop.signal };
  const result = await runLoad(wanted);
  const table = await loadTable(
    result,
    `npm run reliability -- --load --seed ${seed} --questions ${questions}`,
  );
  say(table);
  if (markdown !== undefined) await writeFile(markdown, table);
  return result.parts.every(({ broken }) => broken.length === 0);
}

async function campaign({ seed, runs, fsync, only, markdown }: Options): Promise<boolean> {
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
  return isKept && result.schedule.broken.length === 0;
}

const program = new Command("reliability")
  .description("Kills, pauses and cuts off what answers in chats, and counts what was answered.")
  .option("--seed <number>", "of the plan", "7")
  .option("--runs <number>", "one fault each", "100")
  .option("--fsync <policy>", "Redis's appendfsync: always or everysec", "always")
  .option("--only <text>", 'faults whose "ACTION at MOMENT" holds this')
  .option("--load", "asks many questions instead, and measures")
  .option("--questions <number>", "with --load: how many in all", "5000")
  .option("--markdown <file>", "writes the table there too")
  .action(run);

process.on("SIGINT", () => stop.abort());
process.on("SIGTERM", () => stop.abort());
await program.parseAsync();
