import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { BenchOptions } from "../bench/index.ts";
import { type PerturbationName, perturbationNames } from "../bench/perturb.ts";
import { version } from "../pipeline/version.ts";
import type { AskOptions } from "./ask.ts";
import type { CasesOptions } from "./cases.ts";
import type { DemoOptions } from "./demo.ts";
import type { FitCommandOptions } from "./fit.ts";
import type { ForgetOptions, IncidentsOptions } from "./incidents.ts";
import type { QuestionOptions } from "./question-options.ts";
import type { ReadOptions } from "./read.ts";
import type { ScheduleOptions } from "./schedule.ts";
import { exitCodes, type Shell } from "./shell.ts";
import type { StartOptions } from "./start.ts";
import type { TeamsPackageOptions } from "./teams-package.ts";

/** What the commands do; each returns its exit code. */
export interface Commands {
  ask(text: string, options: AskOptions, shell: Shell): Promise<number>;
  read(text: string, options: ReadOptions, shell: Shell): Promise<number>;
  health(options: QuestionOptions, shell: Shell): Promise<number>;
  demo(options: DemoOptions, shell: Shell): Promise<number>;
  fit(options: FitCommandOptions, shell: Shell): Promise<number>;
  bench(options: Omit<BenchOptions, "progress">, shell: Shell): Promise<number>;
  configCheck(options: { readonly config?: string | undefined }, shell: Shell): Promise<number>;
  incidents(options: IncidentsOptions, shell: Shell): Promise<number>;
  forget(options: ForgetOptions, shell: Shell): Promise<number>;
  cases(options: CasesOptions, shell: Shell): Promise<number>;
  replay(id: string, options: QuestionOptions, shell: Shell): Promise<number>;
  chat(options: QuestionOptions, shell: Shell): Promise<number>;
  start(options: StartOptions, shell: Shell): Promise<number>;
  schedule(words: readonly string[], options: ScheduleOptions, shell: Shell): Promise<number>;
  teamsPackage(options: TeamsPackageOptions, shell: Shell): Promise<number>;
}

/** Each command is loaded when it is run: `--help` and a first stage should not wait for the others. */
const loaded: Commands = {
  ask: async (...rest) => (await import("./ask.ts")).ask(...rest),
  read: async (...rest) => (await import("./read.ts")).read(...rest),
  health: async (...rest) => (await import("./health.ts")).health(...rest),
  demo: async (...rest) => (await import("./demo.ts")).demo(...rest),
  fit: async (...rest) => (await import("./fit.ts")).fit(...rest),
  bench: async (...rest) => (await import("./bench-command.ts")).bench(...rest),
  configCheck: async (...rest) => (await import("./config-check.ts")).configCheck(...rest),
  incidents: async (...rest) => (await import("./incidents.ts")).incidents(...rest),
  forget: async (...rest) => (await import("./incidents.ts")).forget(...rest),
  cases: async (...rest) => (await import("./cases.ts")).cases(...rest),
  chat: async (...rest) => (await import("./chat.ts")).chat(...rest),
  start: async (...rest) => (await import("./start.ts")).start(...rest),
  schedule: async (...rest) => (await import("./schedule.ts")).schedule(...rest),
  replay: async (...rest) => (await import("./replay.ts")).replay(...rest),
  teamsPackage: async (...rest) => (await import("./teams-package.ts")).teamsPackage(...rest),
};

/**
 * Runs one command line (without node and the script) and returns its exit code.
 *
 * Throws: what the command throws; a wrong command line is said and is exit code 2.
 */
export async function runCommand(
  argv: readonly string[],
  shell: Shell,
  commands: Commands = loaded,
): Promise<number> {
  let code: number = exitCodes.answered;
  const program = defined(shell, commands, (one) => {
    code = one;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.answered : exitCodes.unusable;
  }
}

function defined(shell: Shell, commands: Commands, done: (code: number) => void): Command {
  const program = new Command("localexpert")
    .description("Ask what broke; get the root-cause service, instance and metric, with the evidence.")
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.output.write(text),
      writeErr: (text) => shell.errors.write(text),
      getOutHelpWidth: () => shell.output.columns ?? 100,
      getErrHelpWidth: () => shell.errors.columns ?? 100,
    })
    .showHelpAfterError('Run "localexpert --help", or "localexpert COMMAND --help", for what there is.')
    .addHelpText(
      "after",
      examples(["demo", 'ask "what broke in geo in the last hour" --source ./telemetry']),
    );

  program
    .command("ask")
    .description("answer one question")
    .argument("<text>", "the question, in quotes")
    .addOption(sourceOption())
    .addOption(formatOption())
    .addOption(nowOption())
    .addOption(zoneOption())
    .option("--details", "print all causes, all evidence and what each method ranked")
    .option("--explain", "print why the first cause is first, and what each sentence rests on")
    .option("--json", "print one JSON object instead (docs/command-line.md)")
    .addOption(configOption())
    .addHelpText(
      "after",
      examples([
        'ask "what broke in geo in the last hour" --source ./telemetry',
        'ask "why was checkout slow between 14:00 and 14:30" --now 2026-11-23T15:20:30Z --time-zone Europe/Berlin',
        'ask "what failed today" --json',
      ]),
    )
    .action(async (text: string, options: AskOptions) => done(await commands.ask(text, options, shell)));

  program
    .command("read")
    .description("print what is understood of a question, without answering it")
    .argument("<text>", "the question, in quotes")
    .addOption(nowOption())
    .addOption(zoneOption())
    .option("--services <names>", "the known services, separated by commas")
    .addOption(sourceOption())
    .addOption(formatOption())
    .option("--json", "print one JSON object instead")
    .addOption(configOption())
    .addHelpText(
      "after",
      examples([
        'read "what broke in geo since noon" --services geo,rate,profile --json',
        'read "errors last night" --now 2026-11-23T15:20:30Z --time-zone Asia/Tokyo',
      ]),
    )
    .action(async (text: string, options: ReadOptions) => done(await commands.read(text, options, shell)));

  program
    .command("chat")
    .description("talk about the configured telemetry at the terminal, as in a thread")
    .addOption(sourceOption())
    .addOption(formatOption())
    .addOption(zoneOption())
    .addOption(configOption())
    .addHelpText("after", examples(["chat", "chat --source ./telemetry"]))
    .action(async (options: QuestionOptions) => done(await commands.chat(options, shell)));

  program
    .command("start")
    .description("answer in the configured chats, until it is stopped")
    .addOption(
      new Option("--role <role>", "talk to the chats (bot), make the answers (worker), or both")
        .choices(["all", "bot", "worker"])
        .default("all"),
    )
    .addOption(configOption())
    .addHelpText("after", examples(["start", "start --role worker --config ./localexpert.yaml"]))
    .action(async (options: StartOptions) => done(await commands.start(options, shell)));

  program
    .command("schedule")
    .description("list, make and change the summaries that channels get at set times")
    .argument("[words...]", "as in a chat: weekdays 9:00 for geo; pause s1; delete s1")
    .option("--channel <name>", "the channel, such as C0123456789")
    .option("--json", "print a JSON list instead")
    .addOption(configOption())
    .addHelpText(
      "after",
      examples([
        "schedule",
        "schedule weekdays 9:00 Europe/Berlin for geo --channel C0123456789",
        "schedule pause s1",
      ]),
    )
    .action(async (words: string[], options: ScheduleOptions) =>
      done(await commands.schedule(words, options, shell)),
    );

  program
    .command("health")
    .description("try everything an answer needs: Redis and each telemetry source")
    .addOption(sourceOption())
    .addOption(formatOption())
    .option("--json", "print one JSON object instead")
    .addOption(configOption())
    .addHelpText("after", examples(["health", "health --source ./telemetry --json"]))
    .action(async (options: QuestionOptions) => done(await commands.health(options, shell)));

  program
    .command("incidents")
    .description("list the incidents that were diagnosed, the latest first")
    .option("--service <name>", "only those that began in this service")
    .addOption(new Option("--limit <count>", "at most so many").argParser(wholeNumber).default(20))
    .addOption(sourceOption())
    .addOption(formatOption())
    .addOption(zoneOption())
    .option("--json", "print a JSON list instead")
    .addOption(configOption())
    .addHelpText("after", examples(["incidents --service geo", "incidents --source ./telemetry --json"]))
    .action(async (options: IncidentsOptions) => done(await commands.incidents(options, shell)));

  program
    .command("replay")
    .description("make a saved answer again, and say whether it is the same")
    .argument("<id>", "the question's id, as ask --json prints it")
    .addOption(sourceOption())
    .addOption(formatOption())
    .option("--json", "print one JSON object instead")
    .addOption(configOption())
    .addHelpText("after", examples(["replay terminal-2f0c… --source ./telemetry"]))
    .action(async (id: string, options: QuestionOptions) => done(await commands.replay(id, options, shell)));

  program
    .command("forget")
    .description("forget incidents, with the questions and diagnoses that are saved")
    .option("--id <id>", "the one with this id")
    .option("--before <iso>", "those that ended before this instant")
    .option("--all", "all of this telemetry")
    .addOption(sourceOption())
    .addOption(formatOption())
    .addOption(zoneOption())
    .option("--json", "print what was forgotten as a JSON list")
    .addOption(configOption())
    .addHelpText("after", examples(["forget --before 2026-11-01", "forget --all --source ./telemetry"]))
    .action(async (options: ForgetOptions) => done(await commands.forget(options, shell)));

  program
    .command("cases")
    .description("list the answers that people said were right or wrong, to learn from")
    .option("--id <id>", "judge the answer with this id")
    .option("--was <service>", "the service that it was")
    .option(
      "--export <folder>",
      "write those whose service is known, with their telemetry, for fit and bench",
    )
    .addOption(sourceOption())
    .addOption(formatOption())
    .addOption(zoneOption())
    .option("--json", "print a JSON list instead")
    .addOption(configOption())
    .addHelpText(
      "after",
      examples(["cases", "cases --id terminal-2f0c… --was geo", "cases --export ./incidents"]),
    )
    .action(async (options: CasesOptions) => done(await commands.cases(options, shell)));

  program
    .command("demo")
    .description("answer questions about a recorded incident")
    .option("--question <text>", "answer this one and end")
    .option("--incident <name>", "another of the recorded incidents")
    .option("--list", "print the recorded incidents")
    .addOption(configOption())
    .addHelpText("after", examples(["demo", "demo --list", "demo --incident rate-hang"]))
    .action(async (options: DemoOptions) => done(await commands.demo(options, shell)));

  program
    .command("fit")
    .description("let the methods that learn do so, from fault-free telemetry and labelled incidents")
    .addOption(sourceOption())
    .addOption(formatOption())
    .option("--from <iso>", "start of a fault-free period; the declared ones when not named")
    .option("--to <iso>", "end of that period")
    .option("--normal <start/end>", "the same period in one")
    .option("--cases <folder...>", "folders with a cases.json of incidents whose cause is known")
    .option("--method <name...>", "only these methods")
    .option("--warm", "go on from what was learnt before, where it fits")
    .addOption(new Option("--seed <number>", "another seed").argParser(wholeNumber))
    .option("--json", "print one JSON object instead")
    .addOption(configOption())
    .addHelpText(
      "after",
      examples([
        "fit --from 2026-11-23T10:00Z --to 2026-11-23T12:00Z",
        "fit --source ./telemetry --cases ./incidents",
      ]),
    )
    .action(async (options: FitCommandOptions) => done(await commands.fit(options, shell)));

  program
    .command("bench")
    .description("score the answers to labelled cases")
    .requiredOption("--cases <folder...>", "folders with a cases.json")
    .option("--json <file>", "write each case's ranking")
    .option("--markdown <file>", "write the table")
    .addOption(new Option("--limit <count>", "only the first so many cases").argParser(wholeNumber))
    .addOption(new Option("--parallel <count>", "so many cases at a time").argParser(wholeNumber))
    .option("--only <text>", 'only cases whose "system/fault type/id" holds this')
    .addOption(
      new Option(
        "--perturb <name...>",
        "diagnose each case again in harder forms, or in all of them",
      ).argParser(perturbations),
    )
    .addOption(
      new Option("--quiet <count>", "add so many windows without a fault for each folder").argParser(
        wholeNumber,
      ),
    )
    .option(
      "--model <url>",
      "let the experts speak through this model server, such as http://localhost:8000/v1",
    )
    .option("--model-name <name>", "the model, as that server calls it")
    .option("--keep <file>", "keep what came of each case, to be scored again")
    .option("--again <file...>", "score what --keep wrote; nothing is diagnosed")
    .option("--calibrate <file>", "write the weights of the confidence, fitted on these answers")
    .option("--transfer", "choose thresholds and weights on other systems than they are reported on")
    .option("--scale", "diagnose generated telemetry of 100, 300 and 1,000 services as well")
    .option("--into <file>", "write the tables into this document, between its marks for them")
    .addHelpText("after", examples(["bench --cases ./cases --markdown table.md --json results.json"]))
    .action(async (options: Omit<BenchOptions, "progress">) => done(await commands.bench(options, shell)));

  program
    .command("config")
    .description("the configuration")
    .command("check")
    .description("name every problem of the configuration")
    .addOption(configOption())
    .addHelpText("after", examples(["config check", "config check --config ./localexpert.yaml"]))
    .action(async (options: { config?: string }) => done(await commands.configCheck(options, shell)));

  program
    .command("teams")
    .description("the bot in Microsoft Teams")
    .command("package")
    .description("write the app package that Teams takes for upload")
    .option("--out <file>", "where to", "localexpert-teams.zip")
    .option("--name <name>", "what the bot is called in Teams", "LocaleXpert")
    .option("--developer <name>", "who runs it", "Your organisation")
    .option("--website <url>", "a page about it, on privacy and on terms", "https://www.example.com")
    .addOption(configOption())
    .addHelpText("after", examples(["teams package --out localexpert-teams.zip"]))
    .action(async (options: TeamsPackageOptions) => done(await commands.teamsPackage(options, shell)));

  return program;
}

function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  localexpert ${line}`).join("\n")}`;
}

function sourceOption(): Option {
  return new Option("--source <folder>", "a folder of telemetry files, instead of the configured sources");
}

function formatOption(): Option {
  return new Option(
    "--format <name>",
    "the folder's layout (localexpert, otlp, aiopslab, gaia, nezha, petshop); detected when not named",
  );
}

function nowOption(): Option {
  return new Option("--now <iso>", "the instant that counts as now, such as 2026-11-23T15:20:30Z");
}

function zoneOption(): Option {
  return new Option(
    "--time-zone <zone>",
    "the zone of times in the question and the answer, such as Europe/Berlin",
  );
}

function configOption(): Option {
  return new Option("--config <path>", "the configuration file");
}

function wholeNumber(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError("Write a whole number from 1 on.");
  return count;
}

/** Names of harder forms, or "all"; commander hands over what came before. */
function perturbations(text: string, before: readonly PerturbationName[] | undefined): PerturbationName[] {
  if (text === "all") return [...perturbationNames];
  const name = perturbationNames.find((known) => known === text);
  if (name === undefined) {
    throw new InvalidArgumentError(`Name one of: all, ${perturbationNames.join(", ")}.`);
  }
  return [...(before ?? []), name];
}
