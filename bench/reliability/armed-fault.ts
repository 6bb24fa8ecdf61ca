import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, Moment } from "./plan.ts";
import { portOwners } from "./port-owners.ts";
import type { Program } from "./program.ts";
import { type Setting, takeOverMs } from "./setting.ts";
import type { WorkspaceMood } from "./slack-workspace.ts";
import { watchRedis } from "./watch.ts";

/** A fault that waits for its moment. */
export interface ArmedFault {
  /** Says that a moment came. */
  comes(moment: Moment, by: { readonly bot?: number; readonly port?: number }): void;
  /** When it fell in, by the monotonic clock; null: its moment has not come. */
  readonly hitAt: () => number | null;
  /** Disarms it, and resolves when what it broke is whole again. */
  mend(): Promise<void>;
}

const awayMs = 500;
const lookMs = 250;

export function armed(fault: Fault, setting: Setting): ArmedFault {
  const programs: readonly Program[] = [...setting.bots, ...setting.workers];
  const owners = portOwners(() => programs.flatMap((program) => program.pid() ?? []));
  let count = 0;
  let hitAt: number | null = null;
  let isDisarmed = false;
  let mending: Promise<unknown> = Promise.resolve();

  function comes(moment: Moment, by: { readonly bot?: number; readonly port?: number }): void {
    if (isDisarmed || hitAt !== null || moment !== fault.moment) return;
    const victim = victimOf(by);
    // The bench's own connections are nobody's.
    if (victim === null && isAboutPrograms(fault)) return;
    count += 1;
    if (count < fault.nth) return;
    hitAt = performance.now();
    if (fault.delayMs === 0) mending = carryOut(fault, victim, setting);
    else mending = sleep(fault.delayMs).then(() => carryOut(fault, victim, setting));
  }

  function victimOf({ bot, port }: { readonly bot?: number; readonly port?: number }): Program | null {
    if (bot !== undefined) return setting.bots.find((one) => one.port === bot) ?? null;
    const pid = port === undefined ? null : owners.ownerOf(port);
    return programs.find((program) => program.pid() !== null && program.pid() === pid) ?? null;
  }

  setting.workspace.onWrite = (moment, port) => comes(moment, { port });
  const watch = watchRedis(setting.redis.port, (moment, port) => comes(moment, { port }));
  owners.look();
  const looking = setInterval(owners.look, lookMs);
  return {
    comes,
    hitAt: () => hitAt,
    async mend() {
      isDisarmed = true;
      clearInterval(looking);
      watch.close();
      setting.workspace.onWrite = () => undefined;
      await mending;
    },
  };
}

function isAboutPrograms({ action }: Fault): boolean {
  return action === "kill" || action === "terminate" || action === "pause";
}

/** Resolves when what was broken is whole again. */
async function carryOut({ action }: Fault, victim: Program | null, setting: Setting): Promise<void> {
  const { redis, workspace, model } = setting;
  const programs = [...setting.bots, ...setting.workers];
  switch (action) {
    case "kill":
      victim?.end("SIGKILL", awayMs);
      return ready(victim === null ? [] : [victim]);
    case "terminate":
      victim?.end("SIGTERM", awayMs);
      return ready(victim === null ? [] : [victim]);
    case "pause":
      victim?.pause(2 * takeOverMs);
      return void (await sleep(2 * takeOverMs + awayMs));
    case "kill-all":
      for (const program of programs) program.end("SIGKILL", awayMs);
      return ready(programs);
    case "kill-redis":
      return redis.kill(awayMs);
    case "chat-down":
      return moody(workspace, "down", 3_000);
    case "chat-slow":
      return moody(workspace, "slow", 5_000);
    case "chat-rate-limited":
      return moody(workspace, "rate-limited", 3_000);
    case "chat-broken":
      return moody(workspace, "broken", 3_000);
    case "chat-loses-answers":
      return moody(workspace, "loses-answers", 2_000);
    case "model-stops":
      model.stop();
      await sleep(3_000);
      return model.goOn();
    case "source-goes":
      await setting.hideSource(true);
      await sleep(1_000);
      return setting.hideSource(false);
  }
}

async function ready(programs: readonly Program[]): Promise<void> {
  // An end that was ordered takes a moment to be seen.
  await sleep(awayMs);
  await Promise.all(programs.map((program) => program.ready()));
}

async function moody(workspace: Setting["workspace"], mood: WorkspaceMood, forMs: number): Promise<void> {
  workspace.mood = mood;
  await sleep(forMs);
  workspace.mood = "well";
}
