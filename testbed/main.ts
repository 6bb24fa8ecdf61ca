import { mkdir, readdir, rm } from "node:fs/promises";
import { setPriority } from "node:os";
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { runCampaign } from "./campaign.ts";
import { askControl, openControl } from "./control.ts";
import { collectorEndpoint } from "./environment.ts";
import { faultTypes, findFault } from "./faults.ts";
import type { TelemetryOptions } from "./messages.ts";
import { packIncident } from "./pack.ts";
import { readPlan } from "./record-plan.ts";
import { type Recording, withRecording } from "./recording.ts";
import { messageOf } from "./request.ts";
import { TestbedError } from "./testbed-error.ts";

const defaultFolder = "testbed-recording";
const second = 1_000;
const minute = 60 * second;
const firstNormalMs = 120 * second;
const interruptedCode = 130;

const stop = new AbortController();
const say = (line: string) => void process.stdout.write(`${line}\n`);

interface UpOptions {
  readonly folder: string;
  readonly requestsPerSecond: number;
  readonly step: number;
  readonly seed: number;
  readonly port?: number;
}

async function up({ folder, requestsPerSecond, step, seed, port }: UpOptions): Promise<void> {
  const path = await emptied(folder);
  const options = {
    seed,
    requestsPerSecond,
    port,
    telemetry: telemetryOptions(path, step, 1, true),
    signal: stop.signal,
    progress: say,
  };
  await withRecording(options, async (recording) => {
    const { testbed } = recording;
    say(`The hotel runs at http://${testbed.address}, with ${requestsPerSecond} requests a second.`);
    for (const { instance, port: at } of testbed.instances())
      say(`  ${instance} http://127.0.0.1:${at}/metrics`);
    say(`Telemetry: ${join(folder, "telemetry")}. Ctrl-C ends it. In another terminal:`);
    say("  npm run testbed -- fault store-down --service geo");
    let underWay: string | null = null;
    const control = await openControl(join(path, "control.json"), async ({ type, ...asked }, told) => {
      if (underWay !== null)
        throw new TestbedError(`There is a fault already: ${underWay}. Wait for its end.`);
      const { target } = findFault(type, asked.target);
      underWay = `${type} at ${target}`;
      told(`${underWay} for ${asked.seconds} s …`);
      try {
        await recording.fault(type, target, asked.seconds * second);
      } finally {
        underWay = null;
      }
      told("mended; the fault is over.");
    });
    try {
      await untilStopped(recording);
    } finally {
      await control.close();
    }
    await recording.finish();
  });
}

/** Ctrl-C is how `up` ends. */
async function untilStopped(recording: Recording): Promise<void> {
  try {
    await recording.normal(firstNormalMs);
    say(`${firstNormalMs / second} s of fault-free telemetry are recorded: a good moment for a fault.`);
    await recording.settle(Number.MAX_SAFE_INTEGER);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
}

interface FaultOptions {
  readonly service: string;
  readonly seconds: number;
  readonly folder: string;
}

async function fault(type: string, { service, seconds, folder }: FaultOptions): Promise<void> {
  findFault(type, service);
  const request = { type, target: service, seconds };
  await askControl(join(resolve(folder), "control.json"), request, say, stop.signal);
}

async function record(options: { readonly plan: string; readonly folder: string }): Promise<void> {
  const plan = await readPlan(options.plan);
  const path = await emptied(options.folder);
  setPriority(5);
  const recordingOptions = {
    seed: plan.seed,
    requestsPerSecond: plan.requestsPerSecond,
    telemetry: telemetryOptions(path, plan.metricStepSeconds, plan.traceShare, false),
    signal: stop.signal,
    progress: say,
  };
  await withRecording(recordingOptions, async (recording) => {
    await recording.settle(plan.warmUpSeconds * second);
    say(`${plan.name}: ${plan.normalMinutes} minutes of normal telemetry …`);
    await recording.normal(plan.normalMinutes * minute);
    const { type, target, share } = plan.fault;
    const label = await recording.fault(type, target, plan.faultMinutes * minute, share);
    await recording.addCase(plan.name, label, plan.question);
    await recording.finish();
  });
  say(`Recorded in ${options.folder}.`);
}

async function pack(options: { readonly plan: string; readonly folder: string; readonly to: string }) {
  await packIncident(resolve(options.folder), await readPlan(options.plan), resolve(options.to));
}

interface CampaignCommand {
  readonly folder: string;
  readonly seed: number;
  readonly cases: number;
  readonly parallel: number;
  readonly requestsPerSecond: number;
  readonly step: number;
}

async function campaign(options: CampaignCommand): Promise<void> {
  const { seed, cases, parallel, requestsPerSecond, step } = options;
  const folder = await emptied(options.folder);
  setPriority(5);
  const { folder: _each, ...telemetry } = telemetryOptions(folder, step, 1, false);
  const recording = { requestsPerSecond, telemetry, signal: stop.signal, progress: say };
  await runCampaign({ folder, seed, cases, parallel, recording });
  say(`Recorded in ${options.folder}. Score it: npm run bench -- --cases ${options.folder}`);
}

function telemetryOptions(
  folder: string,
  stepSeconds: number,
  traceShare: number,
  writesOtlp: boolean,
): TelemetryOptions {
  return {
    folder,
    metricStepMs: stepSeconds * second,
    traceShare,
    writesOtlp,
    endpoint: collectorEndpoint(),
  };
}

/** A recording of before gives way to the new one; anything else stays, and is said. */
async function emptied(folder: string): Promise<string> {
  const path = resolve(folder);
  await mkdir(path, { recursive: true });
  const names = await readdir(path);
  const ours = (name: string) =>
    /^(telemetry|otlp|asked|run-\d+|recording\.json|cases\.json|control\.json)$/.test(name);
  const foreign = names.filter((name) => !ours(name));
  if (foreign.length > 0) {
    throw new TestbedError(
      `${folder} holds other things than a recording, such as ${foreign[0]}. Name another folder with --folder.`,
    );
  }
  for (const name of names) await rm(join(path, name), { recursive: true, force: true });
  return path;
}

function program(): Command {
  const root = new Command("npm run testbed --")
    .description("A small hotel-reservation system of real processes that really fail.")
    .showHelpAfterError()
    .addHelpText("after", `\nFaults:\n${faultList()}`);
  root
    .command("up")
    .description("start it, and record until Ctrl-C")
    .option("--folder <path>", "the recording's folder", defaultFolder)
    .option("--requests-per-second <number>", "mean load", positive, 5)
    .option("--step <seconds>", "between two samples of a metric", positive, 5)
    .option("--seed <number>", "of the data and the load", whole, 7)
    .option("--port <number>", "the frontend's port; a free one when left out", whole)
    .action(up);
  root
    .command("fault")
    .description("make the running testbed fail, and mend it afterwards")
    .argument("<type>", "see below")
    .requiredOption("--service <name>", "a service, a store, or an edge such as search>geo")
    .option("--seconds <number>", "how long", positive, 600)
    .option("--folder <path>", "the recording's folder", defaultFolder)
    .addHelpText("after", `\nFaults:\n${faultList()}`)
    .action(fault);
  root
    .command("record")
    .description("record one incident")
    .requiredOption("--plan <file>", "what happens (docs/testbed.md)")
    .option("--folder <path>", "the recording's folder", defaultFolder)
    .action(record);
  root
    .command("pack")
    .description("make one of the repository's incidents of a recording")
    .requiredOption("--plan <file>", "the plan it was recorded by")
    .requiredOption("--to <path>", "such as testbed/incidents/NAME")
    .option("--folder <path>", "the recording's folder", defaultFolder)
    .action(pack);
  root
    .command("campaign")
    .description("record many short labelled incidents")
    .option("--seed <number>", "of the plan, the data and the load", whole, 7)
    .option("--cases <number>", "how many", whole, 114)
    .option("--parallel <number>", "testbeds at a time", whole, 3)
    .option("--requests-per-second <number>", "mean load of each", positive, 5)
    .option("--step <seconds>", "between two samples of a metric", positive, 5)
    .option("--folder <path>", "the campaign's folder", "testbed-campaign")
    .action(campaign);
  return root;
}

function faultList(): string {
  return Object.entries(faultTypes)
    .map(([name, { description }]) => `  ${name.padEnd(17)} ${description}`)
    .join("\n");
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("Write a number above 0.");
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("Write a whole number from 1 on.");
  return value;
}

async function main(): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  // Nobody reads any more; what runs is ended in order.
  process.stdout.on("error", () => stop.abort());
  try {
    await program().parseAsync();
    if (stop.signal.aborted) process.exitCode = interruptedCode;
  } catch (error) {
    if (stop.signal.aborted) process.exitCode = interruptedCode;
    else process.exitCode = error instanceof TestbedError ? 2 : 1;
    const text =
      error instanceof TestbedError
        ? error.message
        : (error instanceof Error && error.stack) || messageOf(error);
    process.stderr.write(`error: ${text}\n`);
  }
  process.exit();
}

await main();
