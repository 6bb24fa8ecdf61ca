import { setTimeout as sleep } from "node:timers/promises";
import { type Random, xoshiro128 } from "../../testbed/random.ts";
import { armed } from "./armed-fault.ts";
import { type Asked, asked, askInThreads, newMention, senderOptions } from "./asked.ts";
import { brokenPromises, brokenSchedule, isQuiet, leftovers } from "./invariants.ts";
import type { Fault } from "./plan.ts";
import type { Fsync } from "./redis-process.ts";
import { openSetting, type Setting } from "./setting.ts";
import { send } from "./slack-sender.ts";

export interface CampaignOptions {
  readonly seed: number;
  readonly plan: readonly Fault[];
  readonly bots: number;
  readonly workers: number;
  readonly fsync: Fsync;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What one fault came to. */
export interface RunResult {
  readonly fault: Fault;
  /** Whether its moment came, so that it fell into the run. */
  readonly isHit: boolean;
  readonly questions: number;
  /** Answered with what went wrong in place of an answer. */
  readonly failures: number;
  /** From the fault to the last answer; null where it was not hit. */
  readonly recoveredMs: number | null;
  readonly broken: readonly string[];
}

export interface CampaignResult {
  readonly runs: readonly RunResult[];
  readonly schedule: { readonly fired: number; readonly broken: readonly string[] };
  readonly crashes: readonly string[];
  readonly troubles: readonly string[];
}

const longestRunMs = 120_000;
const lookMs = 200;
const scheduleId = "s1";

/** Runs one fault after the other with questions in flight, and checks after each that every promise was kept. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, plan, bots, workers, fsync, progress, signal } = options;
  const random = xoshiro128(seed);
  const setting = await openSetting({ bots, workers, fsync, withModel: true });
  const programs = [...setting.bots, ...setting.workers];
  const runs: RunResult[] = [];
  try {
    await askFor("schedule * * * * * UTC", setting, random, signal);
    for (const [index, fault] of plan.entries()) {
      signal.throwIfAborted();
      const result = await run(fault, setting, random, signal);
      runs.push(result);
      progress(`[${index + 1}/${plan.length}] ${inWords(result)}`);
    }
    await askFor(`delete ${scheduleId}`, setting, random, signal);
    await untilQuiet([], setting, signal);
    const schedule = await brokenSchedule(setting, scheduleId);
    return {
      runs,
      schedule,
      crashes: programs.flatMap(({ crashes }) => crashes),
      troubles: programs.flatMap(({ troubles }) => troubles),
    };
  } finally {
    await setting.close();
  }
}

async function askFor(text: string, setting: Setting, random: Random, signal: AbortSignal): Promise<void> {
  const question = asked(newMention("C9", null, text), null);
  await send(question.mention, senderOptions(setting, random, signal));
  await untilQuiet([question], setting, signal);
}

async function run(fault: Fault, setting: Setting, random: Random, signal: AbortSignal): Promise<RunResult> {
  const trap = armed(fault, setting);
  let questions: Asked[] = [];
  let isStuck = false;
  try {
    const options = senderOptions(setting, random, signal);
    questions = await askInThreads(random, {
      ...options,
      onSent: (port) => trap.comes("event-sent", { bot: port }),
      onAcknowledged: (port) => trap.comes("event-acknowledged", { bot: port }),
    });
    isStuck = !(await untilQuiet(questions, setting, signal));
  } finally {
    await trap.mend();
  }
  // What a late program does after all was answered must change nothing.
  if (trap.hitAt() !== null) isStuck = !(await untilQuiet(questions, setting, signal)) || isStuck;
  const left = isStuck ? await leftovers(setting.client) : [];
  return {
    fault,
    isHit: trap.hitAt() !== null,
    questions: questions.length,
    failures: lastSaid(questions, setting).filter(({ shows }) => shows === "failure").length,
    recoveredMs: recoveredMs(trap.hitAt(), questions, setting),
    broken: [
      ...(isStuck ? [`stuck after ${longestRunMs / 1_000} s: ${left.join(", ")}`] : []),
      ...brokenPromises(questions, setting),
    ],
  };
}

/** Whether it came to that in time. */
async function untilQuiet(
  questions: readonly Asked[],
  setting: Setting,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + longestRunMs;
  while (!(await isQuiet(questions, setting))) {
    if (performance.now() > deadline) return false;
    await sleep(lookMs, undefined, { signal });
  }
  return true;
}

function lastSaid(questions: readonly Asked[], { workspace }: Setting) {
  const keys = new Set(questions.map(({ key }) => key));
  return workspace.messages.filter(({ key, part }) => keys.has(key) && part === 0);
}

function recoveredMs(hitAt: number | null, questions: readonly Asked[], setting: Setting): number | null {
  if (hitAt === null) return null;
  const last = Math.max(...lastSaid(questions, setting).map(({ finalAt }) => finalAt ?? 0));
  return Math.max(0, last - hitAt);
}

function inWords({ fault, isHit, questions, failures, recoveredMs: ms, broken }: RunResult): string {
  const what = `${fault.action} at ${fault.moment} (${fault.nth})`;
  const said = failures === 0 ? "" : `, ${failures} with what went wrong`;
  const outcome = broken.length === 0 ? `${questions} answered once${said}` : `BROKEN: ${broken.join("; ")}`;
  return `${what}: ${isHit ? "" : "did not come; "}${outcome}${ms === null ? "" : `, ${(ms / 1_000).toFixed(1)} s`}`;
}
